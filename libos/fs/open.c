/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open.c - from a path to an open file.
 *
 * Without O_CREAT an open is a lookup and a permission check.  With it, the
 * last name is looked up and made under one hold of the directory's lock, so
 * that O_EXCL decides who was first.
 */
#include "base/errno.h"
#include "libos/fs/cred.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/file_internal.h"
#include "libos/fs/fs.h"
#include "libos/fs/mount.h"
#include "libos/fs/mount_internal.h"
#include "libos/fs/namei_internal.h"
#include "libos/fs/tmpfs_internal.h"

static int no_node_open(struct inode *inode __unused, struct file *f __unused)
{
	return -ENXIO;
}

static node_open_func *fifo_open = no_node_open;
static node_open_func *device_open = no_node_open;

void fs_set_fifo_open(node_open_func *func)
{
	fifo_open = func;
}

void fs_set_device_open(node_open_func *func)
{
	device_open = func;
}

int node_open(struct inode *inode, struct file *f)
{
	if (S_ISFIFO(inode->mode))
		return fifo_open(inode, f);
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		return device_open(inode, f);
	return -ENXIO; /* sockets, and what never had a name */
}

int fs_init(void)
{
	int err = dcache_init();

	if (err < 0)
		return err;
	err = file_init();
	if (err < 0)
		goto out_dcache;
	err = tmpfs_init();
	if (err < 0)
		goto out_file;
	return 0;

out_file:
	file_fini();
out_dcache:
	dcache_fini();
	return err;
}

void fs_fini(void)
{
	tmpfs_fini();
	file_fini();
	dcache_fini();
}

