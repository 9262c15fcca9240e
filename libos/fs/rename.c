/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rename.c - moving, replacing and exchanging names.
 *
 * One rename at a time (rename_lock): between its check that a directory does
 * not move below itself and the move, no other move may change the tree.  Then
 * both directories' locks.
 */
#include "base/errno.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/fs.h"
#include "libos/fs/names_internal.h"
#include "libos/mm/kheap.h"

#define RENAME_KNOWN ((uint32_t)(RENAME_NOREPLACE | RENAME_EXCHANGE))

static struct mutex rename_lock = { .rank = RANK_RENAME,
	                            .waiters =
	                                    WAITQ_INIT(rename_lock.waiters) };

/* Both ends, found and locked. */
struct move {
	struct steps from, to;
	struct name old_name, new_name;
	struct dentry *old, *victim; /* references; victim may be NULL */
	uint32_t flags;
};

/* A slash behind a name says that it is a directory; at the new name, that it
 * will be one. */
static int check_slashes(const struct move *m)
{
	bool exchange = (m->flags & RENAME_EXCHANGE) != 0;
	bool will_be_dir = S_ISDIR(exchange ? m->victim->inode->mode
	                                    : m->old->inode->mode);

	if (m->from.slash && !S_ISDIR(m->old->inode->mode))
		return -ENOTDIR;
	return m->to.slash && !will_be_dir ? -ENOTDIR : 0;
}

/* What replaces what: the types have to agree. */
static int check_types(const struct move *m)
{
	bool old_dir = S_ISDIR(m->old->inode->mode);

	if (!m->victim || (m->flags & RENAME_EXCHANGE))
		return 0;
	if (old_dir == S_ISDIR(m->victim->inode->mode))
		return 0;
	return old_dir ? -ENOTDIR : -EISDIR;
}

