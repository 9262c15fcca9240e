/* SPDX-License-Identifier: Apache-2.0 */
/*
 * futex_test.c - keys, wake-ups, requeues, and the robust list of a thread that
 * ends.  What other threads do happens when the waiter has nothing else to
 * wait for.
 */
#include <string.h>

#include "base/errno.h"
#include "libos/ipc/futex.h"
#include "libos/libos_errno.h"
#include "libos/mm/mm.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/fake/fake.h"
#include "libos/time/clock.h"

static struct futex_thread waiter;
static uint32_t __user *word;
static uint32_t __user *other;

static struct thread *self(void)
{
	return fake_thread();
}

static void store(uint32_t __user *p, uint32_t v)
{
	CHECK_EQ(put_user_u32(p, v), 0);
}

static uint32_t load(uint32_t __user *p)
{
	uint32_t v = 0;

	CHECK_EQ(get_user_u32(&v, p), 0);
	return v;
}

/* --- what happens while the waiter sleeps --- */

static enum futex_sharing wake_sharing;
static uint32_t wake_bitset;
static uint32_t __user *wake_at;
static long woken;
static int idle_left;

static bool idle_wakes(void)
{
	if (idle_left-- <= 0)
		return false;
	woken = futex_wake(self(), wake_at, wake_sharing, 1, wake_bitset);
	return true;
}

static void wake_while_asleep(uint32_t __user *at, enum futex_sharing sharing,
                              uint32_t bitset)
{
	wake_at = at;
	wake_sharing = sharing;
	wake_bitset = bitset;
	woken = -1;
	idle_left = 1;
	fake_idle = idle_wakes;
}

static int wait(enum futex_sharing sharing, uint32_t val, uint64_t deadline)
{
	return futex_wait(self(), word, sharing, val, deadline,
	                  FUTEX_BITSET_ALL);
}

static void waiting(void)
{
	uint64_t now;

	store(word, 5);
	CHECK_EQ(wait(FUTEX_IS_PRIVATE, 4, NO_DEADLINE), -EAGAIN);
	now = clock_monotonic_ns();
	CHECK_EQ(wait(FUTEX_IS_PRIVATE, 5, now + 1000), -ETIMEDOUT);
	CHECK_EQ(clock_monotonic_ns(), now + 1000);
	CHECK_EQ(wait(FUTEX_IS_PRIVATE, 5, 0), -ETIMEDOUT);

	wake_while_asleep(word, FUTEX_IS_PRIVATE, FUTEX_BITSET_ALL);
	CHECK_EQ(wait(FUTEX_IS_PRIVATE, 5, NO_DEADLINE), 0);
	CHECK_EQ(woken, 1);
	CHECK_EQ(
		futex_wake(self(), word, FUTEX_IS_PRIVATE, 9, FUTEX_BITSET_ALL),
		0);
}

/* Without the flag, private memory has the same key with it: pthread_join. */
static void sharing_of_private_memory(void)
{
	store(word, 5);
	wake_while_asleep(word, FUTEX_IS_SHARED, FUTEX_BITSET_ALL);
	CHECK_EQ(wait(FUTEX_IS_PRIVATE, 5, NO_DEADLINE), 0);
	wake_while_asleep(word, FUTEX_IS_PRIVATE, FUTEX_BITSET_ALL);
	CHECK_EQ(wait(FUTEX_IS_SHARED, 5, NO_DEADLINE), 0);
}

static void not_for_me(void)
{
	store(word, 5);
	wake_while_asleep(other, FUTEX_IS_PRIVATE, FUTEX_BITSET_ALL);
	CHECK_EQ(wait(FUTEX_IS_PRIVATE, 5, NO_DEADLINE), -EDEADLK);
	CHECK_EQ(woken, 0);
	wake_while_asleep(word, FUTEX_IS_PRIVATE, 2);
	CHECK_EQ(futex_wait(self(), word, FUTEX_IS_PRIVATE, 5, NO_DEADLINE, 1),
	         -EDEADLK);
	CHECK_EQ(woken, 0);
	wake_while_asleep(word, FUTEX_IS_PRIVATE, 3);
	CHECK_EQ(futex_wait(self(), word, FUTEX_IS_PRIVATE, 5, NO_DEADLINE, 1),
	         0);
}

/* The same address in two address spaces is two futexes. */
static void two_address_spaces(void)
{
	struct futex_thread ft2;
	struct thread second;
	struct mm *mm;

	CHECK_EQ(mm_create(&mm), 0);
	fake_thread_init(&second, mm, 2);
	futex_thread_init(&ft2, &second);
	second.futex = &ft2;
	CHECK_EQ(futex_wake(&second, word, FUTEX_IS_PRIVATE, 1, 1), 0);
	mm_put(mm);
}

