/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll_set.c - the loop of look, sleep, look again.
 *
 * The first look queues a waiter wherever a file says.  The waiters note in
 * the set that something came, so what happens while the files are being
 * looked at is not missed, and looking may take sleeping locks.
 */
#include "libos/ipc/poll_set.h"

#include "base/errno.h"
#include "libos/mm/kheap.h"
#include "libos/sched/sched.h"

#define INLINE_WAITERS 8
#define CHUNK_WAITERS 60

struct poll_waiter {
	struct waiter waiter;
	struct poll_set *set;
};

struct poll_chunk {
	struct poll_chunk *next;
	struct poll_waiter waiters[CHUNK_WAITERS];
};

struct poll_set {
	struct poll_table table;
	uint32_t is_triggered; /* atomic; set by wakers */
	int error;             /* of queueing */
	size_t ninline;
	struct poll_waiter inline_waiters[INLINE_WAITERS];
	struct poll_chunk *chunks; /* the newest first */
	size_t nchunk;             /* used of the newest */
};

static bool poll_wake(struct waiter *w, uint32_t events __unused)
{
	struct poll_waiter *pw = container_of(w, struct poll_waiter, waiter);

	__atomic_store_n(&pw->set->is_triggered, 1, __ATOMIC_SEQ_CST);
	return sched_wake(w->thread);
}

static struct poll_waiter *waiter_alloc(struct poll_set *set)
{
	struct poll_chunk *c = set->chunks;

	if (set->ninline < INLINE_WAITERS)
		return &set->inline_waiters[set->ninline++];
	if (!c || set->nchunk == CHUNK_WAITERS) {
		c = kmalloc(sizeof(*c));
		if (!c)
			return NULL;
		c->next = set->chunks;
		set->chunks = c;
		set->nchunk = 0;
	}
	return &c->waiters[set->nchunk++];
}

static void poll_queue(struct poll_table *pt, struct waitq *q)
{
	struct poll_set *set = container_of(pt, struct poll_set, table);
	struct poll_waiter *pw = waiter_alloc(set);

	if (!pw) {
		set->error = -ENOMEM;
		return;
	}
	pw->set = set;
	waiter_init_func(&pw->waiter, poll_wake);
	pw->waiter.events = pt->events;
	waitq_add(q, &pw->waiter);
}

static void set_init(struct poll_set *set)
{
	set->table = (struct poll_table){ .queue = poll_queue };
	set->is_triggered = 0;
	set->error = 0;
	set->ninline = 0;
	set->chunks = NULL;
	set->nchunk = 0;
}

static void set_fini(struct poll_set *set)
{
	struct poll_chunk *c, *next;
	size_t i;

	for (i = 0; i < set->ninline; i++)
		waitq_remove(&set->inline_waiters[i].waiter);
	for (c = set->chunks; c; c = next) {
		next = c->next;
		for (i = 0; i < set->nchunk; i++)
			waitq_remove(&c->waiters[i].waiter);
		kfree(c);
		set->nchunk = CHUNK_WAITERS; /* all older ones are full */
	}
}

/* Look at each file; once something is found, queueing is of no use. */
static long set_look(struct poll_set *set, struct poll_entry *entries,
                     size_t count)
{
	long found = 0;

	for (size_t i = 0; i < count; i++) {
		struct poll_entry *e = &entries[i];
		struct file *f = e->ref.file;

		if (f) {
			set->table.events = e->events | POLLERR | POLLHUP;
			e->revents = f->ops->poll(f, &set->table) &
			             set->table.events;
		}
		if (e->revents) {
			found++;
			set->table.queue = NULL;
		}
	}
	set->table.queue = NULL; /* the next look finds all queued */
	return found ? found : set->error;
}

static int set_sleep(struct poll_set *set, uint64_t deadline_ns)
{
	int ret = 0;

	sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
	if (!__atomic_load_n(&set->is_triggered, __ATOMIC_SEQ_CST))
		ret = sched_sleep(deadline_ns);
	sched_sleep_done();
	__atomic_store_n(&set->is_triggered, 0, __ATOMIC_SEQ_CST);
	return ret;
}

long poll_entries(struct poll_entry *entries, size_t count,
                  uint64_t deadline_ns)
{
	struct poll_set set;
	bool is_over = deadline_ns == 0;
	long ret;
	int err;

	set_init(&set);
	if (is_over)
		set.table.queue = NULL;
	for (;;) {
		ret = set_look(&set, entries, count);
		if (ret || is_over)
			break;
		err = set_sleep(&set, deadline_ns);
		if (err == -ETIMEDOUT) {
			is_over = true; /* one last look */
		} else if (err < 0) {
			ret = err;
			break;
		}
	}
	set_fini(&set);
	return ret;
}
