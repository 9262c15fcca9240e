/* SPDX-License-Identifier: Apache-2.0 */
/*
 * futex.h - futex(2): sleep on a word of user memory until somebody wakes.
 *
 * A waiter is found by its key.  A private key is (mm, address).  A shared one
 * is (none, address): a shared mapping lies at one address in all processes of
 * an enclave.  A call without FUTEX_PRIVATE_FLAG on private memory uses
 * the private key, as Linux does.
 *
 * Locking: a bucket's spinlock (RANK_FUTEX).  The word is read before the
 * bucket is locked for good and again, without faulting, under it: user copies
 * may sleep.  See futex_wait().
 *
 * Priority inheritance (FUTEX_LOCK_PI and friends) and futex_waitv(2) are not
 * offered: -ENOSYS.
 */
#pragma once

#include "base/compiler.h"
#include "base/list.h"
#include "libos/sched/waitq.h"

struct futex_bucket;
struct mm;
struct thread;

struct futex_key {
	struct mm *mm; /* NULL: shared */
	uint64_t addr;
};

/* What a thread waits for; it can wait for one futex at a time. */
struct futex_thread {
	struct list node;            /* bucket->waiters, under its lock */
	struct futex_bucket *bucket; /* NULL: woken; changed under lock */
	struct futex_key key;
	uint32_t bitset;
	struct thread *thread;
};

enum futex_sharing { FUTEX_IS_PRIVATE, FUTEX_IS_SHARED };

#define FUTEX_BITSET_ALL UINT32_MAX

/* Once, at boot. */
void futex_init(void);

void futex_thread_init(struct futex_thread *ft, struct thread *t);

/*
 * Sleep while *@uaddr is @val, until a wake-up whose set meets @bitset or the
 * monotonic @deadline_ns.  0, -EAGAIN (the word differs), -ETIMEDOUT, -EFAULT,
 * -EINVAL (not aligned), -ERESTARTSYS.
 */
int futex_wait(struct thread *self, uint32_t __user *uaddr,
               enum futex_sharing sharing, uint32_t val, uint64_t deadline_ns,
               uint32_t bitset);

/* Wake at most @count; how many, or -EINVAL, -EFAULT. */
long futex_wake(struct thread *self, uint32_t __user *uaddr,
                enum futex_sharing sharing, uint32_t count, uint32_t bitset);

struct futex_requeue {
	uint32_t __user *from;
	uint32_t __user *to;
	uint32_t nwake;
	uint32_t nrequeue;
	bool has_expected; /* FUTEX_CMP_REQUEUE: *from must be @expected */
	uint32_t expected;
};
/* Woken, or woken and requeued with @has_expected; -EAGAIN, -EFAULT, -EINVAL. */
long futex_requeue(struct thread *self, enum futex_sharing sharing,
                   const struct futex_requeue *req);

/* FUTEX_WAKE_OP: change *@uaddr2 by @op, wake on the first and perhaps it. */
long futex_wake_op(struct thread *self, enum futex_sharing sharing,
                   uint32_t __user *uaddr, uint32_t nwake,
                   uint32_t __user *uaddr2, uint32_t nwake2, uint32_t op);

/*
 * The end of a thread: walk its robust list (locks it holds get
 * FUTEX_OWNER_DIED and one waiter), clear and wake clear_child_tid.
 */
void futex_exit(struct thread *self);
