/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/ipc/futex.h"

#include "base/errno.h"
#include "base/hash.h"
#include "libos/mm/mm.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/sched.h"
#include "libos/sched/thread.h"

/* A power of two; programs with thousands of contended locks are rare. */
#define BUCKETS 256

struct futex_bucket {
	struct spinlock lock;
	struct list waiters; /* oldest first */
};

static struct futex_bucket buckets[BUCKETS];

void futex_init(void)
{
	struct futex_bucket *b;

	for (b = buckets; b < buckets + BUCKETS; b++) {
		spin_init(&b->lock, RANK_FUTEX);
		list_init(&b->waiters);
	}
}

void futex_thread_init(struct futex_thread *ft, struct thread *t)
{
	list_init(&ft->node);
	ft->bucket = NULL;
	ft->thread = t;
}

static struct futex_bucket *bucket_of(const struct futex_key *key)
{
	uint64_t h = hash_u64(key->addr ^ (uint64_t)(uintptr_t)key->mm);

	return &buckets[h % BUCKETS];
}

static bool same_key(const struct futex_key *a, const struct futex_key *b)
{
	return a->addr == b->addr && a->mm == b->mm;
}

/* Is there a shared mapping at @addr? */
static bool is_shared(struct mm *mm, uint64_t addr)
{
	const struct vma *v;
	bool shared;

	rwlock_read(&mm->lock);
	v = vma_find(&mm->vmas, addr);
	shared = v && (v->flags & VMA_SHARED);
	rwlock_read_done(&mm->lock);
	return shared;
}

/* The name of the futex at @uaddr. 0, -EINVAL. */
static int key_make(struct thread *self, uint32_t __user *uaddr,
                    enum futex_sharing sharing, struct futex_key *ret)
{
	uint64_t addr = user_addr(uaddr);

	if (!IS_ALIGNED(addr, sizeof(uint32_t)))
		return -EINVAL;
	ret->addr = addr;
	ret->mm = self->mm;
	if (sharing == FUTEX_IS_SHARED && is_shared(self->mm, addr))
		ret->mm = NULL;
	return 0;
}

/*
 * Two buckets at once, the lower address first; they may be the same one.
 */
static void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_lock(a < b ? &a->lock : &b->lock);
	if (a != b)
		spin_lock(a < b ? &b->lock : &a->lock);
}

static void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

/*
 * Take @ft off its queue for good and wake it.  From the moment bucket is NULL
 * the thread may go on and end, so it is kept by a reference.
 */
static void wake_locked(struct futex_thread *ft)
{
	struct thread *t = ft->thread;

	thread_get(t);
	list_del(&ft->node);
	__atomic_store_n(&ft->bucket, NULL, __ATOMIC_RELEASE);
	sched_wake(t);
	thread_put(t);
}

static uint32_t wake_key_locked(struct futex_bucket *b,
                                const struct futex_key *key, uint32_t count,
                                uint32_t bitset)
{
	struct futex_thread *ft, *tmp;
	uint32_t n = 0;

	if (!count)
		return 0;
	list_for_each_entry_safe (ft, tmp, &b->waiters, node) {
		if (!same_key(&ft->key, key) || !(ft->bitset & bitset))
			continue;
		wake_locked(ft);
		if (++n == count)
			break;
	}
	return n;
}

static void enqueue_locked(struct futex_bucket *b, struct futex_thread *ft)
{
	list_add_tail(&b->waiters, &ft->node);
	ft->bucket = b;
}

/*
 * Queue @ft if the word is still @val: a waker changes the word first, so
 * either we see the change or it sees us.  0, -EAGAIN, -EFAULT.
 */
static int queue_if_equal(struct futex_thread *ft, uint32_t __user *uaddr,
                          uint32_t val)
{
	struct futex_bucket *b = bucket_of(&ft->key);
	uint32_t now;
	int ret;

	for (;;) {
		spin_lock(&b->lock);
		ret = user_load_u32_nofault(&now, uaddr);
		if (ret == 0 && now == val)
			enqueue_locked(b, ft);
		spin_unlock(&b->lock);
		if (ret == 0)
			return now == val ? 0 : -EAGAIN;
		ret = user_fault_in(uaddr, sizeof(*uaddr), PROT_READ);
		if (ret < 0)
			return ret;
	}
}

