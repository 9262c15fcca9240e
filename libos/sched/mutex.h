/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutex.h - sleeping locks: a mutex, and a lock shared by readers.
 *
 * May be held across user copies, host calls and sleeps.  Not recursive.  The
 * wait is uninterruptible: holders make progress by construction.
 */
#pragma once

#include "libos/sched/waitq.h"

struct mutex {
	uint32_t held;
	uint32_t rank;
	struct thread *owner;
	struct waitq waiters;
};

void mutex_init(struct mutex *m, enum lock_rank rank);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
/* A full barrier as well: what was stored before it is seen by who looks after. */
void mutex_unlock(struct mutex *m);
bool mutex_is_mine(const struct mutex *m);

/* Many readers or one writer; a waiting writer holds back new readers. */
struct rwlock {
	struct spinlock lock;
	uint32_t rank;
	uint32_t readers;
	uint32_t writers_waiting;
	struct thread *writer;
	struct waitq waiters;
};

void rwlock_init(struct rwlock *l, enum lock_rank rank);
void rwlock_read(struct rwlock *l);
void rwlock_read_done(struct rwlock *l);
void rwlock_write(struct rwlock *l);
void rwlock_write_done(struct rwlock *l);
