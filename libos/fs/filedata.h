/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filedata.h - the bytes of a file in memory.
 *
 * A sparse array of pages.  A page is one of
 *
 *   absent    zeros, or, in a file of the measured root, the body's bytes
 *   hole      zeros although the body has bytes there
 *   own       a page of the heap
 *
 * Writing gives a page memory of its own; nothing ever goes back to the host.
 *
 * Locking.  The tree and the backing are under lock (RANK_FILE_DATA).  Copies
 * to and from programs can't be made under it; the inode's lock keeps pages
 * in place meanwhile: shared to read or write in place, exclusive to free
 * pages (truncate, punch).  So the functions are of two kinds: those with an
 * iov want the inode's lock, the _kernel ones want none.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/fs/pagetree.h"
#include "libos/sched/mutex.h"

struct iov;
struct root_file;

/* How many pages a file system may have; shared by its files. */
struct page_quota {
	uint64_t used; /* atomic */
	uint64_t max;
};

/* Pages of all files of the instance; the heap is the kernel's as well. */
extern struct page_quota filedata_total;

struct filedata {
	struct mutex lock;
	struct page_tree pages;
	uint64_t npages; /* own pages, for st_blocks */
	struct page_quota *quota;
	/* The measured root's bytes, visible up to backed_size; or NULL. */
	struct root_file *backing;
	uint64_t backed_size;
	bool is_written; /* differs from the backing: never again cleared */
};

void filedata_init(struct filedata *d, struct page_quota *quota);
void filedata_fini(struct filedata *d);

/*
 * Copy [@off, @off + @size), which lies inside the file, to @to.  Bytes moved
 * or, if none were: -EFAULT, -EIO.
 */
long __must_check filedata_read(struct filedata *d, struct iov *to,
                                uint64_t off, size_t size);
/* Copy from @from.  Bytes moved or, if none were: -EFAULT, -ENOSPC, -EIO. */
long __must_check filedata_write(struct filedata *d, struct iov *from,
                                 uint64_t off, size_t size);

/* The same with kernel memory, and without the inode's lock. */
long __must_check filedata_read_kernel(struct filedata *d, void *dst,
                                       size_t size, uint64_t off);
long __must_check filedata_write_kernel(struct filedata *d, const void *src,
                                        size_t size, uint64_t off);

/* Forget what lies at and behind @size, and zero the rest of its page. */
int __must_check filedata_cut(struct filedata *d, uint64_t size);
/* Make [@off, @off + @size) zeros, without memory where whole pages are. */
int __must_check filedata_punch(struct filedata *d, uint64_t off,
                                uint64_t size);
/* Give all pages of the range memory, so that later writes find room. */
int __must_check filedata_reserve(struct filedata *d, uint64_t off,
                                  uint64_t size);

/* The first offset >= @off with data, or without; @size is the file's. */
uint64_t filedata_next(struct filedata *d, uint64_t off, uint64_t size,
                       bool want_data);
