/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - an open file: what a descriptor stands for.
 *
 * Made by open, pipe, socket and the like; shared by dup and fork; when the
 * last reference is put, ops->release() runs.  Pipes, sockets and the rest
 * make theirs with file_create():
 *
 *	struct file *f;
 *	int ret;
 *
 *	ret = file_create(&(struct file_spec){ .ops = &eventfd_ops,
 *	                                       .private = ctx,
 *	                                       .flags = O_RDWR }, &f);
 *	if (ret < 0)
 *		goto out_ctx;
 *	fd = fd_install_new(self->files, f, flags & O_CLOEXEC, 0);
 *
 * No slot of struct file_ops is NULL; FILE_OPS_DEFAULTS fills a table with
 * refusals, and designated initialisers after it replace those that apply.
 *
 *              may sleep  locks held           result
 *  read        yes        none or pos_lock     bytes, 0 at the end, -errno
 *  write       yes        none or pos_lock     bytes, -errno
 *  lseek       yes        pos_lock             the new position
 *  poll        no         none                 POLLxxx that hold now
 *  ioctl       yes        none                 >= 0, -ENOTTY if unknown
 *  fcntl       yes        none                 >= 0, -EINVAL if unknown
 *  readdir     yes        pos_lock             0, -errno
 *  flush       yes        none                 0, -errno; at each close(2)
 *  release     yes        none                 the last reference is gone
 *  show        no         none                 length, as str_format()
 */
#pragma once

#include "base/compiler.h"
#include "base/list.h"
#include "base/types.h"
#include "libos/fs/dentry.h"
#include "libos/fs/iov.h"
#include "libos/fs/poll.h"
#include "libos/fs/uapi.h"
#include "libos/sched/mutex.h"

struct file;
struct vm_object; /* mm/object.h */
struct thread;

/*
 * Where readdir puts entries.  emit returns false when the buffer is full;
 * readdir then stops with pos unchanged for that entry.
 */
struct dir_ctx {
	bool (*emit)(struct dir_ctx *ctx, const struct name *name, uint64_t ino,
	             uint32_t type, int64_t next_pos);
	int64_t pos;
};

struct file_ops {
	const char *name; /* for traces, unique */
	/*
	 * *pos is where to read or write and is moved on; streams ignore it.
	 * O_NONBLOCK and O_APPEND are looked up in f->flags.
	 */
	long (*read)(struct file *f, struct iov *to, int64_t *pos);
	long (*write)(struct file *f, struct iov *from, int64_t *pos);
	int64_t (*lseek)(struct file *f, int64_t off, int whence);
	uint32_t (*poll)(struct file *f, struct poll_table *pt);
	/* @arg is a number or a user address, as @cmd says. */
	long (*ioctl)(struct file *f, uint32_t cmd, uint64_t arg);
	/* F_xxx that the generic code does not know: F_SETPIPE_SZ, seals. */
	long (*fcntl)(struct file *f, uint32_t cmd, uint64_t arg);
	int (*fsync)(struct file *f);
	int (*truncate)(struct file *f, int64_t size);
	int (*fallocate)(struct file *f, uint32_t mode, int64_t off,
	                 int64_t size);
	int (*readdir)(struct file *f, struct dir_ctx *ctx);
	/* The object behind a mapping, with a reference; -ENODEV: none. */
	int (*mmap)(struct file *f, struct vm_object **ret);
	int (*flush)(struct file *f);
	void (*release)(struct file *f);
	/* What /proc/self/fd/N shows: "pipe:[17]", "/etc/passwd". */
	int (*show)(struct file *f, char *buf, size_t size);
};

/* clang-format off */
#define FILE_OPS_DEFAULTS(ops_name)                                            \
	.name = (ops_name), .read = file_no_read, .write = file_no_write,      \
	.lseek = file_no_lseek, .poll = file_poll_always,                      \
	.ioctl = file_no_ioctl, .fcntl = file_no_fcntl,                        \
	.fsync = file_no_fsync, .truncate = file_no_truncate,                  \
	.fallocate = file_no_fallocate, .readdir = file_no_readdir,            \
	.mmap = file_no_mmap, .flush = file_flush_none,                        \
	.release = file_release_none, .show = file_show_path
/* clang-format on */

/* What may be done with a file; fixed once it is open. */
enum file_mode {
	FILE_READ = 1u << 0,
	FILE_WRITE = 1u << 1,
	FILE_SEEK = 1u << 2,   /* has a position: pread, lseek work */
	FILE_PATH = 1u << 3,   /* O_PATH: a place only                */
	FILE_EXEC = 1u << 4,   /* opened for execution: writers are kept out */
	FILE_COUNTED = 1u << 5 /* counted as a writer of its inode */
};

