/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/wait.h"

#include "base/errno.h"
#include "libos/proc/internal.h"

/* Linux's "clone" children: those whose end is not told by SIGCHLD. */
static bool is_wanted_kind(const struct process *child, uint32_t options)
{
	bool is_clone = child->exit_signal != SIGCHLD;

	return (options & __WALL) || is_clone == ((options & __WCLONE) != 0);
}

static bool is_wanted(const struct process *child,
                      const struct wait_request *req)
{
	if (req->which == WAIT_PID && child->pid.nr != req->id)
		return false;
	if (req->which == WAIT_PGID && child->pgid != req->id)
		return false;
	return is_wanted_kind(child, req->options);
}

static void fill_result(const struct process *child, struct wait_result *ret)
{
	ret->pid = child->pid.nr;
	ret->uid = child->cred.uid;
	ret->status = child->exit_status;
	ret->times = child->dead_times;
	proc_times_add(&ret->times, &child->children_times);
}

/*
 * Look once.  *ret_child is a child to be put, if one was reaped.  The pid, 0
 * or -ECHILD.
 */
static long look_locked(struct process *self, const struct wait_request *req,
                        struct wait_result *ret, struct process **ret_child)
{
	struct process *child;
	bool any = false;

	list_for_each_entry (child, &self->children, sibling) {
		if (!is_wanted(child, req))
			continue;
		any = true;
		if (child->state != PROCESS_ZOMBIE || !(req->options & WEXITED))
			continue;
		fill_result(child, ret);
		if (req->options & WNOWAIT)
			return ret->pid;
		proc_times_add(&self->children_times, &ret->times);
		process_reap_locked(child);
		*ret_child = child;
		return ret->pid;
	}
	return any ? 0 : -ECHILD;
}

static long look(struct process *self, const struct wait_request *req,
                 struct wait_result *ret)
{
	struct process *reaped = NULL;
	long n;

	spin_lock(&proc_lock);
	n = look_locked(self, req, ret, &reaped);
	spin_unlock(&proc_lock);
	process_put(reaped);
	return n;
}

/* Sleep until a child has changed since @events was read. */
static int sleep_for_change(struct process *self, uint32_t events)
{
	struct waiter w;
	int ret = 0;

	waiter_init(&w);
	waitq_add(&self->child_wait, &w);
	do {
		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
		if (__atomic_load_n(&self->child_events, __ATOMIC_SEQ_CST) !=
		    events)
			break;
		ret = sched_sleep(NO_DEADLINE);
	} while (ret == 0);
	sched_sleep_done();
	waitq_remove(&w);
	return ret;
}

long process_wait(struct process *self, const struct wait_request *req,
                  struct wait_result *ret)
{
	uint32_t events;
	long n;
	int err;

	for (;;) {
		events = __atomic_load_n(&self->child_events, __ATOMIC_SEQ_CST);
		n = look(self, req, ret);
		if (n != 0 || (req->options & WNOHANG))
			return n;
		err = sleep_for_change(self, events);
		if (err < 0)
			return err;
	}
}
