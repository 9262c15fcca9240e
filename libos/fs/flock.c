/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flock.c - advisory locks.
 *
 * One spinlock for all lists: locks are rare and lists short.  A change
 * may need two records (a lock that is cut in the middle leaves two parts);
 * they are allocated before the lock is taken, so that a change never fails
 * half way.
 */
#include "libos/fs/flock.h"

#include "base/errno.h"
#include "base/list.h"
#include "libos/fs/file.h"
#include "libos/fs/inode.h"
#include "libos/mm/kheap.h"
#include "libos/sched/waitq.h"

/* Bounds what one program takes of the kernel's heap for one file. */
#define LOCKS_PER_INODE 16384
/* Linux gives up the search for a cycle after as many steps. */
#define DEADLOCK_STEPS 10

struct lock_record {
	struct list node;
	struct lock_request range; /* type is never F_UNLCK */
};

struct lock_list {
	struct list held;
	uint32_t count;
	struct waitq changed;
};

/* A POSIX owner that sleeps, and whom it waits for. */
struct blocked {
	struct list node;
	const void *owner, *holder;
};

static struct spinlock flock_lock = SPINLOCK_INIT(RANK_FLOCK);
static struct list all_blocked = LIST_INIT(all_blocked);

static bool is_same_class(const struct lock_request *a,
                          const struct lock_request *b)
{
	return (a->kind == LOCK_KIND_FLOCK) == (b->kind == LOCK_KIND_FLOCK);
}

static bool is_same_owner(const struct lock_request *a,
                          const struct lock_request *b)
{
	return a->kind == b->kind && a->owner == b->owner;
}

