/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/sched/mutex.h"

#include "base/assert.h"
#include "libos/sched/sched.h"

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	m->held = 0;
	m->rank = rank;
	m->owner = NULL;
	waitq_init(&m->waiters);
}

bool mutex_trylock(struct mutex *m)
{
	if (__atomic_exchange_n(&m->held, 1, __ATOMIC_ACQUIRE))
		return false;
	m->owner = thread_self();
	return true;
}

void mutex_lock(struct mutex *m)
{
	struct waiter w;

	if (mutex_trylock(m))
		return;
	assert_that(m->owner != thread_self());
	waiter_init(&w);
	w.exclusive = true;
	waitq_add(&m->waiters, &w);
	for (;;) {
		sched_sleep_prepare(SLEEP_UNINTERRUPTIBLE);
		if (mutex_trylock(m))
			break;
		(void)sched_sleep(NO_DEADLINE);
	}
	sched_sleep_done();
	waitq_remove(&w);
}

void mutex_unlock(struct mutex *m)
{
	m->owner = NULL;
	(void)__atomic_exchange_n(&m->held, 0, __ATOMIC_SEQ_CST);
	waitq_wake_fenced(&m->waiters, 1, 0);
}

bool mutex_is_mine(const struct mutex *m)
{
	return m->owner == thread_self();
}

void rwlock_init(struct rwlock *l, enum lock_rank rank)
{
	spin_init(&l->lock, RANK_LEAF);
	l->rank = rank;
	l->readers = 0;
	l->writers_waiting = 0;
	l->writer = NULL;
	waitq_init(&l->waiters);
}

static bool try_read(struct rwlock *l)
{
	bool ok;

	spin_lock(&l->lock);
	ok = !l->writer && !l->writers_waiting;
	if (ok)
		l->readers++;
	spin_unlock(&l->lock);
	return ok;
}

static bool try_write(struct rwlock *l, bool was_waiting)
{
	bool ok;

	spin_lock(&l->lock);
	ok = !l->writer && !l->readers;
	if (ok) {
		l->writer = thread_self();
		l->writers_waiting -= was_waiting;
	}
	spin_unlock(&l->lock);
	return ok;
}

void rwlock_read(struct rwlock *l)
{
	struct waiter w;

	if (try_read(l))
		return;
	waiter_init(&w);
	waitq_add(&l->waiters, &w);
	for (;;) {
		sched_sleep_prepare(SLEEP_UNINTERRUPTIBLE);
		if (try_read(l))
			break;
		(void)sched_sleep(NO_DEADLINE);
	}
	sched_sleep_done();
	waitq_remove(&w);
}

void rwlock_read_done(struct rwlock *l)
{
	bool last;

	spin_lock(&l->lock);
	last = --l->readers == 0;
	spin_unlock(&l->lock);
	if (last)
		waitq_wake(&l->waiters, WAKE_ALL, 0);
}

void rwlock_write(struct rwlock *l)
{
	struct waiter w;

	if (try_write(l, false))
		return;
	spin_lock(&l->lock);
	l->writers_waiting++;
	spin_unlock(&l->lock);
	waiter_init(&w);
	waitq_add(&l->waiters, &w);
	for (;;) {
		sched_sleep_prepare(SLEEP_UNINTERRUPTIBLE);
		if (try_write(l, true))
			break;
		(void)sched_sleep(NO_DEADLINE);
	}
	sched_sleep_done();
	waitq_remove(&w);
}

void rwlock_write_done(struct rwlock *l)
{
	spin_lock(&l->lock);
	l->writer = NULL;
	spin_unlock(&l->lock);
	waitq_wake(&l->waiters, WAKE_ALL, 0);
}
