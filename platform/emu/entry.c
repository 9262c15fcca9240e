/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.c - EENTER, ERESUME, EEXIT and EDECCSSA: the checks in the SDM's order,
 * and the state that is loaded afterwards.
 *
 * Compiled without vector registers: what an enclave is entered with, and
 * leaves with, passes through here untouched.  Checks are SDM Vol. 3D 38.4.
 *
 * XFRM against XCR0 is checked at ECREATE only; user space can't change XCR0,
 * so inside an enclave the host's XCR0 stays in force, and a feature outside
 * XFRM works where a CPU would raise #UD.
 */
#include "platform/emu/emu.h"

enum {
	FLAGS_ARITH = 0x8d5, /* CF PF AF ZF SF OF */
	FLAGS_IF = 0x200,
	FLAGS_ONE = 0x2,
	FLAGS_NT = 0x4000,
	FLAGS_ID = 0x200000,
	/* What ERESUME takes from the frame; RF ends with its instruction. */
	FLAGS_RESUME = FLAGS_ARITH | FLAG_DF | FLAGS_NT | FLAG_AC | FLAGS_ID,
};

enum emu_verdict emu_pf(struct emu_block *b, uint64_t addr, uint32_t access)
{
	if (!emu_is_sgx2(b->enclave))
		return emu_gp(b);
	/* The vDSO's caller sees the page only; leaves have no offset. */
	return emu_fault(b, SGX_VECTOR_PF,
	                 SGX_PF_P | SGX_PF_U | SGX_PF_SGX | access, addr);
}

/* One frame page: R and W.  False: the fault is set. */
static bool frame_page_ok(struct emu_block *b, uint64_t addr)
{
	unsigned int entry = epcm_get(&b->enclave->epcm, addr);

	if (epcm_allows(entry, SGX_SECINFO_R | SGX_SECINFO_W))
		return true;
	emu_pf(b, ALIGN_DOWN(addr, PAGE_SIZE), SGX_PF_W);
	return false;
}

static struct gprsgx *frame_gprs(const struct emu_enclave *e, uint64_t frame)
{
	return emu_memory(frame + ssa_gprsgx_offset(e->secs.ssaframesize));
}

static uint64_t frame_addr(const struct emu_enclave *e, const struct emu_tcs *t,
                           uint32_t index)
{
	return e->secs.baseaddr + t->ossa +
	       index * ssa_frame_size(e->secs.ssaframesize);
}

/*
 * The pages of the XSAVE area, then GPRSGX's; those between are not looked at.
 */
static bool frame_ok(struct emu_block *b, uint64_t frame)
{
	const struct emu_enclave *e = b->enclave;

	for (uint64_t at = 0; at < e->xsave_bytes; at += PAGE_SIZE)
		if (!frame_page_ok(b, frame + at))
			return false;
	return frame_page_ok(b, (uint64_t)(uintptr_t)frame_gprs(e, frame));
}

/* The TCS in RBX, as far as it has nothing to do with its state. */
static struct emu_tcs *tcs_checked(struct emu_block *b)
{
	const struct emu_enclave *e = b->enclave;
	uint64_t addr = b->regs.rbx;
	unsigned int entry;
	struct emu_tcs *t;

	if (!IS_ALIGNED(addr, PAGE_SIZE)) {
		emu_gp(b);
		return NULL;
	}
	entry = epcm_get(&e->epcm, addr);
	if (!(entry & EPCM_VALID)) {
		emu_pf(b, addr, 0);
		return NULL;
	}
	if (!emu_is_canonical(b->regs.rcx)) {
		emu_gp(b);
		return NULL;
	}
	t = emu_tcs_find(e, addr);
	if (!epcm_is_settled(entry) || epcm_type(entry) != SGX_PT_TCS || !t) {
		emu_pf(b, addr, 0);
		return NULL;
	}
	return t;
}

static bool tcs_fields_ok(struct emu_block *b, const struct emu_tcs *t)
{
	const struct emu_enclave *e = b->enclave;
	bool notify = t->flags & SGX_TCS_AEXNOTIFY;

	if ((t->ossa | t->ofsbase | t->ogsbase) & (PAGE_SIZE - 1))
		return false;
	if (t->flags & SGX_TCS_FLAGS_RESERVED || !emu_is_initialized(e))
		return false;
	if (!(e->secs.attributes.flags & SGX_ATTR_MODE64BIT))
		return false;
	return t->flags & SGX_TCS_DBGOPTIN ||
	       notify == !!(e->secs.attributes.flags & SGX_ATTR_AEXNOTIFY);
}

static bool tcs_acquire(struct emu_tcs *t)
{
	uint32_t is_free = SGX_TCS_FREE;

	return __atomic_compare_exchange_n(&t->state, &is_free, SGX_TCS_BUSY,
	                                   false, __ATOMIC_ACQUIRE,
	                                   __ATOMIC_RELAXED);
}

