/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aex.c - Asynchronous Enclave Exit: the interrupted state goes into
 * SSA[CSSA], the block receives the synthetic state.
 *
 * Sources: SDM Vol. 3D 37.3 (order), Table 37-1 (synthetic state), 35.9 (the
 * frame).  The vector registers come from the signal frame's XSAVE area, which
 * the kernel writes in the standard form.  Compiled without vector registers:
 * those the handler was entered with are the synthetic state.
 */
#include "platform/emu/emu.h"
#include "platform/emu/signal.h"

enum {
	FLAGS_ARITH = 0x8d5,
	FLAG_RF = 0x10000,
	/* XSAVE leaves the rest of the legacy area to software. */
	XSAVE_LEGACY_WRITTEN = 464,
};

/* Order of GPRSGX; REG_* are indices into the frame's gregs. */
static const int greg_of[] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
	REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
	REG_R12, REG_R13, REG_R14, REG_R15, REG_EFL, REG_RIP,
};
static_assert(ARRAY_SIZE(greg_of) * 8 == sizeof(struct emu_regs), "regs");

void emu_regs_from_frame(struct emu_regs *regs, const ucontext_t *uc)
{
	uint64_t *to = (uint64_t *)regs;

	for (size_t i = 0; i < ARRAY_SIZE(greg_of); i++)
		to[i] = (uint64_t)uc->uc_mcontext.gregs[greg_of[i]];
}

void emu_regs_to_frame(const struct emu_regs *regs, ucontext_t *uc)
{
	const uint64_t *from = (const uint64_t *)regs;

	for (size_t i = 0; i < ARRAY_SIZE(greg_of); i++)
		uc->uc_mcontext.gregs[greg_of[i]] = (greg_t)from[i];
}

bool emu_frame_xstate(const ucontext_t *uc, uint64_t *ret_bv)
{
	const uint8_t *bytes = (const void *)uc->uc_mcontext.fpregs;
	const struct xsave_area *area = (const void *)bytes;
	const struct _fpx_sw_bytes *sw =
		(const void *)(bytes + XSAVE_LEGACY_WRITTEN);

	if (sw->magic1 != FP_XSTATE_MAGIC1)
		return false;
	*ret_bv = area->header.xstate_bv;
	return true;
}

/* memcpy() of the C library would use vector registers. */
static void copy(void *dst, const void *src, size_t size)
{
	__asm__ volatile("rep movsb"
	                 : "+D"(dst), "+S"(src), "+c"(size)
	                 :
	                 : "memory");
}

static void save_vector(const struct emu_block *b, const ucontext_t *uc,
                        uint64_t frame)
{
	const struct xsave_table *table = &b->enclave->platform->xsave;
	const uint8_t *src = (const void *)uc->uc_mcontext.fpregs;
	uint8_t *dst = emu_memory(frame);
	struct xsave_area *to = (void *)dst;
	uint64_t bv;

	if (!emu_frame_xstate(uc, &bv))
		bv = SGX_XFRM_LEGACY;
	bv &= b->xfrm;
	copy(dst, src, XSAVE_LEGACY_WRITTEN);
	to->header.xstate_bv = bv;
	to->header.xcomp_bv = 0;
	to->header.reserved[0] = 0;
	for (bv &= ~(uint64_t)SGX_XFRM_LEGACY; bv; bv &= bv - 1) {
		int i = __builtin_ctzll(bv);

		copy(dst + table->component[i].offset,
		     src + table->component[i].offset,
		     table->component[i].size);
	}
}

/* x87, SSE and all of XFRM initial, but for what Table 37-1 says. */
static void synthetic_vector(struct emu_block *b, const struct emu_event *event)
{
	b->fcw = XSAVE_FCW_INIT;
	b->fsw = 0;
	b->mxcsr = SGX_AEX_MXCSR;
	if (event->is_exception && event->vector == SGX_VECTOR_MF) {
		b->fcw = SGX_AEX_FCW_MF;
		b->fsw = SGX_AEX_FSW_MF;
	}
	if (event->is_exception && event->vector == SGX_VECTOR_XM)
		b->mxcsr = SGX_AEX_MXCSR_XM;
}

