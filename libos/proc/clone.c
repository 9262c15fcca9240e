/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/clone.h"

#include "abi/layout.h"
#include "base/errno.h"
#include "base/string.h"
#include "libos/cpu/fpu.h"
#include "libos/cpu/fsbase.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/libos_errno.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/internal.h"
#include "libos/sched/sched.h"

/* clone(2), "ERRORS": combinations that make no sense, and what is not here. */
static int check_flags(const struct clone_request *req)
{
	uint64_t f = req->flags;

	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_CLEAR_SIGHAND) && (f & CLONE_SIGHAND))
		return -EINVAL;
	if (f & (CLONE_NAMESPACES | CLONE_PIDFD | CLONE_INTO_CGROUP))
		return -EINVAL;
	if (req->exit_signal && !sig_is_valid(req->exit_signal))
		return -EINVAL;
	if ((f & CLONE_SETTLS) && req->tls >= USER_END)
		return -EPERM;
	if (!(f & CLONE_VM))
		return -ENOSYS;
	return 0;
}

/* --- what the child shares or gets a copy of --- */

static int share_files(struct thread *child, struct thread *self,
                       uint64_t flags)
{
	child->files = flags & CLONE_FILES ? fdtable_get(self->files)
	                                   : fdtable_copy(self->files);
	if (!child->files)
		return -ENOMEM;
	child->fs = flags & CLONE_FS ? fs_context_get(self->fs)
	                             : fs_context_copy(self->fs);
	if (!child->fs)
		return -ENOMEM;
	return 0;
}

static void unshare(struct thread *child)
{
	if (child->files)
		fdtable_put(child->files);
	fs_context_put(child->fs);
	if (child->mm)
		mm_put(child->mm);
	child->files = NULL;
	child->fs = NULL;
	child->mm = NULL;
}

static struct sighand *share_actions(struct thread *self, uint64_t flags)
{
	struct sighand *mine = self->process->sig.actions;

	if (flags & CLONE_SIGHAND)
		return sighand_get(mine);
	/* CLONE_CLEAR_SIGHAND keeps SIG_IGN; sighand_reset() does. */
	mine = sighand_copy(mine);
	if (mine && (flags & CLONE_CLEAR_SIGHAND))
		sighand_reset(mine);
	return mine;
}

/* The child's process: the caller's, or a new one with one reference more. */
static int choose_process(struct thread *self, const struct clone_request *req,
                          struct process **ret)
{
	struct sighand *actions;
	struct process *p;

	if (req->flags & CLONE_THREAD) {
		*ret = process_get(self->process);
		return 0;
	}
	actions = share_actions(self, req->flags);
	if (!actions)
		return -ENOMEM;
	p = process_create(self->process, actions);
	if (!p) {
		sighand_put(actions);
		return -ENOMEM;
	}
	p->exit_signal = req->exit_signal;
	*ret = p;
	return 0;
}

static void copy_registers(struct thread *child, struct thread *self,
                           const struct clone_request *req)
{
	*child->regs = *self->regs;
	child->regs->rax = 0;
	child->regs->orig_rax = NOT_A_SYSCALL;
	if (req->stack)
		child->regs->rsp = req->stack;
	child->fs_base = req->flags & CLONE_SETTLS ? req->tls : fsbase_read();
	fpu_save_current();
	memcpy(child->fpu, self->fpu, fpu_size());
}

