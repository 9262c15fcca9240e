/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/filedata.h"

#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/fs/iov.h"
#include "libos/fs/rootchunk.h"
#include "libos/mm/kheap.h"

struct page_quota filedata_total = { .max = UINT64_MAX };

/* Stands for zeros where the backing would show through. */
static uint8_t hole_page[PAGE_SIZE] __aligned(PAGE_SIZE);

/* A page as it is in the tree. */
static bool is_own(const void *page)
{
	return page && page != hole_page;
}

void filedata_init(struct filedata *d, struct page_quota *quota)
{
	*d = (struct filedata){ .quota = quota };
	mutex_init(&d->lock, RANK_FILE_DATA);
}

static bool quota_take_one(struct page_quota *q)
{
	if (__atomic_add_fetch(&q->used, 1, __ATOMIC_RELAXED) <= q->max)
		return true;
	__atomic_sub_fetch(&q->used, 1, __ATOMIC_RELAXED);
	return false;
}

static void quota_return(struct filedata *d)
{
	__atomic_sub_fetch(&d->quota->used, 1, __ATOMIC_RELAXED);
	__atomic_sub_fetch(&filedata_total.used, 1, __ATOMIC_RELAXED);
}

static bool quota_take(struct filedata *d)
{
	if (!quota_take_one(d->quota))
		return false;
	if (quota_take_one(&filedata_total))
		return true;
	__atomic_sub_fetch(&d->quota->used, 1, __ATOMIC_RELAXED);
	return false;
}

static void *page_alloc_locked(struct filedata *d)
{
	void *page;

	if (!quota_take(d))
		return NULL;
	page = kpages_alloc(1);
	if (!page) {
		quota_return(d);
		return NULL;
	}
	d->npages++;
	return page;
}

static void page_free_locked(struct filedata *d, void *page)
{
	if (!is_own(page))
		return;
	kpages_free(page, 1);
	quota_return(d);
	d->npages--;
}

static bool drop_page(struct page_walk *w, uint64_t index, void **page)
{
	if (index >= w->first && index <= w->last) {
		page_free_locked(w->arg, *page);
		*page = NULL;
	}
	return false;
}

void filedata_fini(struct filedata *d)
{
	struct page_walk w = { .arg = d,
		               .last = UINT64_MAX,
		               .func = drop_page };

	page_tree_walk(&d->pages, &w);
	page_tree_trim(&d->pages, 0);
}

/* Bytes of the backing that page @index shows. */
static size_t backed_bytes_locked(const struct filedata *d, uint64_t index)
{
	uint64_t off = index << PAGE_SHIFT;

	if (!d->backing || off >= d->backed_size)
		return 0;
	return MIN(d->backed_size - off, PAGE_SIZE);
}

/* Fill a fresh page with what the file shows there now. */
static int fill_page_locked(struct filedata *d, uint64_t index, uint8_t *page)
{
	size_t n = backed_bytes_locked(d, index);
	int err;

	if (n) {
		err = root_file_read(d->backing, page, n, index << PAGE_SHIFT);
		if (err < 0)
			return err;
	}
	memset(page + n, 0, PAGE_SIZE - n);
	return 0;
}

enum page_use { PAGE_KEEP_BYTES, PAGE_OVERWRITE };

/*
 * The file's own page @index, made if need be.  A page that will be overwritten
 * whole needs no bytes from the host, but starts as zeros all the same: the
 * copy from the program may fail half way.
 */
static int own_page_locked(struct filedata *d, uint64_t index,
                           enum page_use use, uint8_t **ret)
{
	void **slot = page_tree_slot(&d->pages, index);
	uint8_t *page;
	int err;

	d->is_written = true;
	if (!slot)
		return -ENOSPC;
	if (is_own(*slot)) {
		*ret = *slot;
		return 0;
	}
	page = page_alloc_locked(d);
	if (!page)
		return -ENOSPC;
	if (*slot == hole_page || use == PAGE_OVERWRITE) {
		memset(page, 0, PAGE_SIZE);
	} else {
		err = fill_page_locked(d, index, page);
		if (err < 0) {
			page_free_locked(d, page);
			return err;
		}
	}
	*slot = page;
	*ret = page;
	return 0;
}

static int own_page(struct filedata *d, uint64_t index, enum page_use use,
                    uint8_t **ret)
{
	int err;

	mutex_lock(&d->lock);
	err = own_page_locked(d, index, use, ret);
	mutex_unlock(&d->lock);
	return err;
}

