/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dentry.h - a name in a directory, and the cache of names.
 *
 * A dentry ties one name in one parent to one inode, and holds a reference on
 * both.  Dentries that are hashed can be found by name; one that was unlinked
 * is unhashed and lives on while somebody refers to it.  Names in a pinned
 * directory (INODE_PINNED: tmpfs and the measured root) hold a reference on
 * their own dentry, so there the cache is the directory.
 *
 * parent, name, hashed, the hash table and the children trees change under
 * dcache_lock, a spinlock; children of a pinned directory also only under its
 * inode->lock held exclusively, so that holding it shared allows a walk.
 */
#pragma once

#include "base/compiler.h"
#include "base/tree.h"
#include "base/types.h"
#include "libos/fs/inode.h"

struct mount;

enum dentry_flags {
	DENTRY_HASHED = 1u << 0,
	DENTRY_PINNED = 1u << 1,
	DENTRY_MOUNTED = 1u << 2,   /* something is mounted here */
	DENTRY_DELETED = 1u << 3,   /* was unlinked */
	DENTRY_NAME_OWNED = 1u << 4 /* name is on the heap */
};

struct dentry {
	int32_t refs;           /* atomic */
	uint32_t flags;         /* under dcache_lock */
	struct dentry *parent;  /* itself at a root; a counted reference */
	struct inode *inode;    /* fixed */
	struct list alias_node; /* in inode->aliases */
	const char *name;       /* not NUL-terminated */
	uint16_t name_size;
	uint16_t nmounts;
	uint32_t hash;
	struct dentry *hash_next;
	/* Pinned directories: children by cookie, the d_off of getdents. */
	struct tree children;
	struct tree_node child_node;
	uint64_t cookie;
	uint64_t next_cookie;
	uint32_t nchildren;
};

/* A place: which mount, and which name in its file system. */
struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

int __must_check dcache_init(void);

/* An unhashed root; takes over the caller's reference to @inode on success. */
struct dentry *dentry_create_root(struct inode *inode);
/*
 * A new, unhashed dentry below @parent with a copy of @name; it takes its own
 * references.  NULL: no memory.
 */
struct dentry *dentry_create(struct dentry *parent, const struct name *name,
                             struct inode *inode);
struct dentry *dentry_get(struct dentry *d);
void dentry_put(struct dentry *d); /* NULL is fine */

/* The child of that name if the cache has it, with a reference; or NULL. */
struct dentry *dentry_lookup(struct dentry *parent, const struct name *name);
/* Enter @d under its name; pins it if the directory is of that kind. */
void dentry_hash(struct dentry *d);
/* The name is gone: unhash, unpin, mark deleted. */
void dentry_unlink(struct dentry *d);
/* Rename @d to @name in @parent; @copy is a name from dentry_name_copy(). */
void dentry_move(struct dentry *d, struct dentry *parent, char *copy,
                 size_t size);
/* Swap the places of two dentries. */
void dentry_exchange(struct dentry *a, struct dentry *b);
char *dentry_name_copy(const struct name *name);
/* Is @d @ancestor or below it? */
bool dentry_is_below(const struct dentry *d, const struct dentry *ancestor);
/* The parent, with a reference. */
struct dentry *dentry_parent(struct dentry *d);
/* Is there no child?  For pinned directories. */
bool dentry_is_leaf(const struct dentry *d);

struct path *path_get(struct path *p);
void path_put(struct path *p);
static inline bool path_equal(const struct path *a, const struct path *b)
{
	return a->dentry == b->dentry && a->mnt == b->mnt;
}

/*
 * d_path - write the name of @p as seen from @root to the end of @buf.
 *
 * Returns a pointer into @buf, NUL-terminated, or NULL where it does not fit.
 * A file that has no name any more ends in " (deleted)"; what is not below
 * @root begins with "(unreachable)".
 */
char *d_path(const struct path *p, const struct path *root, char *buf,
             size_t size);

/*
 * One of the names of @inode as seen from the top, for /proc/PID/maps, which
 * knows inodes only.  Its length; 0 and an empty string if there is none, or
 * if it does not fit into @size bytes.
 */
size_t inode_path(struct inode *inode, char *dst, size_t size);
