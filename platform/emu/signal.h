/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.h - emu's signal handlers.
 */
#pragma once

#include <signal.h>
#include <ucontext.h>

#include "platform/emu/block.h"

/* FS and GS base as the handler found them and as it will leave them. */
struct emu_bases {
	uint64_t gsbase;
	uint64_t fsbase;
};

/* What happened inside, as an AEX needs it. */
struct emu_event {
	bool is_exception;
	uint32_t vector;
	uint32_t error;
	uint64_t addr;
};

/* How the thread goes on when its signal has been dealt with: enter.S. */
enum emu_signal_verdict {
	EMU_SIGNAL_RETURN = S_RETURN,
	EMU_SIGNAL_LEAVE = S_LEAVE,
	EMU_SIGNAL_GO = S_GO,
	EMU_SIGNAL_RESUME = S_RESUME,
};

/* Called by emu_signal_entry; @b and @bases are NULL on threads not attached. */
enum emu_signal_verdict emu_signal(int sig, siginfo_t *info, ucontext_t *uc,
                                   struct emu_block *b,
                                   struct emu_bases *bases);

/* EMU_SIGNAL_RESUME found a tick: @uc is interrupted by that instead. */
enum emu_signal_verdict emu_signal_pending(siginfo_t *info, ucontext_t *uc,
                                           struct emu_block *b,
                                           struct emu_bases *bases);

/* Install the handlers, once per process.  -errno. */
__must_check int emu_signals_install(void);

/* Give the signal to whoever had it before us. */
void emu_signal_chain(int sig, siginfo_t *info, ucontext_t *uc,
                      struct emu_block *b);

/* chain.c: the same for an exception that has become an AEX. */
void emu_signal_chain_aex(int sig, siginfo_t *info, ucontext_t *uc,
                          struct emu_block *b);

/* chain.c: block all but exceptions for the rest of this handler. */
void emu_signal_block(void);

/*
 * chain.c: call a host handler, which may enter the enclave.  Signals stay
 * blocked and the second stack in force, so only rt_sigreturn may follow.
 */
void emu_signal_call(void (*handler)(int, siginfo_t *, void *), int sig,
                     siginfo_t *info, ucontext_t *uc, struct emu_block *b);

/* aex.c: between the signal frame and GPRSGX's order. */
void emu_regs_from_frame(struct emu_regs *regs, const ucontext_t *uc);
void emu_regs_to_frame(const struct emu_regs *regs, ucontext_t *uc);

/* aex.c: XSTATE_BV of a frame with extended state; false: it has none. */
bool emu_frame_xstate(const ucontext_t *uc, uint64_t *ret_bv);

/*
 * aex.c: leave the enclave from the state of @uc and @bases.  The synthetic
 * state is in the block then: regs, bases, mxcsr, fcw, fsw.
 */
void emu_aex(struct emu_block *b, const ucontext_t *uc,
             const struct emu_bases *bases, const struct emu_event *event);

/* aex.c: make that state the frame's, for EMU_SIGNAL_RETURN. */
void emu_aex_to_frame(const struct emu_block *b, ucontext_t *uc,
                      struct emu_bases *bases);

/* illegal.c: whether the bytes at @rip, which raised #GP, are #UD inside. */
bool emu_is_illegal_inside(const uint8_t *rip);

/*
 * illegal.c: RDTSC, RDTSCP or CPUID at @rip outside an enclave, trapped because
 * they are to trap inside: perform it on @uc.  False if it is none of them.
 */
bool emu_emulate_outside(ucontext_t *uc);

/* Set this thread's policy; what the CPU can't do is silently not done. */
void emu_trap_instructions(bool rdtsc);
void emu_untrap_instructions(void);
