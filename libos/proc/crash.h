/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.h - what is left of a program that a signal ended.
 *
 * The report goes to the kernel's log, which the host reads, so it is made for
 * debuggable instances only.
 */
#pragma once

#include "libos/proc/process.h"

/* In the dying thread's context; its memory may be inconsistent. */
void crash_report(struct thread *self, const struct regs *regs,
                  const struct siginfo *info);

/*
 * Remember a system call and its result for the report.  For the dispatcher of
 * debuggable instances.
 */
static inline void crash_note_call(struct thread *self, uint32_t nr,
                                   long result)
{
	struct task *task = task_of(self);
	struct call_record *r = &task->calls[task->ncalls++ % CALL_RING];

	r->nr = nr;
	r->result = (int32_t)result;
}
