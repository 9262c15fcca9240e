/* SPDX-License-Identifier: Apache-2.0 */
/*
 * robust.c - what becomes of a thread's futexes when it ends.
 *
 * The robust list is user memory: it may be cut, circular or point anywhere.
 * Nothing follows from a bad one but that the walk ends.
 */
#include "base/errno.h"
#include "libos/ipc/futex.h"
#include "libos/mm/usercopy.h"
#include "libos/mm/vma.h"
#include "libos/sched/thread.h"

/* Linux's ROBUST_LIST_LIMIT. */
#define ROBUST_ENTRIES_MAX 2048

#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3fffffffu
#define ENTRY_PI 1ull /* in an entry's address: a priority inheritance lock */

/* struct robust_list_head (set_robust_list(2)). */
struct robust_head {
	uint64_t next;
	int64_t futex_offset;
	uint64_t pending; /* being locked or unlocked at this moment */
};
static_assert(sizeof(struct robust_head) == 24, "set_robust_list(2)");

/*
 * The lock at @addr, if the dead thread holds it, gets OWNER_DIED and wakes
 * one waiter.  A pending unlock may have come as far as storing 0 without having
 * woken anybody: that is made up for.
 */
static int bury_lock(struct thread *self, uint64_t addr, bool is_pending)
{
	uint32_t __user *p = user_ptr(addr);
	uint32_t word, seen;
	int ret;

	if (!IS_ALIGNED(addr, sizeof(word)))
		return -EINVAL;
	ret = get_user_u32(&word, p);
	if (ret < 0)
		return ret;
	for (;;) {
		if (is_pending && word == 0)
			break;
		if ((word & FUTEX_TID_MASK) != (uint32_t)self->tid)
			return 0;
		ret = user_cmpxchg_u32(
			p, word, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED,
			&seen);
		if (ret < 0)
			return ret;
		if (seen == word)
			break;
		word = seen;
	}
	if (word == 0 || (word & FUTEX_WAITERS))
		(void)futex_wake(self, p, FUTEX_IS_SHARED, 1, FUTEX_BITSET_ALL);
	return 0;
}

static void walk_robust_list(struct thread *self)
{
	struct robust_head head;
	uint64_t entry, next;
	unsigned int n;

	if (copy_from_user(&head, user_ptr(self->robust_list), sizeof(head)) <
	    0)
		return;
	entry = head.next;
	for (n = 0; n < ROBUST_ENTRIES_MAX; n++) {
		uint64_t at = entry & ~ENTRY_PI;

		if (at == self->robust_list)
			break;
		/* Read on first: the waiter that is woken may free it. */
		if (get_user_u64(&next, user_ptr(at)) < 0)
			return;
		if (at != (head.pending & ~ENTRY_PI) &&
		    bury_lock(self, at + (uint64_t)head.futex_offset, false) <
		            0)
			return;
		entry = next;
	}
	if (head.pending)
		(void)bury_lock(self,
		                (head.pending & ~ENTRY_PI) +
		                        (uint64_t)head.futex_offset,
		                true);
}

void futex_exit(struct thread *self)
{
	uint32_t __user *tid = user_ptr(self->clear_child_tid);

	if (self->robust_list)
		walk_robust_list(self);
	self->robust_list = 0;
	if (self->clear_child_tid && put_user_u32(tid, 0) == 0)
		(void)futex_wake(self, tid, FUTEX_IS_SHARED, 1,
		                 FUTEX_BITSET_ALL);
	self->clear_child_tid = 0;
}
