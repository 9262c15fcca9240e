/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.c - what a signal on an attached thread means, and what follows.
 *
 *	where          signal                     consequence
 *	inside         #PF that the EPCM allows   host protection follows, go on
 *	inside         SIGILL at an ENCLU         the leaf is served
 *	inside         other exception            AEX, reported to the caller
 *	inside         tick, or sent by somebody  AEX, then the AEP
 *	in a thunk     SIGSEGV                    the leaf is served
 *	outside        #PF in ELRANGE, as above   go on: the emulator's own access
 *	outside        SIGILL at an ENCLU         EENTER or ERESUME from there
 *	outside        anything else              the handler that was there before
 *
 * All of this runs with FS and GS of the host; enter.S sees to that.  The tick
 * is not blocked here.  One that meets a handler only leaves b->pending, which
 * is looked at before the enclave goes on: by EMU_SIGNAL_RESUME, or by the
 * next ERESUME.
 *
 * Compiled without vector registers, see aex.c.
 */
#include "platform/emu/signal.h"

#include <errno.h>

#include "platform/emu/emu.h"

enum {
	/* Software bits of the host kernel's page-fault error code. */
	PF_HARDWARE = SGX_PF_P | SGX_PF_W | SGX_PF_U | SGX_PF_ID | SGX_PF_PK,
	INT3 = 0xcc,
};

/* ---- where was the thread? --------------------------------------------- */

static uint64_t rip_of(const ucontext_t *uc)
{
	return (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
}

static void set_rip(ucontext_t *uc, uint64_t rip)
{
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)rip;
}

static uint64_t fault_stub(const struct emu_block *b)
{
	return b->slot + EMU_SLOT_CODE +
	       (uint64_t)(emu_commit_fault - emu_commit_code);
}

static bool is_committing(const struct emu_block *b, uint64_t rip)
{
	return (rip >= b->slot + EMU_SLOT_CODE && rip < fault_stub(b)) ||
	       (rip >= (uintptr_t)emu_resume_checked &&
	        rip < (uintptr_t)emu_resume_checked_end);
}

/* Do for the signal frame what commit.S was about to do for the CPU. */
static void complete_commit(struct emu_block *b, ucontext_t *uc,
                            struct emu_bases *bases)
{
	if (!is_committing(b, rip_of(uc)))
		return;
	emu_regs_to_frame(&b->regs, uc);
	bases->fsbase = b->fsbase;
	bases->gsbase = b->gsbase;
	b->inside = b->target_inside;
}

static bool is_leaving(const struct emu_block *b, uint64_t rip)
{
	return emu_pad_of_thunk(b->enclave, rip) < b->enclave->n_pads ||
	       rip == (uintptr_t)emu_exit_fast ||
	       rip == (uintptr_t)emu_leaf_entry;
}

/*
 * Whether the signal met a handler: on one of the slot's signal stacks, and not
 * in an enclave that is about to leave to a host handler there.
 */
static bool is_nested(const struct emu_block *b, const ucontext_t *uc)
{
	uint64_t rsp = (uint64_t)uc->uc_mcontext.gregs[REG_RSP];
	bool is_on_stack = rsp - b->slot - EMU_SLOT_ALT0 <=
	                   EMU_SLOT_ALT1 + EMU_SLOT_ALT1_SIZE - EMU_SLOT_ALT0;

	return is_on_stack && !is_leaving(b, rip_of(uc)) &&
	       !epcm_covers(&b->enclave->epcm, rip_of(uc));
}

/* The tick's handler of whoever supplied the entry function, if it wants it. */
static void vdso_tick(struct emu_block *b, siginfo_t *info, ucontext_t *uc)
{
	const struct emu_vdso *vdso = b->enclave->vdso;

	if (!vdso)
		return;
	emu_tick_taken(b);
	emu_signal_call(vdso->on_tick, PLATFORM_TICK_SIGNAL, info, uc, b);
}

