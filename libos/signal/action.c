/* SPDX-License-Identifier: Apache-2.0 */
/*
 * action.c - changing actions, and waiting for signals instead of handling.
 */
#include "libos/sched/sched.h"
#include "libos/signal/internal.h"

void signal_swap_action(struct thread *self, int sig,
                        const struct sigaction_user *new,
                        struct sigaction_user *ret_old)
{
	struct signal_group *g = self->sig->group;
	struct sighand *s = g->actions;

	spin_lock(&s->lock);
	*ret_old = s->actions[sig - 1];
	if (new)
		s->actions[sig - 1] = *new;
	spin_unlock(&s->lock);
}

void signal_discard(struct thread *self, uint64_t set)
{
	struct signal_group *g = self->sig->group;
	struct thread *t;

	spin_lock(&g->lock);
	sigpending_drop_locked(g, &g->shared, set);
	list_for_each_entry (t, &g->threads, process_node)
		sigpending_drop_locked(g, &t->sig->pending, set);
	spin_unlock(&g->lock);
}

void signal_begin_wait(struct thread *self, uint64_t wanted)
{
	struct signal_group *g = self->sig->group;

	spin_lock(&g->lock);
	self->sig->waited = wanted;
	spin_unlock(&g->lock);
}

/* The wait has taken WORK_SIGNAL away: give it back where it is needed. */
void signal_end_wait(struct thread *self)
{
	struct signal_group *g = self->sig->group;

	spin_lock(&g->lock);
	self->sig->waited = 0;
	if (signal_pending_set(self) & ~self->sig->blocked)
		thread_set_work(self, WORK_SIGNAL);
	spin_unlock(&g->lock);
}

bool signal_can_deliver(const struct thread *self)
{
	uint64_t wanted = ~(self->sig->blocked | self->sig->waited);

	return (signal_pending_set(self) & wanted) != 0 ||
	       (__atomic_load_n(&self->work, __ATOMIC_SEQ_CST) & WORK_KILL);
}
