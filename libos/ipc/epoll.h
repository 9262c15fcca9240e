/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll.h - epoll(7): files to be watched, and those of them that are ready.
 *
 * An instance is a file.  It keeps no reference to what it watches: when the
 * last descriptor of a watched file is closed, epoll_file_gone() takes it out.
 *
 * Locking.  epoll_graph_lock (RANK_EPOLL_GRAPH, sleeping) covers who watches
 * what, over all instances: file->watchers and each set of items.  epoll->lock
 * (RANK_EPOLL, sleeping) covers an instance's items and who collects events.
 * epoll->ready_lock, a spinlock, covers the ready list, which wakers append to.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct file;

/* epoll_ctl(2): values of Linux, beside those of fs/poll.h. */
#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3

#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP (1u << 29)
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)

/* Of the ABI: packed on x86-64. */
struct epoll_event {
	uint32_t events;
	uint64_t data;
} __packed;
static_assert(sizeof(struct epoll_event) == 12, "epoll_ctl(2)");

/* An instance.  0 or -ENOMEM. */
int __must_check epoll_create_file(struct file **ret);
bool file_is_epoll(const struct file *f);

/* One request of epoll_ctl(2). */
struct epoll_change {
	int op;
	int fd; /* @file's number: with it, what names an item */
	struct file *file;
	struct epoll_event event; /* unless EPOLL_CTL_DEL */
};

/*
 * epoll_ctl(2) on the instance @ep.  -EEXIST, -ENOENT, -EPERM (a file that can't
 * be waited for), -ELOOP, -EINVAL, -ENOMEM.
 */
int __must_check epoll_change(struct file *ep, const struct epoll_change *c);

/*
 * Put up to @max > 0 events at user address @events; sleep until there is one or
 * the monotonic @deadline_ns has come (0: only look).  How many; 0 at the
 * deadline, -EFAULT, -EINTR.
 */
long __must_check epoll_collect(struct file *ep, void __user *events, int max,
                                uint64_t deadline_ns);

/* For file_set_gone_hook(): nobody has @f any more. */
void epoll_file_gone(struct file *f);