static uint32_t may_of_flags(uint32_t flags)
{
	static const uint32_t may[] = {
		[O_RDONLY] = MAY_READ,
		[O_WRONLY] = MAY_WRITE,
		[O_RDWR] = MAY_READ | MAY_WRITE,
		[O_ACCMODE] = MAY_READ | MAY_WRITE,
	};

	return may[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

/* What open(2) refuses because of what the file is. */
static int check_kind(const struct path *p, uint32_t flags)
{
	uint32_t mode = p->dentry->inode->mode;

	if (S_ISLNK(mode))
		return -ELOOP;
	if (S_ISDIR(mode))
		return (flags & (O_CREAT | O_TRUNC)) ||
		                       (flags & O_ACCMODE) != O_RDONLY
		               ? -EISDIR
		               : 0;
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && (p->mnt->flags & MOUNT_NODEV))
		return -EACCES;
	return 0;
}

/* Make the open file: the inode's open has the last word. */
static int open_inode(struct path *p, uint32_t flags, struct file **ret)
{
	struct inode *inode = p->dentry->inode;
	struct file *f;
	int err;

	err = file_alloc(inode, p, inode->fops, flags, &f);
	if (err < 0)
		return err;
	if (S_ISREG(inode->mode) || S_ISDIR(inode->mode))
		f->mode |= FILE_SEEK;
	if (S_ISREG(inode->mode) && (f->mode & FILE_WRITE)) {
		err = inode_writer_get(inode);
		if (err < 0)
			goto out_file;
		f->mode |= FILE_COUNTED;
	}
	err = inode->ops->open(inode, f);
	if (err < 0)
		goto out_writer;
	*ret = f;
	return 0;

out_writer:
	if (f->mode & FILE_COUNTED)
		inode_writer_put(inode);
out_file:
	file_discard(f);
	return err;
}

static int open_place(struct path *p, uint32_t flags, struct file **ret)
{
	static const struct file_ops place_ops = { FILE_OPS_DEFAULTS("place") };

	if ((flags & O_DIRECTORY) && !S_ISDIR(p->dentry->inode->mode))
		return -ENOTDIR;
	flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
	return file_alloc(p->dentry->inode, p, &place_ops, flags, ret);
}

static int truncate_opened(struct path *p, struct file *f)
{
	struct inode *inode = p->dentry->inode;
	struct iattr attr = { .mask = IATTR_SIZE | IATTR_MTIME,
		              .mtime_ns = inode_now_ns() };
	int err;

	if (!S_ISREG(inode->mode))
		return 0;
	if (!(f->mode & FILE_WRITE)) {
		err = inode_writer_get(inode);
		if (err < 0)
			return err;
		f->mode |= FILE_COUNTED;
	}
	rwlock_write(&inode->lock);
	err = inode->ops->setattr(inode, &attr);
	rwlock_write_done(&inode->lock);
	return err;
}

static int open_checked(struct path *p, const struct fs_cred *cred,
                        uint32_t flags, uint32_t may, struct file **ret)
{
	struct file *f;
	int err;

	if (flags & O_PATH)
		return open_place(p, flags, ret);
	err = check_kind(p, flags);
	if (err < 0)
		return err;
	err = path_permission(p, cred, may);
	if (err < 0)
		return err;
	if ((flags & O_NOATIME) && !inode_is_owner(p->dentry->inode, cred))
		return -EPERM;
	err = open_inode(p, flags, &f);
	if (err < 0)
		return err;
	if (flags & O_TRUNC) {
		err = truncate_opened(p, f);
		if (err < 0) {
			file_put(f);
			return err;
		}
	}
	*ret = f;
	return 0;
}

int path_open_at(struct path *p, const struct fs_cred *cred, uint32_t flags,
                 struct file **ret)
{
	return open_checked(p, cred, flags, may_of_flags(flags), ret);
}

/* O_TMPFILE: a file in the file system of directory @dir, without a name. */
static int open_tmpfile(struct walk *w, struct path *dir, uint32_t flags,
                        uint32_t mode, struct file **ret)
{
	struct create_spec spec = { .mode = S_IFREG |
		                            (mode & S_IALLUGO & ~w->umask),
		                    .uid = w->cred->fsuid,
		                    .gid = w->cred->fsgid,
		                    .never_named = (flags & O_EXCL) != 0 };
	struct name name = { "#tmpfile", 8 };
	struct inode *inode;
	struct path p;
	int err;

	err = path_permission(dir, w->cred, MAY_WRITE | MAY_EXEC);
	if (err < 0)
		return err;
	err = dir->dentry->inode->ops->tmpfile(dir->dentry->inode, &spec,
	                                       &inode);
	if (err < 0)
		return err;
	p = (struct path){ .mnt = dir->mnt,
		           .dentry = dentry_create(dir->dentry, &name, inode) };
	inode_put(inode);
	if (!p.dentry)
		return -ENOMEM;
	dentry_unlink(p.dentry); /* marks it: it never had a name */
	err = open_inode(&p, flags, ret);
	dentry_put(p.dentry);
	return err;
}

static int open_existing(struct walk *w, const char *path, uint32_t flags,
                         uint32_t mode, struct file **ret)
{
	uint32_t lookup = flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	int err;

	if (flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	err = path_lookup(w, path, lookup, &p);
	if (err < 0)
		return err;
	if ((flags & O_TMPFILE) == O_TMPFILE)
		err = open_tmpfile(w, &p, flags, mode, ret);
	else
		err = path_open_at(&p, w->cred, flags, ret);
	path_put(&p);
	return err;
}

/* Find or make the last name; *ret_new tells which. */
static int find_or_create(struct steps *s, const struct name *name,
                          uint32_t flags, uint32_t mode, struct dentry **ret,
                          bool *ret_new)
{
	struct create_spec spec = { .mode = S_IFREG | mode };
	struct inode *dir = s->at.dentry->inode;
	int err;

	*ret_new = false;
	err = child_lookup(s->at.dentry, name, ret);
	if (err == -ENOENT && !(dir->flags & INODE_VOLATILE)) {
		rwlock_write(&dir->lock);
		err = child_lookup_locked(s->at.dentry, name, ret);
		if (err == -ENOENT) {
			err = child_create_locked(&s->at, name, &spec, s->w,
			                          ret);
			*ret_new = err == 0;
		}
		rwlock_write_done(&dir->lock);
	}
	if (err == 0 && !*ret_new && (flags & O_EXCL)) {
		dentry_put(*ret);
		return -EEXIST;
	}
	return err;
}

/*
 * One round of open with O_CREAT at the last name of a text.  1: it was a link
 * that has been entered, go on; 0: opened.
 */
static int open_last(struct steps *s, const struct name *name, uint32_t flags,
                     uint32_t mode, struct file **ret)
{
	enum step_link link =
		flags & (O_NOFOLLOW | O_EXCL) ? STEP_STAY : STEP_FOLLOW;
	struct dentry *child;
	bool is_new;
	int err;

	if (s->slash)
		return -EISDIR; /* open(2): O_CREAT makes no directories */
	if (name->size > NAME_MAX)
		return -ENAMETOOLONG;
	err = find_or_create(s, name, flags, mode, &child, &is_new);
	if (err < 0)
		return err;
	if (link == STEP_FOLLOW && S_ISLNK(child->inode->mode)) {
		err = steps_into_child(s, child, link);
		return err < 0 ? err : 1;
	}
	err = steps_into_child(s, child, STEP_STAY);
	if (err < 0)
		return err;
	/* Who creates a file gets it open whatever its mode says. */
	if (is_new)
		return open_checked(&s->at, s->w->cred,
		                    flags & ~(uint32_t)(O_TRUNC | O_CREAT), 0,
		                    ret);
	return path_open_at(&s->at, s->w->cred, flags, ret);
}

static int open_create(struct walk *w, const char *path, uint32_t flags,
                       uint32_t mode, struct file **ret)
{
	struct steps s;
	struct name name;
	int err = steps_begin(&s, w, path, 0);

	if (err < 0)
		return err;
	do {
		err = steps_to_last(&s, &name);
		if (err < 0)
			break;
		if (!name.size || name_is_dots(&name)) {
			/* A directory, or a link that led to a file. */
			err = name.size ? steps_into(&s, &name, STEP_FOLLOW)
			                : 0;
			if (err == 0)
				err = flags & O_EXCL
				              ? -EEXIST
				              : path_open_at(&s.at, w->cred,
				                             flags, ret);
			break;
		}
		err = open_last(&s, &name, flags, mode, ret);
	} while (err == 1);
	steps_end(&s);
	return err;
}

int path_open(struct walk *w, const char *path, uint32_t flags, uint32_t mode,
              struct file **ret)
{
	if ((flags & O_CREAT) && !(flags & O_PATH))
		return open_create(w, path, flags, mode, ret);
	return open_existing(w, path, flags, mode, ret);
}

static int open_exec_place(struct path *p, const struct fs_cred *cred,
                           struct file **ret)
{
	struct inode *inode = p->dentry->inode;
	struct file *f;
	int err;

	if (!S_ISREG(inode->mode))
		return S_ISLNK(inode->mode) ? -ELOOP : -EACCES;
	err = path_permission(p, cred, MAY_EXEC);
	if (err < 0)
		return err;
	err = open_inode(p, O_RDONLY, &f);
	if (err < 0)
		return err;
	err = inode_deny_writers(inode);
	if (err < 0) {
		file_put(f);
		return err;
	}
	f->mode |= FILE_EXEC;
	*ret = f;
	return 0;
}

int path_open_exec(struct walk *w, const char *path, uint32_t flags,
                   struct file **ret)
{
	struct path p;
	int err = path_lookup(w, path, flags, &p);

	if (err < 0)
		return err;
	err = open_exec_place(&p, w->cred, ret);
	path_put(&p);
	return err;
}

int file_open_exec(struct file *f, const struct fs_cred *cred,
                   struct file **ret)
{
	struct path p;
	int err = file_place(f, &p);

	if (err < 0)
		return err;
	err = open_exec_place(&p, cred, ret);
	path_put(&p);
	return err;
}
