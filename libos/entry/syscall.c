/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall.c - from the saved registers to the table, and the way out.
 */
#include "libos/entry/syscall.h"

#include "base/errno.h"
#include "libos/cpu/fpu.h"
#include "libos/entry/strace.h"
#include "libos/proc/crash.h"
#include "libos/proc/process.h"
#include "libos/sched/sched.h"
#include "libos/sys/table.h"

static uint64_t counts[2]; /* through stubs, through faults */

void syscall_counts(uint64_t *ret_patched, uint64_t *ret_trapped)
{
	*ret_patched = READ_ONCE(counts[0]);
	*ret_trapped = READ_ONCE(counts[1]);
}

static long dispatch(struct thread *self, struct regs *regs)
{
	const uint64_t args[6] = { regs->rdi, regs->rsi, regs->rdx,
		                   regs->r10, regs->r8,  regs->r9 };
	uint64_t nr = regs->orig_rax;

	if (nr >= SYSCALL_COUNT)
		return -ENOSYS;
	return syscall_table[nr].call(self, args);
}

void syscall_run(struct thread *self, struct regs *regs)
{
	self->syscall_nr = (uint32_t)regs->orig_rax;
	if (unlikely(strace_is_on())) {
		strace_enter(self, regs);
		regs->rax = (uint64_t)dispatch(self, regs);
		strace_leave(self, regs);
	} else {
		regs->rax = (uint64_t)dispatch(self, regs);
	}
	if (proc_config.is_debuggable)
		crash_note_call(self, self->syscall_nr, (long)regs->rax);
}

void syscall_enter(struct regs *regs)
{
	struct thread *self = thread_self();

	counts[0]++;
	syscall_run(self, regs);
}

void syscall_trapped(struct thread *self, struct regs *regs)
{
	counts[1]++;
	regs->rip += 2;
	regs->rcx = regs->rip;
	regs->r11 = regs->rflags;
	regs->orig_rax = regs->rax;
	regs->rax = (uint64_t)-ENOSYS;
	syscall_run(self, regs);
}

void exit_to_user_work(struct regs *regs)
{
	struct thread *self = thread_self();
	uint32_t work;

	while ((work = __atomic_load_n(&self->work, __ATOMIC_SEQ_CST))) {
		if (work & WORK_KICK)
			sched_flush_kicks();
		if (work & WORK_RESCHED) {
			thread_clear_work(self, WORK_RESCHED);
			sched_tick();
		}
		if (work & (WORK_SIGNAL | WORK_KILL | WORK_MM))
			proc_exit_work(self, regs);
	}
	fpu_restore_current();
}
