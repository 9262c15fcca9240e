/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iov.h - where the bytes of one read or write come from or go to.
 *
 * An iterator over segments that lie all in user memory or all in kernel
 * memory, so that one read() of a file serves programs, exec and sendfile.
 * Each copy moves the iterator on by what it moved.
 *
 *	n = iov_copy_to(to, page + off, size);
 *	if (n < 0)
 *		return n;		<- -EFAULT and nothing was copied
 *
 * A copy that meets bad memory after some bytes returns the count of those;
 * the next copy then returns -EFAULT.  User copies may sleep and take mm's
 * lock: no spinlock and no lock ranked RANK_MM or above may be held.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

/* Linux: MAX_RW_COUNT, INT_MAX rounded down to a page; UIO_MAXIOV. */
#define IOV_BYTES_MAX 0x7ffff000ull
#define IOV_SEGS_MAX 1024

/* struct iovec of the ABI, once it has been copied in. */
struct iov_seg {
	uint64_t base;
	uint64_t size;
};

enum iov_kind { IOV_USER, IOV_KERNEL };

struct iov {
	enum iov_kind kind;
	const struct iov_seg *seg; /* the current one */
	size_t nsegs;              /* from seg on */
	size_t done;               /* bytes of *seg already used */
	size_t left;               /* bytes in all */
	struct iov_seg one;
};

/* An iov that was initialised must not be moved: seg may point into it. */
void iov_init_user(struct iov *it, void __user *buf, size_t size);
void iov_init_kernel(struct iov *it, void *buf, size_t size);
/*
 * Over @count user segments, already copied in; the array must outlive the
 * iterator.  -EINVAL where sizes are negative as ssize_t or @count is too
 * large; the total is cut at IOV_BYTES_MAX as Linux does.
 */
int __must_check iov_init_segs(struct iov *it, const struct iov_seg *segs,
                               size_t count);

static inline size_t iov_left(const struct iov *it)
{
	return it->left;
}

/* Kernel memory to the iterator's; a count up to MIN(@size, left) or -EFAULT. */
long __must_check iov_copy_to(struct iov *it, const void *src, size_t size);
/* The iterator's memory to the kernel's. */
long __must_check iov_copy_from(struct iov *it, void *dst, size_t size);
/* As iov_copy_to() from zeros. */
long __must_check iov_zero(struct iov *it, size_t size);
/*
 * The program's memory that comes next, in one piece: its address and how much
 * of it, at most @size; 0 where there is none or it is the kernel's.
 */
size_t iov_peek(struct iov *it, size_t size, uint64_t *ret_addr);
/* Skip @size bytes, at most what is left. */
void iov_advance(struct iov *it, size_t size);
/* Use no more than @size further bytes. */
void iov_limit(struct iov *it, size_t size);
