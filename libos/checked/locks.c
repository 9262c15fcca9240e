/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locks.c - the order of locks, as lock_rank.h has it.
 *
 * A spinlock belongs to the vCPU that took it: the run queue's is given back by
 * the thread that comes in.  A sleeping lock belongs to its thread, which may
 * go on elsewhere; what a thread holds is noted at the far end of its kernel
 * stack, what an idle thread holds (boot runs on one) beside this code.
 *
 * A try that succeeds is noted and not judged: it waits for nobody.
 */
#include "libos/checked/checked.h"
#include "libos/checked/rank_names.h"
#include "libos/cpu/vcpu.h"
#include "libos/fs/dentry.h"
#include "libos/fs/inode.h"
#include "libos/hostcall/call.h"
#include "libos/mm/mm.h"
#include "libos/sched/mutex.h"
#include "libos/sched/sched.h"

enum { HELD_MAX = 14 };

struct held {
	const void *lock;
	uint64_t pc;
	uint32_t rank;
};

struct held_set {
	uint32_t n;
	struct held held[HELD_MAX];
};

static struct held_set spins[VCPU_MAX];
static struct held_set idle_locks[VCPU_MAX];

static struct held_set *my_spins(void)
{
	return &spins[vcpu_self()->index];
}

static struct held_set *locks_of(const struct thread *t)
{
	if (t && t->kstack_top)
		return (struct held_set *)(t->kstack_top - KSTACK_SIZE);
	return &idle_locks[vcpu_self()->index];
}

/* Epoll raises ranks by how deep its instances are nested. */
static const char *rank_name(uint32_t rank)
{
	uint32_t i = MIN(rank, (uint32_t)ARRAY_SIZE(rank_names) - 1);

	while (i && !rank_names[i])
		i--;
	return rank_names[i] ? rank_names[i] : "no rank";
}

static const struct dentry *place_of(const void *lock)
{
	const struct inode *inode =
		container_of((const struct rwlock *)lock, struct inode, lock);

	return list_empty(&inode->aliases)
	               ? NULL
	               : list_first_entry(&inode->aliases, struct dentry,
	                                  alias_node);
}

/*
 * Two of one rank: buckets of futexes in the order of addresses, a directory
 * before what lies in it.
 */
static bool may_be_two(const void *held, const void *lock, uint32_t rank)
{
	const struct dentry *first, *next;

	if (rank == RANK_FUTEX)
		return held < lock;
	if (rank != RANK_INODE || held == lock)
		return false;
	first = place_of(held);
	next = place_of(lock);
	return !first || !next || !dentry_is_below(first, next);
}

static void check_order(const struct held_set *set, const void *lock,
                        uint32_t rank, uint64_t pc)
{
	uint32_t i;

	for (i = 0; i < set->n; i++) {
		const struct held *h = &set->held[i];

		if (h->rank < rank ||
		    (h->rank == rank && may_be_two(h->lock, lock, rank)))
			continue;
		checked_fail("lock order: %s (%u) is taken from 0x%lx under "
		             "%s (%u), taken from 0x%lx",
		             rank_name(rank), rank, pc, rank_name(h->rank),
		             h->rank, h->pc);
	}
}

static void note(struct held_set *set, const void *lock, uint32_t rank,
                 uint64_t pc)
{
	if (set->n == HELD_MAX)
		checked_fail("locks: more than %u are held at 0x%lx", set->n,
		             pc);
	set->held[set->n++] = (struct held){ lock, pc, rank };
}

/* Locks need not be given back in turn. */
static void forget(struct held_set *set, const void *lock, uint32_t rank,
                   uint64_t pc)
{
	uint32_t i = set->n;

	while (i && set->held[i - 1].lock != lock)
		i--;
	if (!i)
		checked_fail("locks: %s (%u) is given back from 0x%lx, and not "
		             "held",
		             rank_name(rank), rank, pc);
	for (; i < set->n; i++)
		set->held[i - 1] = set->held[i];
	set->n--;
}

static void check_none(const struct held_set *set, const char *what)
{
	const struct held *h = &set->held[0];

	if (set->n)
		checked_fail("locks: %s under %s (%u), taken from 0x%lx", what,
		             rank_name(h->rank), h->rank, h->pc);
}

void locks_check_sleep(const char *what)
{
	if (checked_is_on())
		check_none(my_spins(), what);
}

/* --- spinlocks --- */

static void take_spin(struct spinlock *l, uint64_t pc)
{
	check_order(my_spins(), l, l->rank, pc);
	check_order(locks_of(thread_self()), l, l->rank, pc);
}

WRAP(void, spin_lock, struct spinlock *l)
{
	if (checked_is_on())
		take_spin(l, CALLER);
	__real_spin_lock(l);
	if (checked_is_on())
		note(my_spins(), l, l->rank, CALLER);
}