/* How many bytes of page-wise work at @off, of @size in all. */
static size_t page_part(uint64_t off, size_t size)
{
	return MIN(size, PAGE_SIZE - (off & ~PAGE_MASK));
}

/*
 * Copy from the page at @off, without the lock during the copy: own pages stay
 * because the caller holds the inode's lock, chunks because they are pinned.
 */
static long read_part(struct filedata *d, struct iov *to, uint64_t off,
                      size_t size)
{
	uint64_t index = off >> PAGE_SHIFT;
	size_t in_page = off & ~PAGE_MASK;
	size_t part = page_part(off, size);
	uint64_t backed = 0; /* bytes the backing shows from off on */
	uint8_t *page;

	mutex_lock(&d->lock);
	page = page_tree_get(&d->pages, index);
	if (!page && d->backing && off < d->backed_size)
		backed = d->backed_size - off;
	if (!d->is_written)
		part = size; /* nothing in between: a chunk at a time */
	mutex_unlock(&d->lock);

	if (page)
		return iov_copy_to(to, page + in_page, page_part(off, size));
	if (!backed)
		return iov_zero(to, page_part(off, size));
	return root_file_copy(d->backing, to, MIN(part, backed), off);
}

long filedata_read(struct filedata *d, struct iov *to, uint64_t off,
                   size_t size)
{
	size_t done = 0;
	long n;

	while (done < size) {
		n = read_part(d, to, off + done, size - done);
		if (n <= 0)
			return done ? (long)done : n;
		done += (size_t)n;
	}
	return (long)done;
}

long filedata_write(struct filedata *d, struct iov *from, uint64_t off,
                    size_t size)
{
	size_t done = 0, part;
	uint8_t *page;
	long n;

	while (done < size) {
		part = page_part(off + done, size - done);
		n = own_page(d, (off + done) >> PAGE_SHIFT,
		             part == PAGE_SIZE ? PAGE_OVERWRITE
		                               : PAGE_KEEP_BYTES,
		             &page);
		if (n == 0)
			n = iov_copy_from(
				from, page + ((off + done) & ~PAGE_MASK), part);
		if (n <= 0)
			return done ? (long)done : n;
		done += (size_t)n;
		if ((size_t)n < part)
			break;
	}
	return (long)done;
}

/* One page's part into kernel memory, all of it under the lock. */
static int read_kernel_part_locked(struct filedata *d, uint8_t *dst,
                                   size_t part, uint64_t off)
{
	uint8_t *page = page_tree_get(&d->pages, off >> PAGE_SHIFT);
	size_t in_page = off & ~PAGE_MASK;
	size_t n = backed_bytes_locked(d, off >> PAGE_SHIFT);

	if (page) {
		memcpy(dst, page + in_page, part);
		return 0;
	}
	n = n > in_page ? MIN(part, n - in_page) : 0;
	memset(dst + n, 0, part - n);
	return n ? root_file_read(d->backing, dst, n, off) : 0;
}

long filedata_read_kernel(struct filedata *d, void *dst, size_t size,
                          uint64_t off)
{
	size_t done = 0, part;
	int err = 0;

	mutex_lock(&d->lock);
	/* An unwritten file is read a chunk at a time, not a page. */
	if (d->backing && !d->is_written && off + size <= d->backed_size) {
		err = root_file_read(d->backing, dst, size, off);
		done = size;
	}
	while (done < size && err == 0) {
		part = page_part(off + done, size - done);
		err = read_kernel_part_locked(d, (uint8_t *)dst + done, part,
		                              off + done);
		done += part;
	}
	mutex_unlock(&d->lock);
	return err < 0 ? err : (long)size;
}

long filedata_write_kernel(struct filedata *d, const void *src, size_t size,
                           uint64_t off)
{
	size_t done = 0, part;
	uint8_t *page;
	int err = 0;

	mutex_lock(&d->lock);
	while (done < size) {
		part = page_part(off + done, size - done);
		err = own_page_locked(d, (off + done) >> PAGE_SHIFT,
		                      part == PAGE_SIZE ? PAGE_OVERWRITE
		                                        : PAGE_KEEP_BYTES,
		                      &page);
		if (err < 0)
			break;
		memcpy(page + ((off + done) & ~PAGE_MASK),
		       (const uint8_t *)src + done, part);
		done += part;
	}
	mutex_unlock(&d->lock);
	return done ? (long)done : err;
}

