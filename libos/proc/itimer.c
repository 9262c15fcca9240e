/* SPDX-License-Identifier: Apache-2.0 */
/*
 * itimer.c - ITIMER_REAL and alarm(2).
 */
#include "libos/proc/itimer.h"

#include "libos/proc/internal.h"
#include "libos/time/clock.h"

static void fire(struct timer *timer)
{
	struct itimer *it = container_of(timer, struct itimer, timer);
	uint64_t next = 0;

	spin_lock(&it->lock);
	if (it->deadline_ns && it->interval_ns) {
		/* Catch up: one signal, however many periods have gone by. */
		uint64_t late = clock_monotonic_ns() - it->deadline_ns;

		next = it->deadline_ns +
		       (late / it->interval_ns + 1) * it->interval_ns;
	}
	it->deadline_ns = next;
	if (next)
		timer_arm(&it->timer, next);
	spin_unlock(&it->lock);
	signal_send_group_static(it->group, &it->signal);
}

void itimer_init(struct itimer *it, struct signal_group *g)
{
	timer_init(&it->timer, fire);
	spin_init(&it->lock, RANK_SIGACTION);
	it->group = g;
	list_init(&it->signal.node);
	it->signal.is_static = true;
	siginfo_init(&it->signal.info, SIGALRM, SI_KERNEL);
}

void itimer_get(struct itimer *it, struct itimer_value *ret)
{
	uint64_t now = clock_monotonic_ns();

	spin_lock(&it->lock);
	ret->interval_ns = it->interval_ns;
	ret->left_ns = 0;
	if (it->deadline_ns) /* never 0 while it is set */
		ret->left_ns =
			it->deadline_ns > now ? it->deadline_ns - now : 1;
	spin_unlock(&it->lock);
}

void itimer_set(struct itimer *it, const struct itimer_value *v)
{
	spin_lock(&it->lock);
	it->deadline_ns = 0;
	it->interval_ns = 0;
	spin_unlock(&it->lock);
	/* The callback takes the lock, so it is waited for without. */
	timer_cancel(&it->timer);

	if (!v->left_ns)
		return;
	spin_lock(&it->lock);
	it->interval_ns = v->interval_ns;
	it->deadline_ns = clock_monotonic_ns() + v->left_ns;
	timer_arm(&it->timer, it->deadline_ns);
	spin_unlock(&it->lock);
}
