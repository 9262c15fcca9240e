/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.c - shared mappings: segments of objects, and how a file system and
 * its mappers see the same bytes.
 *
 * A segment's pages belong to it, not to a VMA: they are committed, written
 * and freed under obj->lock.  File systems are called without any lock.
 */
#include "libos/mm/object.h"

#include "base/assert.h"
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/uspace.h"
#include "libos/mm/window.h"

enum { SYNC_PAGES = 16 }; /* what one ops->write gets */

void vm_object_init(struct vm_object *obj, const struct vm_object_ops *ops)
{
	obj->ops = ops;
	mutex_init(&obj->lock, RANK_VM_OBJECT);
	list_init(&obj->segments);
	obj->nsegments = 0;
	obj->changes = 0;
}

static uint64_t segment_limit(const struct vm_segment *seg)
{
	return seg->offset + (seg->end - seg->start);
}

static uint64_t segment_addr(const struct vm_segment *seg, uint64_t offset)
{
	return seg->start + (offset - seg->offset);
}

static struct vm_segment *segment_meeting(struct vm_object *obj,
                                          uint64_t offset, uint64_t size)
{
	struct vm_segment *seg;

	list_for_each_entry (seg, &obj->segments, node)
		if (seg->offset < offset + size && offset < segment_limit(seg))
			return seg;
	return NULL;
}

static bool segment_covers(const struct vm_segment *seg, uint64_t offset,
                           uint64_t size)
{
	return seg->offset <= offset && offset + size <= segment_limit(seg);
}

/* Make it reach over [@offset, +@size), if its neighbours let it. */
static int segment_extend(struct vm_segment *seg, uint64_t offset,
                          uint64_t size)
{
	uint64_t limit = segment_limit(seg);
	uint64_t front = offset < seg->offset ? seg->offset - offset : 0;
	uint64_t back = offset + size > limit ? offset + size - limit : 0;

	if (front >= seg->start)
		return -ENOMEM;
	if (pages_open(seg->start - front, front >> PAGE_SHIFT) < 0 ||
	    pages_open(seg->end, back >> PAGE_SHIFT) < 0)
		return -ENOMEM;
	if (front && uspace_take(seg->start - front, front) < 0)
		return -ENOMEM;
	if (back && uspace_take(seg->end, back) < 0) {
		uspace_free(seg->start - front, front);
		return -ENOMEM;
	}
	seg->start -= front;
	seg->offset -= front;
	seg->end += back;
	return 0;
}

static int segment_place(struct vm_segment *seg,
                         const struct segment_request *req)
{
	int ret = 0;

	seg->start = req->fixed;
	if (req->fixed && !req->is_owner)
		return -ENOENT;
	if (!req->fixed)
		ret = mm_addresses(req->size, PAGE_SIZE, mm_backed_place(),
		                   &seg->start);
	seg->end = seg->start + req->size;
	return ret;
}

static int segment_add_locked(struct vm_object *obj,
                              const struct segment_request *req,
                              struct vm_segment **ret)
{
	struct vm_segment *seg = kzalloc(sizeof(*seg));
	int err = -ENOMEM;

	if (!seg)
		return -ENOMEM;
	if (uspace_pay() < 0)
		goto out_segment;
	err = segment_place(seg, req);
	if (err < 0)
		goto out_payment;
	seg->object = obj;
	vm_object_get(obj);
	seg->offset = req->offset;
	seg->users = 1;
	list_add_tail(&obj->segments, &seg->node);
	__atomic_store_n(&obj->nsegments, obj->nsegments + 1, __ATOMIC_RELEASE);
	*ret = seg;
	return 0;
out_payment:
	uspace_refund();
out_segment:
	kfree(seg);
	return err;
}

/* The caller does not own addresses, or the object would have no segment. */
static int segment_reuse_locked(struct vm_segment *seg,
                                const struct segment_request *req)
{
	if (req->is_owner)
		return -ENOMEM;
	if (req->fixed && segment_addr(seg, req->offset) != req->fixed)
		return -ENOMEM;
	if (segment_covers(seg, req->offset, req->size))
		return 0;
	return segment_extend(seg, req->offset, req->size);
}

int segment_get(struct vm_object *obj, const struct segment_request *req,
                struct vm_segment **ret)
{
	struct vm_segment *seg;
	int err;

