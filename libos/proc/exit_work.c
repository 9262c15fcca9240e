/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_work.c - what stands between a thread and its way back to user code.
 */
#include "base/errno.h"
#include "libos/mm/overlay.h"
#include "libos/mm/shortage.h"
#include "libos/proc/internal.h"
#include "libos/sched/sched.h"

/* The end of the whole group, or of all but the thread that calls execve. */
static __noreturn void end_thread(struct thread *self)
{
	struct signal_group *g = &self->process->sig;

	thread_exit(self, signal_group_is_exiting(g) ? g->exit_status : 0);
}

/*
 * The memory of an overlay member moves in.  While another member runs, it is
 * its turn; without room for what is moved out, this program can't go on.
 */
static void make_resident(struct thread *self)
{
	int ret;

	thread_clear_work(self, WORK_MM);
	ret = mm_take_turn(self->mm);
	if (ret == -EBUSY) {
		thread_set_work(self, WORK_MM);
		sched_yield();
	} else if (ret < 0) {
		mm_explain_shortage();
		signal_group_exit(&self->process->sig, SIGKILL);
	}
}

void proc_exit_work(struct thread *self, struct regs *regs)
{
	uint32_t work;

	for (;;) {
		work = __atomic_load_n(&self->work, __ATOMIC_SEQ_CST);
		if (work & WORK_KILL)
			end_thread(self);
		else if (work & WORK_MM)
			make_resident(self);
		else if (work & WORK_SIGNAL)
			signal_deliver(self, regs);
		else if (work & WORK_RESCHED) {
			thread_clear_work(self, WORK_RESCHED);
			sched_yield();
		} else
			return;
	}
}
