/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flock.h - advisory locks: flock(2), POSIX record locks and OFD locks.
 *
 * A lock covers [start, end] of an inode for an owner: POSIX locks belong to a
 * descriptor table (so to a process), OFD and flock locks to an open file.
 * flock locks and record locks don't see each other, as on Linux.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/fs/uapi.h"

struct fdtable;
struct file;
struct inode;

enum lock_kind { LOCK_KIND_FLOCK, LOCK_KIND_POSIX, LOCK_KIND_OFD };

struct lock_request {
	enum lock_kind kind;
	int16_t type; /* F_RDLCK, F_WRLCK, F_UNLCK */
	int64_t start;
	int64_t end;       /* inclusive; INT64_MAX: to the end */
	const void *owner; /* struct fdtable or struct file */
	int32_t pid;       /* for F_GETLK; -1 with OFD locks */
};

enum lock_wait { LOCK_TRY, LOCK_SLEEP };

/*
 * Set or clear a lock; what the owner held in the range is replaced.  -EAGAIN:
 * held by somebody else (LOCK_TRY); -EDEADLK: POSIX owners wait for one
 * another; -ENOLCK: no memory; -ERESTARTSYS.
 */
int __must_check flock_set(struct inode *inode, const struct lock_request *req,
                           enum lock_wait wait);
/* The first lock in the way of @req, into @req; type F_UNLCK if there is none. */
void flock_test(struct inode *inode, struct lock_request *req);

/* close(2) drops the process's record locks on that file, whichever fd. */
void flock_release_owner(struct inode *inode, const struct fdtable *files);
/* The last reference to an open file drops its flock and OFD locks. */
void flock_release_file(struct file *f);
/* The inode is freed; nobody holds a lock on it any more. */
void flock_free(struct inode *inode);