/* True if nobody had woken it: then @ft is not queued any more. */
static bool unqueue(struct futex_thread *ft)
{
	struct futex_bucket *b;
	bool mine;

	/* A requeue may move it while we wait for the lock. */
	while ((b = __atomic_load_n(&ft->bucket, __ATOMIC_ACQUIRE)) != NULL) {
		spin_lock(&b->lock);
		mine = ft->bucket == b;
		if (mine) {
			list_del(&ft->node);
			ft->bucket = NULL;
		}
		spin_unlock(&b->lock);
		if (mine)
			return true;
	}
	return false;
}

static int sleep_until_woken(struct futex_thread *ft, uint64_t deadline_ns)
{
	int ret = 0;

	do {
		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
		if (!__atomic_load_n(&ft->bucket, __ATOMIC_ACQUIRE))
			break;
		ret = sched_sleep(deadline_ns);
	} while (ret == 0);
	sched_sleep_done();
	return ret;
}

int futex_wait(struct thread *self, uint32_t __user *uaddr,
               enum futex_sharing sharing, uint32_t val, uint64_t deadline_ns,
               uint32_t bitset)
{
	struct futex_thread *ft = self->futex;
	int ret;

	if (!bitset)
		return -EINVAL;
	ret = key_make(self, uaddr, sharing, &ft->key);
	if (ret < 0)
		return ret;
	ft->bitset = bitset;
	ret = queue_if_equal(ft, uaddr, val);
	if (ret < 0)
		return ret;
	ret = sleep_until_woken(ft, deadline_ns);
	return unqueue(ft) ? ret : 0;
}

long futex_wake(struct thread *self, uint32_t __user *uaddr,
                enum futex_sharing sharing, uint32_t count, uint32_t bitset)
{
	struct futex_bucket *b;
	struct futex_key key;
	uint32_t n;
	int ret;

	if (!bitset)
		return -EINVAL;
	ret = key_make(self, uaddr, sharing, &key);
	if (ret < 0)
		return ret;
	b = bucket_of(&key);
	spin_lock(&b->lock);
	n = wake_key_locked(b, &key, count, bitset);
	spin_unlock(&b->lock);
	return n;
}

/* Move waiters of @from in @src to @to in @dst; both are locked. */
static uint32_t move_locked(struct futex_bucket *src, struct futex_bucket *dst,
                            const struct futex_key *from,
                            const struct futex_key *to, uint32_t count)
{
	struct futex_thread *ft, *tmp;
	struct list moved;
	uint32_t n = 0;

	list_init(&moved);
	list_for_each_entry_safe (ft, tmp, &src->waiters, node) {
		if (n == count)
			break;
		if (!same_key(&ft->key, from))
			continue;
		list_move_tail(&moved, &ft->node);
		ft->key = *to;
		__atomic_store_n(&ft->bucket, dst, __ATOMIC_RELEASE);
		n++;
	}
	list_splice_tail(&dst->waiters, &moved);
	return n;
}

/* 0 with both buckets locked, or -EAGAIN, -EFAULT with none. */
static int lock_two_expecting(struct futex_bucket *a, struct futex_bucket *b,
                              const struct futex_requeue *req)
{
	uint32_t now;
	int ret;

	for (;;) {
		futex_lock_two(a, b);
		if (!req->has_expected)
			return 0;
		ret = user_load_u32_nofault(&now, req->from);
		if (ret == 0 && now == req->expected)
			return 0;
		futex_unlock_two(a, b);
		if (ret == 0)
			return -EAGAIN;
		ret = user_fault_in(req->from, sizeof(now), PROT_READ);
		if (ret < 0)
			return ret;
	}
}

