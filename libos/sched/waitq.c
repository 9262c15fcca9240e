/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/sched/waitq.h"

#include "libos/sched/sched.h"

static bool wake_thread(struct waiter *w, uint32_t events __unused)
{
	return sched_wake(w->thread);
}

void waitq_init(struct waitq *q)
{
	spin_init(&q->lock, RANK_WAITQ);
	list_init(&q->waiters);
}

void waiter_init_func(struct waiter *w, waiter_func *func)
{
	list_init(&w->node);
	w->queue = NULL;
	w->thread = thread_self();
	w->func = func;
	w->events = 0;
	w->exclusive = false;
}

void waiter_init(struct waiter *w)
{
	waiter_init_func(w, wake_thread);
}

void waitq_add(struct waitq *q, struct waiter *w)
{
	spin_lock(&q->lock);
	w->queue = q;
	list_add_tail(&q->waiters, &w->node);
	spin_unlock(&q->lock);
}

void waitq_remove(struct waiter *w)
{
	struct waitq *q = w->queue;

	if (!q)
		return;
	spin_lock(&q->lock);
	list_del(&w->node);
	w->queue = NULL;
	spin_unlock(&q->lock);
}

bool waitq_is_empty(const struct waitq *q)
{
	return list_empty(&q->waiters);
}

uint32_t waitq_wake(struct waitq *q, uint32_t max, uint32_t events)
{
	/* A: pairs with the waiter that queues itself, then tests. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return waitq_wake_fenced(q, max, events);
}

uint32_t waitq_wake_fenced(struct waitq *q, uint32_t max, uint32_t events)
{
	struct waiter *w, *tmp;
	uint32_t woken = 0;

	if (waitq_is_empty(q))
		return 0;
	spin_lock(&q->lock);
	list_for_each_entry_safe (w, tmp, &q->waiters, node) {
		if (events && w->events && !(events & w->events))
			continue;
		if (w->exclusive && woken >= max)
			continue;
		if (w->func(w, events) && w->exclusive)
			woken++;
	}
	spin_unlock(&q->lock);
	return woken;
}