WRAP(bool, spin_trylock, struct spinlock *l)
{
	if (!__real_spin_trylock(l))
		return false;
	if (checked_is_on())
		note(my_spins(), l, l->rank, CALLER);
	return true;
}

WRAP(void, spin_unlock, struct spinlock *l)
{
	if (checked_is_on())
		forget(my_spins(), l, l->rank, CALLER);
	__real_spin_unlock(l);
}

/* --- locks that sleep --- */

static void before_lock(const void *lock, uint32_t rank, uint64_t pc)
{
	if (!checked_is_on())
		return;
	check_none(my_spins(), "a lock that may sleep");
	check_order(locks_of(thread_self()), lock, rank, pc);
}

static void after_lock(const void *lock, uint32_t rank, uint64_t pc)
{
	if (checked_is_on())
		note(locks_of(thread_self()), lock, rank, pc);
}

static void before_unlock(const void *lock, uint32_t rank, uint64_t pc)
{
	if (checked_is_on())
		forget(locks_of(thread_self()), lock, rank, pc);
}

WRAP(void, mutex_lock, struct mutex *m)
{
	before_lock(m, m->rank, CALLER);
	__real_mutex_lock(m);
	after_lock(m, m->rank, CALLER);
}

WRAP(bool, mutex_trylock, struct mutex *m)
{
	if (!__real_mutex_trylock(m))
		return false;
	after_lock(m, m->rank, CALLER);
	return true;
}

WRAP(void, mutex_unlock, struct mutex *m)
{
	before_unlock(m, m->rank, CALLER);
	__real_mutex_unlock(m);
}

WRAP(void, rwlock_read, struct rwlock *l)
{
	before_lock(l, l->rank, CALLER);
	__real_rwlock_read(l);
	after_lock(l, l->rank, CALLER);
}

WRAP(void, rwlock_read_done, struct rwlock *l)
{
	before_unlock(l, l->rank, CALLER);
	__real_rwlock_read_done(l);
}

WRAP(void, rwlock_write, struct rwlock *l)
{
	before_lock(l, l->rank, CALLER);
	__real_rwlock_write(l);
	after_lock(l, l->rank, CALLER);
}

WRAP(void, rwlock_write_done, struct rwlock *l)
{
	before_unlock(l, l->rank, CALLER);
	__real_rwlock_write_done(l);
}

/* --- what must not happen under locks --- */

WRAP(int, sched_sleep, uint64_t deadline_ns)
{
	locks_check_sleep("sleeping");
	return __real_sched_sleep(deadline_ns);
}

WRAP(void, sched_yield, void)
{
	locks_check_sleep("giving the vCPU away");
	__real_sched_yield();
}

WRAP(int64_t, host_call, enum hostcall nr, const void *args, size_t size)
{
	locks_check_sleep("leaving the enclave");
	return __real_host_call(nr, args, size);
}

/*
 * A copy may have to bring a page in, which takes the lock of the mm: so it is
 * judged as if it did.  What copies under that lock made sure of the page.
 */
static void check_user_copy(uint64_t pc)
{
	if (!checked_is_on())
		return;
	check_none(my_spins(), "a user copy");
	check_order(locks_of(thread_self()), NULL, RANK_MM, pc);
}

WRAP(int, copy_from_user, void *dst, const void __user *src, size_t size)
{
	check_user_copy(CALLER);
	return __real_copy_from_user(dst, src, size);
}

WRAP(int, copy_to_user, void __user *dst, const void *src, size_t size)
{
	check_user_copy(CALLER);
	return __real_copy_to_user(dst, src, size);
}

WRAP(size_t, copy_from_user_partial, void *dst, const void __user *src,
     size_t size)
{
	check_user_copy(CALLER);
	return __real_copy_from_user_partial(dst, src, size);
}

WRAP(size_t, copy_to_user_partial, void __user *dst, const void *src,
     size_t size)
{
	check_user_copy(CALLER);
	return __real_copy_to_user_partial(dst, src, size);
}

static void check_all_given_back(const char *what)
{
	locks_check_sleep(what);
	if (checked_is_on())
		check_none(locks_of(thread_self()), what);
}

/* Its stack is there already. */
WRAP(void, sched_thread_init, struct thread *t, int32_t tid)
{
	__real_sched_thread_init(t, tid);
	locks_of(t)->n = 0;
}

__noreturn WRAP(void, sched_exit, void)
{
	check_all_given_back("the end of a thread");
	__real_sched_exit();
	__builtin_unreachable();
}

WRAP(void, syscall_enter, struct regs *regs)
{
	__real_syscall_enter(regs);
	check_all_given_back("going back to the program");
}

WRAP(void, trap_user, struct regs *regs, uint32_t vector, uint32_t error,
     uint64_t addr)
{
	__real_trap_user(regs, vector, error, addr);
	check_all_given_back("going back to the program");
}