/*
 * A tick in the middle of something: taken by the next ERESUME or AEX.  Whoever
 * counts those on their way sees now that it came, and that RIP is nowhere.
 */
static void tick_too_early(struct emu_block *b, siginfo_t *info, ucontext_t *uc)
{
	vdso_tick(b, info, uc);
	b->pending = 1;
}

/* Where an exception at @enclu goes on without a signal; 0: nowhere. */
static uint64_t fixup_of(const struct emu_block *b, uint64_t enclu)
{
	const struct emu_vdso *vdso = b->enclave->vdso;

	if (enclu == (uintptr_t)emu_aep)
		return (uintptr_t)emu_exception;
	return vdso && enclu == vdso->enclu ? vdso->exception : 0;
}

static bool is_sent(const siginfo_t *info)
{
	return info->si_code <= 0;
}

/* ---- inside ------------------------------------------------------------ */

/*
 * Whether block->regs may be loaded without rt_sigreturn.  Not in a handler
 * that a host handler's entry led to, since its stack has to be set up again;
 * not with TF, which would trap in the loading.
 */
static bool can_commit(const struct emu_block *b)
{
	return b->level == 0 && !(b->regs.rflags & FLAG_TF);
}

/*
 * After emu_aex().  What the host kernel does to vector registers for a handler
 * is what an AEX does, except for components outside XFRM, which an AEX leaves
 * alone, and #MF's x87 words.  PKRU is not INIT in a handler.
 */
static enum emu_signal_verdict leave(const struct emu_block *b, ucontext_t *uc,
                                     struct emu_bases *bases)
{
	uint64_t lost = b->enclave->platform->base.caps.xfrm & SGX_XFRM_PKRU;
	uint64_t bv = 0;

	if (can_commit(b) && emu_frame_xstate(uc, &bv) && b->fsw == 0 &&
	    !((bv | lost) & ~b->xfrm))
		return EMU_SIGNAL_LEAVE;
	emu_aex_to_frame(b, uc, bases);
	return EMU_SIGNAL_RETURN;
}

static enum emu_signal_verdict tick_inside(struct emu_block *b, siginfo_t *info,
                                           ucontext_t *uc,
                                           struct emu_bases *bases)
{
	static const struct emu_event none;
	bool is_first = b->tcs->cssa == 0;

	emu_aex(b, uc, bases, &none);
	/* Otherwise nobody will look; enter_for_tick() counts the first. */
	if (is_first && b->regs.rip == (uintptr_t)emu_aep)
		b->pending = 1;
	else
		b->counters.tick++;
	if (!b->enclave->vdso)
		return leave(b, uc, bases);
	emu_aex_to_frame(b, uc, bases);
	vdso_tick(b, info, uc);
	return EMU_SIGNAL_RETURN;
}

enum emu_signal_verdict emu_signal_pending(siginfo_t *info, ucontext_t *uc,
                                           struct emu_block *b,
                                           struct emu_bases *bases)
{
	emu_tick_taken(b);
	/* What a leaf has done is done: AEX from behind it. */
	emu_regs_to_frame(&b->regs, uc);
	bases->fsbase = b->fsbase;
	bases->gsbase = b->gsbase;
	return tick_inside(b, info, uc, bases);
}

/*
 * From here to block->regs, with the vector state of @uc.  Where rt_sigreturn
 * has to do it, ticks wait until it has.
 */
static enum emu_signal_verdict go_on(struct emu_block *b, siginfo_t *info,
                                     ucontext_t *uc, struct emu_bases *bases)
{
	bool takes_ticks = b->target_inside && b->tcs->cssa == 0;
	/* The #DB of a TF that EEXIT gives back is due before the first
	 * instruction outside (SDM Vol. 3D 40.2.3): let it trap. */
	bool is_stepped_exit = b->level == 0 && !b->target_inside;
	uint64_t bv;

	if ((can_commit(b) || is_stepped_exit) && emu_frame_xstate(uc, &bv))
		return takes_ticks ? EMU_SIGNAL_RESUME : EMU_SIGNAL_GO;
	emu_signal_block();
	emu_regs_to_frame(&b->regs, uc);
	bases->fsbase = b->fsbase;
	bases->gsbase = b->gsbase;
	if (takes_ticks && READ_ONCE(b->pending))
		return emu_signal_pending(info, uc, b, bases);
	b->inside = b->target_inside;
	return EMU_SIGNAL_RETURN;
}

