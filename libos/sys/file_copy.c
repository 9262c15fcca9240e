/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_copy.c - moving data between files, reserving room, and syncing.
 */
#include "base/arith.h"
#include "base/errno.h"
#include "base/units.h"
#include "libos/fs/fdtable.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/syscalls_gen.h"

/* Through how much kernel memory a copy goes at a time. */
#define COPY_PAGES 16
#define COPY_SIZE (COPY_PAGES * PAGE_SIZE)

/* One end of a copy: a position of its own, or the file's. */
struct copy_end {
	struct file *file;
	int64_t off;
	bool use_pos; /* write where the file is; off is not used */
};

/* All of @size bytes to @out, unless it has had enough. */
static long write_out(struct copy_end *out, void *buf, size_t size)
{
	struct iov from;
	long n;

	iov_init_kernel(&from, buf, size);
	n = out->use_pos ? file_write(out->file, &from)
	                 : file_pwrite(out->file, &from, out->off);
	if (n > 0 && !out->use_pos)
		out->off += n;
	return n;
}

/*
 * Copy up to @size bytes from in->off on.  What was read and not written is
 * read again next time: in->off counts written bytes only.
 */
static long copy_bytes(struct copy_end *in, struct copy_end *out, size_t size)
{
	void *buf = kpages_alloc(COPY_PAGES);
	size_t done = 0;
	long n = 0, got;
	struct iov to;

	if (!buf)
		return -ENOMEM;
	while (done < size) {
		iov_init_kernel(&to, buf, MIN(size - done, COPY_SIZE));
		got = file_pread(in->file, &to, in->off);
		n = got > 0 ? write_out(out, buf, (size_t)got) : got;
		if (n <= 0)
			break;
		done += (size_t)n;
		in->off += n;
		if (n < got)
			break;
	}
	kpages_free(buf, COPY_PAGES);
	return done ? (long)done : n;
}

/* The start of an end: from the program's variable, or the file. */
static int end_begin(struct copy_end *e, int64_t __user *uoff)
{
	uint64_t off = 0;

	if (!user_addr(uoff)) {
		mutex_lock(&e->file->pos_lock);
		e->off = e->file->pos;
		mutex_unlock(&e->file->pos_lock);
		return 0;
	}
	if (get_user_u64(&off, (const uint64_t __user *)uoff) < 0)
		return -EFAULT;
	e->off = (int64_t)off;
	return e->off < 0 ? -EINVAL : 0;
}

static int end_finish(struct copy_end *e, int64_t __user *uoff)
{
	if (!user_addr(uoff)) {
		mutex_lock(&e->file->pos_lock);
		e->file->pos = e->off;
		mutex_unlock(&e->file->pos_lock);
		return 0;
	}
	return put_user_u64((uint64_t __user *)uoff, (uint64_t)e->off);
}

static long do_sendfile(struct file *out_file, struct file *in_file,
                        int64_t __user *uoff, size_t size)
{
	struct copy_end in = { .file = in_file };
	struct copy_end out = { .file = out_file, .use_pos = true };
	long n;

	if (!(in_file->mode & FILE_READ) || !(out_file->mode & FILE_WRITE))
		return -EBADF;
	if (!(in_file->mode & FILE_SEEK))
		return user_addr(uoff) ? -ESPIPE : -EINVAL;
	if (READ_ONCE(out_file->flags) & O_APPEND)
		return -EINVAL;
	n = end_begin(&in, uoff);
	if (n < 0)
		return n;
	n = copy_bytes(&in, &out, MIN(size, IOV_BYTES_MAX));
	if (n > 0 && end_finish(&in, uoff) < 0)
		return -EFAULT;
	return n;
}

/*
 * sendfile(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EAGAIN EBADF EFAULT EINVAL EIO ENOMEM ESPIPE and those of write(2).
 */
long sys_sendfile(struct thread *self, int out_fd, int in_fd,
                  int64_t __user *off, size_t size)
{
	struct file *out = fd_get(self->files, out_fd);
	struct file *in = fd_get(self->files, in_fd);
	long n = -EBADF;

	if (out && in)
		n = do_sendfile(out, in, off, size);
	file_put(in);
	file_put(out);
	return n;
}

static int check_ranges(const struct copy_end *in, const struct copy_end *out,
                        size_t size)
{
	int64_t end;

	if (add_overflow(in->off, size, &end) ||
	    add_overflow(out->off, size, &end))
		return -EOVERFLOW;
	if (in->file->inode == out->file->inode &&
	    ranges_overlap((uint64_t)in->off, size, (uint64_t)out->off, size))
		return -EINVAL;
	return 0;
}

static long copy_range(struct copy_end *in, int64_t __user *in_off,
                       struct copy_end *out, int64_t __user *out_off,
                       size_t size)
{
	long n;

	if (!(in->file->mode & FILE_READ) || !(out->file->mode & FILE_WRITE) ||
	    (READ_ONCE(out->file->flags) & O_APPEND))
		return -EBADF;
	if (S_ISDIR(in->file->inode->mode) || S_ISDIR(out->file->inode->mode))
		return -EISDIR;
	if (!S_ISREG(in->file->inode->mode) || !S_ISREG(out->file->inode->mode))
		return -EINVAL;
	n = end_begin(in, in_off);
	if (n == 0)
		n = end_begin(out, out_off);
	if (n == 0)
		n = check_ranges(in, out, size);
	if (n == 0)
		n = copy_bytes(in, out, size);
	if (n > 0 &&
	    (end_finish(in, in_off) < 0 || end_finish(out, out_off) < 0))
		return -EFAULT;
	return n;
}

