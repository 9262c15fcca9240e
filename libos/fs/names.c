/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - making, linking and removing names, and changing attributes.
 *
 * Each function: walk to the directory, take its lock, check, ask the file
 * system, then change the cache.  Renaming is in rename.c.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/cred.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/file_internal.h"
#include "libos/fs/mount.h"
#include "libos/fs/namei_internal.h"
#include "libos/fs/names_internal.h"

int dir_may_change(const struct path *dir, const struct fs_cred *cred)
{
	int err = path_permission(dir, cred, MAY_WRITE | MAY_EXEC);

	if (err < 0)
		return err;
	return dir->dentry->flags & DENTRY_DELETED ? -ENOENT : 0;
}

/* The group of a new file, and what it inherits: a setgid directory's. */
static void inherit(struct create_spec *spec, const struct inode *dir,
                    const struct fs_cred *cred)
{
	spec->uid = cred->fsuid;
	spec->gid = cred->fsgid;
	if (!(dir->mode & S_ISGID))
		return;
	spec->gid = dir->gid;
	if (S_ISDIR(spec->mode))
		spec->mode |= S_ISGID;
	else if ((spec->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
	         !fs_cred_has_cap(cred, CAP_FSETID) &&
	         !fs_cred_in_group(cred, spec->gid))
		spec->mode &= ~(uint32_t)S_ISGID;
}

int child_create_locked(struct path *dir, const struct name *name,
                        const struct create_spec *want, const struct walk *w,
                        struct dentry **ret)
{
	struct inode *parent = dir->dentry->inode, *inode;
	struct create_spec spec = *want;
	struct dentry *d;
	int err;

	err = dir_may_change(dir, w->cred);
	if (err < 0)
		return err;
	if (!S_ISLNK(spec.mode))
		spec.mode &= ~w->umask;
	inherit(&spec, parent, w->cred);

	err = parent->ops->create(parent, name, &spec, &inode);
	if (err < 0)
		return err;
	d = dentry_create(dir->dentry, name, inode);
	if (!d) {
		/* The name was made but never seen: take it back. */
		if (S_ISDIR(spec.mode))
			parent->nlink--;
		inode->nlink = 0;
		inode_put(inode);
		return -ENOMEM;
	}
	inode_put(inode);
	dentry_hash(d);
	inode_touch_mtime(parent);
	*ret = d;
	return 0;
}

/*
 * Names that are made up can't be changed, and asking for them needs locks that
 * come before the directory's: answer before that one is taken.
 */
static int refuse_volatile(struct steps *s, const struct name *name, int dots)
{
	struct dentry *child;
	int err = child_lookup(s->at.dentry, name, &child);

	if (err < 0)
		return err;
	dentry_put(child);
	return dots == -EEXIST ? -EEXIST : -EPERM;
}

/*
 * The directory and last name of a path that is to be changed.  "/", "." and
 * ".." are @dots, what the caller answers for those.
 */
int names_begin(struct steps *s, struct walk *w, const char *path, int dots,
                struct name *ret)
{
	int err = steps_begin(s, w, path, 0);

	if (err < 0)
		return err;
	err = steps_to_last(s, ret);
	if (err == 0 && (!ret->size || name_is_dots(ret)))
		err = dots;
	if (err == 0 && ret->size > NAME_MAX)
		err = -ENAMETOOLONG;
	if (err == 0 && ret->size &&
	    (s->at.dentry->inode->flags & INODE_VOLATILE))
		err = refuse_volatile(s, ret, dots);
	if (err < 0)
		steps_end(s);
	return err;
}

int path_create_inode(struct walk *w, const char *path,
                      const struct create_spec *spec, struct inode **ret)
{
	struct dentry *child;
	struct steps s;
	struct name name;
	int err;

	err = names_begin(&s, w, path, -EEXIST, &name);
	if (err < 0)
		return err;
	rwlock_write(&s.at.dentry->inode->lock);
	err = child_lookup_locked(s.at.dentry, &name, &child);
	if (err == 0) {
		dentry_put(child);
		err = -EEXIST;
	} else if (err == -ENOENT && (!s.slash || S_ISDIR(spec->mode))) {
		err = child_create_locked(&s.at, &name, spec, w, &child);
		if (err == 0) {
			if (ret)
				*ret = inode_get(child->inode);
			dentry_put(child);
		}
	}
	rwlock_write_done(&s.at.dentry->inode->lock);
	steps_end(&s);
	return err;
}

int path_create(struct walk *w, const char *path,
                const struct create_spec *spec)
{
	return path_create_inode(w, path, spec, NULL);
}

int names_may_remove(const struct path *dir, const struct dentry *child,
                     const struct fs_cred *cred)
{
	const struct inode *parent = dir->dentry->inode;
	int err = dir_may_change(dir, cred);

	if (err < 0)
		return err;
	if ((parent->mode & S_ISVTX) && !inode_is_owner(parent, cred) &&
	    !inode_is_owner(child->inode, cred))
		return -EPERM;
	return READ_ONCE(child->flags) & DENTRY_MOUNTED ? -EBUSY : 0;
}

int names_remove_locked(struct inode *dir, struct dentry *child)
{
	struct inode *inode = child->inode;
	int err;

	rwlock_write(&inode->lock);
	if (S_ISDIR(inode->mode) && !dentry_is_leaf(child))
		err = -ENOTEMPTY;
	else
		err = dir->ops->unlink(dir, child);
	/* Under the child's lock: nobody adds a name to a dead directory. */
	if (err == 0)
		dentry_unlink(child);
	rwlock_write_done(&inode->lock);
	if (err == 0)
		inode_touch_mtime(dir);
	return err;
}

static int check_removal(const struct steps *s, const struct dentry *child,
                         bool want_dir)
{
	bool is_dir = S_ISDIR(child->inode->mode);

	if (want_dir)
		return is_dir ? 0 : -ENOTDIR;
	if (is_dir)
		return -EISDIR;
	return s->slash ? -ENOTDIR : 0;
}

static int remove_name(struct steps *s, const struct name *name, bool want_dir)
{
	struct inode *dir = s->at.dentry->inode;
	struct dentry *child;
	int err;

	rwlock_write(&dir->lock);
	err = child_lookup_locked(s->at.dentry, name, &child);
	if (err == 0) {
		err = names_may_remove(&s->at, child, s->w->cred);
		if (err == 0)
			err = check_removal(s, child, want_dir);
		if (err == 0)
			err = names_remove_locked(dir, child);
		rwlock_write_done(&dir->lock);
		dentry_put(child); /* may free a large file: without the lock */
		return err;
	}
	rwlock_write_done(&dir->lock);
	return err;
}

int path_unlink(struct walk *w, const char *path)
{
	struct steps s;
	struct name name;
	int err = names_begin(&s, w, path, -EISDIR, &name);

	if (err < 0)
		return err;
	err = remove_name(&s, &name, false);
	steps_end(&s);
	return err;
}

/* rmdir(2): "." is EINVAL, ".." is ENOTEMPTY, "/" is EBUSY. */
static int rmdir_dots(const char *path)
{
	size_t n = strlen(path);

	while (n && path[n - 1] == '/')
		n--;
	if (!n)
		return -EBUSY;
	return n >= 2 && path[n - 2] == '.' ? -ENOTEMPTY : -EINVAL;
}

int path_rmdir(struct walk *w, const char *path)
{
	struct steps s;
	struct name name;
	int err = names_begin(&s, w, path, rmdir_dots(path), &name);

	if (err < 0)
		return err;
	err = remove_name(&s, &name, true);
	steps_end(&s);
	return err;
}

/* Linux's protected_hardlinks: not to what one could not open oneself. */
static int may_link(const struct inode *inode, const struct fs_cred *cred)
{
	if (inode_is_owner(inode, cred))
		return 0;
	if (!S_ISREG(inode->mode) || (inode->mode & S_ISUID) ||
	    (inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		return -EPERM;
	return inode_permission(inode, cred, MAY_READ | MAY_WRITE) < 0 ? -EPERM
	                                                               : 0;
}

static int link_locked(struct steps *s, const struct name *name,
                       struct inode *inode)
{
	struct inode *dir = s->at.dentry->inode;
	struct dentry *d;
	int err;

	err = dir_may_change(&s->at, s->w->cred);
	if (err < 0)
		return err;
	d = dentry_create(s->at.dentry, name, inode);
	if (!d)
		return -ENOMEM;
	rwlock_write(&inode->lock);
	err = dir->ops->link(dir, name, inode);
	rwlock_write_done(&inode->lock);
	if (err == 0) {
		dentry_hash(d);
		inode_touch_mtime(dir);
	}
	dentry_put(d);
	return err;
}

int path_link(struct path *old, struct walk *w, const char *path)
{
	struct inode *inode = old->dentry->inode;
	struct dentry *child;
	struct steps s;
	struct name name;
	int err;

	err = names_begin(&s, w, path, -EEXIST, &name);
	if (err < 0)
		return err;
	rwlock_write(&s.at.dentry->inode->lock);
	err = child_lookup_locked(s.at.dentry, &name, &child);
	if (err == 0) {
		dentry_put(child);
		err = -EEXIST;
	} else if (err == -ENOENT && !s.slash) {
		if (old->mnt != s.at.mnt)
			err = -EXDEV;
		else if (S_ISDIR(inode->mode))
			err = -EPERM;
		else
			err = may_link(inode, w->cred);
		if (err == 0)
			err = link_locked(&s, &name, inode);
	}
	rwlock_write_done(&s.at.dentry->inode->lock);
	steps_end(&s);
	return err;
}

int path_setattr(struct path *p, const struct iattr *attr)
{
	struct inode *inode = p->dentry->inode;
	int err = p->mnt ? mount_check_write(p->mnt) : 0;

	if (err < 0)
		return err;
	rwlock_write(&inode->lock);
	err = inode->ops->setattr(inode, attr);
	rwlock_write_done(&inode->lock);
	return err;
}

int path_truncate(struct path *p, const struct fs_cred *cred, int64_t size)
{
	struct inode *inode = p->dentry->inode;
	struct iattr attr = { .mask = IATTR_SIZE | IATTR_MTIME,
		              .size = size,
		              .mtime_ns = inode_now_ns() };
	int err;

	if (S_ISDIR(inode->mode))
		return -EISDIR;
	if (!S_ISREG(inode->mode))
		return -EINVAL;
	err = path_permission(p, cred, MAY_WRITE);
	if (err < 0)
		return err;
	err = inode_writer_get(inode);
	if (err < 0)
		return err;
	err = path_setattr(p, &attr);
	inode_writer_put(inode);
	return err;
}
