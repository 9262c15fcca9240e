/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_fcntl.c - fcntl, ioctl and flock: what can be asked of a descriptor.
 */
#include "base/arith.h"
#include "base/errno.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/flock.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/process.h"
#include "libos/sched/thread.h"
#include "libos/sys/syscalls_gen.h"

/* What F_SETFL may change. */
#define SETFL_FLAGS                                                            \
	((uint32_t)(O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME))

static void flags_set(struct file *f, uint32_t mask, uint32_t value)
{
	uint32_t old = __atomic_load_n(&f->flags, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(
		&f->flags, &old, (old & ~mask) | (value & mask), true,
		__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static long fcntl_setfl(struct thread *self, struct file *f, uint64_t arg)
{
	uint32_t flags = (uint32_t)arg & SETFL_FLAGS;
	struct fs_cred *cred;
	bool is_owner;

	if ((flags & O_NOATIME) && !(f->flags & O_NOATIME)) {
		cred = fs_context_cred(self->fs);
		is_owner = inode_is_owner(f->inode, cred);
		fs_cred_put(cred);
		if (!is_owner)
			return -EPERM;
	}
	flags_set(f, SETFL_FLAGS, flags);
	return 0;
}

/* The range of a struct flock as [start, end]. */
static int lock_range(struct file *f, const struct flock *l,
                      struct lock_request *req)
{
	int64_t start = l->l_start, base = 0, end;

	if (l->l_whence == SEEK_CUR)
		base = f->pos;
	else if (l->l_whence == SEEK_END)
		base = READ_ONCE(f->inode->size);
	else if (l->l_whence != SEEK_SET)
		return -EINVAL;
	if (add_overflow(start, base, &start))
		return -EOVERFLOW;
	if (l->l_len < 0) { /* POSIX: what lies ahead of the start */
		end = start - 1;
		if (add_overflow(start, l->l_len, &start))
			return -EINVAL;
	} else if (l->l_len == 0) {
		end = INT64_MAX;
	} else if (add_overflow(start, l->l_len - 1, &end)) {
		return -EOVERFLOW;
	}
	if (start < 0)
		return -EINVAL;
	req->start = start;
	req->end = end;
	return 0;
}

static int lock_request_read(struct thread *self, struct file *f, bool is_ofd,
                             const void __user *ulock, struct lock_request *req)
{
	struct flock l;

	if (copy_from_user(&l, ulock, sizeof(l)) < 0)
		return -EFAULT;
	if (l.l_type != F_RDLCK && l.l_type != F_WRLCK && l.l_type != F_UNLCK)
		return -EINVAL;
	if (is_ofd && l.l_pid)
		return -EINVAL;
	*req = (struct lock_request){
		.kind = is_ofd ? LOCK_KIND_OFD : LOCK_KIND_POSIX,
		.type = l.l_type,
		.owner = is_ofd ? (const void *)f : (const void *)self->files,
		.pid = is_ofd || !self->process ? -1 : self->process->pid.nr,
	};
	return lock_range(f, &l, req);
}

static long fcntl_setlk(struct thread *self, struct file *f, uint32_t cmd,
                        uint64_t arg)
{
	bool is_ofd = cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
	bool waits = cmd == F_SETLKW || cmd == F_OFD_SETLKW;
	struct lock_request req;
	int err = lock_request_read(self, f, is_ofd, user_ptr(arg), &req);

	if (err < 0)
		return err;
	if ((req.type == F_RDLCK && !(f->mode & FILE_READ)) ||
	    (req.type == F_WRLCK && !(f->mode & FILE_WRITE)))
		return -EBADF;
	return flock_set(f->inode, &req, waits ? LOCK_SLEEP : LOCK_TRY);
}

static long fcntl_getlk(struct thread *self, struct file *f, uint32_t cmd,
                        uint64_t arg)
{
	struct lock_request req;
	struct flock l;
	int err = lock_request_read(self, f, cmd == F_OFD_GETLK, user_ptr(arg),
	                            &req);

	if (err < 0)
		return err;
	if (req.type == F_UNLCK)
		return -EINVAL;
	flock_test(f->inode, &req);
	if (copy_from_user(&l, user_ptr(arg), sizeof(l)) < 0)
		return -EFAULT;
	l.l_type = req.type;
	if (req.type != F_UNLCK) {
		l.l_whence = SEEK_SET;
		l.l_start = req.start;
		l.l_len = req.end == INT64_MAX ? 0 : req.end - req.start + 1;
		l.l_pid = req.pid;
	}
	return copy_to_user(user_ptr(arg), &l, sizeof(l));
}

/* struct f_owner_ex */
struct owner_ex {
	int32_t type;
	int32_t pid;
};
#define F_OWNER_PID 1
#define F_OWNER_PGRP 2

static long fcntl_owner_ex(struct file *f, uint32_t cmd, uint64_t arg)
{
	int32_t owner = READ_ONCE(f->owner);
	struct owner_ex o = { .type = owner < 0 ? F_OWNER_PGRP : F_OWNER_PID,
		              .pid = owner < 0 ? -owner : owner };

	if (cmd == F_GETOWN_EX)
		return copy_to_user(user_ptr(arg), &o, sizeof(o));
	if (copy_from_user(&o, user_ptr(arg), sizeof(o)) < 0)
		return -EFAULT;
	if (o.type < 0 || o.type > F_OWNER_PGRP || o.pid < 0)
		return -EINVAL;
	WRITE_ONCE(f->owner, o.type == F_OWNER_PGRP ? -o.pid : o.pid);
	return 0;
}

/* Commands that look at the descriptor or the open file only. */
static long fcntl_common(struct thread *self, int fd, struct file *f,
                         uint32_t cmd, uint64_t arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg > INT32_MAX)
			return -EINVAL;
		return fd_install_new(self->files, file_get(f),
		                      cmd == F_DUPFD ? 0 : O_CLOEXEC,
		                      (uint32_t)arg);
	case F_GETFD:
		return fd_get_cloexec(self->files, fd);
	case F_SETFD:
		return fd_set_cloexec(self->files, fd, (uint32_t)arg);
	case F_GETFL:
		return (long)READ_ONCE(f->flags);
	default:
		return -ENOSYS;
	}
}

static long fcntl_open_file(struct thread *self, struct file *f, uint32_t cmd,
                            uint64_t arg)
{
	switch (cmd) {
	case F_SETFL:
		return fcntl_setfl(self, f, arg);
	case F_GETLK:
	case F_OFD_GETLK:
		return fcntl_getlk(self, f, cmd, arg);
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_setlk(self, f, cmd, arg);
	case F_GETOWN:
		return READ_ONCE(f->owner);
	case F_SETOWN:
		WRITE_ONCE(f->owner, (int32_t)arg);
		return 0;
	case F_GETOWN_EX:
	case F_SETOWN_EX:
		return fcntl_owner_ex(f, cmd, arg);
	case F_GETSIG:
		return READ_ONCE(f->owner_signal);
	case F_SETSIG:
		if (arg > 64)
			return -EINVAL;
		WRITE_ONCE(f->owner_signal, (int32_t)arg);
		return 0;
	case F_GETLEASE:
		return F_UNLCK;
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		if (!S_ISFIFO(f->inode->mode))
			return -EBADF;
		return f->ops->fcntl(f, cmd, arg);
	default:
		return f->ops->fcntl(f, cmd, arg);
	}
}

/*
 * fcntl(2).
 *
 * Status: partial, without F_SETLEASE and F_NOTIFY (EINVAL).  Sleeps: yes.
 * Errors: EAGAIN EBADF EBUSY EDEADLK EFAULT EINVAL EMFILE ENOLCK EPERM.
 */
long sys_fcntl(struct thread *self, int fd, uint32_t cmd, uint64_t arg)
{
	struct file *f = fd_get_any(self->files, fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = fcntl_common(self, fd, f, cmd, arg);
	if (ret == -ENOSYS)
		ret = f->mode & FILE_PATH ? -EBADF
		                          : fcntl_open_file(self, f, cmd, arg);
	file_put(f);
	return ret;
}

/*
 * flock(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EAGAIN EBADF EINVAL ENOLCK.
 */
long sys_flock(struct thread *self, int fd, uint32_t op)
{
	static const int16_t types[] = {
		[LOCK_SH] = F_RDLCK, [LOCK_EX] = F_WRLCK, [LOCK_UN] = F_UNLCK
	};
	uint32_t what = op & ~(uint32_t)LOCK_NB;
	struct lock_request req;
	struct file *f;
	int err;

	if (what != LOCK_SH && what != LOCK_EX && what != LOCK_UN)
		return -EINVAL;
	f = fd_get(self->files, fd);
	if (!f)
		return -EBADF;
	req = (struct lock_request){ .kind = LOCK_KIND_FLOCK,
		                     .type = types[what],
		                     .end = INT64_MAX,
		                     .owner = f };
	err = flock_set(f->inode, &req, op & LOCK_NB ? LOCK_TRY : LOCK_SLEEP);
	file_put(f);
	return err;
}

static long ioctl_flag(struct file *f, uint32_t flag, uint64_t arg)
{
	uint32_t on;

	if (get_user_u32(&on, user_ptr(arg)) < 0)
		return -EFAULT;
	flags_set(f, flag, on ? flag : 0);
	return 0;
}

static long ioctl_regular(struct file *f, uint32_t cmd, uint64_t arg)
{
	int64_t left = READ_ONCE(f->inode->size) - READ_ONCE(f->pos);

	switch (cmd) {
	case FIONREAD:
		return put_user_u32(user_ptr(arg), (uint32_t)left);
	case FIOQSIZE:
		return put_user_u64(user_ptr(arg), (uint64_t)f->inode->size);
	default:
		return f->ops->ioctl(f, cmd, arg);
	}
}

static long do_ioctl(struct thread *self, int fd, struct file *f, uint32_t cmd,
                     uint64_t arg)
{
	switch (cmd) {
	case FIOCLEX:
		return fd_set_cloexec(self->files, fd, FD_CLOEXEC);
	case FIONCLEX:
		return fd_set_cloexec(self->files, fd, 0);
	case FIONBIO:
		return ioctl_flag(f, O_NONBLOCK, arg);
	case FIOASYNC:
		return ioctl_flag(f, O_ASYNC, arg);
	default:
		return S_ISREG(f->inode->mode) ? ioctl_regular(f, cmd, arg)
		                               : f->ops->ioctl(f, cmd, arg);
	}
}

/*
 * ioctl(2): what every descriptor knows; the rest is the file's.
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EFAULT EINVAL ENOTTY.
 */
long sys_ioctl(struct thread *self, int fd, uint32_t cmd, uint64_t arg)
{
	struct fd_ref r = fd_borrow(self->files, fd);
	long ret;

	if (!r.file)
		return -EBADF;
	ret = do_ioctl(self, fd, r.file, cmd, arg);
	fd_return(r);
	return ret;
}
