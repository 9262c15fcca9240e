/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_name.c - making, linking, renaming and removing names.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/fs_context.h"
#include "libos/fs/mount.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/file_path.h"
#include "libos/sys/syscalls_gen.h"

static long do_create(struct thread *self, int dirfd, const char __user *upath,
                      const struct create_spec *spec)
{
	struct path_arg a;
	struct walk w;
	int err = path_arg_get(&a, upath);

	if (err < 0)
		return err;
	walk_begin(&w, self, dirfd);
	err = path_create(&w, a.text, spec);
	walk_end(&w);
	path_arg_put(&a);
	return err;
}

/*
 * mkdirat(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EBADF EEXIST EFAULT ELOOP ENAMETOOLONG ENOENT ENOMEM ENOSPC
 *         ENOTDIR EPERM EROFS.
 */
long sys_mkdirat(struct thread *self, int dirfd, const char __user *path,
                 uint32_t mode)
{
	struct create_spec spec = { .mode = S_IFDIR | (mode & 01777) };

	return do_create(self, dirfd, path, &spec);
}

/*
 * mkdir(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as mkdirat(2).
 */
long sys_mkdir(struct thread *self, const char __user *path, uint32_t mode)
{
	return sys_mkdirat(self, AT_FDCWD, path, mode);
}

/*
 * mknodat(2).  Device nodes are for root, and lead to the kernel's devices.
 *
 * Status: full.  Sleeps: yes.  Errors: as mkdirat(2), EINVAL.
 */
long sys_mknodat(struct thread *self, int dirfd, const char __user *path,
                 uint32_t mode, uint64_t dev)
{
	struct create_spec spec = { .mode = mode & (S_IFMT | S_IALLUGO) };
	struct fs_cred *cred;
	bool may_make;

	switch (mode & S_IFMT) {
	case 0:
		spec.mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
		cred = fs_context_cred(self->fs);
		may_make = fs_cred_has_cap(cred, CAP_MKNOD);
		fs_cred_put(cred);
		if (!may_make)
			return -EPERM;
		spec.rdev = dev;
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	return do_create(self, dirfd, path, &spec);
}

/*
 * mknod(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as mknodat(2).
 */
long sys_mknod(struct thread *self, const char __user *path, uint32_t mode,
               uint64_t dev)
{
	return sys_mknodat(self, AT_FDCWD, path, mode, dev);
}

/*
 * symlinkat(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as mkdirat(2).
 */
long sys_symlinkat(struct thread *self, const char __user *target, int dirfd,
                   const char __user *path)
{
	struct create_spec spec = { .mode = S_IFLNK | 0777 };
	struct path_arg t;
	long err = path_arg_get(&t, target);

	if (err < 0)
		return err;
	spec.link_target = t.text;
	err = *t.text ? do_create(self, dirfd, path, &spec) : -ENOENT;
	path_arg_put(&t);
	return err;
}

/*
 * symlink(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as symlinkat(2).
 */
long sys_symlink(struct thread *self, const char __user *target,
                 const char __user *path)
{
	return sys_symlinkat(self, target, AT_FDCWD, path);
}

/*
 * unlinkat(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EBADF EBUSY EFAULT EINVAL EISDIR ELOOP ENAMETOOLONG ENOENT
 *         ENOMEM ENOTDIR ENOTEMPTY EPERM EROFS.
 */
long sys_unlinkat(struct thread *self, int dirfd, const char __user *path,
                  uint32_t flags)
{
	struct path_arg a;
	struct walk w;
	int err;

	if (flags & ~(uint32_t)AT_REMOVEDIR)
		return -EINVAL;
	err = path_arg_get(&a, path);
	if (err < 0)
		return err;
	walk_begin(&w, self, dirfd);
	err = flags & AT_REMOVEDIR ? path_rmdir(&w, a.text)
	                           : path_unlink(&w, a.text);
	walk_end(&w);
	path_arg_put(&a);
	return err;
}

/*
 * unlink(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as unlinkat(2).
 */
long sys_unlink(struct thread *self, const char __user *path)
{
	return sys_unlinkat(self, AT_FDCWD, path, 0);
}

/*
 * rmdir(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as unlinkat(2).
 */
long sys_rmdir(struct thread *self, const char __user *path)
{
	return sys_unlinkat(self, AT_FDCWD, path, AT_REMOVEDIR);
}

/*
 * linkat(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EBADF EEXIST EFAULT EINVAL ELOOP EMLINK ENAMETOOLONG ENOENT
 *         ENOMEM ENOTDIR EPERM EROFS EXDEV.
 */
long sys_linkat(struct thread *self, int old_dirfd, const char __user *old_path,
                int dirfd, const char __user *path, uint32_t flags)
{
	uint32_t at = flags & AT_EMPTY_PATH;
	struct path_arg a;
	struct path old;
	struct walk w;
	int err;

	if (flags & ~(uint32_t)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_SYMLINK_FOLLOW))
		at |= AT_SYMLINK_NOFOLLOW;
	err = path_arg_get(&a, path);
	if (err < 0)
		return err;
	err = user_lookup_at(self, old_dirfd, old_path, at, &old);
	if (err < 0)
		goto out;
	walk_begin(&w, self, dirfd);
	err = path_link(&old, &w, a.text);
	walk_end(&w);
	path_put(&old);
out:
	path_arg_put(&a);
	return err;
}

