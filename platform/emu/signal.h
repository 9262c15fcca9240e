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

/* Called by emu_signal_entry; @b and @bases are NULL on threads not attached. */
void emu_signal(int sig, siginfo_t *info, ucontext_t *uc, struct emu_block *b,
                struct emu_bases *bases);

/* Install the handlers, once per process.  -errno. */
__must_check int emu_signals_install(void);

/* Give the signal to whoever had it before us. */
void emu_signal_chain(int sig, siginfo_t *info, ucontext_t *uc,
                      struct emu_block *b);

/* chain.c: the same for an exception that has become an AEX. */
void emu_signal_chain_aex(int sig, siginfo_t *info, ucontext_t *uc,
                          struct emu_block *b);

/* chain.c: call a host handler, which may enter the enclave. */
void emu_signal_call(void (*handler)(int, siginfo_t *, void *), int sig,
                     siginfo_t *info, ucontext_t *uc, struct emu_block *b);

/* aex.c: between the signal frame and GPRSGX's order. */
void emu_regs_from_frame(struct emu_regs *regs, const ucontext_t *uc);
void emu_regs_to_frame(const struct emu_regs *regs, ucontext_t *uc);

/* aex.c: leave the enclave; @uc and @bases become the synthetic state. */
void emu_aex(struct emu_block *b, ucontext_t *uc, struct emu_bases *bases,
             const struct emu_event *event);

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