/* The same to where the signal met the enclave. */
static enum emu_signal_verdict go_on_inside(struct emu_block *b,
                                            siginfo_t *info, ucontext_t *uc,
                                            struct emu_bases *bases)
{
	emu_regs_from_frame(&b->regs, uc);
	b->fsbase = bases->fsbase;
	b->gsbase = bases->gsbase;
	b->target_inside = 1;
	return go_on(b, info, uc, bases);
}

/*
 * AEX for an exception, and what the kernel does next: a vDSO fix-up if the AEP
 * is that of the entry function, else a signal.
 */
static enum emu_signal_verdict report(struct emu_block *b, int sig,
                                      siginfo_t *info, ucontext_t *uc,
                                      struct emu_bases *bases,
                                      const struct emu_event *event)
{
	bool is_debug = event->vector == SGX_VECTOR_DB ||
	                event->vector == SGX_VECTOR_BP;
	uint64_t fixup;

	emu_aex(b, uc, bases, event);
	fixup = fixup_of(b, b->regs.rip);
	if (is_debug || !fixup) {
		emu_aex_to_frame(b, uc, bases);
		emu_signal_chain_aex(sig, info, uc, b);
		return EMU_SIGNAL_RETURN;
	}
	b->regs.rip = fixup;
	b->regs.rdi = event->vector;
	b->regs.rsi = event->error;
	if (event->vector == SGX_VECTOR_PF)
		b->regs.rdx = ALIGN_DOWN(event->addr, PAGE_SIZE);
	return leave(b, uc, bases);
}

static struct emu_event event_of_fault(const struct emu_block *b)
{
	return (struct emu_event){
		.is_exception = true,
		.vector = b->fault.vector,
		.error = b->fault.error,
		.addr = b->fault.addr,
	};
}

/* ENCLU at @rip, @next behind it, with the frame's registers. */
static enum emu_signal_verdict serve_leaf(struct emu_block *b, siginfo_t *info,
                                          ucontext_t *uc,
                                          struct emu_bases *bases,
                                          uint64_t next)
{
	struct emu_event event;

	b->counters.slow++;
	emu_regs_from_frame(&b->regs, uc);
	b->fsbase = bases->fsbase;
	b->gsbase = bases->gsbase;
	b->next = next;
	b->inside = 0;
	if (emu_leaf(b) != EMU_FAULT)
		return go_on(b, info, uc, bases);
	event = event_of_fault(b);
	return report(b, SIGSEGV, info, uc, bases, &event);
}

/* The thunk could not find the block: RAX or RCX is lost, but known. */
static enum emu_signal_verdict serve_thunk(struct emu_block *b, siginfo_t *info,
                                           ucontext_t *uc,
                                           struct emu_bases *bases)
{
	size_t i = emu_pad_of_thunk(b->enclave, rip_of(uc));
	const struct enclave_pad *pad = &b->enclave->pads[i];

	uc->uc_mcontext.gregs[REG_RAX] = pad->leaf;
	set_rip(uc, pad->vaddr);
	return serve_leaf(b, info, uc, bases, pad->vaddr + pad->size);
}

/*
 * A rewritten pad loads its target from where it happens to lie, which with
 * RFLAGS.AC set may be #AC; the ENCLU it stands for touches no memory.
 */
static const struct enclave_pad *misaligned_pad(const struct emu_block *b,
                                                const ucontext_t *uc)
{
	const struct emu_enclave *e = b->enclave;

	if (uc->uc_mcontext.gregs[REG_TRAPNO] != SGX_VECTOR_AC)
		return NULL;
	for (size_t i = 0; i < e->n_pads; i++)
		if (e->pads[i].vaddr == rip_of(uc))
			return &e->pads[i];
	return NULL;
}

