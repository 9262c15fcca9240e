/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dentry.c - names: references, the hash table, and the tree they form.
 *
 * One table for the instance, grown when it is as full as it has buckets.
 * A reference on a dentry is a reference on all its ancestors.
 */
#include "libos/fs/dentry.h"

#include "base/errno.h"
#include "base/hash.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/mount.h"
#include "libos/mm/kheap.h"
#include "libos/sched/spinlock.h"

#define BUCKETS_FIRST 1024 /* two pages */

struct spinlock dcache_lock = SPINLOCK_INIT(RANK_DCACHE);

/* Under dcache_lock. */
static struct dentry **buckets;
static size_t nbuckets; /* a power of two */
static size_t nhashed;

int dcache_init(void)
{
	buckets = kpages_zalloc(BUCKETS_FIRST * sizeof(*buckets) / PAGE_SIZE);
	if (!buckets)
		return -ENOMEM;
	nbuckets = BUCKETS_FIRST;
	nhashed = 0;
	return 0;
}

void dcache_fini(void)
{
	kpages_free(buckets, nbuckets * sizeof(*buckets) / PAGE_SIZE);
	buckets = NULL;
	nbuckets = 0;
}

/* The parent is part of the key: "lib" is a common name. */
static uint32_t name_hash(const struct dentry *parent, const struct name *name)
{
	return (uint32_t)hash_bytes(name->text, name->size, (uintptr_t)parent);
}

static struct dentry **bucket_of(uint32_t hash)
{
	return &buckets[hash & (nbuckets - 1)];
}

static void bucket_insert(struct dentry *d)
{
	struct dentry **b = bucket_of(d->hash);

	d->hash_next = *b;
	*b = d;
}

static void bucket_remove(struct dentry *d)
{
	struct dentry **b = bucket_of(d->hash);

	while (*b != d)
		b = &(*b)->hash_next;
	*b = d->hash_next;
}

/* Move all entries into @table of @count buckets; returns the old table. */
static struct dentry **rehash(struct dentry **table, size_t count)
{
	struct dentry **old = buckets;
	size_t old_count = nbuckets;
	struct dentry *d, *next;

	buckets = table;
	nbuckets = count;
	for (size_t i = 0; i < old_count; i++) {
		for (d = old[i]; d; d = next) {
			next = d->hash_next;
			bucket_insert(d);
		}
	}
	return old;
}

/* A table that could not grow still works, with longer chains. */
static void grow_table(void)
{
	size_t count = READ_ONCE(nbuckets);
	size_t npages = count * sizeof(*buckets) / PAGE_SIZE;
	struct dentry **table;

	if (READ_ONCE(nhashed) < count)
		return;
	table = kpages_zalloc(2 * npages);
	if (!table)
		return;
	spin_lock(&dcache_lock);
	if (nbuckets == count) {
		table = rehash(table, 2 * count);
		spin_unlock(&dcache_lock);
		kpages_free(table, npages);
		return;
	}
	spin_unlock(&dcache_lock);
	kpages_free(table, 2 * npages);
}

static struct dentry *dentry_alloc(const char *text, size_t size,
                                   uint32_t flags)
{
	struct dentry *d = kzalloc(sizeof(*d));

	if (!d)
		return NULL;
	d->refs = 1;
	d->flags = flags;
	d->name = text;
	d->name_size = (uint16_t)size;
	d->next_cookie = DENTRY_COOKIE_FIRST;
	return d;
}

static void set_inode(struct dentry *d, struct inode *inode)
{
	d->inode = inode;
	spin_lock(&dcache_lock);
	list_add_tail(&inode->aliases, &d->alias_node);
	spin_unlock(&dcache_lock);
}

struct dentry *dentry_create_root(struct inode *inode)
{
	struct dentry *d = dentry_alloc("/", 1, 0);

	if (!d)
		return NULL;
	d->parent = d;
	set_inode(d, inode);
	return d;
}

char *dentry_name_copy(const struct name *name)
{
	char *copy = kmalloc(name->size);

	if (copy)
		memcpy(copy, name->text, name->size);
	return copy;
}

