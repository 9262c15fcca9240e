/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_open.c - opening, closing and duplicating descriptors.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/tmpfs.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/file_path.h"
#include "libos/sys/syscalls_gen.h"

#define OPEN_FLAGS                                                             \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |        \
	 O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE |              \
	 O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |           \
	 O_TMPFILE)
#define PATH_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define RESOLVE_FLAGS                                                          \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS |       \
	 RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED)
#define OPEN_HOW_MAX 4096 /* Linux: a page */
#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)

/* What is wrong with a combination of flags; they are known ones. */
static int check_flags(uint64_t flags)
{
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return -EINVAL;
	if (!(flags & TMPFILE_BIT))
		return 0;
	if (!(flags & O_DIRECTORY) || (flags & O_CREAT) ||
	    (flags & O_ACCMODE) == O_RDONLY)
		return -EINVAL;
	return 0;
}

static long do_open(struct thread *self, int dirfd, const char __user *upath,
                    const struct open_how *how)
{
	uint32_t flags = (uint32_t)how->flags;
	struct path_arg a;
	struct file *f;
	struct walk w;
	int fd, err;

	err = check_flags(flags);
	if (err < 0)
		return err;
	err = path_arg_get(&a, upath);
	if (err < 0)
		return err;
	fd = fd_reserve(self->files, 0, flags & O_CLOEXEC);
	if (fd < 0)
		goto out_path;

	walk_begin(&w, self, dirfd);
	w.resolve = (uint32_t)how->resolve;
	err = path_open(&w, a.text, flags, (uint32_t)how->mode, &f);
	walk_end(&w);
	if (err < 0) {
		fd_release(self->files, fd);
		fd = err;
		goto out_path;
	}
	fd_install(self->files, fd, f);
out_path:
	path_arg_put(&a);
	return fd;
}

/*
 * openat(2).  Unknown flags are ignored, as Linux does.
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EBADF EEXIST EFAULT EINVAL EISDIR ELOOP EMFILE ENAMETOOLONG
 *         ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EPERM EROFS ETXTBSY.
 */
long sys_openat(struct thread *self, int dirfd, const char __user *path,
                uint32_t flags, uint32_t mode)
{
	struct open_how how = { .flags = (flags & OPEN_FLAGS) | O_LARGEFILE,
		                .mode = mode & S_IALLUGO };

	if (flags & O_PATH)
		how.flags = flags & PATH_FLAGS;
	return do_open(self, dirfd, path, &how);
}

/*
 * open(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as openat(2).
 */
long sys_open(struct thread *self, const char __user *path, uint32_t flags,
              uint32_t mode)
{
	return sys_openat(self, AT_FDCWD, path, flags, mode);
}

/*
 * creat(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as openat(2).
 */
long sys_creat(struct thread *self, const char __user *path, uint32_t mode)
{
	return sys_openat(self, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC,
	                  mode);
}

/* A struct that may be longer than ours: what we don't know must be 0. */
static int open_how_read(struct open_how *how, const void __user *uhow,
                         size_t size)
{
	uint64_t addr = user_addr(uhow);
	uint8_t byte;

	if (size < sizeof(*how))
		return -EINVAL;
	if (size > OPEN_HOW_MAX)
		return -E2BIG;
	for (size_t i = sizeof(*how); i < size; i++) {
		if (get_user_u8(&byte, user_ptr(addr + i)) < 0)
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return copy_from_user(how, uhow, sizeof(*how));
}

static int open_how_check(const struct open_how *how)
{
	uint64_t both = RESOLVE_BENEATH | RESOLVE_IN_ROOT;

	if ((how->flags & ~(uint64_t)OPEN_FLAGS) ||
	    (how->resolve & ~(uint64_t)RESOLVE_FLAGS) ||
	    (how->resolve & both) == both || (how->mode & ~(uint64_t)S_IALLUGO))
		return -EINVAL;
	if (how->mode && !(how->flags & (O_CREAT | TMPFILE_BIT)))
		return -EINVAL;
	if ((how->flags & O_PATH) && (how->flags & ~(uint64_t)PATH_FLAGS))
		return -EINVAL;
	return 0;
}

/*
 * openat2(2).
 *
 * Status: full; RESOLVE_CACHED is always -EAGAIN, which callers must expect.
 * Sleeps: yes.  Errors: as openat(2), E2BIG EAGAIN EXDEV.
 */
long sys_openat2(struct thread *self, int dirfd, const char __user *path,
                 const void __user *uhow, size_t size)
{
	struct open_how how;
	int err = open_how_read(&how, uhow, size);

	if (err == 0)
		err = open_how_check(&how);
	if (err < 0)
		return err;
	if (how.resolve & RESOLVE_CACHED)
		return -EAGAIN;
	if (!(how.flags & O_PATH))
		how.flags |= O_LARGEFILE;
	return do_open(self, dirfd, path, &how);
}

/*
 * close(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EIO.
 */
long sys_close(struct thread *self, int fd)
{
	return fd_close(self->files, fd);
}

/*
 * close_range(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EINVAL ENOMEM.
 */
long sys_close_range(struct thread *self, uint32_t first, uint32_t last,
                     uint32_t flags)
{
	struct fdtable *copy;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (first > last)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) &&
	    __atomic_load_n(&self->files->refs, __ATOMIC_ACQUIRE) > 1) {
		copy = fdtable_copy(self->files);
		if (!copy)
			return -ENOMEM;
		fdtable_put(self->files);
		self->files = copy;
	}
	return fd_close_range(self->files, first, last, flags);
}

/*
 * dup(2).
 *
 * Status: full.  Sleeps: no.  Errors: EBADF EMFILE ENOMEM.
 */
long sys_dup(struct thread *self, int fd)
{
	struct file *f = fd_get_any(self->files, fd);

	return f ? fd_install_new(self->files, f, 0, 0) : -EBADF;
}

static long do_dup(struct thread *self, int from, int to, uint32_t flags)
{
	if (to < 0)
		return -EBADF;
	return fd_replace(self->files, from, to, flags);
}

/*
 * dup2(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EBUSY ENOMEM.
 */
long sys_dup2(struct thread *self, int from, int to)
{
	struct file *f;

	if (from != to)
		return do_dup(self, from, to, 0);
	f = fd_get_any(self->files, from);
	file_put(f);
	return f ? to : -EBADF;
}

/*
 * dup3(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EBUSY EINVAL ENOMEM.
 */
long sys_dup3(struct thread *self, int from, int to, uint32_t flags)
{
	if ((flags & ~(uint32_t)O_CLOEXEC) || from == to)
		return -EINVAL;
	return do_dup(self, from, to, flags);
}

#define MFD_FLAGS (MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC)

/*
 * memfd_create(2).
 *
 * Status: partial, without MFD_HUGETLB.  Sleeps: no.
 * Errors: EFAULT EINVAL EMFILE ENOMEM.
 */
long sys_memfd_create(struct thread *self, const char __user *uname,
                      uint32_t flags)
{
	uint32_t both = MFD_NOEXEC_SEAL | MFD_EXEC;
	char name[NAME_MAX + 1];
	struct file *f;
	long err;

	if ((flags & ~MFD_FLAGS) || (flags & both) == both)
		return -EINVAL;
	err = copy_string_from_user(name, sizeof(name), uname);
	if (err < 0)
		return err == -ENAMETOOLONG ? -EINVAL : err;
	err = tmpfs_memfd(name, flags, &f);
	if (err < 0)
		return err;
	return fd_install_new(self->files, f,
	                      flags & MFD_CLOEXEC ? O_CLOEXEC : 0, 0);
}
