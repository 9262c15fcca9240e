/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mask.c - masks, and what becomes deliverable when they change.
 */
#include "libos/sched/sched.h"
#include "libos/signal/internal.h"

/*
 * Shared signals that @self no longer takes may have been announced to it
 * alone: tell the others.
 */
static void retarget_locked(struct signal_group *g, struct thread *self,
                            uint64_t newly_blocked)
{
	uint64_t set = g->shared.set & newly_blocked;
	struct thread *t;

	if (!set)
		return;
	list_for_each_entry (t, &g->threads, process_node)
		if (t != self && (set & ~t->sig->blocked))
			sched_notify(t, WORK_SIGNAL);
}

void signal_set_mask(struct thread *self, uint64_t mask)
{
	struct thread_signal *ts = self->sig;
	struct signal_group *g = ts->group;
	uint64_t old = ts->blocked;

	mask &= ~SIGSET_UNBLOCKABLE;
	if (mask == old)
		return;
	spin_lock(&g->lock);
	ts->blocked = mask;
	retarget_locked(g, self, mask & ~old);
	if ((ts->pending.set | g->shared.set) & ~mask)
		thread_set_work(self, WORK_SIGNAL);
	spin_unlock(&g->lock);
}

void signal_begin_mask(struct thread *self, uint64_t mask)
{
	struct thread_signal *ts = self->sig;

	ts->saved_mask = ts->blocked;
	ts->has_saved_mask = true;
	signal_set_mask(self, mask);
}

void signal_end_mask(struct thread *self)
{
	struct thread_signal *ts = self->sig;

	if (!ts->has_saved_mask)
		return;
	ts->has_saved_mask = false;
	signal_set_mask(self, ts->saved_mask);
}

/*
 * Only the work bits count: a call that was interrupted returns a restart
 * code, and those bits make sure that signal_deliver() sees to it.
 */
bool signal_is_pending(const struct thread *t)
{
	return (__atomic_load_n(&t->work, __ATOMIC_SEQ_CST) &
	        (WORK_SIGNAL | WORK_KILL)) != 0;
}