/* A directory must not come to lie inside itself. */
static int check_loops(const struct move *m)
{
	if (dentry_is_below(m->to.at.dentry, m->old))
		return -EINVAL;
	if (m->victim && dentry_is_below(m->from.at.dentry, m->victim))
		return m->flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int check_permissions(const struct move *m)
{
	const struct fs_cred *cred = m->to.w->cred;
	bool other_dir = m->from.at.dentry != m->to.at.dentry;
	int err;

	err = names_may_remove(&m->from.at, m->old, cred);
	if (err == 0)
		err = m->victim ? names_may_remove(&m->to.at, m->victim, cred)
		                : dir_may_change(&m->to.at, cred);
	/* A directory that moves has its ".." rewritten. */
	if (err == 0 && other_dir && S_ISDIR(m->old->inode->mode))
		err = inode_permission(m->old->inode, cred, MAY_WRITE);
	return err;
}

/* Find both ends; the directories are locked. */
static int find_ends(struct move *m)
{
	int err;

	err = child_lookup_locked(m->from.at.dentry, &m->old_name, &m->old);
	if (err < 0)
		return err;
	err = child_lookup_locked(m->to.at.dentry, &m->new_name, &m->victim);
	if (err == 0)
		return m->flags & RENAME_NOREPLACE ? -EEXIST : 0;
	if (err == -ENOENT && !(m->flags & RENAME_EXCHANGE))
		return 0;
	return err;
}

static int exchange_names(struct move *m, const struct rename_args *args)
{
	int err = args->old_dir->ops->rename(args);

	if (err == 0)
		dentry_exchange(m->old, m->victim);
	return err;
}

/*
 * Move over the victim, if any.  Its lock is held meanwhile, so that nobody
 * adds a name to a directory that was just found to be empty.
 */
static int replace_name(struct move *m, const struct rename_args *args)
{
	struct inode *gone = m->victim ? m->victim->inode : NULL;
	char *copy = dentry_name_copy(&m->new_name);
	int err;

	if (!copy)
		return -ENOMEM;
	if (gone)
		rwlock_write(&gone->lock);
	err = gone && S_ISDIR(gone->mode) && !dentry_is_leaf(m->victim)
	              ? -ENOTEMPTY
	              : args->old_dir->ops->rename(args);
	if (err == 0 && gone)
		dentry_unlink(m->victim);
	if (gone)
		rwlock_write_done(&gone->lock);
	if (err < 0) {
		kfree(copy);
		return err;
	}
	dentry_move(m->old, m->to.at.dentry, copy, m->new_name.size);
	return 0;
}

/* The file system agrees, then the cache follows. */
static int move_locked(struct move *m)
{
	struct rename_args args = { .old_dir = m->from.at.dentry->inode,
		                    .new_dir = m->to.at.dentry->inode,
		                    .old = m->old,
		                    .victim = m->victim,
		                    .name = &m->new_name,
		                    .flags = m->flags };
	int err = m->flags & RENAME_EXCHANGE ? exchange_names(m, &args)
	                                     : replace_name(m, &args);

	if (err < 0)
		return err;
	inode_touch_mtime(args.old_dir);
	inode_touch_mtime(args.new_dir);
	m->old->inode->ctime_ns = args.old_dir->ctime_ns;
	return 0;
}

static int rename_locked(struct move *m)
{
	int err = find_ends(m);

	if (err == 0)
		err = check_slashes(m);
	if (err == 0)
		err = check_loops(m);
	/* rename(2): two names of one file, nothing happens. */
	if (err < 0 || (m->victim && m->victim->inode == m->old->inode))
		return err;
	err = check_permissions(m);
	if (err == 0)
		err = check_types(m);
	return err < 0 ? err : move_locked(m);
}

static bool is_dots(const struct name *name)
{
	return !name->size || name_is_dots(name);
}

/* Both directories are there; in Linux's order of complaints. */
static int check_names(const struct move *m)
{
	if (m->from.at.mnt != m->to.at.mnt)
		return -EXDEV;
	if (is_dots(&m->old_name))
		return -EBUSY;
	if (is_dots(&m->new_name))
		return m->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	return 0;
}

/*
 * A directory before what lies in it, as whoever removes a directory does; two
 * that don't lie in each other only we take, one rename at a time.
 */
static void lock_dirs(const struct move *m)
{
	const struct dentry *from = m->from.at.dentry, *to = m->to.at.dentry;

	if (from == to) {
		rwlock_write(&to->inode->lock);
	} else if (dentry_is_below(to, from)) {
		rwlock_write(&from->inode->lock);
		rwlock_write(&to->inode->lock);
	} else {
		rwlock_write(&to->inode->lock);
		rwlock_write(&from->inode->lock);
	}
}

static void unlock_dirs(const struct move *m)
{
	rwlock_write_done(&m->to.at.dentry->inode->lock);
	if (m->from.at.dentry != m->to.at.dentry)
		rwlock_write_done(&m->from.at.dentry->inode->lock);
}

static int rename_found(struct move *m)
{
	int err = check_names(m);

	if (err < 0)
		return err;
	mutex_lock(&rename_lock);
	lock_dirs(m);
	err = rename_locked(m);
	unlock_dirs(m);
	mutex_unlock(&rename_lock);
	dentry_put(m->old);
	dentry_put(m->victim);
	return err;
}

int path_rename(struct walk *from, const char *old, struct walk *to,
                const char *new, uint32_t flags)
{
	struct move m = { .flags = flags };
	int err;

	if ((flags & ~RENAME_KNOWN) || flags == RENAME_KNOWN)
		return -EINVAL;
	err = names_begin(&m.from, from, old, 0, &m.old_name);
	if (err < 0)
		return err;
	err = names_begin(&m.to, to, new, 0, &m.new_name);
	if (err == 0) {
		err = rename_found(&m);
		steps_end(&m.to);
	}
	steps_end(&m.from);
	return err;
}
