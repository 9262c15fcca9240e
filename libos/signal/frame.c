/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.c - building a handler's frame on the user's stack and taking it down.
 */
#include "libos/signal/frame.h"

#include "abi/layout.h"
#include "base/errno.h"
#include "base/string.h"
#include "libos/cpu/fpu.h"
#include "libos/mm/usercopy.h"
#include "libos/signal/internal.h"

#define RED_ZONE 128 /* psABI 3.2.2: below the stack pointer, still in use */
#define FPSTATE_ALIGN 64
#define FXSAVE_SIZE 512
#define XSAVE_HEADER_OFFSET 512
#define XSAVE_MIN_SIZE 576
#define MXCSR_OFFSET 24
#define ST_OFFSET 32
#define XMM_OFFSET 160
#define XMM_SIZE 256
#define FCW_INIT 0x37f
#define MXCSR_USER_MASK 0xffffu
#define XFEATURES_FP 1ull
#define XFEATURES_SSE 2ull
#define XFEATURES_FP_SSE 3ull

#define RFLAGS_TF 0x100ull
#define RFLAGS_DF 0x400ull
#define RFLAGS_RF 0x10000ull

bool sigframe_place(uint64_t sp, size_t xsave_size, struct sigframe_place *ret)
{
	size_t fp_size = xsave_size + sizeof(uint32_t);
	uint64_t fpstate, frame;

	if (sp < fp_size + sizeof(struct sigframe) + FPSTATE_ALIGN + USER_BASE)
		return false;
	fpstate = ALIGN_DOWN(sp - fp_size, FPSTATE_ALIGN);
	frame = fpstate - sizeof(struct sigframe);
	/* As after a call: the return address has been pushed. */
	frame = ALIGN_DOWN(frame, 16) - 8;
	ret->fpstate = fpstate;
	ret->frame = frame;
	ret->lowest = frame;
	return true;
}

size_t sigframe_stack_min(void)
{
	size_t size = sizeof(struct sigframe) + RED_ZONE + fpu_size() +
	              sizeof(uint32_t) + FPSTATE_ALIGN + 16;

	return ALIGN_UP(MAX(size, (size_t)MINSIGSTKSZ), (size_t)16);
}

static bool within_altstack(const struct thread_signal *ts, uint64_t sp)
{
	const struct sigaltstack_user *a = &ts->altstack;

	return sp > a->sp && sp - a->sp <= a->size;
}

bool sigframe_on_altstack(const struct thread_signal *ts, uint64_t sp)
{
	/* A disarmed stack may be reused, so nobody counts as being on it. */
	if ((uint32_t)ts->altstack.flags & SS_AUTODISARM)
		return false;
	return within_altstack(ts, sp);
}

/* Where the frame goes: 0 or -EFAULT. */
static int choose_stack(const struct thread_signal *ts, uint64_t sp,
                        const struct sigaction_user *act,
                        struct sigframe_place *ret)
{
	bool was_on = sigframe_on_altstack(ts, sp);
	bool enters = (act->flags & SA_ONSTACK) && !was_on &&
	              !(ts->altstack.flags & SS_DISABLE) && ts->altstack.size;

	if (enters)
		sp = ts->altstack.sp + ts->altstack.size;
	else if (sp < RED_ZONE)
		return -EFAULT;
	else
		sp -= RED_ZONE;
	if (!sigframe_place(sp, fpu_size(), ret))
		return -EFAULT;
	/* An alternate stack that overflows writes to what lies below it. */
	if ((enters || was_on) && !within_altstack(ts, ret->lowest))
		return -EFAULT;
	return 0;
}

static void fill_mcontext(struct sigcontext *mc, const struct regs *regs,
                          const struct thread_signal *ts)
{
	mc->r8 = regs->r8;
	mc->r9 = regs->r9;
	mc->r10 = regs->r10;
	mc->r11 = regs->r11;
	mc->r12 = regs->r12;
	mc->r13 = regs->r13;
	mc->r14 = regs->r14;
	mc->r15 = regs->r15;
	mc->rdi = regs->rdi;
	mc->rsi = regs->rsi;
	mc->rbp = regs->rbp;
	mc->rbx = regs->rbx;
	mc->rdx = regs->rdx;
	mc->rax = regs->rax;
	mc->rcx = regs->rcx;
	mc->rsp = regs->rsp;
	mc->rip = signal_site_ops->rip_to_user(regs->rip);
	mc->rflags = regs->rflags;
	mc->cs = USER_CS;
	mc->ss = USER_SS;
	mc->err = ts->trap_error;
	mc->trapno = ts->trap_nr;
	mc->cr2 = ts->trap_addr;
}