static void clear_vector(const struct emu_block *b, ucontext_t *uc)
{
	struct xsave_area *area = (void *)uc->uc_mcontext.fpregs;
	struct xsave_legacy *legacy = &area->legacy;
	struct xsave_legacy clear = {
		.fcw = b->fcw,
		.fsw = b->fsw,
		.mxcsr = b->mxcsr,
		.mxcsr_mask = legacy->mxcsr_mask,
	};
	uint64_t bv;

	/* What lies behind it is the kernel's. */
	copy(legacy, &clear, offsetof(struct xsave_legacy, reserved2));
	if (emu_frame_xstate(uc, &bv))
		area->header.xstate_bv = (bv & ~b->xfrm) | SGX_XFRM_LEGACY;
}

/* Faults push RF=1; INT3 counts as one inside, single steps do not. */
static uint64_t saved_rflags(uint64_t rflags, const struct emu_event *event)
{
	rflags &= ~(uint64_t)FLAG_TF;
	if (event->is_exception && event->vector != SGX_VECTOR_DB)
		rflags |= FLAG_RF;
	return rflags;
}

static void save_exinfo(const struct emu_block *b, uint64_t frame,
                        const struct emu_event *event)
{
	const struct secs *secs = &b->enclave->secs;
	struct exinfo *exinfo =
		emu_memory(frame + ssa_exinfo_offset(secs->ssaframesize));

	if (!(secs->miscselect & SGX_MISC_EXINFO) || !event->is_exception)
		return;
	if (event->vector != SGX_VECTOR_PF && event->vector != SGX_VECTOR_GP)
		return;
	*exinfo = (struct exinfo){
		.maddr = event->vector == SGX_VECTOR_PF ? event->addr : 0,
		.errcd = event->error,
	};
}

static void save_general(const struct emu_block *b, const ucontext_t *uc,
                         const struct emu_bases *bases, struct gprsgx *gprs,
                         const struct emu_event *event)
{
	emu_regs_from_frame((struct emu_regs *)gprs, uc);
	gprs->rflags = saved_rflags(gprs->rflags, event);
	gprs->fsbase = bases->fsbase;
	gprs->gsbase = bases->gsbase;
	gprs->exitinfo = 0;
	if (event->is_exception)
		gprs->exitinfo = exitinfo_make(event->vector,
		                               b->enclave->secs.miscselect);
	for (size_t i = 0; i < ARRAY_SIZE(gprs->reserved); i++)
		gprs->reserved[i] = 0;
}

static void synthetic_general(struct emu_block *b, const struct gprsgx *gprs,
                              uint64_t rflags)
{
	const struct emu_tcs *t = b->tcs;

	rflags &= ~(uint64_t)(FLAGS_ARITH | FLAG_RF);
	if (!(t->flags & SGX_TCS_DBGOPTIN))
		rflags = (rflags & ~(uint64_t)FLAG_TF) | b->host_tf;
	b->regs = (struct emu_regs){
		.rax = ENCLU_ERESUME,
		.rbx = t->addr,
		.rcx = t->aep,
		.rip = t->aep,
		.rsp = gprs->ursp,
		.rbp = gprs->urbp,
		.rflags = rflags,
	};
	b->fsbase = b->host_fs;
	b->gsbase = b->host_gs;
	b->target_inside = 0;
}

void emu_aex(struct emu_block *b, const ucontext_t *uc,
             const struct emu_bases *bases, const struct emu_event *event)
{
	const struct emu_enclave *e = b->enclave;
	struct emu_tcs *t = b->tcs;
	uint64_t frame = e->secs.baseaddr + t->ossa +
	                 t->cssa * ssa_frame_size(e->secs.ssaframesize);
	struct gprsgx *gprs =
		emu_memory(frame + ssa_gprsgx_offset(e->secs.ssaframesize));

	save_vector(b, uc, frame);
	save_exinfo(b, frame, event);
	save_general(b, uc, bases, gprs, event);
	synthetic_general(b, gprs, (uint64_t)uc->uc_mcontext.gregs[REG_EFL]);
	synthetic_vector(b, event);
	t->cssa++;
	b->tcs = NULL;
	b->counters.aex++;
	__atomic_store_n(&t->state, SGX_TCS_FREE, __ATOMIC_RELEASE);
	if (e->platform->opt.model.aex)
		emu_burn(e->platform->opt.model.aex);
}

void emu_aex_to_frame(const struct emu_block *b, ucontext_t *uc,
                      struct emu_bases *bases)
{
	emu_regs_to_frame(&b->regs, uc);
	clear_vector(b, uc);
	bases->fsbase = b->fsbase;
	bases->gsbase = b->gsbase;
}