static void copy_signal_state(struct task *child, struct thread *self,
                              uint64_t flags)
{
	child->sig.blocked = self->sig->blocked;
	/* With the memory shared, two threads must not share that stack. */
	if ((flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM)
		child->sig.altstack = self->sig->altstack;
}

static int task_fill(struct task *task, struct thread *self,
                     const struct clone_request *req)
{
	struct thread *child = &task->thread;

	copy_registers(child, self, req);
	copy_signal_state(task, self, req->flags);
	memcpy(child->name, self->name, sizeof(child->name));
	child->affinity = self->affinity;
	task->timer_slack_ns = task_of(self)->timer_slack_ns;
	if (req->flags & CLONE_CHILD_CLEARTID)
		child->clear_child_tid = req->child_tid;
	mm_get(self->mm);
	child->mm = self->mm;
	return share_files(child, self, req->flags);
}

/* --- names and places --- */

/* CLONE_PARENT: a sibling.  The family may change until it is entered. */
static void enter_family(struct process *p, struct thread *self, uint64_t flags)
{
	struct process *parent = self->process;

	if (flags & CLONE_PARENT) {
		spin_lock(&proc_lock);
		parent = parent->parent ? parent->parent : parent;
		process_get(parent);
		spin_unlock(&proc_lock);
		p->exit_signal = self->process->exit_signal;
		process_enter(p, parent);
		process_put(parent);
		return;
	}
	process_enter(p, parent);
}

static void name_task(struct task *task, struct thread *self, uint64_t flags)
{
	struct thread *child = &task->thread;
	struct process *p = child->process;

	if (flags & CLONE_THREAD) {
		pid_enter(&task->pid);
		child->tid = task->pid.nr;
		return;
	}
	enter_family(p, self, flags);
	p->pid.thread = child;
	child->tid = p->pid.nr;
}

static void unname_task(struct task *task, uint64_t flags)
{
	if (!(flags & CLONE_THREAD)) {
		process_leave(task->thread.process);
		return;
	}
	spin_lock(&proc_lock);
	pid_remove_locked(&task->pid);
	spin_unlock(&proc_lock);
}

/*
 * The memory is shared, so the child's word can be written from here.  A bad
 * address is no reason to fail (Linux ignores it too).
 */
static int tell_tids(const struct clone_request *req, int32_t tid)
{
	int ret = 0;

	if (req->flags & CLONE_PARENT_SETTID)
		ret = put_user_u32(user_ptr(req->parent_tid), (uint32_t)tid);
	if (req->flags & CLONE_CHILD_SETTID)
		ret |= put_user_u32(user_ptr(req->child_tid), (uint32_t)tid);
	return ret;
}

/* --- vfork --- */

static struct vfork_wait *vfork_create(void)
{
	struct vfork_wait *w = kzalloc(sizeof(*w));

	if (!w)
		return NULL;
	w->refs = 2; /* parent and child */
	waitq_init(&w->waitq);
	return w;
}

void vfork_put(struct vfork_wait *w)
{
	if (__atomic_sub_fetch(&w->refs, 1, __ATOMIC_ACQ_REL) == 0)
		kfree(w);
}

void vfork_finish(struct task *task)
{
	struct vfork_wait *w = task->vfork;

	if (!w)
		return;
	task->vfork = NULL;
	__atomic_store_n(&w->is_done, 1, __ATOMIC_SEQ_CST);
	waitq_wake(&w->waitq, WAKE_ALL, 0);
	vfork_put(w);
}

/* Only what ends this thread lets it go on before the child has let go. */
static void vfork_sleep(struct vfork_wait *w)
{
	struct waiter waiter;
	int ret = 0;

	waiter_init(&waiter);
	waitq_add(&w->waitq, &waiter);
	do {
		sched_sleep_prepare(SLEEP_KILLABLE);
		if (__atomic_load_n(&w->is_done, __ATOMIC_SEQ_CST))
			break;
		ret = sched_sleep(NO_DEADLINE);
	} while (ret == 0);
	sched_sleep_done();
	waitq_remove(&waiter);
	vfork_put(w);
}

/* --- all together --- */

static long start(struct task *task, struct thread *self,
                  const struct clone_request *req)
{
	struct thread *child = &task->thread;
	struct vfork_wait *w = NULL;
	int32_t tid;

	if (req->flags & CLONE_VFORK) {
		w = vfork_create();
		if (!w)
			return -ENOMEM;
		task->vfork = w;
	}
	name_task(task, self, req->flags);
	if (!signal_group_add(&child->process->sig, child)) {
		/* The process is ending, and this thread with it. */
		unname_task(task, req->flags);
		task->vfork = NULL;
		kfree(w);
		return -ERESTARTNOINTR;
	}
	tid = child->tid;
	(void)tell_tids(req, tid);
	if (w) {
		sched_start_successor(child);
		vfork_sleep(w);
	} else {
		sched_start(child, NULL, NULL);
	}
	return tid;
}

long task_clone(struct thread *self, const struct clone_request *req)
{
	struct process *p;
	struct task *task;
	long ret;

	ret = check_flags(req);
	if (ret < 0)
		return ret;
	/* As Linux: a signal first, so that it is not lost on the copy. */
	if (!(req->flags & CLONE_THREAD) && signal_is_pending(self))
		return -ERESTARTNOINTR;
	ret = choose_process(self, req, &p);
	if (ret < 0)
		return ret;
	task = task_create(p);
	process_put(p); /* the task's reference is enough */
	if (!task)
		return -EAGAIN;
	ret = task_fill(task, self, req);
	if (ret == 0)
		ret = start(task, self, req);
	if (ret < 0) {
		unshare(&task->thread);
		thread_put(&task->thread);
	}
	return ret;
}
