/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll_items.c - what an instance watches: adding, changing, removing.
 */
#include "base/errno.h"
#include "libos/ipc/epoll_internal.h"
#include "libos/mm/kheap.h"

/* Who watches what: taken for each change, never for waiting. */
struct mutex epoll_graph_lock;

struct item_key {
	const struct file *file;
	int fd;
};

static int key_cmp(const void *key, const struct tree_node *node)
{
	const struct item_key *k = key;
	const struct epoll_item *item =
		tree_entry(node, const struct epoll_item, node);

	if (k->file != item->file)
		return k->file < item->file ? -1 : 1;
	return k->fd < item->fd ? -1 : k->fd > item->fd;
}

static int item_cmp(const struct tree_node *a, const struct tree_node *b)
{
	const struct epoll_item *item =
		tree_entry(a, const struct epoll_item, node);
	struct item_key key = { item->file, item->fd };

	return key_cmp(&key, b);
}

static struct epoll_item *item_find(struct epoll *ep,
                                    const struct epoll_change *c)
{
	struct item_key key = { c->file, c->fd };
	struct tree_node *node = tree_find(&ep->items, &key, key_cmp);

	return node ? tree_entry(node, struct epoll_item, node) : NULL;
}

void epoll_item_ready(struct epoll_item *item)
{
	struct epoll *ep = item->epoll;

	spin_lock(&ep->ready_lock);
	if (!item->is_queued) {
		item->is_queued = true;
		list_add_tail(&ep->ready, &item->ready_node);
	}
	spin_unlock(&ep->ready_lock);
}

/* In the context of whoever changed the file, under its queue's lock. */
static bool hook_wake(struct waiter *w, uint32_t events)
{
	struct epoll_hook *hook = container_of(w, struct epoll_hook, waiter);
	struct epoll_item *item = hook->item;
	uint32_t wanted = __atomic_load_n(&item->events, __ATOMIC_SEQ_CST);

	wanted &= ~EPOLL_MODE_BITS;
	if (!wanted || (events && !(events & wanted)))
		return false;
	epoll_item_ready(item);
	return waitq_wake(&item->epoll->waitq, 1, POLLIN | POLLRDNORM) > 0;
}

struct item_table {
	struct poll_table table;
	struct epoll_item *item;
};

static void item_queue(struct poll_table *pt, struct waitq *q)
{
	struct item_table *t = container_of(pt, struct item_table, table);
	struct epoll_item *item = t->item;
	struct epoll_hook *hook = &item->first_hook;

	if (item->has_first_hook) {
		hook = kmalloc(sizeof(*hook));
		if (!hook) {
			item->hook_error = -ENOMEM;
			return;
		}
		hook->next = item->more_hooks;
		item->more_hooks = hook;
	}
	item->has_first_hook = true;
	hook->item = item;
	waiter_init_func(&hook->waiter, hook_wake);
	hook->waiter.exclusive = item->events & EPOLLEXCLUSIVE;
	waitq_add(q, &hook->waiter);
}

uint32_t epoll_item_look(struct epoll_item *item, struct poll_table *pt)
{
	struct poll_table only_asks = { .queue = NULL };
	uint32_t wanted = item->events & ~EPOLL_MODE_BITS;

	if (!pt)
		pt = &only_asks;
	pt->events = wanted;
	return item->file->ops->poll(item->file, pt) & wanted;
}

static void item_unhook(struct epoll_item *item)
{
	struct epoll_hook *hook, *next;

	if (item->has_first_hook)
		waitq_remove(&item->first_hook.waiter);
	for (hook = item->more_hooks; hook; hook = next) {
		next = hook->next;
		waitq_remove(&hook->waiter);
		kfree(hook);
	}
}

/*
 * Off file->watchers.  Who ends the file looks there without a lock: seen
 * empty, nobody may touch the list any more, so its next goes last.
 */
static void item_unwatch(struct epoll_item *item)
{
	struct list *node = &item->watcher_node;

	node->next->prev = node->prev;
	__atomic_store_n(&node->prev->next, node->next, __ATOMIC_RELEASE);
}

void epoll_item_destroy(struct epoll_item *item)
{
	struct epoll *ep = item->epoll;

	item_unhook(item); /* from here on nobody makes it ready */
	spin_lock(&ep->ready_lock);
	list_del(&item->ready_node);
	spin_unlock(&ep->ready_lock);
	tree_erase(&ep->items, &item->node);
	item_unwatch(item);
	kfree(item);
}

/* --- the graph of instances; epoll_graph_lock held --- */

/* How many instances lie in a row below @f, itself counted; recursion is
 * bounded by what add_item() let in. */
static int depth_below(const struct file *f)
{
	struct tree_node *node;
	int deepest = 0;

	if (!file_is_epoll(f))
		return 0;
	tree_for_each (node, &epoll_of(f)->items) {
		const struct epoll_item *item =
			tree_entry(node, const struct epoll_item, node);
		int depth = depth_below(item->file);

		deepest = MAX(deepest, depth);
	}
	return deepest + 1;
}

static int depth_above(const struct file *f)
{
	const struct epoll_item *item;
	int highest = 0;

	list_for_each_entry (item, &f->watchers, watcher_node) {
		int depth = depth_above(item->epoll->file);

		highest = MAX(highest, depth);
	}
	return highest + 1;
}

static bool is_reachable(const struct file *from, const struct file *to)
{
	struct tree_node *node;

	if (from == to)
		return true;
	if (!file_is_epoll(from))
		return false;
	tree_for_each (node, &epoll_of(from)->items)
		if (is_reachable(tree_entry(node, const struct epoll_item, node)
		                         ->file,
		                 to))
			return true;
	return false;
}

