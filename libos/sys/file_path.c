/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/sys/file_path.h"

#include "base/errno.h"
#include "libos/fs/fdtable.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"

int path_arg_get(struct path_arg *a, const char __user *upath)
{
	long n;

	a->text = a->small;
	n = copy_string_from_user(a->small, sizeof(a->small), upath);
	if (n != -ENAMETOOLONG)
		return n < 0 ? (int)n : 0;

	a->text = kmalloc(PATH_MAX);
	if (!a->text)
		return -ENOMEM;
	n = copy_string_from_user(a->text, PATH_MAX, upath);
	if (n < 0) {
		kfree(a->text);
		return (int)n;
	}
	return 0;
}

void path_arg_put(struct path_arg *a)
{
	if (a->text != a->small)
		kfree(a->text);
}

int user_lookup(struct thread *self, int dirfd, const char __user *upath,
                uint32_t flags, struct path *ret)
{
	struct path_arg a;
	struct walk w;
	int err = path_arg_get(&a, upath);

	if (err < 0)
		return err;
	walk_begin(&w, self, dirfd);
	err = path_lookup(&w, a.text, flags, ret);
	walk_end(&w);
	path_arg_put(&a);
	return err;
}

int user_lookup_fd(struct thread *self, int fd, struct path *ret)
{
	struct file *f = fd_get_any(self->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = file_place(f, ret);
	file_put(f);
	return err;
}

int user_lookup_at(struct thread *self, int dirfd, const char __user *upath,
                   uint32_t at_flags, struct path *ret)
{
	uint32_t flags = at_flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	uint8_t first;

	if (at_flags & AT_EMPTY_PATH) {
		/* statx(2) since 6.11 and fstatat(2) take NULL as "". */
		if (!user_addr(upath))
			first = 0;
		else if (get_user_u8(&first, (const uint8_t __user *)upath) < 0)
			return -EFAULT;
		if (!first && dirfd != AT_FDCWD)
			return user_lookup_fd(self, dirfd, ret);
		flags |= LOOKUP_EMPTY;
	}
	return user_lookup(self, dirfd, upath, flags, ret);
}