static unsigned int access_of(uint32_t error)
{
	if (error & SGX_PF_ID)
		return SGX_SECINFO_X;
	return error & SGX_PF_W ? SGX_SECINFO_W : SGX_SECINFO_R;
}

/*
 * A host page fault inside: true if it was only the host's protection that
 * lagged behind.  Otherwise *@event is what a CPU would report.
 */
static bool page_fault(struct emu_block *b, const ucontext_t *uc,
                       struct emu_event *event)
{
	struct emu_enclave *e = b->enclave;
	uint64_t addr = (uint64_t)uc->uc_mcontext.gregs[REG_CR2];
	uint32_t error = (uint32_t)uc->uc_mcontext.gregs[REG_ERR] & PF_HARDWARE;
	bool is_elrange = epcm_covers(&e->epcm, addr);
	unsigned int entry = epcm_get(&e->epcm, addr);

	*event = (struct emu_event){ true, SGX_VECTOR_PF, error, addr };
	if (error & SGX_PF_ID && !is_elrange) {
		*event = (struct emu_event){ true, SGX_VECTOR_GP, 0, 0 };
		return false;
	}
	if (!is_elrange)
		return false;
	if (epcm_allows(entry, access_of(error)) && !(error & SGX_PF_PK)) {
		emu_page_sync(e, addr);
		return true;
	}
	if (!entry)
		entry = emu_page_augment(e, addr);
	if (!entry)
		return false;
	event->error |= SGX_PF_P | SGX_PF_U | SGX_PF_SGX;
	if (!emu_is_sgx2(e))
		*event = (struct emu_event){ true, SGX_VECTOR_GP, 0, 0 };
	return false;
}

static bool is_enclu(uint64_t rip)
{
	const uint8_t *code = emu_memory(rip);

	return code[0] == 0x0f && code[1] == 0x01 && code[2] == 0xd7;
}

/* INT3 is fault-like inside: #UD after an opt-out entry, #BP otherwise. */
static void int3(struct emu_block *b, ucontext_t *uc, struct emu_event *event)
{
	uint64_t rip = rip_of(uc) - 1;
	const uint8_t *code = emu_memory(rip);

	if (*code != INT3) { /* INT 3 in two bytes is INT n */
		set_rip(uc, rip - 1);
		event->vector = SGX_VECTOR_UD;
		return;
	}
	set_rip(uc, rip);
	event->vector = b->tcs->flags & SGX_TCS_DBGOPTIN ? SGX_VECTOR_BP
	                                                 : SGX_VECTOR_UD;
}

/* The exception behind a signal.  False: nothing to report, go on. */
static bool classify(struct emu_block *b, int sig, ucontext_t *uc,
                     struct emu_event *event)
{
	greg_t *gregs = uc->uc_mcontext.gregs;
	bool is_opt_in = b->tcs->flags & SGX_TCS_DBGOPTIN;

	*event = (struct emu_event){
		.is_exception = true,
		.vector = (uint32_t)gregs[REG_TRAPNO],
	};
	if (sig == SIGSYS) {
		/* RIP is behind the 2-byte instruction; RCX and R11 are lost. */
		set_rip(uc, rip_of(uc) - 2);
		event->vector = SGX_VECTOR_UD;
		return true;
	}
	switch (event->vector) {
	case SGX_VECTOR_PF:
		return !page_fault(b, uc, event);
	case SGX_VECTOR_GP:
		if (emu_is_illegal_inside(emu_memory(rip_of(uc))))
			event->vector = SGX_VECTOR_UD;
		else
			event->error = (uint32_t)gregs[REG_ERR];
		return true;
	case SGX_VECTOR_BP:
		int3(b, uc, event);
		return true;
	case SGX_VECTOR_DB:
		if (is_opt_in)
			return true;
		gregs[REG_EFL] &=
			~FLAG_TF; /* POPF can't set it after opt-out */
		return false;
	default:
		return true;
	}
}

