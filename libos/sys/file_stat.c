/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_stat.c - what is known of a file: stat, statx, statfs.
 */
#include "base/errno.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/mount.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/file_path.h"
#include "libos/sys/syscalls_gen.h"

#define SEC_NS 1000000000

/* struct stat of x86-64, stat(2). */
struct user_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, pad;
	uint64_t rdev;
	int64_t size, block_size, blocks;
	int64_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	int64_t unused[3];
};
static_assert(sizeof(struct user_stat) == 144, "stat(2)");

struct user_statx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t pad;
};

/* struct statx, statx(2). */
struct user_statx {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad;
	uint64_t ino, size, blocks, attributes_mask;
	struct user_statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id;
	uint64_t spare[13];
};
static_assert(sizeof(struct user_statx) == 256, "statx(2)");

/* STATX_BASIC_STATS, STATX_BTIME and STATX_MNT_ID. */
#define STATX_BASIC 0x7ffu
#define STATX_BTIME 0x800u
#define STATX_MNT_ID 0x1000u
#define STATX_RESERVED 0x80000000u

/* Seconds round down, so that nanoseconds are never negative. */
static int64_t sec_of(int64_t ns)
{
	int64_t sec = ns / SEC_NS;

	return ns % SEC_NS < 0 ? sec - 1 : sec;
}

static int64_t nsec_of(int64_t ns)
{
	return ns - sec_of(ns) * SEC_NS;
}

static long stat_write(void __user *buf, const struct kstat *k)
{
	struct user_stat s = {
		.dev = k->dev,
		.ino = k->ino,
		.nlink = k->nlink,
		.mode = k->mode,
		.uid = k->uid,
		.gid = k->gid,
		.rdev = k->rdev,
		.size = k->size,
		.block_size = k->block_size,
		.blocks = k->blocks,
		.atime = sec_of(k->atime_ns),
		.atime_nsec = nsec_of(k->atime_ns),
		.mtime = sec_of(k->mtime_ns),
		.mtime_nsec = nsec_of(k->mtime_ns),
		.ctime = sec_of(k->ctime_ns),
		.ctime_nsec = nsec_of(k->ctime_ns),
	};

	return copy_to_user(buf, &s, sizeof(s));
}

static long stat_path(struct thread *self, int dirfd, const char __user *upath,
                      void __user *buf, uint32_t at_flags)
{
	struct kstat k;
	struct path p;
	int err = user_lookup_at(self, dirfd, upath, at_flags, &p);

	if (err < 0)
		return err;
	err = path_stat(&p, &k);
	path_put(&p);
	return err < 0 ? err : stat_write(buf, &k);
}

/*
 * stat(2).
 *
 * Status: full.  Sleeps: yes.
 * Errors: EACCES EFAULT ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR.
 */
long sys_stat(struct thread *self, const char __user *path, void __user *buf)
{
	return stat_path(self, AT_FDCWD, path, buf, 0);
}

/*
 * lstat(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as stat(2).
 */
long sys_lstat(struct thread *self, const char __user *path, void __user *buf)
{
	return stat_path(self, AT_FDCWD, path, buf, AT_SYMLINK_NOFOLLOW);
}

/*
 * fstat(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EFAULT.
 */
long sys_fstat(struct thread *self, int fd, void __user *buf)
{
	struct file *f = fd_get_any(self->files, fd);
	struct kstat k;
	int err;

	if (!f)
		return -EBADF;
	err = file_stat(f, &k);
	file_put(f);
	return err < 0 ? err : stat_write(buf, &k);
}

/*
 * newfstatat(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as stat(2), EBADF EINVAL.
 */
