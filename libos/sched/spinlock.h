/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spinlock.h - a ticket-free test-and-set lock for short critical sections.
 *
 * The kernel is never preempted while it runs kernel text, and the handler at
 * CSSA=1 takes no lock, so holding one needs no masking.  Nothing sleeps,
 * copies from or to user memory, or leaves the enclave while it holds one.
 *
 *	static struct spinlock lock = SPINLOCK_INIT(RANK_LEAF);
 *	spin_lock(&lock);
 *	...
 *	spin_unlock(&lock);
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/sched/lock_rank.h"

struct spinlock {
	uint32_t held;
	uint32_t rank; /* enum lock_rank; only the checked build looks */
};

#define SPINLOCK_INIT(r)                                                       \
	{                                                                      \
		.held = 0, .rank = (r)                                         \
	}

static inline void spin_init(struct spinlock *l, enum lock_rank rank)
{
	l->held = 0;
	l->rank = rank;
}

void spin_lock(struct spinlock *l);
bool spin_trylock(struct spinlock *l);
void spin_unlock(struct spinlock *l);

static inline bool spin_is_held(const struct spinlock *l)
{
	return __atomic_load_n(&l->held, __ATOMIC_RELAXED) != 0;
}
