/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_xattr.c - extended attributes, xattr(7).
 *
 * Each call has three forms: by path, by path without following a link, and
 * by descriptor.  They differ in how the place is found, nothing else.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/fs/mount.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/file_path.h"
#include "libos/sys/syscalls_gen.h"

/* Which file a call is about. */
struct xattr_place {
	const char __user *path; /* or */
	int fd;                  /* -1: by path */
	uint32_t lookup;
};

static int place_find(struct thread *self, const struct xattr_place *where,
                      struct path *ret)
{
	struct file *f;
	int err;

	if (where->fd == -1)
		return user_lookup(self, AT_FDCWD, where->path, where->lookup,
		                   ret);
	f = fd_get(self->files, where->fd);
	if (!f)
		return -EBADF;
	err = file_place(f, ret);
	file_put(f);
	return err;
}

static struct xattr_place by_path(const char __user *path)
{
	return (struct xattr_place){ .path = path,
		                     .fd = -1,
		                     .lookup = LOOKUP_FOLLOW };
}

static struct xattr_place by_link(const char __user *path)
{
	return (struct xattr_place){ .path = path, .fd = -1 };
}

static struct xattr_place by_fd(int fd)
{
	/* -1 means "by path"; no other negative number is open either. */
	return (struct xattr_place){ .fd = fd == -1 ? -2 : fd };
}

static int name_get(char *name, const char __user *uname)
{
	long n = copy_string_from_user(name, XATTR_NAME_MAX + 1, uname);

	if (n == -ENAMETOOLONG || n == 0)
		return -ERANGE;
	return n < 0 ? (int)n : 0;
}

static bool has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* "trusted.": a class and nothing in it. */
static bool is_class_only(const char *name)
{
	while (*name && *name != '.')
		name++;
	return !*name || !name[1];
}

/* xattr(7): who may use which class of names on what. */
static int may_use(struct thread *self, const struct path *p, const char *name,
                   uint32_t may)
{
	const struct inode *inode = p->dentry->inode;
	struct fs_cred *cred = fs_context_cred(self->fs);
	bool is_root = fs_cred_has_cap(cred, CAP_SYS_ADMIN);
	int err = -EOPNOTSUPP;

	if (has_prefix(name, "trusted."))
		err = is_root ? 0 : may == MAY_WRITE ? -EPERM : -ENODATA;
	else if (has_prefix(name, "security."))
		err = is_root || may == MAY_READ ? 0 : -EPERM;
	else if (has_prefix(name, "user."))
		err = S_ISREG(inode->mode) || S_ISDIR(inode->mode)
		              ? path_permission(p, cred, may)
		      : may == MAY_WRITE ? -EPERM
		                         : -ENODATA;
	fs_cred_put(cred);
	if (err == 0 && is_class_only(name))
		err = -EINVAL;
	if (err == 0 && may == MAY_WRITE)
		err = (p->mnt->flags & MOUNT_RDONLY) ? -EROFS : 0;
	return err;
}

/* A kernel buffer for a value; a size of 0 needs one all the same. */
static int value_copy(void **ret, const void __user *uvalue, size_t size)
{
	void *value;

	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	value = kmalloc(size + 1);
	if (!value)
		return -ENOMEM;
	if (size && copy_from_user(value, uvalue, size) < 0) {
		kfree(value);
		return -EFAULT;
	}
	*ret = value;
	return 0;
}