static void bad_arguments(void)
{
	uint32_t __user *odd = user_ptr(user_addr(word) + 2);
	uint32_t __user *nowhere = user_ptr(64);

	CHECK_EQ(futex_wait(self(), odd, FUTEX_IS_PRIVATE, 0, 0, 1), -EINVAL);
	CHECK_EQ(futex_wake(self(), odd, FUTEX_IS_PRIVATE, 1, 1), -EINVAL);
	CHECK_EQ(futex_wait(self(), word, FUTEX_IS_PRIVATE, 0, 0, 0), -EINVAL);
	CHECK_EQ(futex_wake(self(), word, FUTEX_IS_PRIVATE, 1, 0), -EINVAL);
	CHECK_EQ(futex_wait(self(), nowhere, FUTEX_IS_PRIVATE, 0, 0, 1),
	         -EFAULT);
}

static void interrupted(void)
{
	store(word, 5);
	thread_set_work(self(), WORK_SIGNAL);
	CHECK_EQ(wait(FUTEX_IS_PRIVATE, 5, NO_DEADLINE), -ERESTARTSYS);
	thread_clear_work(self(), WORK_SIGNAL);
	CHECK_EQ(
		futex_wake(self(), word, FUTEX_IS_PRIVATE, 1, FUTEX_BITSET_ALL),
		0);
}

/* --- requeue --- */

static struct futex_requeue requeue;
static long requeued;

static bool idle_requeues(void)
{
	switch (idle_left--) {
	case 2:
		requeued = futex_requeue(self(), FUTEX_IS_PRIVATE, &requeue);
		return true;
	case 1:
		woken = futex_wake(self(), other, FUTEX_IS_PRIVATE, 1,
		                   FUTEX_BITSET_ALL);
		return true;
	default:
		return false;
	}
}

static void requeueing(void)
{
	store(word, 5);
	requeue = (struct futex_requeue){
		.from = word,
		.to = other,
		.nrequeue = 1,
		.has_expected = true,
		.expected = 5,
	};
	idle_left = 2;
	fake_idle = idle_requeues;
	CHECK_EQ(wait(FUTEX_IS_PRIVATE, 5, NO_DEADLINE), 0);
	CHECK_EQ(requeued, 1);
	CHECK_EQ(woken, 1);

	requeue.expected = 6;
	CHECK_EQ(futex_requeue(self(), FUTEX_IS_PRIVATE, &requeue), -EAGAIN);
	requeue.to = word; /* to itself: nothing to move */
	requeue.expected = 5;
	CHECK_EQ(futex_requeue(self(), FUTEX_IS_PRIVATE, &requeue), 0);
}

/* --- FUTEX_WAKE_OP --- */

struct wake_op_case {
	uint32_t op; /* op 4, cmp 4, oparg 12, cmparg 12 */
	uint32_t before, after;
	long want; /* or wakes 0 */
};

#define OP(op, arg, cmp, cmparg)                                               \
	((uint32_t)(op) << 28 | (uint32_t)(cmp) << 24 |                        \
	 ((uint32_t)(arg)&0xfff) << 12 | ((uint32_t)(cmparg)&0xfff))

static const struct wake_op_case wake_ops[] = {
	{ OP(0, 9, 0, 0), 5, 9, 0 },
	{ OP(1, 2, 0, 0), 5, 7, 0 },
	{ OP(1, -1, 0, 0), 5, 4, 0 },
	{ OP(2, 8, 0, 0), 5, 13, 0 },
	{ OP(3, 4, 0, 0), 5, 1, 0 },
	{ OP(4, 1, 5, -2048), 5, 4, 0 },
	{ OP(8 | 2, 4, 0, 0), 1, 17, 0 },
	{ OP(8 | 2, 31, 0, 0), 0, 1u << 31, 0 },
	{ OP(5, 0, 0, 0), 5, 5, -ENOSYS },
	{ OP(0, 0, 6, 0), 5, 5, -ENOSYS },
};

static void wake_op_results(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wake_ops); i++) {
		const struct wake_op_case *c = &wake_ops[i];

		store(other, c->before);
		CHECK_EQ(futex_wake_op(self(), FUTEX_IS_PRIVATE, word, 1, other,
		                       1, c->op),
		         c->want);
		CHECK_EQ(load(other), c->after);
	}
	CHECK_EQ(futex_wake_op(self(), FUTEX_IS_PRIVATE, word, 1, user_ptr(64),
	                       1, 0),
	         -EFAULT);
}

static uint32_t idle_op;

static bool idle_wake_op(void)
{
	if (idle_left-- <= 0)
		return false;
	woken = futex_wake_op(self(), FUTEX_IS_PRIVATE, other, 0, word, 1,
	                      idle_op);
	return true;
}

