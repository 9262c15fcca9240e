/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locks.c - spinlock.h and mutex.h for one thread, with their rules checked.
 *
 * One rank may be held twice (pairs are ordered by address, by contract).
 */
#include "libos/sched/mutex.h"
#include "libos/sched/thread.h"
#include "libos/tests/fake/fake.h"

enum { HELD_MAX = 32 };

static struct {
	const void *lock;
	uint32_t rank;
} held[HELD_MAX];
static uint32_t nheld;

uint32_t fake_locks_held(void)
{
	return nheld;
}

static void push(const void *lock, uint32_t rank)
{
	uint32_t i;

	for (i = 0; i < nheld; i++)
		if (held[i].rank > rank)
			fake_die("lock of rank %u taken under rank %u", rank,
			         held[i].rank);
	if (nheld == HELD_MAX)
		fake_die("too many locks");
	held[nheld].lock = lock;
	held[nheld++].rank = rank;
}

static void pop(const void *lock)
{
	uint32_t i = nheld;

	while (i && held[i - 1].lock != lock)
		i--;
	if (!i)
		fake_die("a lock is released that is not held");
	nheld--;
	for (; i <= nheld; i++)
		held[i - 1] = held[i];
}

void fake_locks_check_sleep(const char *what)
{
	uint32_t i;

	for (i = 0; i < nheld; i++)
		if (held[i].rank >= RANK_SPIN_FIRST)
			fake_die("%s under a spinlock of rank %u", what,
			         held[i].rank);
}

void fake_locks_check_spin(uint32_t rank, const char *what)
{
	uint32_t i;

	for (i = 0; i < nheld; i++)
		if (held[i].rank >= rank)
			fake_die("%s under a lock of rank %u", what,
			         held[i].rank);
}

bool spin_trylock(struct spinlock *l)
{
	if (l->held)
		return false;
	push(l, l->rank);
	l->held = 1;
	return true;
}

void spin_lock(struct spinlock *l)
{
	if (!spin_trylock(l))
		fake_die("spinlock of rank %u taken twice", l->rank);
}

void spin_unlock(struct spinlock *l)
{
	l->held = 0;
	pop(l);
}

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	m->held = 0;
	m->rank = rank;
	m->owner = NULL;
	waitq_init(&m->waiters);
}

bool mutex_trylock(struct mutex *m)
{
	if (m->held)
		return false;
	push(m, m->rank);
	m->held = 1;
	m->owner = thread_self();
	return true;
}

void mutex_lock(struct mutex *m)
{
	fake_locks_check_sleep("a mutex");
	if (!mutex_trylock(m))
		fake_die("mutex of rank %u taken twice", m->rank);
}

void mutex_unlock(struct mutex *m)
{
	m->held = 0;
	m->owner = NULL;
	pop(m);
}

bool mutex_is_mine(const struct mutex *m)
{
	return m->held && m->owner == thread_self();
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

void rwlock_read(struct rwlock *l)
{
	fake_locks_check_sleep("an rwlock");
	/* Even a second reader may have to wait, behind a writer. */
	if (l->writer || l->readers)
		fake_die("rwlock of rank %u taken twice", l->rank);
	push(l, l->rank);
	l->readers++;
}

void rwlock_read_done(struct rwlock *l)
{
	l->readers--;
	pop(l);
}

void rwlock_write(struct rwlock *l)
{
	fake_locks_check_sleep("an rwlock");
	if (l->writer || l->readers)
		fake_die("rwlock of rank %u taken twice", l->rank);
	push(l, l->rank);
	l->writer = thread_self();
}

void rwlock_write_done(struct rwlock *l)
{
	l->writer = NULL;
	pop(l);
}