/*
 * link(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as linkat(2).
 */
long sys_link(struct thread *self, const char __user *old_path,
              const char __user *path)
{
	return sys_linkat(self, AT_FDCWD, old_path, AT_FDCWD, path, 0);
}

/*
 * renameat2(2).
 *
 * Status: partial, without RENAME_WHITEOUT.  Sleeps: yes.
 * Errors: as unlinkat(2) and mkdirat(2), EXDEV.
 */
long sys_renameat2(struct thread *self, int old_dirfd,
                   const char __user *old_path, int dirfd,
                   const char __user *path, uint32_t flags)
{
	struct path_arg old, new;
	struct walk from, to;
	int err = path_arg_get(&old, old_path);

	if (err < 0)
		return err;
	err = path_arg_get(&new, path);
	if (err < 0)
		goto out_old;
	walk_begin(&from, self, old_dirfd);
	walk_begin(&to, self, dirfd);
	err = path_rename(&from, old.text, &to, new.text, flags);
	walk_end(&to);
	walk_end(&from);
	path_arg_put(&new);
out_old:
	path_arg_put(&old);
	return err;
}

/*
 * renameat(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as renameat2(2).
 */
long sys_renameat(struct thread *self, int old_dirfd,
                  const char __user *old_path, int dirfd,
                  const char __user *path)
{
	return sys_renameat2(self, old_dirfd, old_path, dirfd, path, 0);
}

/*
 * rename(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as renameat2(2).
 */
long sys_rename(struct thread *self, const char __user *old_path,
                const char __user *path)
{
	return sys_renameat2(self, AT_FDCWD, old_path, AT_FDCWD, path, 0);
}

/* What a link says; a jump without a text of its own shows its place. */
static long link_text(struct thread *self, struct link_target *t, char *buf,
                      char **ret)
{
	struct path to = { .mnt = t->jump_mnt, .dentry = t->jump_dentry };
	struct path root;

	*ret = (char *)(uintptr_t)t->text;
	if (!t->is_jump)
		return 0;
	if (!t->text) {
		root = fs_context_root(self->fs);
		*ret = d_path(&to, &root, buf, PATH_MAX);
		path_put(&root);
	}
	path_put(&to);
	return *ret ? 0 : -ENAMETOOLONG;
}

static long read_link(struct thread *self, struct inode *inode,
                      char __user *buf, size_t size)
{
	struct link_target t = { 0 };
	char *place, *text;
	long n = inode->ops->get_link(inode, &t);

	if (n < 0)
		return n;
	place = kmalloc(PATH_MAX);
	n = place ? link_text(self, &t, place, &text) : -ENOMEM;
	if (n == 0) {
		n = (long)MIN(strlen(text), size);
		if (copy_to_user(buf, text, (size_t)n) < 0)
			n = -EFAULT;
	} else if (!place && t.is_jump) {
		dentry_put(t.jump_dentry);
		mount_put(t.jump_mnt);
	}
	kfree(place);
	if (t.owned)
		kfree((char *)(uintptr_t)t.text);
	return n;
}

/*
 * readlinkat(2).  An empty path is the descriptor itself, a link opened with
 * O_PATH.
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR.
 */
long sys_readlinkat(struct thread *self, int dirfd, const char __user *path,
                    char __user *buf, int size)
{
	struct path p;
	long n;

	if (size <= 0)
		return -EINVAL;
	n = user_lookup_at(self, dirfd, path,
	                   AT_SYMLINK_NOFOLLOW |
	                           (dirfd != AT_FDCWD ? AT_EMPTY_PATH : 0),
	                   &p);
	if (n < 0)
		return n;
	n = read_link(self, p.dentry->inode, buf, (size_t)size);
	path_put(&p);
	return n;
}

/*
 * readlink(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as readlinkat(2).
 */
long sys_readlink(struct thread *self, const char __user *path,
                  char __user *buf, int size)
{
	return sys_readlinkat(self, AT_FDCWD, path, buf, size);
}
