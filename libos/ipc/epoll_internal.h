/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/tree.h"
#include "libos/fs/file.h"
#include "libos/ipc/epoll.h"

/* What is a mode of the item and not an event of the file. */
#define EPOLL_MODE_BITS (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)
/* epoll_ctl(2), EPOLLEXCLUSIVE: what may go with it. */
#define EPOLL_EXCLUSIVE_OK                                                     \
	(POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET |        \
	 EPOLLEXCLUSIVE)
/* Linux: EP_MAX_NESTS, how deep instances may watch instances. */
#define EPOLL_NEST_MAX 4

struct epoll {
	struct mutex lock; /* RANK_EPOLL */
	struct tree items; /* under epoll_graph_lock and lock; by file, fd */
	struct spinlock ready_lock;
	struct list ready;  /* struct epoll_item; under ready_lock */
	struct waitq waitq; /* epoll_wait(2), and those who watch us */
	struct file *file;
	uint32_t level; /* 1, more above other instances; epoll_graph_lock */
};

/* A place in the queue of a watched file. */
struct epoll_hook {
	struct waiter waiter;
	struct epoll_item *item;
	struct epoll_hook *next;
};

struct epoll_item {
	struct tree_node node;
	struct epoll *epoll;
	struct file *file; /* no reference */
	int fd;
	struct list watcher_node; /* file->watchers; under epoll_graph_lock */

	uint32_t events; /* atomic; without POLLERR, POLLHUP once disarmed */
	uint64_t data;   /* under epoll->lock */

	/* Under ready_lock. */
	struct list ready_node;
	bool is_queued; /* on ready, or taken from there to be looked at */

	/* Fixed after the item was added. */
	struct epoll_hook first_hook; /* most files have one queue */
	struct epoll_hook *more_hooks;
	bool has_first_hook;
	int hook_error;
};

extern struct mutex epoll_graph_lock;

static inline struct epoll *epoll_of(const struct file *f)
{
	return f->private;
}

/*
 * Say how high above plain files @ep stands.  The locks of instances nest: who
 * watches is locked before who is watched when asking, behind it when waking;
 * ranks tell them apart.  epoll_graph_lock is held, or @ep is new.
 */
void epoll_set_level(struct epoll *ep, uint32_t level);

/* What of @item holds now and is wanted. */
uint32_t epoll_item_look(struct epoll_item *item, struct poll_table *pt);
/* Append @item to its ready list unless it is there. */
void epoll_item_ready(struct epoll_item *item);

/* Undo everything that was set up for @item and free it; both locks held. */
void epoll_item_destroy(struct epoll_item *item);
