/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll.h - how readiness is asked for and waited for.
 *
 * file_ops.poll answers which events hold now.  When a table is given, it
 * first hands each wait queue that will be woken when the answer changes to
 * poll_wait(); poll, select and epoll each bring their own table function.
 *
 *	static uint32_t pipe_poll(struct file *f, struct poll_table *pt)
 *	{
 *		poll_wait(pt, &pipe->readers);
 *		return pipe_has_data(pipe) ? POLLIN | POLLRDNORM : 0;
 *	}
 *
 * Wake such a queue with waitq_wake(q, n, events): events name what changed.
 */
#pragma once

#include "base/types.h"
#include "libos/sched/waitq.h"

/* poll(2) and epoll(7) share these; spelled as glibc spells them. */
#define POLLIN 0x001
#define POLLPRI 0x002
#define POLLOUT 0x004
#define POLLERR 0x008
#define POLLHUP 0x010
#define POLLNVAL 0x020
#define POLLRDNORM 0x040
#define POLLRDBAND 0x080
#define POLLWRNORM 0x100
#define POLLWRBAND 0x200
#define POLLMSG 0x400
#define POLLRDHUP 0x2000

/* What a file that never blocks answers. */
#define POLL_ALWAYS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

struct poll_table {
	/* Called with each queue; may fail inside and remember that. */
	void (*queue)(struct poll_table *pt, struct waitq *q);
	uint32_t events; /* wanted; a hint for what to queue on */
};

static inline void poll_wait(struct poll_table *pt, struct waitq *q)
{
	if (pt && pt->queue)
		pt->queue(pt, q);
}