/* The second futex is woken if its old value compares so. */
static void wake_op_condition(void)
{
	static const struct {
		uint32_t cmp;
		int arg;
		bool holds;
	} cases[] = {
		{ 0, 5, true },  { 0, 4, false }, { 1, 4, true },
		{ 1, 5, false }, { 2, 6, true },  { 2, 5, false },
		{ 3, 5, true },  { 3, 4, false }, { 4, 4, true },
		{ 4, 5, false }, { 5, -1, true }, { 5, 6, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		store(word, 5);
		idle_op = OP(0, 0, cases[i].cmp, cases[i].arg);
		idle_left = 1;
		fake_idle = idle_wake_op;
		CHECK_EQ(wait(FUTEX_IS_PRIVATE, 5, NO_DEADLINE),
		         cases[i].holds ? 0 : -EDEADLK);
		CHECK_EQ(woken, cases[i].holds);
	}
}

/* --- the end of a thread --- */

enum { OWNER_DIED = 0x40000000, TID = 1 };
#define WAITERS 0x80000000u

struct lock_entry {
	uint64_t next;
	uint32_t word;
	uint32_t pad;
};

struct list_head {
	uint64_t next;
	int64_t offset;
	uint64_t pending;
};

static uint64_t area;

static uint64_t entry_addr(int i)
{
	return area + 64 + (uint64_t)i * sizeof(struct lock_entry);
}

static void put_entry(int i, uint64_t next, uint32_t value)
{
	struct lock_entry e = { .next = next, .word = value };

	CHECK_EQ(copy_to_user(user_ptr(entry_addr(i)), &e, sizeof(e)), 0);
}

static void put_head(uint64_t next, uint64_t pending)
{
	struct list_head h = {
		.next = next,
		.offset = offsetof(struct lock_entry, word),
		.pending = pending,
	};

	CHECK_EQ(copy_to_user(user_ptr(area), &h, sizeof(h)), 0);
	self()->robust_list = area;
}

static uint32_t lock_word(int i)
{
	return load(
		user_ptr(entry_addr(i) + offsetof(struct lock_entry, word)));
}

static void robust_list(void)
{
	put_entry(0, entry_addr(1), TID);
	put_entry(1, entry_addr(2), TID | WAITERS);
	put_entry(2, entry_addr(3), 77); /* somebody else's */
	put_entry(3, area, 0);
	put_head(entry_addr(0), 0);
	futex_exit(self());
	CHECK_EQ(lock_word(0), OWNER_DIED);
	CHECK_EQ(lock_word(1), OWNER_DIED | WAITERS);
	CHECK_EQ(lock_word(2), 77);
	CHECK_EQ(lock_word(3), 0);
	CHECK_EQ(self()->robust_list, 0);
}

static void pending_lock(void)
{
	put_entry(0, area, TID);
	put_entry(1, 0, TID);
	put_head(entry_addr(0), entry_addr(1));
	futex_exit(self());
	CHECK_EQ(lock_word(0), OWNER_DIED);
	CHECK_EQ(lock_word(1), OWNER_DIED);
}

/* Circles, wild pointers and odd offsets only end the walk. */
static void hostile_lists(void)
{
	put_entry(0, entry_addr(0), TID);
	put_head(entry_addr(0), 0);
	futex_exit(self());
	CHECK_EQ(lock_word(0), OWNER_DIED);

	put_entry(0, 0x30, TID);
	put_head(entry_addr(0), 0);
	futex_exit(self());
	put_head(0x10, 0x20);
	futex_exit(self());
	put_head(entry_addr(0) + 1, entry_addr(0) + 2);
	futex_exit(self());
	self()->robust_list = 0x8;
	futex_exit(self());
	self()->robust_list = UINT64_MAX - 3;
	futex_exit(self());
	CHECK_EQ(self()->robust_list, 0);
}

static bool idle_ends(void)
{
	if (idle_left-- <= 0)
		return false;
	futex_exit(self());
	return true;
}

/* pthread_join: the word is cleared, then its waiter woken. */
static void cleared_tid(void)
{
	store(word, 5);
	self()->clear_child_tid = user_addr(word);
	idle_left = 1;
	fake_idle = idle_ends;
	CHECK_EQ(wait(FUTEX_IS_SHARED, 5, NO_DEADLINE), 0);
	CHECK_EQ(load(word), 0);
	self()->clear_child_tid = 0x10;
	futex_exit(self());
	CHECK_EQ(self()->clear_child_tid, 0);
}

int main(void)
{
	fake_init(&fake_default);
	futex_init();
	futex_thread_init(&waiter, self());
	self()->futex = &waiter;
	area = user_addr(fake_user_alloc(4096));
	word = user_ptr(area + 2048);
	other = user_ptr(area + 3072);
	waiting();
	sharing_of_private_memory();
	not_for_me();
	two_address_spaces();
	bad_arguments();
	interrupted();
	requeueing();
	wake_op_results();
	wake_op_condition();
	robust_list();
	pending_lock();
	hostile_lists();
	cleared_tid();
	CHECK_EQ(fake_fini(), 0);
	return check_result();
}