struct dentry *dentry_create_static(struct dentry *parent,
                                    const struct name *name,
                                    struct inode *inode)
{
	struct dentry *d = dentry_alloc(name->text, name->size, 0);

	if (!d)
		return NULL;
	d->parent = dentry_get(parent);
	set_inode(d, inode_get(inode));
	return d;
}

struct dentry *dentry_create(struct dentry *parent, const struct name *name,
                             struct inode *inode)
{
	struct dentry *d;
	struct name copy = { dentry_name_copy(name), name->size };

	if (!copy.text)
		return NULL;
	d = dentry_create_static(parent, &copy, inode);
	if (!d) {
		kfree((char *)(uintptr_t)copy.text);
		return NULL;
	}
	d->flags = DENTRY_NAME_OWNED;
	return d;
}

struct dentry *dentry_get(struct dentry *d)
{
	__atomic_add_fetch(&d->refs, 1, __ATOMIC_RELAXED);
	return d;
}

static void free_name(const char *name, uint32_t flags)
{
	if (flags & DENTRY_NAME_OWNED)
		kfree((char *)(uintptr_t)name);
}

/* Free @d, which nobody can reach any more; returns the parent to put. */
static struct dentry *dentry_free(struct dentry *d)
{
	struct dentry *parent = d->parent == d ? NULL : d->parent;

	inode_put(d->inode);
	free_name(d->name, d->flags);
	kfree(d);
	return parent;
}

/*
 * True if that was the last reference.  The count reaches 0 only under the
 * lock, so that a lookup never finds a dentry which is about to go.
 */
static bool drop_ref(struct dentry *d)
{
	int32_t refs = __atomic_load_n(&d->refs, __ATOMIC_RELAXED);

	while (refs > 1) {
		if (__atomic_compare_exchange_n(&d->refs, &refs, refs - 1, true,
		                                __ATOMIC_RELEASE,
		                                __ATOMIC_RELAXED))
			return false;
	}
	spin_lock(&dcache_lock);
	if (__atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) > 0) {
		spin_unlock(&dcache_lock);
		return false;
	}
	if (d->flags & DENTRY_HASHED) {
		bucket_remove(d);
		nhashed--;
	}
	list_del(&d->alias_node);
	spin_unlock(&dcache_lock);
	return true;
}

void dentry_put(struct dentry *d)
{
	/* Not by recursion: a path may be thousands of names deep. */
	while (d && drop_ref(d))
		d = dentry_free(d);
}

struct dentry *dentry_lookup(struct dentry *parent, const struct name *name)
{
	uint32_t hash = name_hash(parent, name);
	struct dentry *d;

	spin_lock(&dcache_lock);
	for (d = *bucket_of(hash); d; d = d->hash_next) {
		if (d->hash == hash && d->parent == parent &&
		    d->name_size == name->size &&
		    memcmp(d->name, name->text, name->size) == 0) {
			dentry_get(d);
			break;
		}
	}
	spin_unlock(&dcache_lock);
	return d;
}

static int cookie_cmp(const struct tree_node *a, const struct tree_node *b)
{
	uint64_t x = tree_entry(a, struct dentry, child_node)->cookie;
	uint64_t y = tree_entry(b, struct dentry, child_node)->cookie;

	return x < y ? -1 : x > y;
}

static void link_child(struct dentry *d)
{
	struct dentry *parent = d->parent;

	d->cookie = parent->next_cookie++;
	/* Cookies never repeat, so this cannot find an equal one. */
	if (tree_insert(&parent->children, &d->child_node, cookie_cmp) == 0)
		parent->nchildren++;
}

static void unlink_child(struct dentry *d)
{
	tree_erase(&d->parent->children, &d->child_node);
	d->parent->nchildren--;
}

/* Into the table; and in a pinned directory into the list, for good. */
static void enter_locked(struct dentry *d)
{
	struct name name = { d->name, d->name_size };

	d->hash = name_hash(d->parent, &name);
	bucket_insert(d);
	nhashed++;
	d->flags |= DENTRY_HASHED;
	if (d->parent->inode->flags & INODE_PINNED) {
		d->flags |= DENTRY_PINNED;
		link_child(d);
	}
}

