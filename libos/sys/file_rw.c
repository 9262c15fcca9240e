/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_rw.c - read, write and their relatives.
 */
#include "base/errno.h"
#include "libos/fs/fdtable.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/syscalls_gen.h"

/* Segments that need no allocation: Linux's UIO_FASTIOV. */
#define SEGS_FAST 8

/*
 * read(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EFAULT EINVAL EISDIR EAGAIN EIO.
 */
long sys_read(struct thread *self, int fd, void __user *buf, size_t size)
{
	struct fd_ref r = fd_borrow(self->files, fd);
	struct iov to;
	long ret;

	if (!r.file)
		return -EBADF;
	iov_init_user(&to, buf, size);
	ret = file_read(r.file, &to);
	fd_return(r);
	return ret;
}

/*
 * write(2).
 *
 * Status: full, without RLIMIT_FSIZE.  Sleeps: yes.
 * Errors: EBADF EFAULT EINVAL EAGAIN EFBIG ENOSPC EIO EPIPE EPERM.
 */
long sys_write(struct thread *self, int fd, const void __user *buf, size_t size)
{
	struct fd_ref r = fd_borrow(self->files, fd);
	struct iov from;
	long ret;

	if (!r.file)
		return -EBADF;
	iov_init_user(&from, user_ptr(user_addr(buf)), size);
	ret = file_write(r.file, &from);
	fd_return(r);
	return ret;
}

/*
 * pread64(2) - read at @off without moving the file position.
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EINVAL EFAULT EISDIR ESPIPE EIO.
 */
long sys_pread64(struct thread *self, int fd, void __user *buf, size_t size,
                 int64_t off)
{
	struct fd_ref r = fd_borrow(self->files, fd);
	struct iov to;
	long ret;

	if (!r.file)
		return -EBADF;
	iov_init_user(&to, buf, size);
	ret = file_pread(r.file, &to, off);
	fd_return(r);
	return ret;
}

/*
 * pwrite64(2) - write at @off; with O_APPEND at the end, as Linux does.
 *
 * Status: full, without RLIMIT_FSIZE.  Sleeps: yes.
 * Errors: EBADF EINVAL EFAULT ESPIPE EFBIG ENOSPC EIO EPERM.
 */
long sys_pwrite64(struct thread *self, int fd, const void __user *buf,
                  size_t size, int64_t off)
{
	struct fd_ref r = fd_borrow(self->files, fd);
	struct iov from;
	long ret;

	if (!r.file)
		return -EBADF;
	iov_init_user(&from, user_ptr(user_addr(buf)), size);
	ret = file_pwrite(r.file, &from, off);
	fd_return(r);
	return ret;
}

/* A vector of segments, copied in once. */
struct segs {
	struct iov_seg *seg;
	struct iov_seg fast[SEGS_FAST];
	struct iov iov;
};

static int segs_get(struct segs *s, const void __user *vec, uint64_t count)
{
	int err;

	if (count > IOV_SEGS_MAX)
		return -EINVAL;
	s->seg = s->fast;
	if (count > SEGS_FAST) {
		s->seg = kmalloc(count * sizeof(*s->seg));
		if (!s->seg)
			return -ENOMEM;
	}
	err = copy_from_user(s->seg, vec, count * sizeof(*s->seg));
	if (err == 0)
		err = iov_init_segs(&s->iov, s->seg, count);
	if (err < 0 && s->seg != s->fast)
		kfree(s->seg);
	return err;
}

static void segs_put(struct segs *s)
{
	if (s->seg != s->fast)
		kfree(s->seg);
}

/* At the file's position, or at an offset. */
struct vec_call {
	bool is_write;
	bool use_pos;
	int64_t off;
};