static enum emu_signal_verdict inside(struct emu_block *b, int sig,
                                      siginfo_t *info, ucontext_t *uc,
                                      struct emu_bases *bases)
{
	static const struct emu_event none;
	const struct enclave_pad *pad;
	struct emu_event event;

	/* From here on a fault is the emulator's own. */
	b->inside = 0;
	if (rip_of(uc) == fault_stub(b)) {
		/* The fault comes first: its AEX must not swallow a tick. */
		if (sig == PLATFORM_TICK_SIGNAL)
			tick_too_early(b, info, uc);
		event = event_of_fault(b);
		set_rip(uc, b->fault_rip);
		return report(b, SIGSEGV, info, uc, bases, &event);
	}
	if (sig == PLATFORM_TICK_SIGNAL)
		return tick_inside(b, info, uc, bases);
	if (is_sent(info)) {
		emu_aex(b, uc, bases, &none);
		emu_aex_to_frame(b, uc, bases);
		emu_signal_chain(sig, info, uc, b);
		return EMU_SIGNAL_RETURN;
	}
	if (sig == SIGILL && is_enclu(rip_of(uc)))
		return serve_leaf(b, info, uc, bases, rip_of(uc) + 3);
	pad = misaligned_pad(b, uc);
	if (pad)
		return serve_leaf(b, info, uc, bases, pad->vaddr + pad->size);
	if (classify(b, sig, uc, &event))
		return report(b, sig, info, uc, bases, &event);
	return go_on_inside(b, info, uc, bases);
}

/* ---- outside ----------------------------------------------------------- */

/* ENCLU executed by host code other than the entry function. */
static void raw_enclu(struct emu_block *b, ucontext_t *uc)
{
	greg_t *gregs = uc->uc_mcontext.gregs;

	emu_regs_from_frame(&b->regs, uc);
	b->raw = rip_of(uc);
	b->next = b->raw + 3;
	gregs[REG_RBX] = (greg_t)(uintptr_t)b;
	gregs[REG_RSP] =
		(greg_t)(b->slot + EMU_SLOT_STACK + EMU_SLOT_STACK_SIZE);
	gregs[REG_EFL] &= ~(greg_t)(FLAG_TF | FLAG_DF | FLAG_AC);
	set_rip(uc, (uintptr_t)emu_raw_enclu);
}

/* It faulted: the exception is at that ENCLU, nothing has changed. */
static void raw_fault(struct emu_block *b, siginfo_t *info, ucontext_t *uc)
{
	uint64_t fixup = fixup_of(b, b->raw);

	b->regs.rip = fixup ? fixup : b->raw;
	if (fixup) {
		b->regs.rdi = b->fault.vector;
		b->regs.rsi = b->fault.error;
		b->regs.rdx = b->fault.addr;
		emu_regs_to_frame(&b->regs, uc);
		return;
	}
	emu_regs_to_frame(&b->regs, uc);
	uc->uc_mcontext.gregs[REG_TRAPNO] = b->fault.vector;
	uc->uc_mcontext.gregs[REG_ERR] = b->fault.error;
	uc->uc_mcontext.gregs[REG_CR2] = (greg_t)b->fault.addr;
	info->si_addr = (void *)(uintptr_t)b->fault.addr;
	emu_signal_chain_aex(SIGSEGV, info, uc, b);
}

static bool emulator_page_fault(struct emu_block *b, const ucontext_t *uc)
{
	uint64_t addr = (uint64_t)uc->uc_mcontext.gregs[REG_CR2];
	uint32_t error = (uint32_t)uc->uc_mcontext.gregs[REG_ERR];
	struct emu_enclave *e = b->enclave;

	if (error & SGX_PF_ID ||
	    !epcm_allows(epcm_get(&e->epcm, addr), access_of(error)))
		return false;
	emu_page_sync(e, addr);
	return true;
}

