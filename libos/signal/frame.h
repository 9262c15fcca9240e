/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - the frame a signal handler gets, byte for byte Linux's.
 *
 * Unwinders, debuggers and language runtimes know this layout (struct
 * rt_sigframe of x86-64, <asm/sigcontext.h>, <asm/ucontext.h>): from low to
 * high addresses the return address, the ucontext, the siginfo, and, 64-byte
 * aligned, the XSAVE area in standard form followed by FP_XSTATE_MAGIC2.
 */
#pragma once

#include "libos/signal/signal.h"

struct sigcontext {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
	uint64_t rflags;
	uint16_t cs, gs, fs, ss;
	uint64_t err;
	uint64_t trapno;
	uint64_t oldmask;
	uint64_t cr2;
	uint64_t fpstate; /* user address, 0: none */
	uint64_t zero[8];
};
static_assert(sizeof(struct sigcontext) == 256, "struct sigcontext_64");

struct ucontext {
	uint64_t flags;
	uint64_t link;
	struct sigaltstack_user stack;
	struct sigcontext mcontext;
	uint64_t sigmask;
};
static_assert(sizeof(struct ucontext) == 304, "struct ucontext");
static_assert(offsetof(struct ucontext, mcontext) == 40, "uc_mcontext");
static_assert(offsetof(struct ucontext, sigmask) == 296, "uc_sigmask");

struct sigframe {
	uint64_t return_address;
	struct ucontext uc;
	struct siginfo info;
	uint8_t info_zero[SIGINFO_USER_SIZE - sizeof(struct siginfo)];
};
static_assert(sizeof(struct sigframe) == 440, "struct rt_sigframe");

enum ucontext_flags {
	UC_FP_XSTATE = 1,
	UC_SIGCONTEXT_SS = 2,
	UC_STRICT_RESTORE_SS = 4
};

/* Segment selectors of 64-bit user code on Linux. */
enum { USER_CS = 0x33, USER_SS = 0x2b };

/* In the 48 software bytes of the FXSAVE area, at offset 464. */
struct fpx_sw_bytes {
	uint32_t magic1;
	uint32_t extended_size; /* xstate_size + sizeof(magic2) */
	uint64_t xfeatures;
	uint32_t xstate_size;
	uint32_t zero[7];
};
static_assert(sizeof(struct fpx_sw_bytes) == 48, "struct _fpx_sw_bytes");

#define FPX_SW_OFFSET 464
#define FP_XSTATE_MAGIC1 0x46505853u
#define FP_XSTATE_MAGIC2 0x46505845u

/* The bits of RFLAGS that sigreturn may set: arithmetic ones, DF and AC. */
#define RFLAGS_USER_MASK 0x40cd5ull

/* Where things go on a stack whose pointer is @sp. */
struct sigframe_place {
	uint64_t frame;   /* struct sigframe; frame + 8 is 16-byte aligned */
	uint64_t fpstate; /* 64-byte aligned */
	uint64_t lowest;  /* == frame */
};

/*
 * Place a frame below @sp, of which the caller has taken off the red zone
 * where it applies; @xsave_size without the closing magic.  False: wraps.
 */
bool sigframe_place(uint64_t sp, size_t xsave_size, struct sigframe_place *ret);

/*
 * Write the frame for @info on the user's stack and point @regs at the action's
 * handler.  0, or -EFAULT with @regs untouched.
 */
int sigframe_push(struct thread *self, struct regs *regs,
                  const struct sigaction_user *act, const struct siginfo *info,
                  uint64_t mask);

/*
 * rt_sigreturn(2): take all of @regs, mask, alternate stack and vector state
 * from the frame below the stack pointer, trusting none of it.  0 or -EFAULT.
 */
int sigframe_pop(struct thread *self, struct regs *regs);

/* Smallest stack a handler can run on: AT_MINSIGSTKSZ. */
size_t sigframe_stack_min(void);

/* Is @sp on the thread's alternate stack? */
bool sigframe_on_altstack(const struct thread_signal *ts, uint64_t sp);
