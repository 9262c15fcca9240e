/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_time.c - setting the times of files.
 */
#include "base/errno.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/file_path.h"
#include "libos/sys/syscalls_gen.h"

#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe
#define SEC_NS 1000000000ll
/* Nanoseconds since the epoch fit 64 bits until the year 2262. */
#define SEC_MAX (INT64_MAX / SEC_NS - 1)

/* Two times as the calls have them, access time first. */
struct file_times {
	struct {
		int64_t sec;
		int64_t frac; /* nanoseconds, or one of UTIME_xxx */
	} t[2];
};

static int64_t time_ns(const struct file_times *ft, int i)
{
	int64_t sec = MIN(ft->t[i].sec, SEC_MAX);

	return MAX(sec, -SEC_MAX) * SEC_NS + ft->t[i].frac;
}

static int times_check(const struct file_times *ft)
{
	for (int i = 0; i < 2; i++) {
		int64_t frac = ft->t[i].frac;

		if ((frac < 0 || frac >= SEC_NS) && frac != UTIME_NOW &&
		    frac != UTIME_OMIT)
			return -EINVAL;
	}
	return 0;
}

static void attr_of_times(const struct file_times *ft, struct iattr *attr)
{
	static const uint32_t masks[] = { IATTR_ATIME, IATTR_MTIME };
	int64_t *values[] = { &attr->atime_ns, &attr->mtime_ns };

	for (int i = 0; i < 2; i++) {
		if (ft->t[i].frac == UTIME_OMIT)
			continue;
		attr->mask |= masks[i];
		*values[i] = ft->t[i].frac == UTIME_NOW ? inode_now_ns()
		                                        : time_ns(ft, i);
	}
}

/* utimensat(2): "now" for both needs write permission, all else the owner. */
static int may_set_times(const struct path *p, const struct fs_cred *cred,
                         const struct file_times *ft)
{
	if (inode_is_owner(p->dentry->inode, cred))
		return 0;
	if (ft->t[0].frac != UTIME_NOW || ft->t[1].frac != UTIME_NOW)
		return -EPERM;
	return path_permission(p, cred, MAY_WRITE);
}

static long set_times(struct thread *self, struct path *p,
                      const struct file_times *ft)
{
	struct iattr attr = { 0 };
	struct fs_cred *cred;
	int err = times_check(ft);

	if (err < 0)
		return err;
	attr_of_times(ft, &attr);
	cred = fs_context_cred(self->fs);
	err = may_set_times(p, cred, ft);
	fs_cred_put(cred);
	return err < 0 ? err : path_setattr(p, &attr);
}

/* struct timespec[2]; NULL: now. */
static int times_read(const void __user *utimes, struct file_times *ft)
{
	*ft = (struct file_times){ .t = { { 0, UTIME_NOW },
		                          { 0, UTIME_NOW } } };
	return user_addr(utimes) ? copy_from_user(ft, utimes, sizeof(*ft)) : 0;
}

/* struct timeval[2]; NULL: now. */
static int times_read_us(const void __user *utimes, struct file_times *ft)
{
	int err = times_read(utimes, ft);

	if (err < 0 || !user_addr(utimes))
		return err;
	for (int i = 0; i < 2; i++) {
		if (ft->t[i].frac < 0 || ft->t[i].frac >= 1000000)
			return -EINVAL;
		ft->t[i].frac *= 1000;
	}
	return 0;
}

static long set_times_at(struct thread *self, int dirfd,
                         const char __user *upath, const struct file_times *ft,
                         uint32_t flags)
{
	struct path p;
	long err;

	/* futimens(3) has no path. */
	if (!user_addr(upath) && dirfd != AT_FDCWD)
		err = user_lookup_fd(self, dirfd, &p);
	else
		err = user_lookup_at(self, dirfd, upath, flags, &p);
	if (err < 0)
		return err;
	err = set_times(self, &p, ft);
	path_put(&p);
	return err;
}

/*
 * utimensat(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR
 *         EPERM EROFS.
 */
long sys_utimensat(struct thread *self, int dirfd, const char __user *path,
                   const void __user *times, uint32_t flags)
{
	struct file_times ft;

	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (times_read(times, &ft) < 0)
		return -EFAULT;
	/* Nothing to change is not even looked up. */
	if (ft.t[0].frac == UTIME_OMIT && ft.t[1].frac == UTIME_OMIT)
		return 0;
	return set_times_at(self, dirfd, path, &ft, flags);
}

/*
 * futimesat(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as utimensat(2).
 */
long sys_futimesat(struct thread *self, int dirfd, const char __user *path,
                   const void __user *times)
{
	struct file_times ft;
	int err = times_read_us(times, &ft);

	return err < 0 ? err : set_times_at(self, dirfd, path, &ft, 0);
}

/*
 * utimes(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as utimensat(2).
 */
long sys_utimes(struct thread *self, const char __user *path,
                const void __user *times)
{
	return sys_futimesat(self, AT_FDCWD, path, times);
}

/*
 * utime(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as utimensat(2).
 */
long sys_utime(struct thread *self, const char __user *path,
               const void __user *times)
{
	struct file_times ft = { .t = { { 0, UTIME_NOW }, { 0, UTIME_NOW } } };
	int64_t sec[2];

	if (user_addr(times)) {
		if (copy_from_user(sec, times, sizeof(sec)) < 0)
			return -EFAULT;
		ft = (struct file_times){ .t = { { sec[0], 0 },
			                         { sec[1], 0 } } };
	}
	return set_times_at(self, AT_FDCWD, path, &ft, 0);
}