/* Zero [@from, @to) of page @index, if it has bytes that are not zero. */
static int zero_part_locked(struct filedata *d, uint64_t index, size_t from,
                            size_t to)
{
	uint8_t *page = page_tree_get(&d->pages, index);
	int err;

	if (from == to || page == hole_page)
		return 0;
	if (!page && backed_bytes_locked(d, index) <= from)
		return 0;
	err = own_page_locked(d, index, PAGE_KEEP_BYTES, &page);
	if (err < 0)
		return err;
	memset(page + from, 0, to - from);
	return 0;
}

int filedata_cut(struct filedata *d, uint64_t size)
{
	uint64_t keep = PAGES_FOR(size);
	struct page_walk w = {
		.arg = d, .first = keep, .last = UINT64_MAX, .func = drop_page
	};
	uint8_t *page;

	mutex_lock(&d->lock);
	if (size < d->backed_size) {
		/* No copy needed: what the backing shows is cut instead. */
		d->backed_size = size;
		d->is_written = true;
	}
	page = size & ~PAGE_MASK ? page_tree_get(&d->pages, size >> PAGE_SHIFT)
	                         : NULL;
	if (is_own(page))
		memset(page + (size & ~PAGE_MASK), 0,
		       PAGE_SIZE - (size & ~PAGE_MASK));
	page_tree_walk(&d->pages, &w);
	page_tree_trim(&d->pages, keep);
	mutex_unlock(&d->lock);
	return 0;
}

/* Replace whole pages by nothing, or by holes where the backing shows. */
static int punch_pages_locked(struct filedata *d, uint64_t first, uint64_t end)
{
	struct page_walk w = {
		.arg = d, .first = first, .last = end - 1, .func = drop_page
	};
	uint64_t backed = d->backing ? PAGES_FOR(d->backed_size) : 0;
	void **slot;

	if (first >= end)
		return 0;
	page_tree_walk(&d->pages, &w);
	for (uint64_t i = first; i < MIN(end, backed); i++) {
		slot = page_tree_slot(&d->pages, i);
		if (!slot)
			return -ENOSPC;
		*slot = hole_page;
		d->is_written = true;
	}
	return 0;
}

int filedata_punch(struct filedata *d, uint64_t off, uint64_t size)
{
	uint64_t end = off + size;
	uint64_t first = PAGES_FOR(off), last = end >> PAGE_SHIFT;
	int err;

	mutex_lock(&d->lock);
	if (first > last) { /* inside one page */
		err = zero_part_locked(d, last, off & ~PAGE_MASK,
		                       end & ~PAGE_MASK);
		goto out;
	}
	err = 0;
	if (off & ~PAGE_MASK)
		err = zero_part_locked(d, off >> PAGE_SHIFT, off & ~PAGE_MASK,
		                       PAGE_SIZE);
	if (err == 0)
		err = punch_pages_locked(d, first, last);
	if (err == 0)
		err = zero_part_locked(d, last, 0, end & ~PAGE_MASK);
out:
	mutex_unlock(&d->lock);
	return err;
}

int filedata_reserve(struct filedata *d, uint64_t off, uint64_t size)
{
	uint64_t end = PAGES_FOR(off + size);
	uint8_t *page;
	int err = 0;

	for (uint64_t i = off >> PAGE_SHIFT; i < end && err == 0; i++)
		err = own_page(d, i, PAGE_KEEP_BYTES, &page);
	return err;
}

static bool find_data(struct page_walk *w, uint64_t index, void **page)
{
	if (index < w->first || !is_own(*page))
		return false;
	w->found = index;
	return true;
}

/* Is page @index data?  A page that is neither own nor hole may be backed. */
static bool is_data_locked(const struct filedata *d, uint64_t index)
{
	void *page = page_tree_get(&d->pages, index);

	return page ? is_own(page) : backed_bytes_locked(d, index) > 0;
}

uint64_t filedata_next(struct filedata *d, uint64_t off, uint64_t size,
                       bool want_data)
{
	uint64_t index = off >> PAGE_SHIFT, end = PAGES_FOR(size);
	struct page_walk w = { .last = end, .func = find_data, .found = end };

	mutex_lock(&d->lock);
	/* Page by page within what is dense: backing, or runs of data. */
	while (index < end && is_data_locked(d, index) != want_data) {
		if (want_data && index >= PAGES_FOR(d->backed_size)) {
			w.first = index;
			page_tree_walk(&d->pages, &w);
			index = w.found;
			break;
		}
		index++;
	}
	mutex_unlock(&d->lock);
	return index == off >> PAGE_SHIFT ? off
	                                  : MIN(index << PAGE_SHIFT, size);
}