struct file {
	int32_t refs;   /* atomic */
	uint32_t mode;  /* enum file_mode */
	uint32_t flags; /* O_xxx as F_GETFL shows; atomic */
	const struct file_ops *ops;
	struct inode *inode; /* never NULL */
	struct path path;    /* dentry NULL: no name */
	void *private;

	struct mutex pos_lock;
	int64_t pos; /* under pos_lock */

	/* F_SETOWN, F_SETSIG. */
	int32_t owner;
	int32_t owner_signal;

	/* Of epoll, which guards it; cut by file_set_gone_hook()'s function. */
	struct list watchers;
};

struct file_spec {
	const struct file_ops *ops;
	void *private;
	uint32_t flags; /* O_xxx; the access mode gives FILE_READ, _WRITE */
	struct inode *inode; /* NULL: the one all anonymous files share */
	bool can_seek;
};

/* A file without a name.  It takes its own reference to spec->inode. */
int __must_check file_create(const struct file_spec *spec, struct file **ret);
/*
 * An inode for pipes and sockets, whose number shows in "pipe:[N]": @mode is
 * S_IFIFO | 0600 or S_IFSOCK | 0777.  NULL: no memory.
 */
struct inode *file_anon_inode(uint32_t mode);

/*
 * Where a jump to @f (/proc/PID/fd/N) leads: its path, or, for a file without a
 * name, a nameless place whose inode is @f's, so that opening it again reaches
 * the same pipe.  References are the caller's.  0 or -ENOMEM.
 */
int __must_check file_place(struct file *f, struct path *ret);

struct file *file_get(struct file *f);
void file_put(struct file *f); /* NULL is fine */
/* How many exist, of all processes and of the kernel's own. */
uint64_t file_count(void);

/* epoll's: called before release when the last reference has gone. */
void file_set_gone_hook(void (*hook)(struct file *f));

/*
 * Checked forms of the operations: mode bits (-EBADF), sizes, kinds.  file_read
 * and file_write use and move the file's position, the other two @off.
 */
long __must_check file_read(struct file *f, struct iov *to);
long __must_check file_write(struct file *f, struct iov *from);
long __must_check file_pread(struct file *f, struct iov *to, int64_t off);
long __must_check file_pwrite(struct file *f, struct iov *from, int64_t off);
int64_t __must_check file_lseek(struct file *f, int64_t off, int whence);
/* Into kernel memory; short only at the end.  For exec. */
long __must_check file_read_kernel(struct file *f, void *dst, size_t size,
                                   int64_t off);
int __must_check file_stat(struct file *f, struct kstat *ret);

static inline bool file_is_nonblock(const struct file *f)
{
	return (READ_ONCE(f->flags) & O_NONBLOCK) != 0;
}

/* Refusals and plain answers. */
long file_no_read(struct file *f, struct iov *to, int64_t *pos); /* -EINVAL */
long file_no_write(struct file *f, struct iov *from,
                   int64_t *pos);                                 /* -EINVAL */
long file_read_dir(struct file *f, struct iov *to, int64_t *pos); /* -EISDIR */
int64_t file_no_lseek(struct file *f, int64_t off, int whence);   /* -ESPIPE */
/* As null(4), eventfd(2) and epoll(7): always 0. */
int64_t file_null_lseek(struct file *f, int64_t off, int whence);
/* For ops whose size is f->inode's, or that have none. */
int64_t file_lseek_size(struct file *f, int64_t off, int whence);
uint32_t file_poll_always(struct file *f, struct poll_table *pt); /* in, out */
long file_no_ioctl(struct file *f, uint32_t cmd, uint64_t arg);   /* -ENOTTY */
long file_no_fcntl(struct file *f, uint32_t cmd, uint64_t arg);   /* -EINVAL */
int file_no_fsync(struct file *f);                                /* -EINVAL */
int file_fsync_memory(struct file *f);                            /* 0 */
int file_no_truncate(struct file *f, int64_t size);               /* -EINVAL */
int file_no_fallocate(struct file *f, uint32_t mode, int64_t off,
                      int64_t size);                      /* -ENODEV */
int file_no_readdir(struct file *f, struct dir_ctx *ctx); /* -ENOTDIR */
int file_no_mmap(struct file *f, struct vm_object **ret); /* -ENODEV */
int file_flush_none(struct file *f);                      /* 0 */
void file_release_none(struct file *f);
int file_show_path(struct file *f, char *buf, size_t size);