	mutex_lock(&obj->lock);
	seg = segment_meeting(obj, req->offset, req->size);
	if (!seg) {
		err = segment_add_locked(obj, req, ret);
	} else {
		err = segment_reuse_locked(seg, req);
		if (err == 0) {
			seg->users++;
			*ret = seg;
		}
	}
	mutex_unlock(&obj->lock);
	return err;
}

void segment_use(struct vm_segment *seg)
{
	mutex_lock(&seg->object->lock);
	seg->users++;
	mutex_unlock(&seg->object->lock);
}

/* True if the caller's use was the last and the segment is nobody's now. */
static bool segment_drop(struct vm_segment *seg, uint32_t *ret_users)
{
	struct vm_object *obj = seg->object;
	bool is_last;

	mutex_lock(&obj->lock);
	is_last = seg->users == 1 && *ret_users == 1;
	*ret_users = seg->users;
	if (is_last) {
		list_del(&seg->node);
		__atomic_store_n(&obj->nsegments, obj->nsegments - 1,
		                 __ATOMIC_RELEASE);
	} else if (seg->users > 1) {
		seg->users--;
	}
	mutex_unlock(&obj->lock);
	return is_last;
}

static void segment_free(struct vm_segment *seg)
{
	struct pages_batch b;

	pages_batch_init(&b);
	pages_free(&b, seg->start, (seg->end - seg->start) >> PAGE_SHIFT);
	pages_batch_finish(&b);
	uspace_free(seg->start, seg->end - seg->start);
	uspace_refund();
	vm_object_put(seg->object);
	kfree(seg);
}

void segment_put(struct vm_segment *seg)
{
	uint32_t users = 0;

	/*
	 * Seen to be the last one, write back while the segment can still be
	 * found, and look again.  There is nobody to tell about an error.
	 */
	while (!segment_drop(seg, &users)) {
		if (users > 1)
			return;
		if (segment_sync(seg, seg->start, seg->end) < 0)
			continue;
	}
	segment_free(seg);
}

void segment_protect(struct vm_segment *seg, struct pages_batch *b,
                     uint64_t start, uint64_t end, uint32_t rights)
{
	mutex_lock(&seg->object->lock);
	if (!vm_object_is_anonymous(seg->object))
		rights |= PAGE_R;
	seg->rights |= rights;
	if (seg->users > 1)
		rights = seg->rights;
	pages_protect(b, start, (end - start) >> PAGE_SHIFT, rights);
	mutex_unlock(&seg->object->lock);
}

/* Copy pages in use from @start on; where the run ends, in bytes copied. */
static size_t sync_copy(struct vm_segment *seg, uint8_t *buf, uint64_t *start,
                        uint64_t end)
{
	uint64_t npages, stop;

	mutex_lock(&seg->object->lock);
	*start = pages_find_used(*start, (end - *start) >> PAGE_SHIFT);
	npages = MIN((end - *start) >> PAGE_SHIFT, (uint64_t)SYNC_PAGES);
	stop = pages_find_unused(*start, npages);
	memcpy(buf, user_window(*start), stop - *start);
	mutex_unlock(&seg->object->lock);
	return stop - *start;
}

/* Never behind the end of the file: mapping does not make it longer. */
static int sync_write(struct vm_segment *seg, const uint8_t *buf, size_t size,
                      uint64_t start)
{
	uint64_t offset = seg->offset + (start - seg->start);
	uint64_t limit = seg->object->ops->size(seg->object);
	long n;

	if (offset >= limit)
		return 0;
	size = MIN(size, limit - offset);
	n = seg->object->ops->write(seg->object, buf, size, offset);
	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EIO;
}

int segment_sync(struct vm_segment *seg, uint64_t start, uint64_t end)
{
	uint8_t *buf;
	int ret = 0;

	if (!(seg->rights & PAGE_W) || vm_object_is_anonymous(seg->object))
		return 0;
	buf = kpages_alloc(SYNC_PAGES);
	if (!buf)
		return -ENOMEM;
	while (ret == 0 && start < end) {
		size_t n = sync_copy(seg, buf, &start, end);

		if (n)
			ret = sync_write(seg, buf, n, start);
		start += n;
	}
	kpages_free(buf, SYNC_PAGES);
	return ret;
}

/* What a segment and a range of the object have in common, as addresses. */
static bool segment_part(const struct vm_segment *seg, uint64_t offset,
                         uint64_t size, uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t lo = MAX(seg->offset, offset);
	uint64_t hi = MIN(segment_limit(seg), offset + size);

	if (lo >= hi)
		return false;
	*ret_start = segment_addr(seg, lo);
	*ret_end = segment_addr(seg, hi);
	return true;
}

