/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry_points.h - labels of entry/entry.S that C code compares with or jumps
 * to.  None is called as a C function unless a prototype says so.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct thread;

/* What stubs jump to: RCX is the return address, RAX the call's number. */
extern const char entry_syscall[];

/*
 * What stubs of CPUID, XGETBV, RDTSC and RDTSCP jump to: RDX, which all of them
 * write, is the return address; the stub's slot tells which it is.
 */
extern const char entry_insn[];

/* [exit_lo, exit_hi): the way out, restartable at exit_lo. */
extern const char exit_lo[], exit_hi[];

/* A thread interrupted in user code goes on here, on its kernel stack. */
extern const char entry_trap_continue[];

/* The kernel's text, [kernel_text_start, kernel_text_end). */
extern const char kernel_text_start[], kernel_text_end[];

/* Leave for a host call; returns after the host entered again. */
void entry_leave_hostcall(void);
/* Leave for ever. */
__noreturn void entry_leave_dead(void);

/* Switch kernel stacks; returns in @next's context. */
void entry_switch(uint64_t *save_rsp, uint64_t load_rsp);
/* Where a new thread's saved stack pointer leads: calls RBX(RBP), then exits. */
extern const char entry_thread_start[];