/*
 * copy_file_range(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EBADF EFAULT EINVAL EIO EISDIR ENOMEM ENOSPC EOVERFLOW EPERM.
 */
long sys_copy_file_range(struct thread *self, int in_fd, int64_t __user *in_off,
                         int out_fd, int64_t __user *out_off, size_t size,
                         uint32_t flags)
{
	struct copy_end in = { .file = fd_get(self->files, in_fd) };
	struct copy_end out = { .file = fd_get(self->files, out_fd) };
	long n = -EBADF;

	if (in.file && out.file)
		n = flags ? -EINVAL
		          : copy_range(&in, in_off, &out, out_off,
		                       MIN(size, IOV_BYTES_MAX));
	file_put(in.file);
	file_put(out.file);
	return n;
}

static int do_fallocate(struct file *f, uint32_t mode, int64_t off,
                        int64_t size)
{
	int64_t end;

	if (!(f->mode & FILE_WRITE))
		return -EBADF;
	if (S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!S_ISREG(f->inode->mode))
		return -ENODEV;
	if (add_overflow(off, size, &end))
		return -EFBIG;
	return f->ops->fallocate(f, mode, off, size);
}

/*
 * fallocate(2): reserve, and punch holes.
 *
 * Status: partial, without FALLOC_FL_ZERO_RANGE and those that move data, as
 * Linux's tmpfs.  Sleeps: yes.
 * Errors: EBADF EFBIG EINVAL EIO EISDIR ENODEV ENOSPC EOPNOTSUPP EPERM ESPIPE.
 */
long sys_fallocate(struct thread *self, int fd, uint32_t mode, int64_t off,
                   int64_t size)
{
	struct file *f;
	int err;

	if (off < 0 || size <= 0)
		return -EINVAL;
	f = fd_get(self->files, fd);
	if (!f)
		return -EBADF;
	err = do_fallocate(f, mode, off, size);
	file_put(f);
	return err;
}

/*
 * fsync(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EINVAL EIO.
 */
long sys_fsync(struct thread *self, int fd)
{
	struct file *f = fd_get(self->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = f->ops->fsync(f);
	file_put(f);
	return err;
}

/*
 * fdatasync(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EINVAL EIO.
 */
long sys_fdatasync(struct thread *self, int fd)
{
	return sys_fsync(self, fd);
}

/*
 * sync(2): nothing of what is in memory has another place to go.
 *
 * Status: full.  Sleeps: no.  Errors: none.
 */
long sys_sync(struct thread *self __unused)
{
	return 0;
}

/* A descriptor of which only is asked whether it is there, and seekable. */
static long check_fd(struct thread *self, int fd, bool want_seek)
{
	struct file *f = fd_get(self->files, fd);
	long ret = 0;

	if (!f)
		return -EBADF;
	if (want_seek && !(f->mode & FILE_SEEK))
		ret = -ESPIPE;
	file_put(f);
	return ret;
}

/*
 * syncfs(2).
 *
 * Status: full.  Sleeps: no.  Errors: EBADF.
 */
long sys_syncfs(struct thread *self, int fd)
{
	return check_fd(self, fd, false);
}

/*
 * sync_file_range(2).
 *
 * Status: full.  Sleeps: no.  Errors: EBADF EINVAL ESPIPE.
 */
long sys_sync_file_range(struct thread *self, int fd, int64_t off, int64_t size,
                         uint32_t flags)
{
	int64_t end;

	if ((flags & ~7u) || off < 0 || size < 0 ||
	    add_overflow(off, size, &end))
		return -EINVAL;
	return check_fd(self, fd, true);
}

#define FADVISE_LAST 5 /* POSIX_FADV_NOREUSE */

/*
 * fadvise64(2): advice, checked and not followed.
 *
 * Status: accepted.  Sleeps: no.  Errors: EBADF EINVAL ESPIPE.
 */
long sys_fadvise64(struct thread *self, int fd, int64_t off __unused,
                   int64_t size, int advice)
{
	long ret = check_fd(self, fd, true);

	if (ret == 0 && (size < 0 || advice < 0 || advice > FADVISE_LAST))
		ret = -EINVAL;
	return ret;
}

/*
 * readahead(2): advice, checked and not followed.
 *
 * Status: accepted.  Sleeps: no.  Errors: EBADF EINVAL.
 */
long sys_readahead(struct thread *self, int fd, int64_t off __unused,
                   size_t size __unused)
{
	struct file *f = fd_get(self->files, fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = !(f->mode & FILE_READ)    ? -EBADF
	      : S_ISREG(f->inode->mode) ? 0
	                                : -EINVAL;
	file_put(f);
	return ret;
}
