/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_attr.c - access checks; modes, owners and sizes.
 */
#include "base/errno.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/fs/mount.h"
#include "libos/sched/thread.h"
#include "libos/sys/file_path.h"
#include "libos/sys/syscalls_gen.h"

/* The identity that access(2) asks about: real ids instead of effective. */
static struct fs_cred *real_cred(struct thread *self)
{
	struct fs_cred *c = fs_context_cred(self->fs);
	struct fs_cred ids = {
		.uid = c->uid,
		.gid = c->gid,
		.fsuid = c->uid,
		.fsgid = c->gid,
		.caps = c->uid == 0 ? UINT64_MAX : 0,
	};
	struct fs_cred *real = fs_cred_create(&ids, c->groups, c->ngroups);

	fs_cred_put(c);
	return real;
}

static int access_lookup(struct thread *self, int dirfd,
                         const char __user *upath, uint32_t flags,
                         struct fs_cred *cred, struct path *ret)
{
	uint32_t lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path_arg a;
	struct walk w;
	int err;

	if (flags & AT_EMPTY_PATH)
		return user_lookup_at(self, dirfd, upath, flags, ret);
	err = path_arg_get(&a, upath);
	if (err < 0)
		return err;
	walk_begin(&w, self, dirfd);
	fs_cred_put(w.cred);
	w.cred = fs_cred_get(cred);
	err = path_lookup(&w, a.text, lookup, ret);
	walk_end(&w);
	path_arg_put(&a);
	return err;
}

/*
 * faccessat2(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR
 *         EROFS.
 */
