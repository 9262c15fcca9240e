/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll.c - an instance as a file, and the collection of its events.
 *
 * An item is on the ready list when it may be ready.  Who collects takes the
 * whole list, and looks at each item after taking it off: a change after that
 * look puts the item back, one before it is seen.  Level-triggered items that
 * are ready go back to the end, so that all get their turn.
 */
#include "base/errno.h"
#include "base/format.h"
#include "libos/ipc/epoll_internal.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/sched.h"

static bool has_ready(struct epoll *ep)
{
	bool has;

	spin_lock(&ep->ready_lock);
	has = !list_empty(&ep->ready);
	spin_unlock(&ep->ready_lock);
	return has;
}

/* The next item of @todo, off its list; from now on it may be queued again. */
static struct epoll_item *item_take(struct epoll *ep, struct list *todo)
{
	struct epoll_item *item = NULL;

	spin_lock(&ep->ready_lock);
	if (!list_empty(todo)) {
		item = list_first_entry(todo, struct epoll_item, ready_node);
		list_del(&item->ready_node);
		item->is_queued = false;
	}
	spin_unlock(&ep->ready_lock);
	return item;
}

/* Take all that is ready / put back what was not looked at, first in line. */
static void take_all(struct epoll *ep, struct list *todo)
{
	list_init(todo);
	spin_lock(&ep->ready_lock);
	list_splice_tail(todo, &ep->ready);
	spin_unlock(&ep->ready_lock);
}

static void put_back(struct epoll *ep, struct list *todo)
{
	spin_lock(&ep->ready_lock);
	list_splice_tail(todo, &ep->ready);
	list_splice_tail(&ep->ready, todo);
	spin_unlock(&ep->ready_lock);
}

/* After @item was reported. */
static void item_reported(struct epoll_item *item)
{
	if (item->events & EPOLLONESHOT)
		__atomic_store_n(&item->events, item->events & EPOLL_MODE_BITS,
		                 __ATOMIC_SEQ_CST);
	else if (!(item->events & EPOLLET))
		epoll_item_ready(item);
}

static int emit(void __user *events, long i, const struct epoll_event *ev)
{
	return copy_to_user((struct epoll_event __user *)events + i, ev,
	                    sizeof(*ev));
}

/* One round over what is ready; ep->lock is held. */
static long collect_locked(struct epoll *ep, void __user *events, int max)
{
	struct epoll_item *item;
	struct list todo;
	long n = 0;
	int err = 0;

	take_all(ep, &todo);
	while (n < max && (item = item_take(ep, &todo)) != NULL) {
		struct epoll_event ev = {
			.events = epoll_item_look(item, NULL),
			.data = item->data,
		};

		if (!ev.events)
			continue;
		err = emit(events, n, &ev);
		if (err < 0) {
			epoll_item_ready(item);
			break;
		}
		n++;
		item_reported(item);
	}
	put_back(ep, &todo);
	return n ? n : err;
}

/* The thread that was woken may not take all: one more may run. */
static void pass_on(struct epoll *ep)
{
	if (!waitq_is_empty(&ep->waitq) && has_ready(ep))
		(void)waitq_wake(&ep->waitq, 1, POLLIN | POLLRDNORM);
}

static long collect(struct epoll *ep, void __user *events, int max)
{
	long n;

	if (!has_ready(ep))
		return 0;
	mutex_lock(&ep->lock);
	n = collect_locked(ep, events, max);
	mutex_unlock(&ep->lock);
	pass_on(ep);
	return n;
}

static int epoll_sleep(struct epoll *ep, uint64_t deadline_ns)
{
	struct waiter w;
	int ret = 0;

	waiter_init(&w);
	w.exclusive = true;
	waitq_add(&ep->waitq, &w);
	sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
	if (!has_ready(ep))
		ret = sched_sleep(deadline_ns);
	sched_sleep_done();
	waitq_remove(&w);
	return ret;
}

long epoll_collect(struct file *f, void __user *events, int max,
                   uint64_t deadline_ns)
{
	struct epoll *ep = epoll_of(f);
	bool is_over = deadline_ns == 0;
	long n;
	int err;

	for (;;) {
		n = collect(ep, events, max);
		if (n || is_over)
			return n;
		err = epoll_sleep(ep, deadline_ns);
		if (err == -ETIMEDOUT) {
			is_over = true; /* one last look */
		} else if (err < 0) {
			pass_on(ep); /* a wake-up may have been ours */
			return -EINTR;
		}
	}
}

/* One that looks but does not take: for instances that watch this one. */
static bool is_any_ready(struct epoll *ep)
{
	struct epoll_item *item;
	struct list todo;
	bool found = false;

	mutex_lock(&ep->lock);
	take_all(ep, &todo);
	while (!found && (item = item_take(ep, &todo)) != NULL) {
		found = epoll_item_look(item, NULL) != 0;
		if (found)
			epoll_item_ready(item);
	}
	put_back(ep, &todo);
	mutex_unlock(&ep->lock);
	return found;
}

static uint32_t epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = epoll_of(f);

	poll_wait(pt, &ep->waitq);
	return has_ready(ep) && is_any_ready(ep) ? POLLIN | POLLRDNORM : 0;
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = epoll_of(f);
	struct tree_node *node;

	mutex_lock(&epoll_graph_lock);
	mutex_lock(&ep->lock);
	while ((node = tree_first(&ep->items)) != NULL)
		epoll_item_destroy(tree_entry(node, struct epoll_item, node));
	mutex_unlock(&ep->lock);
	mutex_unlock(&epoll_graph_lock);
	kfree(ep);
}

static int epoll_show(struct file *f __unused, char *buf, size_t size)
{
	return str_format(buf, size, "anon_inode:[eventpoll]");
}

static const struct file_ops epoll_ops = {
	.name = "epoll",
	.read = file_no_read,
	.write = file_no_write,
	.lseek = file_null_lseek,
	.poll = epoll_poll,
	.ioctl = file_no_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_no_fsync,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = file_no_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = epoll_release,
	.show = epoll_show,
};

bool file_is_epoll(const struct file *f)
{
	return f->ops == &epoll_ops;
}

int epoll_create_file(struct file **ret)
{
	struct epoll *ep = kzalloc(sizeof(*ep));
	int err;

	if (!ep)
		return -ENOMEM;
	mutex_init(&ep->lock, RANK_EPOLL);
	spin_init(&ep->ready_lock, RANK_WAITQ_EPOLL);
	list_init(&ep->ready);
	waitq_init(&ep->waitq);
	epoll_set_level(ep, 1);
	err = file_create(&(struct file_spec){ .ops = &epoll_ops,
	                                       .private = ep,
	                                       .flags = O_RDWR },
	                  ret);
	if (err < 0)
		kfree(ep);
	else
		ep->file = *ret;
	return err;
}
