/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strace.h - `occlum run --strace`: calls as strace(1) prints them, to the
 * host's stderr.  Only in a debuggable instance: it tells the host all.
 */
#pragma once

#include "base/types.h"
#include "libos/cpu/regs.h"
#include "libos/sched/thread.h"

void strace_setup(bool is_on);
bool strace_is_on(void);
/* Before the call: its arguments, kept until strace_leave() prints the line. */
void strace_enter(struct thread *self, const struct regs *regs);
void strace_leave(struct thread *self, const struct regs *regs);