/*
 * Old readers expect the legacy part to be valid always.  What is not in use may
 * be there from long ago (SDM vol. 1, 13.4.1 and 13.6).
 */
static void complete_legacy(uint8_t *area)
{
	uint64_t features;

	memcpy(&features, area + XSAVE_HEADER_OFFSET, sizeof(features));
	if (!(features & XFEATURES_FP)) {
		memset(area, 0, MXCSR_OFFSET);
		area[0] = FCW_INIT & 0xff;
		area[1] = FCW_INIT >> 8;
		memset(area + ST_OFFSET, 0, XMM_OFFSET - ST_OFFSET);
	}
	if (!(features & XFEATURES_SSE))
		memset(area + XMM_OFFSET, 0, XMM_SIZE);
	features |= XFEATURES_FP_SSE;
	memcpy(area + XSAVE_HEADER_OFFSET, &features, sizeof(features));
}

/*
 * Write the vector state with the words by which readers find its extent
 * (<asm/sigcontext.h>), and give the handler a fresh one.
 */
static int push_fpstate(struct thread *self, uint64_t addr)
{
	size_t size = fpu_size();
	struct fpx_sw_bytes sw = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = (uint32_t)(size + sizeof(uint32_t)),
		.xfeatures = fpu_xfrm(),
		.xstate_size = (uint32_t)size,
	};
	uint8_t *area = self->fpu;
	int ret;

	fpu_save_current();
	/* The processor leaves these 48 bytes to software. */
	memcpy(area + FPX_SW_OFFSET, &sw, sizeof(sw));
	complete_legacy(area);
	ret = copy_to_user(user_ptr(addr), area, size);
	if (ret < 0)
		return ret;
	return put_user_u32(user_ptr(addr + size), FP_XSTATE_MAGIC2);
}

static void enter_handler(struct regs *regs, const struct sigaction_user *act,
                          uint64_t frame, int sig)
{
	regs->rdi = (uint64_t)sig;
	regs->rsi = frame + offsetof(struct sigframe, info);
	regs->rdx = frame + offsetof(struct sigframe, uc);
	regs->rax = 0;
	regs->rsp = frame;
	regs->rip = act->handler;
	regs->rflags &= ~(RFLAGS_DF | RFLAGS_TF | RFLAGS_RF);
	regs->source = REGS_FAULT;
}

int sigframe_push(struct thread *self, struct regs *regs,
                  const struct sigaction_user *act, const struct siginfo *info,
                  uint64_t mask)
{
	struct thread_signal *ts = self->sig;
	struct sigframe_place at;
	struct sigframe f;
	int ret;

	/* x86-64 has no other way back: the vDSO has no trampoline. */
	if (!(act->flags & SA_RESTORER) || act->handler >= USER_END)
		return -EFAULT;
	ret = choose_stack(ts, regs->rsp, act, &at);
	if (ret < 0)
		return ret;

	memset(&f, 0, sizeof(f));
	f.return_address = act->restorer;
	f.uc.flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	f.uc.stack = ts->altstack;
	f.uc.sigmask = mask;
	f.info = *info;
	fill_mcontext(&f.uc.mcontext, regs, ts);
	f.uc.mcontext.oldmask = mask;
	f.uc.mcontext.fpstate = at.fpstate;

	ret = push_fpstate(self, at.fpstate);
	if (ret < 0)
		return ret;
	ret = copy_to_user(user_ptr(at.frame), &f, sizeof(f));
	if (ret < 0)
		return ret;

	if ((uint32_t)ts->altstack.flags & SS_AUTODISARM)
		ts->altstack = (struct sigaltstack_user){ .flags = SS_DISABLE };
	fpu_init(self->fpu);
	enter_handler(regs, act, at.frame, info->signo);
	return 0;
}

/* How much of the state at @addr is there: all, or only the FXSAVE part. */
static bool has_xstate(const struct fpx_sw_bytes *sw, uint64_t addr)
{
	uint32_t magic2;

	if (sw->magic1 != FP_XSTATE_MAGIC1 ||
	    sw->xstate_size < XSAVE_MIN_SIZE || sw->xstate_size > fpu_size() ||
	    sw->extended_size < sw->xstate_size + sizeof(magic2))
		return false;
	if (get_user_u32(&magic2, user_ptr(addr + sw->xstate_size)) < 0)
		return false;
	return magic2 == FP_XSTATE_MAGIC2;
}

