/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reap.c - the end of a process: orphans, zombies and who hears of it.
 */
#include "libos/fs/file.h"
#include "libos/proc/internal.h"
#include "libos/proc/itimer.h"

#define NSEC_PER_TICK 10000000ull /* clock_t: 100 a second */
#define WAIT_SIGNAL_MASK 0x7f
#define WAIT_CORE 0x80

static void (*exit_hook)(int wait_status);

void proc_set_exit_hook(void (*hook)(int wait_status))
{
	exit_hook = hook;
}

bool process_ends_instance(const struct process *p)
{
	return exit_hook && p == process_first();
}

/*
 * Who inherits the children of @p: the nearest ancestor that asked for it
 * (PR_SET_CHILD_SUBREAPER), else the first process.
 */
static struct process *reaper_locked(struct process *p)
{
	struct process *q;

	for (q = p->parent; q; q = q->parent)
		if (q->is_subreaper && q->state == PROCESS_ALIVE)
			return q;
	q = process_first();
	return q == p ? NULL : q;
}

static void fill_sigchld(const struct process *p, struct siginfo *info)
{
	int status = p->exit_status;

	siginfo_init(info, p->exit_signal, CLD_EXITED);
	info->child.pid = p->pid.nr;
	info->child.uid = p->cred.uid;
	info->child.utime = (int64_t)(p->dead_times.user_ns / NSEC_PER_TICK);
	info->child.stime = (int64_t)(p->dead_times.kernel_ns / NSEC_PER_TICK);
	info->child.status = status >> 8 & 0xff;
	if (!(status & WAIT_SIGNAL_MASK))
		return;
	info->code = status & WAIT_CORE ? CLD_DUMPED : CLD_KILLED;
	info->child.status = status & WAIT_SIGNAL_MASK;
}

/* A parent that ignores SIGCHLD, or says so, does not want to wait. */
static bool wants_no_zombies(struct process *parent)
{
	struct sighand *s = parent->sig.actions;
	struct sigaction_user a;

	spin_lock(&s->lock);
	a = s->actions[SIGCHLD - 1];
	spin_unlock(&s->lock);
	return a.handler == SIG_IGN || (a.flags & SA_NOCLDWAIT);
}

/*
 * Tell the parent of the zombie @p.  True: nobody will wait, reap it now.  The
 * parent's actions are read under its group lock, as exec replaces them.
 */
static bool notify_parent_locked(struct process *p)
{
	struct process *parent = p->parent;
	struct siginfo info;
	bool autoreap = false;

	if (!parent)
		return false;
	if (p->exit_signal == SIGCHLD) {
		spin_lock(&parent->sig.lock);
		autoreap = wants_no_zombies(parent);
		spin_unlock(&parent->sig.lock);
	}
	if (p->exit_signal) {
		fill_sigchld(p, &info);
		(void)signal_send_group(&parent->sig, &info);
	}
	__atomic_add_fetch(&parent->child_events, 1, __ATOMIC_SEQ_CST);
	waitq_wake(&parent->child_wait, WAKE_ALL, 0);
	return autoreap;
}

static void send_pdeath_locked(struct process *child)
{
	struct siginfo info;
	struct thread *t = child->pid.thread;
	int sig = t ? task_of(t)->pdeath_signal : 0;

	if (!sig)
		return;
	siginfo_init(&info, sig, SI_USER);
	(void)signal_send_group(&child->sig, &info);
}

/* Zombies nobody waits for are moved to @dead, to be put without the lock. */
static void orphan_locked(struct process *child, struct process *reaper,
                          struct list *dead)
{
	child->parent = reaper;
	list_del(&child->sibling);
	if (reaper)
		list_add_tail(&reaper->children, &child->sibling);
	child->exit_signal = SIGCHLD;
	if (child->state == PROCESS_ALIVE) {
		send_pdeath_locked(child);
	} else if (notify_parent_locked(child)) {
		process_reap_locked(child);
		list_add_tail(dead, &child->sibling);
	}
}

static void put_all(struct list *dead)
{
	struct process *p;

	while (!list_empty(dead)) {
		p = list_first_entry(dead, struct process, sibling);
		list_del(&p->sibling);
		process_put(p);
	}
}

static void drop_resources(struct process *p)
{
	static const struct itimer_value off;
	struct file *exe;

	itimer_set(&p->real_timer, &off);
	mutex_lock(&p->lock);
	exe = p->exe;
	p->exe = NULL;
	mutex_unlock(&p->lock);
	file_put(exe);
}

void process_exit(struct process *p)
{
	struct process *child, *tmp, *reaper;
	struct list dead = LIST_INIT(dead);
	bool is_first;

	drop_resources(p);
	if (signal_group_is_exiting(&p->sig))
		p->exit_status = p->sig.exit_status;

	spin_lock(&proc_lock);
	is_first = p == process_first();
	reaper = reaper_locked(p);
	list_for_each_entry_safe (child, tmp, &p->children, sibling)
		orphan_locked(child, reaper, &dead);
	p->state = PROCESS_ZOMBIE;
	if (notify_parent_locked(p)) {
		process_reap_locked(p);
		list_add_tail(&dead, &p->sibling);
	}
	spin_unlock(&proc_lock);
	put_all(&dead);
	if (is_first && exit_hook)
		exit_hook(p->exit_status);
}