long futex_requeue(struct thread *self, enum futex_sharing sharing,
                   const struct futex_requeue *req)
{
	struct futex_bucket *src, *dst;
	struct futex_key from, to;
	uint32_t woken, moved;
	int ret;

	ret = key_make(self, req->from, sharing, &from);
	if (ret == 0)
		ret = key_make(self, req->to, sharing, &to);
	if (ret < 0)
		return ret;
	src = bucket_of(&from);
	dst = bucket_of(&to);
	ret = lock_two_expecting(src, dst, req);
	if (ret < 0)
		return ret;
	woken = wake_key_locked(src, &from, req->nwake, FUTEX_BITSET_ALL);
	moved = move_locked(src, dst, &from, &to, req->nrequeue);
	futex_unlock_two(src, dst);
	return (long)woken + moved;
}

/* FUTEX_WAKE_OP's 32 bits: op 4, cmp 4, oparg 12, cmparg 12 (futex(2)). */
struct wake_op {
	uint32_t op;
	uint32_t cmp;
	uint32_t oparg;
	uint32_t cmparg;
};

#define OP_SHIFT_FLAG 8u

/* The low 12 bits as a signed number, in two's complement. */
static uint32_t sign_extend_12(uint32_t v)
{
	return ((v & 0xfffu) ^ 0x800u) - 0x800u;
}

static int wake_op_decode(uint32_t bits, struct wake_op *ret)
{
	ret->op = bits >> 28 & 0xf;
	ret->cmp = bits >> 24 & 0xf;
	ret->oparg = sign_extend_12(bits >> 12);
	ret->cmparg = sign_extend_12(bits);
	if (ret->op & OP_SHIFT_FLAG) {
		ret->op &= ~OP_SHIFT_FLAG;
		ret->oparg = 1u << (ret->oparg & 31);
	}
	if (ret->op > USER_RMW_XOR || ret->cmp > 5)
		return -ENOSYS;
	return 0;
}

static bool wake_op_holds(const struct wake_op *w, uint32_t old)
{
	int32_t a = (int32_t)old, b = (int32_t)w->cmparg;

	switch (w->cmp) {
	case 0:
		return a == b;
	case 1:
		return a != b;
	case 2:
		return a < b;
	case 3:
		return a <= b;
	case 4:
		return a > b;
	default:
		return a >= b;
	}
}

static long wake_op_keys(const struct futex_key *key1, uint32_t nwake,
                         const struct futex_key *key2, uint32_t nwake2,
                         uint32_t __user *uaddr2, const struct wake_op *w)
{
	struct futex_bucket *b1 = bucket_of(key1), *b2 = bucket_of(key2);
	uint32_t old;
	long n = 0;
	int ret;

	for (;;) {
		futex_lock_two(b1, b2);
		ret = user_rmw_u32_nofault(uaddr2, (enum user_rmw)w->op,
		                           w->oparg, &old);
		if (ret == 0)
			break;
		futex_unlock_two(b1, b2);
		ret = user_fault_in(uaddr2, sizeof(old), PROT_WRITE);
		if (ret < 0)
			return ret;
	}
	n = wake_key_locked(b1, key1, nwake, FUTEX_BITSET_ALL);
	if (wake_op_holds(w, old))
		n += wake_key_locked(b2, key2, nwake2, FUTEX_BITSET_ALL);
	futex_unlock_two(b1, b2);
	return n;
}

long futex_wake_op(struct thread *self, enum futex_sharing sharing,
                   uint32_t __user *uaddr, uint32_t nwake,
                   uint32_t __user *uaddr2, uint32_t nwake2, uint32_t op)
{
	struct futex_key key1, key2;
	struct wake_op w;
	int ret;

	ret = wake_op_decode(op, &w);
	if (ret == 0)
		ret = key_make(self, uaddr, sharing, &key1);
	if (ret == 0)
		ret = key_make(self, uaddr2, sharing, &key2);
	if (ret < 0)
		return ret;
	return wake_op_keys(&key1, nwake, &key2, nwake2, uaddr2, &w);
}