/* True if the fault was the emulator's to deal with. */
static bool outside_fault(struct emu_block *b, int sig, siginfo_t *info,
                          ucontext_t *uc)
{
	uint64_t rip = rip_of(uc);
	greg_t trapno = uc->uc_mcontext.gregs[REG_TRAPNO];

	if (sig == SIGSEGV && trapno == SGX_VECTOR_PF)
		return emulator_page_fault(b, uc);
	if (sig == SIGSEGV && rip == (uintptr_t)emu_xrstor) {
		set_rip(uc, (uintptr_t)emu_xrstor_fault);
		return true;
	}
	if (sig == SIGILL && rip == (uintptr_t)emu_raw_fault) {
		raw_fault(b, info, uc);
		return true;
	}
	if (sig == SIGILL && rip == (uintptr_t)emu_raw_tick) {
		set_rip(uc, b->raw);
		vdso_tick(b, info, uc);
		return true;
	}
	if (sig == SIGILL && rip == (uintptr_t)emu_abort_fetch) {
		set_rip(uc, (uint64_t)uc->uc_mcontext.gregs[REG_RBX]);
		emu_signal_chain_aex(sig, info, uc, b);
		return true;
	}
	if ((sig == SIGILL || trapno == SGX_VECTOR_GP) && is_enclu(rip)) {
		raw_enclu(b, uc);
		return true;
	}
	return trapno == SGX_VECTOR_GP && emu_emulate_outside(uc);
}

/* Whether a leaf is being served, on the slot's stack. */
static bool is_serving(const struct emu_block *b, const ucontext_t *uc)
{
	uint64_t rsp = (uint64_t)uc->uc_mcontext.gregs[REG_RSP];

	return rsp - b->slot - EMU_SLOT_STACK <= EMU_SLOT_STACK_SIZE;
}

static void outside(struct emu_block *b, int sig, siginfo_t *info,
                    ucontext_t *uc)
{
	if (sig == PLATFORM_TICK_SIGNAL) {
		if (is_serving(b, uc)) {
			tick_too_early(b, info, uc);
			return;
		}
		/* Matters only to an ERESUME, which looks at it. */
		b->pending = 1;
		vdso_tick(b, info, uc);
		return;
	}
	if (!is_sent(info) && outside_fault(b, sig, info, uc))
		return;
	emu_signal_chain(sig, info, uc, b);
}

static enum emu_signal_verdict attached(int sig, siginfo_t *info,
                                        ucontext_t *uc, struct emu_block *b,
                                        struct emu_bases *bases)
{
	complete_commit(b, uc, bases);
	if (is_nested(b, uc)) {
		if (sig == PLATFORM_TICK_SIGNAL)
			tick_too_early(b, info, uc);
		else
			outside(b, sig, info, uc);
		return EMU_SIGNAL_RETURN;
	}
	/*
	 * Not before: ticks that meet a handler would pile up on its stack.  The
	 * mark of one that did falls with b->pending.
	 */
	if (sig == PLATFORM_TICK_SIGNAL)
		emu_tick_came(b);
	if (b->inside && !is_leaving(b, rip_of(uc)))
		return inside(b, sig, info, uc, bases);
	if (b->inside && sig == SIGSEGV && !is_sent(info))
		return serve_thunk(b, info, uc, bases);
	outside(b, sig, info, uc);
	return EMU_SIGNAL_RETURN;
}

enum emu_signal_verdict emu_signal(int sig, siginfo_t *info, ucontext_t *uc,
                                   struct emu_block *b, struct emu_bases *bases)
{
	enum emu_signal_verdict verdict = EMU_SIGNAL_RETURN;
	int saved_errno = errno;

	if (b)
		verdict = attached(sig, info, uc, b, bases);
	else if (sig != PLATFORM_TICK_SIGNAL)
		emu_signal_chain(sig, info, uc, NULL);
	errno = saved_errno;
	return verdict;
}
