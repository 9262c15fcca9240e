/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/sched/spinlock.h"

#include "libos/cpu/tsc.h"

bool spin_trylock(struct spinlock *l)
{
	return !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE);
}

void spin_lock(struct spinlock *l)
{
	while (!spin_trylock(l))
		while (spin_is_held(l))
			cpu_relax();
}

void spin_unlock(struct spinlock *l)
{
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}
