/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/mount.h"

#include "base/errno.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/mount_internal.h"
#include "libos/mm/kheap.h"

/* Under dcache_lock. */
static struct list mounts = LIST_INIT(mounts);
static struct mount *top;
static int32_t next_id = 1;

struct path mount_root(void)
{
	return (struct path){ .mnt = top, .dentry = top->root };
}

static struct mount *mount_alloc(struct dentry *root, uint32_t flags,
                                 const char *source)
{
	struct mount *m = kzalloc(sizeof(*m));

	if (!m)
		return NULL;
	m->refs = 1; /* of being attached */
	m->flags = flags;
	m->root = root;
	m->sb = root->inode->sb;
	m->source = source;
	list_init(&m->node);
	return m;
}

int mount_set_root(struct dentry *root, uint32_t flags, const char *source)
{
	struct mount *m;

	if (top)
		return -EBUSY;
	m = mount_alloc(root, flags, source);
	if (!m)
		return -ENOMEM;
	spin_lock(&dcache_lock);
	m->id = next_id++;
	list_add_tail(&mounts, &m->node);
	top = m;
	spin_unlock(&dcache_lock);
	return 0;
}

void mount_fini(void)
{
	struct mount *m = top;

	spin_lock(&dcache_lock);
	top = NULL;
	list_del(&m->node);
	spin_unlock(&dcache_lock);
	mount_put(m);
}

int mount_attach(struct path *at, struct dentry *root, uint32_t flags,
                 const char *source)
{
	struct mount *m;

	if (!S_ISDIR(at->dentry->inode->mode) || !S_ISDIR(root->inode->mode))
		return -ENOTDIR;
	m = mount_alloc(root, flags, source);
	if (!m)
		return -ENOMEM;
	m->parent = mount_get(at->mnt);
	m->point = dentry_get(at->dentry);

	spin_lock(&dcache_lock);
	m->id = next_id++;
	m->point->nmounts++;
	m->point->flags |= DENTRY_MOUNTED;
	list_add_tail(&mounts, &m->node);
	spin_unlock(&dcache_lock);
	return 0;
}

static bool has_mounts_locked(const struct mount *m)
{
	const struct mount *other;

	list_for_each_entry (other, &mounts, node) {
		if (other->parent == m)
			return true;
	}
	return false;
}

int mount_detach(struct mount *m)
{
	spin_lock(&dcache_lock);
	if (!m->parent || list_empty(&m->node)) {
		spin_unlock(&dcache_lock);
		return -EINVAL;
	}
	if (has_mounts_locked(m)) {
		spin_unlock(&dcache_lock);
		return -EBUSY;
	}
	list_del(&m->node);
	if (--m->point->nmounts == 0)
		m->point->flags &= ~(uint32_t)DENTRY_MOUNTED;
	spin_unlock(&dcache_lock);
	mount_put(m);
	return 0;
}

struct mount *mount_get(struct mount *m)
{
	__atomic_add_fetch(&m->refs, 1, __ATOMIC_RELAXED);
	return m;
}

void mount_put(struct mount *m)
{
	struct mount *parent;

	while (m && __atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		parent = m->parent;
		dentry_put(m->point);
		dentry_put(m->root);
		kfree(m);
		m = parent;
	}
}

/* The newest mount on @p, with a reference, or NULL. */
static struct mount *mount_lookup(const struct path *p)
{
	struct mount *m, *found = NULL;
	struct list *node;

	spin_lock(&dcache_lock);
	for (node = mounts.prev; node != &mounts; node = node->prev) {
		m = list_entry(node, struct mount, node);
		if (m->parent == p->mnt && m->point == p->dentry) {
			found = mount_get(m);
			break;
		}
	}
	spin_unlock(&dcache_lock);
	return found;
}

struct mount *mount_find_locked(const struct superblock *sb)
{
	struct mount *m;

	list_for_each_entry (m, &mounts, node) {
		if (m->sb == sb)
			return m;
	}
	return NULL;
}

bool mount_enter(struct path *p)
{
	bool moved = false;
	struct mount *m;

	while (READ_ONCE(p->dentry->flags) & DENTRY_MOUNTED) {
		m = mount_lookup(p);
		if (!m)
			break;
		path_put(p);
		*p = (struct path){ .mnt = m, .dentry = dentry_get(m->root) };
		moved = true;
	}
	return moved;
}

bool mount_leave(struct path *p)
{
	struct path out = { .mnt = p->mnt->parent, .dentry = p->mnt->point };

	if (!out.mnt)
		return false;
	path_get(&out);
	path_put(p);
	*p = out;
	return true;
}

int mount_for_each(int (*func)(const struct mount *m, void *arg), void *arg)
{
	struct mount *m, *prev = NULL;
	struct list *node;
	int ret = 0;

	/* func may sleep: hold the mount instead of the lock. */
	spin_lock(&dcache_lock);
	node = mounts.next;
	while (node != &mounts && !ret) {
		m = mount_get(list_entry(node, struct mount, node));
		spin_unlock(&dcache_lock);
		mount_put(prev);
		ret = func(m, arg);
		prev = m;
		spin_lock(&dcache_lock);
		/* Detached meanwhile: its node leads nowhere, the walk ends. */
		node = list_empty(&m->node) ? &mounts : m->node.next;
	}
	spin_unlock(&dcache_lock);
	mount_put(prev);
	return ret;
}
