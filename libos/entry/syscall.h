/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall.h - system calls between entry.S and the table.
 */
#pragma once

#include "libos/cpu/regs.h"
#include "libos/sched/thread.h"

/* From a stub: entry.S. */
void syscall_enter(struct regs *regs);
/* From #UD at a `syscall` instruction: RIP is still at it. */
void syscall_trapped(struct thread *self, struct regs *regs);
/* Make the call that @regs describe; the result goes to regs->rax. */
void syscall_run(struct thread *self, struct regs *regs);

/* All that must be done before user code runs: thread->work, vector state. */
void exit_to_user_work(struct regs *regs);

/* Calls that came through stubs, and through faults. */
void syscall_counts(uint64_t *ret_patched, uint64_t *ret_trapped);