/* Make an area of which only the first 512 bytes came from the program whole. */
static void complete_fxsave(uint8_t *area)
{
	uint64_t features = XFEATURES_FP_SSE;
	uint32_t mxcsr;

	memset(area + FXSAVE_SIZE, 0, fpu_size() - FXSAVE_SIZE);
	memcpy(area + XSAVE_HEADER_OFFSET, &features, sizeof(features));
	memcpy(&mxcsr, area + MXCSR_OFFSET, sizeof(mxcsr));
	mxcsr &= MXCSR_USER_MASK;
	memcpy(area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

static int load_fpstate(uint8_t *area, uint64_t addr)
{
	struct fpx_sw_bytes sw;
	uint64_t features;
	int ret;

	ret = copy_from_user(area, user_ptr(addr), FXSAVE_SIZE);
	if (ret < 0)
		return ret;
	memcpy(&sw, area + FPX_SW_OFFSET, sizeof(sw));
	if (!has_xstate(&sw, addr)) {
		complete_fxsave(area);
		return 0;
	}
	memset(area + FXSAVE_SIZE, 0, fpu_size() - FXSAVE_SIZE);
	ret = copy_from_user(area + FXSAVE_SIZE, user_ptr(addr + FXSAVE_SIZE),
	                     sw.xstate_size - FXSAVE_SIZE);
	if (ret < 0)
		return ret;
	memcpy(&features, area + XSAVE_HEADER_OFFSET, sizeof(features));
	features &= sw.xfeatures;
	memcpy(area + XSAVE_HEADER_OFFSET, &features, sizeof(features));
	return fpu_check(area);
}

/* From here the area, not the registers, is the thread's vector state. */
static int pop_fpstate(struct thread *self, uint64_t addr)
{
	int ret;

	fpu_save_current();
	if (!addr) {
		fpu_init(self->fpu);
		return 0;
	}
	ret = load_fpstate(self->fpu, addr);
	if (ret < 0) {
		fpu_init(self->fpu);
		return -EFAULT;
	}
	return 0;
}

static void take_mcontext(struct regs *regs, const struct sigcontext *mc)
{
	regs->r8 = mc->r8;
	regs->r9 = mc->r9;
	regs->r10 = mc->r10;
	regs->r11 = mc->r11;
	regs->r12 = mc->r12;
	regs->r13 = mc->r13;
	regs->r14 = mc->r14;
	regs->r15 = mc->r15;
	regs->rdi = mc->rdi;
	regs->rsi = mc->rsi;
	regs->rbp = mc->rbp;
	regs->rbx = mc->rbx;
	regs->rdx = mc->rdx;
	regs->rax = mc->rax;
	regs->rcx = mc->rcx;
	regs->rsp = mc->rsp;
	regs->rip = signal_site_ops->rip_from_user(mc->rip);
	regs->rflags = (regs->rflags & ~RFLAGS_USER_MASK) |
	               (mc->rflags & RFLAGS_USER_MASK);
	regs->orig_rax = NOT_A_SYSCALL;
	regs->source = REGS_FAULT;
}

/* As sigaltstack(2) would, but a refusal changes nothing and is no error. */
static void take_altstack(struct thread_signal *ts, uint64_t sp,
                          const struct sigaltstack_user *ss)
{
	uint32_t flags = (uint32_t)ss->flags & ~(uint32_t)SS_ONSTACK;

	if (sigframe_on_altstack(ts, sp) ||
	    (flags & ~(SS_AUTODISARM | SS_DISABLE)))
		return;
	if (flags & SS_DISABLE)
		ts->altstack = (struct sigaltstack_user){ .flags = SS_DISABLE };
	else if (ss->size >= MINSIGSTKSZ)
		ts->altstack = (struct sigaltstack_user){
			.sp = ss->sp, .flags = (int32_t)flags, .size = ss->size
		};
}

int sigframe_pop(struct thread *self, struct regs *regs)
{
	uint64_t addr = regs->rsp - sizeof(uint64_t);
	struct sigframe f;
	int ret;

	ret = copy_from_user(&f, user_ptr(addr), sizeof(f));
	if (ret < 0)
		return ret;
	/* Selectors are the CPU's own; anything else could not be loaded. */
	if (f.uc.mcontext.cs != USER_CS || f.uc.mcontext.rip >= USER_END)
		return -EFAULT;
	ret = pop_fpstate(self, f.uc.mcontext.fpstate);
	if (ret < 0)
		return ret;
	take_mcontext(regs, &f.uc.mcontext);
	signal_set_mask(self, f.uc.sigmask);
	take_altstack(self->sig, regs->rsp, &f.uc.stack);
	return 0;
}