static long do_set(struct thread *self, const struct xattr_place *where,
                   const char __user *uname, const void __user *uvalue,
                   size_t size, uint32_t flags)
{
	char name[XATTR_NAME_MAX + 1];
	struct inode *inode;
	struct path p;
	void *value;
	int err;

	if (flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = name_get(name, uname);
	if (err < 0)
		return err;
	err = value_copy(&value, uvalue, size);
	if (err < 0)
		return err;
	err = place_find(self, where, &p);
	if (err < 0)
		goto out_value;
	err = may_use(self, &p, name, MAY_WRITE);
	if (err == 0) {
		inode = p.dentry->inode;
		rwlock_write(&inode->lock);
		err = inode->ops->setxattr(inode, name, value, size, flags);
		rwlock_write_done(&inode->lock);
	}
	path_put(&p);
out_value:
	kfree(value);
	return err;
}

/* Ask the inode for a value (@name) or the list (NULL) into kernel memory. */
static long ask(struct inode *inode, const char *name, void *buf, size_t size)
{
	long n;

	rwlock_read(&inode->lock);
	n = name ? inode->ops->getxattr(inode, name, buf, size)
	         : inode->ops->listxattr(inode, buf, size);
	rwlock_read_done(&inode->lock);
	return n;
}

static long ask_to_user(struct inode *inode, const char *name,
                        void __user *ubuf, size_t size)
{
	void *buf;
	long n;

	size = MIN(size, (size_t)XATTR_SIZE_MAX);
	if (!size)
		return ask(inode, name, NULL, 0);
	buf = kmalloc(size);
	if (!buf)
		return -ENOMEM;
	n = ask(inode, name, buf, size);
	if (n > 0 && copy_to_user(ubuf, buf, (size_t)n) < 0)
		n = -EFAULT;
	kfree(buf);
	return n;
}

static long do_get(struct thread *self, const struct xattr_place *where,
                   const char __user *uname, void __user *ubuf, size_t size)
{
	char name[XATTR_NAME_MAX + 1];
	struct path p;
	long n = name_get(name, uname);

	if (n < 0)
		return n;
	n = place_find(self, where, &p);
	if (n < 0)
		return n;
	n = may_use(self, &p, name, MAY_READ);
	if (n == 0)
		n = ask_to_user(p.dentry->inode, name, ubuf, size);
	path_put(&p);
	return n;
}

static long do_list(struct thread *self, const struct xattr_place *where,
                    char __user *ubuf, size_t size)
{
	struct path p;
	long n = place_find(self, where, &p);

	if (n < 0)
		return n;
	n = ask_to_user(p.dentry->inode, NULL, ubuf, size);
	path_put(&p);
	return n;
}

static long do_remove(struct thread *self, const struct xattr_place *where,
                      const char __user *uname)
{
	char name[XATTR_NAME_MAX + 1];
	struct inode *inode;
	struct path p;
	int err = name_get(name, uname);

	if (err < 0)
		return err;
	err = place_find(self, where, &p);
	if (err < 0)
		return err;
	err = may_use(self, &p, name, MAY_WRITE);
	if (err == 0) {
		inode = p.dentry->inode;
		rwlock_write(&inode->lock);
		err = inode->ops->removexattr(inode, name);
		rwlock_write_done(&inode->lock);
	}
	path_put(&p);
	return err;
}

/*
 * setxattr(2), lsetxattr(2), fsetxattr(2).
 *
 * Status: full; no "system." names.  Sleeps: yes.
 * Errors: E2BIG EEXIST EFAULT EINVAL ENODATA ENOMEM ENOSPC EOPNOTSUPP EPERM
 *         ERANGE EROFS and those of the lookup.
 */
long sys_setxattr(struct thread *self, const char __user *path,
                  const char __user *name, const void __user *value,
                  size_t size, uint32_t flags)
{
	struct xattr_place where = by_path(path);

	return do_set(self, &where, name, value, size, flags);
}

long sys_lsetxattr(struct thread *self, const char __user *path,
                   const char __user *name, const void __user *value,
                   size_t size, uint32_t flags)
{
	struct xattr_place where = by_link(path);

	return do_set(self, &where, name, value, size, flags);
}

long sys_fsetxattr(struct thread *self, int fd, const char __user *name,
                   const void __user *value, size_t size, uint32_t flags)
{
	struct xattr_place where = by_fd(fd);

	return do_set(self, &where, name, value, size, flags);
}

/*
 * getxattr(2), lgetxattr(2), fgetxattr(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EFAULT ENODATA ENOMEM EOPNOTSUPP ERANGE and those of the lookup.
 */
long sys_getxattr(struct thread *self, const char __user *path,
                  const char __user *name, void __user *value, size_t size)
{
	struct xattr_place where = by_path(path);

	return do_get(self, &where, name, value, size);
}

long sys_lgetxattr(struct thread *self, const char __user *path,
                   const char __user *name, void __user *value, size_t size)
{
	struct xattr_place where = by_link(path);

	return do_get(self, &where, name, value, size);
}

long sys_fgetxattr(struct thread *self, int fd, const char __user *name,
                   void __user *value, size_t size)
{
	struct xattr_place where = by_fd(fd);

	return do_get(self, &where, name, value, size);
}

/*
 * listxattr(2), llistxattr(2), flistxattr(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EFAULT ENOMEM ERANGE and those of the lookup.
 */
long sys_listxattr(struct thread *self, const char __user *path,
                   char __user *list, size_t size)
{
	struct xattr_place where = by_path(path);

	return do_list(self, &where, list, size);
}

long sys_llistxattr(struct thread *self, const char __user *path,
                    char __user *list, size_t size)
{
	struct xattr_place where = by_link(path);

	return do_list(self, &where, list, size);
}

long sys_flistxattr(struct thread *self, int fd, char __user *list, size_t size)
{
	struct xattr_place where = by_fd(fd);

	return do_list(self, &where, list, size);
}

/*
 * removexattr(2), lremovexattr(2), fremovexattr(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EFAULT ENODATA EOPNOTSUPP EPERM ERANGE EROFS and those of the lookup.
 */
long sys_removexattr(struct thread *self, const char __user *path,
                     const char __user *name)
{
	struct xattr_place where = by_path(path);

	return do_remove(self, &where, name);
}

long sys_lremovexattr(struct thread *self, const char __user *path,
                      const char __user *name)
{
	struct xattr_place where = by_link(path);

	return do_remove(self, &where, name);
}

long sys_fremovexattr(struct thread *self, int fd, const char __user *name)
{
	struct xattr_place where = by_fd(fd);

	return do_remove(self, &where, name);
}