static void leave_locked(struct dentry *d)
{
	bucket_remove(d);
	nhashed--;
	if (d->flags & DENTRY_PINNED)
		unlink_child(d);
	d->flags &= ~(uint32_t)(DENTRY_HASHED | DENTRY_PINNED);
}

void dentry_hash(struct dentry *d)
{
	grow_table();
	spin_lock(&dcache_lock);
	enter_locked(d);
	if (d->flags & DENTRY_PINNED)
		dentry_get(d);
	spin_unlock(&dcache_lock);
}

void dentry_unlink(struct dentry *d)
{
	bool was_pinned;

	spin_lock(&dcache_lock);
	was_pinned = (d->flags & DENTRY_PINNED) != 0;
	if (d->flags & DENTRY_HASHED)
		leave_locked(d);
	d->flags |= DENTRY_DELETED;
	spin_unlock(&dcache_lock);
	if (was_pinned)
		dentry_put(d);
}

void dentry_move(struct dentry *d, struct dentry *parent, char *copy,
                 size_t size)
{
	struct dentry *old_parent = d->parent;
	const char *old_name = d->name;
	uint32_t old_flags = d->flags;

	dentry_get(parent);
	spin_lock(&dcache_lock);
	leave_locked(d);
	d->parent = parent;
	d->name = copy;
	d->name_size = (uint16_t)size;
	d->flags |= DENTRY_NAME_OWNED;
	enter_locked(d);
	spin_unlock(&dcache_lock);
	free_name(old_name, old_flags);
	dentry_put(old_parent);
}

void dentry_exchange(struct dentry *a, struct dentry *b)
{
	uint32_t owned = DENTRY_NAME_OWNED;
	struct dentry *parent = a->parent;
	const char *name = a->name;
	uint16_t size = a->name_size;
	uint32_t flags = a->flags & owned;

	/* References to the parents change hands as the names do. */
	spin_lock(&dcache_lock);
	leave_locked(a);
	leave_locked(b);
	a->parent = b->parent;
	a->name = b->name;
	a->name_size = b->name_size;
	a->flags = (a->flags & ~owned) | (b->flags & owned);
	b->parent = parent;
	b->name = name;
	b->name_size = size;
	b->flags = (b->flags & ~owned) | flags;
	enter_locked(a);
	enter_locked(b);
	spin_unlock(&dcache_lock);
}

bool dentry_is_below(const struct dentry *d, const struct dentry *ancestor)
{
	bool found;

	spin_lock(&dcache_lock);
	while (d != ancestor && d->parent != d)
		d = d->parent;
	found = d == ancestor;
	spin_unlock(&dcache_lock);
	return found;
}

struct dentry *dentry_parent(struct dentry *d)
{
	struct dentry *parent;

	spin_lock(&dcache_lock);
	parent = dentry_get(d->parent);
	spin_unlock(&dcache_lock);
	return parent;
}

bool dentry_is_leaf(const struct dentry *d)
{
	return READ_ONCE(d->nchildren) == 0;
}

static int cookie_key_cmp(const void *key, const struct tree_node *node)
{
	uint64_t x = *(const uint64_t *)key;
	uint64_t y = tree_entry(node, struct dentry, child_node)->cookie;

	return x < y ? -1 : x > y;
}

struct dentry *dentry_child_from(struct dentry *dir, uint64_t cookie)
{
	struct tree_node *node =
		tree_find_ge(&dir->children, &cookie, cookie_key_cmp);

	return node ? tree_entry(node, struct dentry, child_node) : NULL;
}

/*
 * Take a whole tree of pinned names apart, leaves first; @root itself stays.
 * For file systems whose creation failed half way, and for tests.
 */
void dentry_prune(struct dentry *root)
{
	struct dentry *d = root, *child, *parent;

	for (;;) {
		child = dentry_child_from(d, 0);
		if (child) {
			d = child;
			continue;
		}
		if (d == root)
			return;
		parent = d->parent;
		dentry_unlink(d);
		d = parent;
	}
}