static bool overlaps(const struct lock_request *a, const struct lock_request *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static bool conflicts(const struct lock_request *held,
                      const struct lock_request *req)
{
	return is_same_class(held, req) && !is_same_owner(held, req) &&
	       overlaps(held, req) &&
	       (held->type == F_WRLCK || req->type == F_WRLCK);
}

static struct lock_record *find_conflict(const struct lock_list *l,
                                         const struct lock_request *req)
{
	struct lock_record *r;

	list_for_each_entry (r, &l->held, node) {
		if (conflicts(&r->range, req))
			return r;
	}
	return NULL;
}

static void record_drop(struct lock_list *l, struct lock_record *r)
{
	list_del(&r->node);
	l->count--;
	kfree(r);
}

static void record_add(struct lock_list *l, struct lock_record *r,
                       const struct lock_request *range)
{
	r->range = *range;
	list_add_tail(&l->held, &r->node);
	l->count++;
}

/*
 * Take [start, end] of @req out of record @r; a part behind it becomes *spare,
 * which is then NULL.
 */
static void record_cut(struct lock_list *l, struct lock_record *r,
                       const struct lock_request *req,
                       struct lock_record **spare)
{
	struct lock_request behind = r->range;

	if (r->range.start >= req->start && r->range.end <= req->end) {
		record_drop(l, r);
		return;
	}
	if (r->range.start >= req->start) {
		r->range.start = req->end + 1;
		return;
	}
	r->range.end = req->start - 1;
	if (behind.end <= req->end)
		return;
	behind.start = req->end + 1;
	record_add(l, *spare, &behind);
	*spare = NULL;
}

/* Same owner and type, touching: the new lock swallows it. */
static bool joins(const struct lock_request *held,
                  const struct lock_request *req)
{
	return held->type == req->type &&
	       (held->start == 0 || held->start - 1 <= req->end) &&
	       (req->start == 0 || req->start - 1 <= held->end);
}

static void apply(struct lock_list *l, const struct lock_request *req,
                  struct lock_record **fresh, struct lock_record **spare)
{
	struct lock_request range = *req;
	struct lock_record *r, *tmp;

	list_for_each_entry_safe (r, tmp, &l->held, node) {
		if (!is_same_owner(&r->range, req))
			continue;
		if (req->type != F_UNLCK && joins(&r->range, &range)) {
			range.start = MIN(range.start, r->range.start);
			range.end = MAX(range.end, r->range.end);
			record_drop(l, r);
		} else if (overlaps(&r->range, req)) {
			record_cut(l, r, req, spare);
		}
	}
	if (req->type != F_UNLCK) {
		record_add(l, *fresh, &range);
		*fresh = NULL;
	}
}

/* Does @holder wait, over others, for @owner? */
static bool would_deadlock(const void *owner, const void *holder)
{
	const struct blocked *b;

	for (int i = 0; i < DEADLOCK_STEPS && holder; i++) {
		const void *next = NULL;

		if (holder == owner)
			return true;
		list_for_each_entry (b, &all_blocked, node) {
			if (b->owner == holder)
				next = b->holder;
		}
		holder = next;
	}
	return false;
}

/* The inode's list, made at its first lock. */
static struct lock_list *list_of(struct inode *inode)
{
	struct lock_list *l = __atomic_load_n(&inode->locks, __ATOMIC_ACQUIRE);
	struct lock_list *seen = NULL;

	if (l)
		return l;
	l = kzalloc(sizeof(*l));
	if (!l)
		return NULL;
	list_init(&l->held);
	waitq_init(&l->changed);
	if (__atomic_compare_exchange_n(&inode->locks, &seen, l, false,
	                                __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return l;
	kfree(l);
	return seen;
}

/* One attempt: 0, -EAGAIN with @b->holder set, -ENOLCK. */
static int try_set(struct lock_list *l, const struct lock_request *req,
                   struct blocked *b)
{
	struct lock_record *fresh = kzalloc(sizeof(*fresh));
	struct lock_record *spare = kzalloc(sizeof(*spare));
	struct lock_record *r = NULL;
	int err = -ENOLCK;

	if (!fresh || !spare)
		goto out;
	spin_lock(&flock_lock);
	r = req->type == F_UNLCK ? NULL : find_conflict(l, req);
	if (r) {
		b->holder = r->range.kind == LOCK_KIND_POSIX ? r->range.owner
		                                             : NULL;
		err = -EAGAIN;
	} else if (l->count < LOCKS_PER_INODE || req->type == F_UNLCK) {
		apply(l, req, &fresh, &spare);
		err = 0;
	}
	spin_unlock(&flock_lock);
	if (err == 0)
		waitq_wake(&l->changed, WAKE_ALL, 0);
out:
	kfree(fresh);
	kfree(spare);
	return err;
}

/* Register as waiting, unless that closes a circle. */
static int block_on(struct blocked *b, const struct lock_request *req)
{
	int err = 0;

	if (req->kind != LOCK_KIND_POSIX)
		return 0;
	b->owner = req->owner;
	spin_lock(&flock_lock);
	list_del(&b->node);
	if (would_deadlock(req->owner, b->holder))
		err = -EDEADLK;
	else
		list_add(&all_blocked, &b->node);
	spin_unlock(&flock_lock);
	return err;
}

static void unblock(struct blocked *b)
{
	spin_lock(&flock_lock);
	list_del(&b->node);
	spin_unlock(&flock_lock);
}

int flock_set(struct inode *inode, const struct lock_request *req,
              enum lock_wait wait)
{
	struct lock_list *l = list_of(inode);
	struct blocked b = { .node = LIST_INIT(b.node) };
	struct waiter w;
	int err;

	if (!l)
		return -ENOLCK;
	err = try_set(l, req, &b);
	if (err != -EAGAIN || wait == LOCK_TRY)
		return err;

	waiter_init(&w);
	waitq_add(&l->changed, &w);
	for (;;) {
		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
		err = try_set(l, req, &b);
		if (err == -EAGAIN)
			err = block_on(&b, req);
		else
			break;
		if (err == 0)
			err = sched_sleep(NO_DEADLINE);
		if (err < 0)
			break;
	}
	sched_sleep_done();
	waitq_remove(&w);
	unblock(&b);
	return err;
}

void flock_test(struct inode *inode, struct lock_request *req)
{
	struct lock_list *l = __atomic_load_n(&inode->locks, __ATOMIC_ACQUIRE);
	struct lock_record *r = NULL;

	if (l) {
		spin_lock(&flock_lock);
		r = find_conflict(l, req);
		if (r)
			*req = r->range;
		spin_unlock(&flock_lock);
	}
	if (!r)
		req->type = F_UNLCK;
}

/* Drop everything that @who owns; needs no memory. */
static void drop_all(struct inode *inode, const struct lock_request *who)
{
	struct lock_list *l = __atomic_load_n(&inode->locks, __ATOMIC_ACQUIRE);
	struct lock_record *r, *tmp;
	bool dropped = false;

	if (!l)
		return;
	spin_lock(&flock_lock);
	list_for_each_entry_safe (r, tmp, &l->held, node) {
		if (is_same_owner(&r->range, who)) {
			record_drop(l, r);
			dropped = true;
		}
	}
	spin_unlock(&flock_lock);
	if (dropped)
		waitq_wake(&l->changed, WAKE_ALL, 0);
}

void flock_release_owner(struct inode *inode, const struct fdtable *files)
{
	drop_all(inode, &(struct lock_request){ .kind = LOCK_KIND_POSIX,
	                                        .owner = files });
}

void flock_release_file(struct file *f)
{
	drop_all(f->inode,
	         &(struct lock_request){ .kind = LOCK_KIND_FLOCK, .owner = f });
	drop_all(f->inode,
	         &(struct lock_request){ .kind = LOCK_KIND_OFD, .owner = f });
}

void flock_free(struct inode *inode)
{
	kfree(inode->locks);
	inode->locks = NULL;
}