long sys_faccessat2(struct thread *self, int dirfd, const char __user *path,
                    uint32_t mode, uint32_t flags)
{
	struct fs_cred *cred;
	struct path p;
	int err;

	if ((mode & ~(uint32_t)(MAY_READ | MAY_WRITE | MAY_EXEC)) ||
	    (flags &
	     ~(uint32_t)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	cred = flags & AT_EACCESS ? fs_context_cred(self->fs) : real_cred(self);
	if (!cred)
		return -ENOMEM;
	err = access_lookup(self, dirfd, path, flags, cred, &p);
	if (err == 0) {
		err = path_permission(&p, cred, mode);
		path_put(&p);
	}
	fs_cred_put(cred);
	return err;
}

/*
 * faccessat(2), which has no flags.
 *
 * Status: full.  Sleeps: yes.  Errors: as faccessat2(2).
 */
long sys_faccessat(struct thread *self, int dirfd, const char __user *path,
                   uint32_t mode)
{
	return sys_faccessat2(self, dirfd, path, mode, 0);
}

/*
 * access(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as faccessat2(2).
 */
long sys_access(struct thread *self, const char __user *path, uint32_t mode)
{
	return sys_faccessat2(self, AT_FDCWD, path, mode, 0);
}

/*
 * umask(2).
 *
 * Status: full.  Sleeps: no.  Errors: none.
 */
long sys_umask(struct thread *self, uint32_t mask)
{
	uint32_t old;

	spin_lock(&self->fs->lock);
	old = self->fs->umask;
	self->fs->umask = mask & 0777;
	spin_unlock(&self->fs->lock);
	return (long)old;
}

static int change_mode(struct thread *self, struct path *p, uint32_t mode)
{
	struct iattr attr = { .mask = IATTR_MODE, .mode = mode & S_IALLUGO };
	struct inode *inode = p->dentry->inode;
	struct fs_cred *cred;
	int err = -EPERM;

	if (S_ISLNK(inode->mode))
		return -EOPNOTSUPP;
	cred = fs_context_cred(self->fs);
	if (inode_is_owner(inode, cred)) {
		/* chmod(2): not for a group one is not in. */
		if (!fs_cred_has_cap(cred, CAP_FSETID) &&
		    !fs_cred_in_group(cred, inode->gid))
			attr.mode &= ~(uint32_t)S_ISGID;
		err = path_setattr(p, &attr);
	}
	fs_cred_put(cred);
	return err;
}

/*
 * fchmodat2(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR
 *         EOPNOTSUPP EPERM EROFS.
 */
long sys_fchmodat2(struct thread *self, int dirfd, const char __user *path,
                   uint32_t mode, uint32_t flags)
{
	struct path p;
	int err;

	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = user_lookup_at(self, dirfd, path, flags, &p);
	if (err < 0)
		return err;
	err = change_mode(self, &p, mode);
	path_put(&p);
	return err;
}

/*
 * fchmodat(2), which has no flags.
 *
 * Status: full.  Sleeps: yes.  Errors: as fchmodat2(2).
 */
long sys_fchmodat(struct thread *self, int dirfd, const char __user *path,
                  uint32_t mode)
{
	return sys_fchmodat2(self, dirfd, path, mode, 0);
}

/*
 * chmod(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as fchmodat2(2).
 */
long sys_chmod(struct thread *self, const char __user *path, uint32_t mode)
{
	return sys_fchmodat2(self, AT_FDCWD, path, mode, 0);
}

/* The place of a descriptor that is really open: O_PATH is not enough. */
static int lookup_open_fd(struct thread *self, int fd, struct path *ret)
{
	struct file *f = fd_get(self->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = file_place(f, ret);
	file_put(f);
	return err;
}

/*
 * fchmod(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EPERM EROFS.
 */
long sys_fchmod(struct thread *self, int fd, uint32_t mode)
{
	struct path p;
	int err = lookup_open_fd(self, fd, &p);

	if (err < 0)
		return err;
	err = change_mode(self, &p, mode);
	path_put(&p);
	return err;
}

#define ID_KEEP UINT32_MAX

/* Root may do all; an owner may give the file to a group of his own. */
static bool may_change_owner(const struct inode *inode,
                             const struct fs_cred *cred, uint32_t uid,
                             uint32_t gid)
{
	if (fs_cred_has_cap(cred, CAP_CHOWN))
		return true;
	if (cred->fsuid != inode->uid)
		return uid == ID_KEEP && gid == ID_KEEP;
	if (uid != ID_KEEP && uid != inode->uid)
		return false;
	return gid == ID_KEEP || gid == inode->gid ||
	       fs_cred_in_group(cred, gid);
}

static int change_owner(struct thread *self, struct path *p, uint32_t uid,
                        uint32_t gid)
{
	struct inode *inode = p->dentry->inode;
	struct iattr attr = { .uid = uid, .gid = gid, .mode = inode->mode };
	struct fs_cred *cred = fs_context_cred(self->fs);
	int err = -EPERM;

	attr.mask |= uid != ID_KEEP ? IATTR_UID : 0;
	attr.mask |= gid != ID_KEEP ? IATTR_GID : 0;
	/* chown(2): set-id bits of executables go, for root as well. */
	if (!S_ISDIR(inode->mode)) {
		attr.mask |= IATTR_MODE;
		attr.mode &= ~(uint32_t)S_ISUID;
		if (attr.mode & S_IXGRP)
			attr.mode &= ~(uint32_t)S_ISGID;
	}
	if (may_change_owner(inode, cred, uid, gid))
		err = path_setattr(p, &attr);
	fs_cred_put(cred);
	return err;
}

/*
 * fchownat(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as fchmodat2(2).
 */
long sys_fchownat(struct thread *self, int dirfd, const char __user *path,
                  uint32_t uid, uint32_t gid, uint32_t flags)
{
	struct path p;
	int err;

	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = user_lookup_at(self, dirfd, path, flags, &p);
	if (err < 0)
		return err;
	err = change_owner(self, &p, uid, gid);
	path_put(&p);
	return err;
}

/*
 * chown(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as fchownat(2).
 */
long sys_chown(struct thread *self, const char __user *path, uint32_t uid,
               uint32_t gid)
{
	return sys_fchownat(self, AT_FDCWD, path, uid, gid, 0);
}

/*
 * lchown(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as fchownat(2).
 */
long sys_lchown(struct thread *self, const char __user *path, uint32_t uid,
                uint32_t gid)
{
	return sys_fchownat(self, AT_FDCWD, path, uid, gid,
	                    AT_SYMLINK_NOFOLLOW);
}

/*
 * fchown(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EPERM EROFS.
 */
long sys_fchown(struct thread *self, int fd, uint32_t uid, uint32_t gid)
{
	struct path p;
	int err = lookup_open_fd(self, fd, &p);

	if (err < 0)
		return err;
	err = change_owner(self, &p, uid, gid);
	path_put(&p);
	return err;
}

/*
 * truncate(2).
 *
 * Status: full, without RLIMIT_FSIZE.  Sleeps: yes.
 * Errors: EACCES EFAULT EINVAL EISDIR ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR
 *         EPERM EROFS ETXTBSY.
 */
long sys_truncate(struct thread *self, const char __user *path, int64_t size)
{
	struct fs_cred *cred;
	struct path p;
	int err;

	if (size < 0)
		return -EINVAL;
	err = user_lookup(self, AT_FDCWD, path, LOOKUP_FOLLOW, &p);
	if (err < 0)
		return err;
	cred = fs_context_cred(self->fs);
	err = path_truncate(&p, cred, size);
	fs_cred_put(cred);
	path_put(&p);
	return err;
}

/*
 * ftruncate(2).
 *
 * Status: full, without RLIMIT_FSIZE.  Sleeps: yes.
 * Errors: EBADF EINVAL EPERM.
 */
long sys_ftruncate(struct thread *self, int fd, int64_t size)
{
	struct file *f;
	int err;

	if (size < 0)
		return -EINVAL;
	f = fd_get(self->files, fd);
	if (!f)
		return -EBADF;
	err = f->mode & FILE_WRITE ? f->ops->truncate(f, size) : -EINVAL;
	file_put(f);
	return err;
}
