/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe_offer.c - one copy instead of two: from the writer to a reader that
 * waits for it.
 *
 * Who sets p->offer to NULL owns the offer: the reader that withdraws it, or one
 * writer, which fills it under write_lock while the ring is empty, so that no
 * byte overtakes another.  The offer lies on the reader's stack; the writer's
 * last touch is is_done.
 */
#include "libos/ipc/pipe_internal.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sched/waitq.h"

/* Less is not worth the reader's mm->lock; atomic writes are no larger. */
#define OFFER_MIN PIPE_BUF

static uint64_t capacity_of(const struct pipe *p)
{
	return __atomic_load_n(&p->capacity, __ATOMIC_RELAXED);
}

void pipe_offer_make(struct pipe *p, struct pipe_offer *o, struct iov *to)
{
	struct pipe_offer *none = NULL;

	*o = (struct pipe_offer){ .mm = thread_self()->mm };
	/* As much as the ring could bring at once. */
	o->size = iov_peek(to, capacity_of(p), &o->addr);
	if (o->size < OFFER_MIN ||
	    !__atomic_compare_exchange_n(&p->offer, &none, o, false,
	                                 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		o->size = 0;
}

bool pipe_offer_is_done(const struct pipe_offer *o)
{
	return __atomic_load_n(&o->is_done, __ATOMIC_ACQUIRE);
}

/* A writer is about to let go of it. */
static void wait_until_done(struct pipe *p, const struct pipe_offer *o)
{
	struct waiter w;

	waiter_init(&w);
	waitq_add(&p->can_read, &w);
	for (;;) {
		sched_sleep_prepare(SLEEP_UNINTERRUPTIBLE);
		if (pipe_offer_is_done(o))
			break;
		(void)sched_sleep(NO_DEADLINE);
	}
	sched_sleep_done();
	waitq_remove(&w);
}

size_t pipe_offer_end(struct pipe *p, struct pipe_offer *o)
{
	struct pipe_offer *mine = o;

	if (!o->size ||
	    __atomic_compare_exchange_n(&p->offer, &mine, NULL, false,
	                                __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return 0;
	if (!pipe_offer_is_done(o))
		wait_until_done(p, o);
	return o->filled;
}

size_t pipe_offer_fill(struct pipe *p, struct iov *from, bool *ret_taken)
{
	struct pipe_offer *o;
	uint64_t addr;
	size_t n;

	if (iov_left(from) < OFFER_MIN ||
	    !__atomic_load_n(&p->offer, __ATOMIC_RELAXED) ||
	    p->head != __atomic_load_n(&p->tail, __ATOMIC_ACQUIRE))
		return 0;
	n = iov_peek(from, capacity_of(p), &addr);
	if (!n)
		return 0;
	o = __atomic_exchange_n(&p->offer, NULL, __ATOMIC_SEQ_CST);
	if (!o)
		return 0;
	n = copy_user_to_mm(o->mm, o->addr, user_ptr(addr), MIN(n, o->size));
	iov_advance(from, n);
	o->filled = n;
	__atomic_store_n(&o->is_done, 1, __ATOMIC_SEQ_CST);
	*ret_taken = true;
	return n;
}