static void tcs_release(struct emu_tcs *t)
{
	__atomic_store_n(&t->state, SGX_TCS_FREE, __ATOMIC_RELEASE);
}

void emu_burn(uint32_t cycles)
{
	uint64_t start = __builtin_ia32_rdtsc();

	while (__builtin_ia32_rdtsc() - start < cycles)
		__builtin_ia32_pause();
}

static uint64_t read_fsbase(void)
{
	uint64_t base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static uint64_t read_gsbase(void)
{
	uint64_t base;

	__asm__ volatile("rdgsbase %0" : "=r"(base));
	return base;
}

/* What both ways in do once nothing can refuse any more. */
static void go_inside(struct emu_block *b, struct emu_tcs *t)
{
	const struct platform_model *model = &b->enclave->platform->opt.model;

	b->host_fs = read_fsbase();
	b->host_gs = read_gsbase();
	b->tcs = t;
	b->aep = t->aep = b->regs.rcx;
	b->host_tf = b->regs.rflags & FLAG_TF;
	if (!(t->flags & SGX_TCS_DBGOPTIN))
		b->regs.rflags &= ~(uint64_t)FLAG_TF;
	b->exit_slow = model->eexit || b->host_tf;
	b->target_inside = 1;
	if (t->exit_page)
		*t->exit_page = (uintptr_t)b;
	if (model->eenter)
		emu_burn(model->eenter);
}

static enum emu_verdict eenter(struct emu_block *b)
{
	const struct emu_enclave *e = b->enclave;
	struct emu_tcs *t = tcs_checked(b);
	struct gprsgx *gprs;
	uint64_t frame;

	if (!t)
		return EMU_FAULT;
	if (!tcs_fields_ok(b, t) || t->cssa >= t->nssa)
		return emu_gp(b);
	frame = frame_addr(e, t, t->cssa);
	if (!frame_ok(b, frame))
		return EMU_FAULT;
	if (!emu_is_canonical(e->secs.baseaddr + t->oentry) ||
	    !emu_is_canonical(e->secs.baseaddr + t->ofsbase) ||
	    !emu_is_canonical(e->secs.baseaddr + t->ogsbase))
		return emu_gp(b);
	if (!tcs_acquire(t))
		return emu_gp(b);

	gprs = frame_gprs(e, frame);
	gprs->ursp = b->regs.rsp;
	gprs->urbp = b->regs.rbp;
	b->fsbase = e->secs.baseaddr + t->ofsbase;
	b->gsbase = e->secs.baseaddr + t->ogsbase;
	go_inside(b, t);
	b->regs.rax = t->cssa;
	b->regs.rcx = b->next;
	b->regs.rip = e->secs.baseaddr + t->oentry;
	b->counters.eenter++;
	if (t->cssa == 0)
		emu_tick_taken(b);
	if (!b->raw && !(b->regs.rflags & (FLAG_DF | FLAG_AC | FLAG_TF)))
		return EMU_COMMIT;
	return EMU_COMMIT_FLAGS;
}

/* The general registers of ERESUME's frame, copied once. */
static void load_frame(struct emu_block *b, const struct gprsgx *gprs,
                       const struct emu_tcs *t)
{
	uint64_t keep = b->regs.rflags;
	uint64_t take = FLAGS_RESUME;

	if (t->flags & SGX_TCS_DBGOPTIN)
		take |= FLAG_TF;
	__builtin_memcpy(&b->regs, gprs, sizeof(b->regs));
	b->regs.rflags = (b->regs.rflags & take) | (keep & ~take) | FLAGS_ONE;
	b->fsbase = gprs->fsbase;
	b->gsbase = gprs->gsbase;
}

static enum emu_verdict eresume(struct emu_block *b)
{
	const struct emu_enclave *e = b->enclave;
	struct emu_tcs *t = tcs_checked(b);
	struct gprsgx gprs;
	uint64_t frame;

	if (!t)
		return EMU_FAULT;
	if (!tcs_fields_ok(b, t) || t->cssa == 0)
		return emu_gp(b);
	frame = frame_addr(e, t, t->cssa - 1);
	if (!frame_ok(b, frame))
		return EMU_FAULT;
	gprs = *frame_gprs(e, frame);
	if (!emu_is_canonical(gprs.rip) || !emu_is_canonical(gprs.fsbase) ||
	    !emu_is_canonical(gprs.gsbase))
		return emu_gp(b);
	if (!tcs_acquire(t))
		return emu_gp(b);
	if (!xsave_restorable(emu_memory(frame), b->xfrm,
	                      e->platform->mxcsr_mask)) {
		tcs_release(t);
		return emu_gp(b);
	}
	go_inside(b, t);
	t->cssa--;
	b->frame = frame;
	b->counters.eresume++;
	load_frame(b, &gprs, t);
	return EMU_RESUME;
}

/*
 * The tick that PLATFORM_TICK_SIGNAL stands for: the AEX brought us here with
 * RAX = 3, and instead of ERESUME the same TCS is entered first.
 */
static enum emu_verdict enter_for_tick(struct emu_block *b)
{
	enum emu_verdict verdict;
	uint64_t rdi = b->regs.rdi;
	uint64_t rsi = b->regs.rsi;

	emu_tick_taken(b);
	b->counters.tick++;
	b->regs.rdi = 0;
	b->regs.rsi = 0;
	b->next = (uintptr_t)emu_tick_next;
	verdict = eenter(b);
	if (verdict != EMU_FAULT)
		return verdict;
	/* NSSA leaves no room for a handler: resume, the tick is lost. */
	b->regs.rdi = rdi;
	b->regs.rsi = rsi;
	b->next = (uintptr_t)emu_next;
	return eresume(b);
}

static bool is_tick_due(const struct emu_block *b)
{
	const struct emu_tcs *t;

	if (!READ_ONCE(b->pending) || b->raw)
		return false;
	t = emu_tcs_find(b->enclave, b->regs.rbx);
	return t && t->cssa == 1;
}

enum emu_verdict emu_enclu_outside(struct emu_block *b)
{
	switch (b->regs.rax & UINT32_MAX) {
	case ENCLU_EENTER:
		return eenter(b);
	case ENCLU_ERESUME:
		if (is_tick_due(b))
			return enter_for_tick(b);
		return eresume(b);
	default:
		return emu_gp(b);
	}
}

/* ERESUME did everything but the loading of registers: take it back. */
static void unresume(struct emu_block *b)
{
	struct emu_tcs *t = b->tcs;

	b->regs.rax = ENCLU_ERESUME;
	b->regs.rbx = t->addr;
	b->regs.rcx = t->aep;
	b->tcs = NULL;
	t->cssa++;
	tcs_release(t);
}

/* Host registers that an AEX left; RSP and RBP come from the frame. */
static void synthetic_regs(struct emu_block *b)
{
	const struct emu_tcs *t = b->tcs;
	const struct gprsgx *gprs =
		frame_gprs(b->enclave, frame_addr(b->enclave, t, t->cssa));
	struct emu_regs r = { 0 };

	r.rsp = gprs->ursp;
	r.rbp = gprs->urbp;
	r.rflags = (b->regs.rflags & ~(uint64_t)FLAGS_ARITH) | FLAGS_ONE;
	b->regs = r;
}

/* Back to the ENCLU, at which the signal is then as if it had just arrived. */
static enum emu_verdict deliver_tick(struct emu_block *b)
{
	emu_tick_taken(b);
	b->regs.rip = (uintptr_t)emu_raw_tick;
	b->fsbase = b->host_fs;
	b->gsbase = b->host_gs;
	b->target_inside = 0;
	return EMU_COMMIT_FLAGS;
}

/* A tick came between eresume() and the commit: an AEX of the resumed code. */
enum emu_verdict emu_resume_pending(struct emu_block *b)
{
	bool is_enclave_s_turn = b->tcs->cssa == 0 && !b->raw;

	synthetic_regs(b);
	unresume(b);
	b->counters.aex++;
	if (is_enclave_s_turn)
		return enter_for_tick(b);
	if (b->raw && b->enclave->vdso)
		return deliver_tick(b);
	emu_tick_taken(b);
	return eresume(b);
}

/* XRSTOR refused a frame that had just been checked. */
void emu_resume_failed(struct emu_block *b)
{
	synthetic_regs(b);
	unresume(b);
	b->counters.eresume--;
	emu_gp(b);
}

enum emu_verdict emu_eexit(struct emu_block *b)
{
	const struct emu_enclave *e = b->enclave;
	struct emu_tcs *t = b->tcs;
	uint64_t target = b->regs.rbx;

	if (!emu_is_canonical(target))
		return emu_gp(b);
	if (e->platform->opt.model.eexit)
		emu_burn(e->platform->opt.model.eexit);
	b->regs.rcx = b->aep;
	b->regs.rip = target;
	if (epcm_covers(&e->epcm, target))
		b->regs.rip = (uintptr_t)emu_abort_fetch;
	if (!(t->flags & SGX_TCS_DBGOPTIN))
		b->regs.rflags |= b->host_tf;
	b->fsbase = b->host_fs;
	b->gsbase = b->host_gs;
	b->target_inside = 0;
	b->tcs = NULL;
	b->eexits++;
	tcs_release(t);
	return EMU_COMMIT_FLAGS;
}

enum emu_verdict emu_decssa(struct emu_block *b)
{
	struct emu_tcs *t = b->tcs;

	if (t->cssa == 0)
		return emu_gp(b);
	if (!frame_ok(b, frame_addr(b->enclave, t, t->cssa - 1)))
		return EMU_FAULT;
	t->cssa--;
	return EMU_COMMIT_FLAGS;
}