/* The part of [@addr, @end) in the first page, if that is in use. */
static size_t page_part(uint64_t addr, uint64_t end, bool *ret_used)
{
	*ret_used = pages_state(addr) == PAGE_USED;
	return MIN(end, ALIGN_DOWN(addr, PAGE_SIZE) + PAGE_SIZE) - addr;
}

void vm_object_overlay_read(struct vm_object *obj, void *dst, size_t size,
                            uint64_t offset)
{
	struct vm_segment *seg;
	uint64_t start, end;
	bool is_used;
	size_t n;

	if (!vm_object_is_shared(obj))
		return;
	mutex_lock(&obj->lock);
	list_for_each_entry (seg, &obj->segments, node) {
		if (!segment_part(seg, offset, size, &start, &end))
			continue;
		for (; start < end; start += n) {
			uint8_t *to = (uint8_t *)dst + (start - seg->start) +
			              seg->offset - offset;

			n = page_part(start, end, &is_used);
			if (is_used)
				memcpy(to, user_window(start), n);
		}
	}
	mutex_unlock(&obj->lock);
}

/* Store into one page of a segment, whatever its mappers may do. */
static void poke(uint64_t addr, const void *src, size_t size)
{
	uint64_t page = ALIGN_DOWN(addr, PAGE_SIZE);
	uint32_t rights = pages_rights(page);
	struct pages_batch b;

	pages_batch_init(&b);
	pages_protect(&b, page, 1, rights | PAGE_R | PAGE_W);
	if (src)
		memcpy(user_window(addr), src, size);
	else
		memset(user_window(addr), 0, size);
	pages_protect(&b, page, 1, rights);
	pages_batch_finish(&b);
}

/* Bytes of @src, or zeros, over [@offset, +@size). */
static void overlay_store(struct vm_object *obj, const uint8_t *src,
                          uint64_t size, uint64_t offset)
{
	struct vm_segment *seg;
	uint64_t start, end;
	bool is_used;
	size_t n;

	mutex_lock(&obj->lock);
	obj->changes++;
	list_for_each_entry (seg, &obj->segments, node) {
		if (!segment_part(seg, offset, size, &start, &end))
			continue;
		for (; start < end; start += n) {
			uint64_t at = seg->offset + (start - seg->start);

			n = page_part(start, end, &is_used);
			if (is_used)
				poke(start, src ? src + (at - offset) : NULL,
				     n);
		}
	}
	mutex_unlock(&obj->lock);
}

void vm_object_overlay_write(struct vm_object *obj, const void *src,
                             size_t size, uint64_t offset)
{
	if (vm_object_is_shared(obj))
		overlay_store(obj, src, size, offset);
}

void vm_object_truncate(struct vm_object *obj, uint64_t size)
{
	if (vm_object_is_shared(obj))
		overlay_store(obj, NULL, UINT64_MAX / 2 - size, size);
}

/* A use of the first segment that meets [*@offset, @end), or NULL. */
static struct vm_segment *segment_next(struct vm_object *obj, uint64_t *offset,
                                       uint64_t end)
{
	struct vm_segment *best = NULL;
	struct vm_segment *seg;

	mutex_lock(&obj->lock);
	list_for_each_entry (seg, &obj->segments, node)
		if (segment_limit(seg) > *offset && seg->offset < end &&
		    (!best || seg->offset < best->offset))
			best = seg;
	if (best)
		best->users++;
	mutex_unlock(&obj->lock);
	return best;
}

int vm_object_sync(struct vm_object *obj, uint64_t offset, uint64_t size)
{
	uint64_t end = size > UINT64_MAX - offset ? UINT64_MAX : offset + size;
	struct vm_segment *seg;
	int ret = 0;

	if (!vm_object_is_shared(obj))
		return 0;
	while (ret == 0 && (seg = segment_next(obj, &offset, end)) != NULL) {
		uint64_t lo = MAX(seg->offset, ALIGN_DOWN(offset, PAGE_SIZE));
		uint64_t hi = MIN(segment_limit(seg), end);

		ret = segment_sync(seg, segment_addr(seg, lo),
		                   ALIGN_UP(segment_addr(seg, hi), PAGE_SIZE));
		offset = segment_limit(seg);
		segment_put(seg);
	}
	return ret;
}
