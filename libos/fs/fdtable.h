/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fdtable.h - the descriptors of a process.
 *
 * Shared by threads made with CLONE_FILES, copied by fork.  The descriptor a
 * call gets is always the lowest free one, as POSIX asks.
 *
 * Two ways to get at a file.  fd_get() gives a counted reference and works
 * everywhere.  fd_borrow() is for the length of one system call of the calling
 * thread on its own table: while nobody shares the table, nobody else can
 * close the descriptor, and neither lock nor count is touched.
 *
 *	struct fd_ref r = fd_borrow(self->files, fd);
 *
 *	if (!r.file)
 *		return -EBADF;
 *	ret = ...(r.file);
 *	fd_return(r);
 *
 * What runs between the two must not close descriptors of the same table.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/fs/file.h"
#include "libos/sched/spinlock.h"

/* Linux: /proc/sys/fs/nr_open. */
#define FD_COUNT_MAX (1024 * 1024)
#define FD_LIMIT_DEFAULT 1024
#define FD_INLINE 64 /* descriptors that need no second allocation */

struct fdtable {
	int32_t refs; /* atomic: threads that share it, and lookers-on */
	struct spinlock lock; /* RANK_FDTABLE; all below */
	uint32_t capacity;
	uint32_t next_free; /* no free descriptor is below it */
	uint32_t limit;     /* RLIMIT_NOFILE, see fdtable_set_limit() */
	struct file **files;
	unsigned long *open; /* may be set before the file is there */
	unsigned long *cloexec;
	struct file *inline_files[FD_INLINE];
	unsigned long inline_open[1];
	unsigned long inline_cloexec[1];
};

struct fdtable *fdtable_create(void);
/* A copy for fork: same files, same flags.  NULL: no memory. */
struct fdtable *fdtable_copy(struct fdtable *t);
struct fdtable *fdtable_get(struct fdtable *t);
/* The last put closes everything. */
void fdtable_put(struct fdtable *t);
void fdtable_set_limit(struct fdtable *t, uint64_t limit);
/* For exec: close what has the close-on-exec flag. */
void fdtable_exec(struct fdtable *t);

/* A new reference, or NULL; also for O_PATH descriptors. */
struct file *fd_get_any(struct fdtable *t, int fd);
/* The same, but NULL for O_PATH descriptors: what most calls want. */
struct file *fd_get(struct fdtable *t, int fd);

struct fd_ref {
	struct file *file;
	bool counted;
};
struct fd_ref fd_borrow(struct fdtable *t, int fd);

static inline void fd_return(struct fd_ref r)
{
	if (r.counted)
		file_put(r.file);
}

/*
 * Reserve the lowest free descriptor >= @from.  Then fd_install(), which cannot
 * fail, or fd_release().  -EMFILE, -ENOMEM; -EINVAL if @from is over the limit.
 */
int __must_check fd_reserve(struct fdtable *t, uint32_t from, uint32_t flags);
void fd_install(struct fdtable *t, int fd, struct file *f); /* takes over f */
void fd_release(struct fdtable *t, int fd);
/*
 * Both at once; @flags: O_CLOEXEC or 0.  Takes over the reference to @f, and
 * drops it on failure.
 */
int __must_check fd_install_new(struct fdtable *t, struct file *f,
                                uint32_t flags, uint32_t from);

int __must_check fd_close(struct fdtable *t, int fd);
/* dup2, dup3: @to is closed first where open. */
int __must_check fd_replace(struct fdtable *t, int from, int to,
                            uint32_t flags);
/* Close, or mark with CLOSE_RANGE_CLOEXEC, [@first, @last]. */
int __must_check fd_close_range(struct fdtable *t, uint32_t first,
                                uint32_t last, uint32_t flags);
/* F_GETFD, F_SETFD. */
int __must_check fd_get_cloexec(struct fdtable *t, int fd);
int __must_check fd_set_cloexec(struct fdtable *t, int fd, uint32_t flags);

/* The first open descriptor >= @from, or -1: for /proc/PID/fd. */
int fd_next(struct fdtable *t, uint32_t from);