static long do_vec(struct thread *self, int fd, const void __user *vec,
                   uint64_t count, const struct vec_call *c)
{
	struct fd_ref r = fd_borrow(self->files, fd);
	struct segs s;
	long ret;

	if (!r.file)
		return -EBADF;
	ret = segs_get(&s, vec, count);
	if (ret < 0)
		goto out;
	if (c->is_write)
		ret = c->use_pos ? file_write(r.file, &s.iov)
		                 : file_pwrite(r.file, &s.iov, c->off);
	else
		ret = c->use_pos ? file_read(r.file, &s.iov)
		                 : file_pread(r.file, &s.iov, c->off);
	segs_put(&s);
out:
	fd_return(r);
	return ret;
}

/*
 * readv(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as read(2).
 */
long sys_readv(struct thread *self, int fd, const void __user *vec,
               uint64_t count)
{
	return do_vec(self, fd, vec, count,
	              &(struct vec_call){ .use_pos = true });
}

/*
 * writev(2).
 *
 * Status: full, without RLIMIT_FSIZE.  Sleeps: yes.  Errors: as write(2).
 */
long sys_writev(struct thread *self, int fd, const void __user *vec,
                uint64_t count)
{
	return do_vec(self, fd, vec, count,
	              &(struct vec_call){ .is_write = true, .use_pos = true });
}

/*
 * preadv(2).  On a 64-bit machine the high half of the offset is not used.
 *
 * Status: full.  Sleeps: yes.  Errors: as pread64(2).
 */
long sys_preadv(struct thread *self, int fd, const void __user *vec,
                uint64_t count, int64_t off, uint64_t off_high __unused)
{
	return do_vec(self, fd, vec, count, &(struct vec_call){ .off = off });
}

/*
 * pwritev(2).
 *
 * Status: full, without RLIMIT_FSIZE.  Sleeps: yes.  Errors: as pwrite64(2).
 */
long sys_pwritev(struct thread *self, int fd, const void __user *vec,
                 uint64_t count, int64_t off, uint64_t off_high __unused)
{
	return do_vec(self, fd, vec, count,
	              &(struct vec_call){ .is_write = true, .off = off });
}

/* Files are in memory: what asks for speed or safety has it. */
#define RWF_HARMLESS (RWF_HIPRI | RWF_DSYNC | RWF_SYNC)

static long do_vec_flags(struct thread *self, int fd, const void __user *vec,
                         uint64_t count, struct vec_call *c, uint32_t flags)
{
	if (flags & ~(uint32_t)RWF_HARMLESS)
		return -EOPNOTSUPP;
	c->use_pos = c->off == -1;
	return do_vec(self, fd, vec, count, c);
}

/*
 * preadv2(2); offset -1 is the file position.
 *
 * Status: partial, without RWF_NOWAIT.  Sleeps: yes.
 * Errors: as pread64(2), EOPNOTSUPP.
 */
long sys_preadv2(struct thread *self, int fd, const void __user *vec,
                 uint64_t count, int64_t off, uint64_t off_high __unused,
                 uint32_t flags)
{
	struct vec_call c = { .off = off };

	return do_vec_flags(self, fd, vec, count, &c, flags);
}

/*
 * pwritev2(2); offset -1 is the file position.
 *
 * Status: partial, without RWF_NOWAIT and RWF_APPEND.  Sleeps: yes.
 * Errors: as pwrite64(2), EOPNOTSUPP.
 */
long sys_pwritev2(struct thread *self, int fd, const void __user *vec,
                  uint64_t count, int64_t off, uint64_t off_high __unused,
                  uint32_t flags)
{
	struct vec_call c = { .is_write = true, .off = off };

	return do_vec_flags(self, fd, vec, count, &c, flags);
}

/*
 * lseek(2).
 *
 * Status: full.  Sleeps: no.  Errors: EBADF EINVAL ENXIO EOVERFLOW ESPIPE.
 */
long sys_lseek(struct thread *self, int fd, int64_t off, int whence)
{
	struct fd_ref r = fd_borrow(self->files, fd);
	long ret;

	if (!r.file)
		return -EBADF;
	ret = file_lseek(r.file, off, whence);
	fd_return(r);
	return ret;
}