long sys_newfstatat(struct thread *self, int dirfd, const char __user *path,
                    void __user *buf, uint32_t flags)
{
	if (flags &
	    ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	return stat_path(self, dirfd, path, buf, flags);
}

static struct user_statx_time statx_time(int64_t ns)
{
	return (struct user_statx_time){ .sec = sec_of(ns),
		                         .nsec = (uint32_t)nsec_of(ns) };
}

static long statx_write(void __user *buf, const struct kstat *k,
                        uint64_t mnt_id)
{
	struct user_statx s = {
		.mask = STATX_BASIC | STATX_BTIME | STATX_MNT_ID,
		.block_size = k->block_size,
		.nlink = k->nlink,
		.uid = k->uid,
		.gid = k->gid,
		.mode = (uint16_t)k->mode,
		.ino = k->ino,
		.size = (uint64_t)k->size,
		.blocks = (uint64_t)k->blocks,
		.atime = statx_time(k->atime_ns),
		.btime = statx_time(k->btime_ns),
		.ctime = statx_time(k->ctime_ns),
		.mtime = statx_time(k->mtime_ns),
		.rdev_major = DEV_MAJOR(k->rdev),
		.rdev_minor = DEV_MINOR(k->rdev),
		.dev_major = DEV_MAJOR(k->dev),
		.dev_minor = DEV_MINOR(k->dev),
		.mnt_id = mnt_id,
	};

	return copy_to_user(buf, &s, sizeof(s));
}

/*
 * statx(2).  Everything is always at hand, so @mask only asks.
 *
 * Status: full.  Sleeps: yes.  Errors: as stat(2), EBADF EINVAL.
 */
long sys_statx(struct thread *self, int dirfd, const char __user *path,
               uint32_t flags, uint32_t mask, void __user *buf)
{
	uint32_t sync = AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC;
	uint64_t mnt_id;
	struct kstat k;
	struct path p;
	int err;

	if ((mask & STATX_RESERVED) || (flags & sync) == sync ||
	    (flags &
	     ~(sync | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)))
		return -EINVAL;
	err = user_lookup_at(self, dirfd, path, flags, &p);
	if (err < 0)
		return err;
	err = path_stat(&p, &k);
	mnt_id = (uint64_t)p.mnt->id;
	path_put(&p);
	return err < 0 ? err : statx_write(buf, &k, mnt_id);
}

/* struct statfs, statfs(2). */
struct user_statfs {
	uint64_t type, block_size, blocks, blocks_free, blocks_available;
	uint64_t files, files_free;
	uint32_t fsid[2];
	uint64_t name_max, fragment_size, flags;
	uint64_t spare[4];
};
static_assert(sizeof(struct user_statfs) == 120, "statfs(2)");

#define ST_VALID 0x0020 /* statfs(2): f_flags is filled in */
#define ST_RELATIME 0x1000

static long statfs_write(void __user *buf, struct superblock *sb,
                         const struct mount *m)
{
	struct kstatfs k;
	struct user_statfs s;
	int err = sb->ops->statfs(sb, &k);

	if (err < 0)
		return err;
	s = (struct user_statfs){
		.type = k.type,
		.block_size = k.block_size,
		.blocks = k.blocks,
		.blocks_free = k.blocks_free,
		.blocks_available = k.blocks_free,
		.files = k.files,
		.files_free = k.files_free,
		.fsid = { (uint32_t)sb->dev, 0 },
		.name_max = NAME_MAX,
		.fragment_size = k.block_size,
		.flags = ST_VALID | ST_RELATIME | (m ? m->flags : 0),
	};
	return copy_to_user(buf, &s, sizeof(s));
}

/*
 * statfs(2).
 *
 * Status: full.  Sleeps: yes.  Errors: as stat(2).
 */
long sys_statfs(struct thread *self, const char __user *path, void __user *buf)
{
	struct path p;
	long err = user_lookup(self, AT_FDCWD, path, LOOKUP_FOLLOW, &p);

	if (err < 0)
		return err;
	err = statfs_write(buf, p.dentry->inode->sb, p.mnt);
	path_put(&p);
	return err;
}

/*
 * fstatfs(2).
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EFAULT.
 */
long sys_fstatfs(struct thread *self, int fd, void __user *buf)
{
	struct file *f = fd_get_any(self->files, fd);
	long err;

	if (!f)
		return -EBADF;
	err = statfs_write(buf, f->inode->sb, f->path.mnt);
	file_put(f);
	return err;
}
