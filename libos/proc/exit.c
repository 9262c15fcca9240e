/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit.c - the end of a thread.
 */
#include "abi/layout.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/mm.h"
#include "libos/mm/uapi.h"
#include "libos/proc/internal.h"
#include "libos/sched/sched.h"

/*
 * Pages of an instance go as it does, so nobody scrubs them or takes their
 * rights; only what is mapped from files has to get there.
 */
static void end_mm(struct mm *mm)
{
	int ret = mm_sync(mm, USER_BASE, USER_END - USER_BASE, MS_SYNC);

	(void)ret; /* nobody is left to be told */
}

/*
 * Let go of the memory: what others wait for in it first, then the vforked
 * parent, which takes over where this thread was.
 */
static void leave_mm(struct thread *self)
{
	struct mm *mm;

	futex_exit(self);
	mm = thread_mm_swap(self, NULL);
	vfork_finish(task_of(self));
	if (!mm)
		return;
	if (process_ends_instance(self->process) && mm_is_alone(mm))
		end_mm(mm);
	else
		mm_put(mm);
}

static void leave_files(struct thread *self)
{
	struct fdtable *files = thread_files_swap(self, NULL);
	struct fs_context *fs = thread_fs_swap(self, NULL);

	if (files)
		fdtable_put(files);
	fs_context_put(fs);
}

static bool is_leader(const struct thread *t)
{
	return t->tid == t->process->pid.nr;
}

/* The number names nothing any more; the leader's still names the process. */
static void leave_table(struct thread *self)
{
	struct process *p = self->process;

	spin_lock(&proc_lock);
	if (is_leader(self))
		p->pid.thread = NULL;
	else
		pid_remove_locked(&task_of(self)->pid);
	spin_unlock(&proc_lock);
}

void thread_exit(struct thread *self, int status)
{
	struct process *p = self->process;

	self->is_exiting = true;
	leave_mm(self);
	leave_files(self);
	process_keep_times(p, self);
	/* Without an exit_group, the first thread's status is the process's. */
	if (is_leader(self))
		p->exit_status = status;
	leave_table(self);
	if (signal_group_remove(&p->sig, self) == 0)
		process_exit(p);
	/* The reference of the program; the scheduler's keeps the stack. */
	thread_put(self);
	sched_exit();
}
