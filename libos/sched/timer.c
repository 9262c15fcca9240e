/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/sched/timer.h"

#include "libos/cpu/tsc.h"
#include "libos/sched/sched.h"
#include "libos/sched/spinlock.h"
#include "libos/sched/waitq.h"

static struct spinlock lock = SPINLOCK_INIT(RANK_TIMER);
static struct tree timers = TREE_INIT; /* by deadline; under lock */
static uint64_t next_deadline = NO_DEADLINE;

static struct timer *first_timer(void)
{
	struct tree_node *n = tree_first(&timers);

	return n ? tree_entry(n, struct timer, node) : NULL;
}

static void refresh_next(void)
{
	struct timer *t = first_timer();

	WRITE_ONCE(next_deadline, t ? t->deadline_ns : NO_DEADLINE);
}

static void insert(struct timer *t)
{
	struct tree_node **link = &timers.root, *parent = NULL;

	while (*link) {
		struct timer *other = tree_entry(*link, struct timer, node);

		parent = *link;
		link = t->deadline_ns < other->deadline_ns ? &parent->left
		                                           : &parent->right;
	}
	tree_insert_at(&timers, parent, link, &t->node);
	t->armed = true;
}

static bool remove_locked(struct timer *t)
{
	if (!t->armed)
		return false;
	tree_erase(&timers, &t->node);
	t->armed = false;
	return true;
}

void timer_init(struct timer *t, void (*func)(struct timer *t))
{
	t->func = func;
	t->armed = false;
	t->running = 0;
	t->deadline_ns = NO_DEADLINE;
}

void timer_arm(struct timer *t, uint64_t deadline_ns)
{
	spin_lock(&lock);
	(void)remove_locked(t);
	t->deadline_ns = deadline_ns;
	insert(t);
	refresh_next();
	spin_unlock(&lock);
	sched_timer_changed();
}

bool timer_cancel(struct timer *t)
{
	bool was_armed;

	spin_lock(&lock);
	was_armed = remove_locked(t);
	if (was_armed)
		refresh_next();
	spin_unlock(&lock);
	while (__atomic_load_n(&t->running, __ATOMIC_ACQUIRE))
		cpu_relax();
	return was_armed;
}

void timer_run(uint64_t now_ns)
{
	struct timer *t;

	if (READ_ONCE(next_deadline) > now_ns)
		return;
	spin_lock(&lock);
	while ((t = first_timer()) && t->deadline_ns <= now_ns) {
		(void)remove_locked(t);
		t->running++;
		spin_unlock(&lock);
		t->func(t);
		__atomic_sub_fetch(&t->running, 1, __ATOMIC_RELEASE);
		spin_lock(&lock);
	}
	refresh_next();
	spin_unlock(&lock);
}

uint64_t timer_next(void)
{
	return READ_ONCE(next_deadline);
}
