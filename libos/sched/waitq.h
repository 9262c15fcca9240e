/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waitq.h - wait queues: how a thread sleeps until something happens.
 *
 *	struct waiter w;
 *	int ret;
 *
 *	waiter_init(&w);
 *	waitq_add(&pipe->readers, &w);
 *	for (;;) {
 *		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
 *		if (pipe_has_data(pipe)) {		<- checked after prepare
 *			ret = 0;
 *			break;
 *		}
 *		ret = sched_sleep(NO_DEADLINE);
 *		if (ret < 0)
 *			break;				<- -ERESTARTSYS, -ETIMEDOUT
 *	}
 *	sched_sleep_done();
 *	waitq_remove(&w);
 *
 * A wake-up between prepare and sleep makes sched_sleep() return at once, so
 * none is lost.  sched_sleep() returning 0 may be spurious: check again.
 *
 * A waiter may carry a function of its own (poll, epoll): it runs in the
 * waker's context with the queue's spinlock held, so it must not sleep and may
 * only take locks ranked above RANK_WAITQ, or schedule a wake-up.
 */
#pragma once

#include "base/list.h"
#include "libos/sched/spinlock.h"

struct thread;
struct waiter;

struct waitq {
	struct spinlock lock;
	struct list waiters; /* under lock */
};

/* Returns true if the waiter counts as woken (for exclusive wake-ups). */
typedef bool waiter_func(struct waiter *w, uint32_t events);

struct waiter {
	struct list node;
	struct waitq *queue; /* NULL when not queued */
	struct thread *thread;
	waiter_func *func;
	uint32_t events; /* wanted poll bits; 0: any      */
	bool exclusive;  /* counts against waitq_wake()'s limit */
};

#define WAITQ_INIT(name)                                                       \
	{                                                                      \
		.lock = SPINLOCK_INIT(RANK_WAITQ), .waiters = {                \
			&(name).waiters,                                       \
			&(name).waiters                                        \
		}                                                              \
	}

void waitq_init(struct waitq *q);

/* A waiter that wakes the calling thread. */
void waiter_init(struct waiter *w);
/* A waiter that calls @func instead. */
void waiter_init_func(struct waiter *w, waiter_func *func);

void waitq_add(struct waitq *q, struct waiter *w);
/* Safe when a waker has removed it, or it was never added. */
void waitq_remove(struct waiter *w);
bool waitq_is_empty(const struct waitq *q);

#define WAKE_ALL UINT32_MAX
/*
 * Wake all non-exclusive waiters and at most @max exclusive ones, of those whose
 * events meet @events (0: all).  Waiters stay queued; they remove themselves.
 * Returns how many exclusive ones were woken.
 */
uint32_t waitq_wake(struct waitq *q, uint32_t max, uint32_t events);
/*
 * The same for a caller that had a full barrier between its change and this, as
 * the end of a mutex is one.
 */
uint32_t waitq_wake_fenced(struct waitq *q, uint32_t max, uint32_t events);

enum sleep_mode {
	SLEEP_INTERRUPTIBLE = 1, /* any signal that would be delivered  */
	SLEEP_KILLABLE,          /* only what ends the thread           */
	SLEEP_UNINTERRUPTIBLE
};

#define NO_DEADLINE UINT64_MAX

void sched_sleep_prepare(enum sleep_mode mode);
/*
 * Give the vCPU away until woken.  @deadline_ns is monotonic.
 * 0: woken, perhaps for nothing; -ETIMEDOUT; -ERESTARTSYS: interrupted.
 */
int sched_sleep(uint64_t deadline_ns);
/* Back to running: after every prepare, whether it slept or not. */
void sched_sleep_done(void);
