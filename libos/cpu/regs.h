/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regs.h - the user state of a thread while it is in the kernel.
 *
 * It lies at the very top of the thread's kernel stack.  The order is that of
 * the pushes in entry/syscall.S; offsets are asserted there.
 */
#pragma once

#include "base/types.h"

struct regs {
	uint64_t r15, r14, r13, r12, rbp, rbx;
	uint64_t r11, r10, r9, r8;
	uint64_t rax; /* at entry by a system call: -ENOSYS until answered */
	uint64_t rcx, rdx, rsi, rdi;
	uint64_t orig_rax; /* system call number, or NOT_A_SYSCALL */
	uint64_t rip;
	uint64_t rflags;
	uint64_t rsp;
	uint64_t source; /* enum regs_source */
};

#define NOT_A_SYSCALL UINT64_MAX

enum regs_source {
	REGS_STUB = 1,  /* a rewritten site: rip is the original site's end */
	REGS_FAULT = 2, /* an exception; a trapped syscall is one too       */
	REGS_TICK = 3   /* preempted                                        */
};