static int check_graph(const struct file *ep, const struct file *f)
{
	if (!file_is_epoll(f))
		return 0;
	if (is_reachable(f, ep) ||
	    depth_above(ep) + depth_below(f) > EPOLL_NEST_MAX + 1)
		return -ELOOP;
	return 0;
}

void epoll_set_level(struct epoll *ep, uint32_t level)
{
	const struct epoll_item *item;

	if (ep->level >= level)
		return;
	ep->level = level;
	ep->lock.rank = RANK_EPOLL + EPOLL_NEST_MAX + 1 - level;
	ep->ready_lock.rank = RANK_WAITQ_EPOLL + level - 1;
	ep->waitq.lock.rank = ep->ready_lock.rank; /* never both */
	if (!ep->file)
		return;
	list_for_each_entry (item, &ep->file->watchers, watcher_node)
		epoll_set_level(item->epoll, level + 1);
}

/* --- epoll_ctl(2) --- */

static struct epoll_item *item_create(struct epoll *ep,
                                      const struct epoll_change *c)
{
	struct epoll_item *item = kzalloc(sizeof(*item));

	if (!item)
		return NULL;
	item->epoll = ep;
	item->file = c->file;
	item->fd = c->fd;
	item->events = c->event.events | POLLERR | POLLHUP;
	item->data = c->event.data;
	list_init(&item->ready_node);
	list_init(&item->watcher_node);
	return item;
}

/* Ready already: say so, as a waker would. */
static void report(struct epoll_item *item)
{
	epoll_item_ready(item);
	(void)waitq_wake(&item->epoll->waitq, 1, POLLIN | POLLRDNORM);
}

static int add_item(struct epoll *ep, const struct epoll_change *c)
{
	struct item_table t = { .table.queue = item_queue };
	struct epoll_item *item;
	uint32_t now;
	int err;

	if (item_find(ep, c))
		return -EEXIST;
	err = check_graph(ep->file, c->file);
	if (err < 0)
		return err;
	item = item_create(ep, c);
	if (!item)
		return -ENOMEM;
	t.item = item;
	err = tree_insert(&ep->items, &item->node, item_cmp);
	if (err < 0) {
		kfree(item);
		return err;
	}
	list_add_tail(&c->file->watchers, &item->watcher_node);
	if (file_is_epoll(c->file))
		epoll_set_level(ep, epoll_of(c->file)->level + 1);
	now = epoll_item_look(item, &t.table);
	if (item->hook_error) {
		err = item->hook_error;
		epoll_item_destroy(item);
		return err;
	}
	if (now)
		report(item);
	return 0;
}

static int modify_item(struct epoll *ep, const struct epoll_change *c)
{
	struct epoll_item *item = item_find(ep, c);

	if (!item)
		return -ENOENT;
	/* epoll_ctl(2): exclusive is for ever, and can't be changed. */
	if ((item->events | c->event.events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	item->data = c->event.data;
	/* Before the look: what comes after it is seen by the hook. */
	__atomic_store_n(&item->events, c->event.events | POLLERR | POLLHUP,
	                 __ATOMIC_SEQ_CST);
	if (epoll_item_look(item, NULL))
		report(item);
	return 0;
}

static int change_check(const struct file *ep, const struct epoll_change *c)
{
	uint32_t mode = c->file->inode->mode;

	if (S_ISREG(mode) || S_ISDIR(mode))
		return -EPERM;
	if (c->file == ep)
		return -EINVAL;
	if (c->op != EPOLL_CTL_DEL && (c->event.events & EPOLLEXCLUSIVE) &&
	    (c->op == EPOLL_CTL_MOD || file_is_epoll(c->file) ||
	     (c->event.events & ~EPOLL_EXCLUSIVE_OK)))
		return -EINVAL;
	return 0;
}

static int change_locked(struct epoll *ep, const struct epoll_change *c)
{
	struct epoll_item *item;

	switch (c->op) {
	case EPOLL_CTL_ADD:
		return add_item(ep, c);
	case EPOLL_CTL_MOD:
		return modify_item(ep, c);
	case EPOLL_CTL_DEL:
		item = item_find(ep, c);
		if (!item)
			return -ENOENT;
		epoll_item_destroy(item);
		return 0;
	default:
		return -EINVAL;
	}
}

int epoll_change(struct file *f, const struct epoll_change *c)
{
	struct epoll *ep = epoll_of(f);
	int err;

	err = change_check(f, c);
	if (err < 0)
		return err;
	/* A changed item leaves the graph as it is. */
	if (c->op != EPOLL_CTL_MOD)
		mutex_lock(&epoll_graph_lock);
	mutex_lock(&ep->lock);
	err = change_locked(ep, c);
	mutex_unlock(&ep->lock);
	if (c->op != EPOLL_CTL_MOD)
		mutex_unlock(&epoll_graph_lock);
	return err;
}

void epoll_file_gone(struct file *f)
{
	mutex_lock(&epoll_graph_lock);
	while (!list_empty(&f->watchers)) {
		struct epoll_item *item = list_first_entry(
			&f->watchers, struct epoll_item, watcher_node);
		struct epoll *ep = item->epoll;

		mutex_lock(&ep->lock);
		epoll_item_destroy(item);
		mutex_unlock(&ep->lock);
	}
	mutex_unlock(&epoll_graph_lock);
}
