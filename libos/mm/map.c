/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.c - new private mappings: mmap(2), and where they go.
 *
 * Addresses are owned before the VMA is in the tree, pages are touched after.
 * A mapping that replaces others (MAP_FIXED) takes their addresses over
 * directly, so that nobody can get in between.
 */
#include "abi/layout.h"
#include "base/arith.h"
#include "base/errno.h"
#include "libos/mm/map_internal.h"
#include "libos/mm/overlay_internal.h"
#include "libos/mm/shortage.h"
#include "libos/mm/textcache.h"
#include "libos/mm/uspace.h"

/* Without EDMM: reservations up to this part of the backed region stay in it. */
enum { RESERVE_SHARE = 8 };

int map_check(const struct mm_map *req, uint64_t *ret_size)
{
	uint64_t size;

	if (req->size == 0)
		return -EINVAL;
	if (add_overflow(req->size, PAGE_SIZE - 1, &size))
		return -ENOMEM;
	size &= PAGE_MASK;
	if (size == 0 || size > USER_END - USER_BASE)
		return -ENOMEM;
	if (!IS_ALIGNED(req->offset, PAGE_SIZE))
		return -EINVAL;
	if (req->object && add_overflow(req->offset, size, &(uint64_t){ 0 }))
		return -EOVERFLOW;
	if (map_is_fixed(req)) {
		if (!IS_ALIGNED(req->addr, PAGE_SIZE))
			return -EINVAL;
		/* mmap_min_addr's answer. */
		if (req->addr < USER_BASE)
			return -EPERM;
		if (!range_within(req->addr, size, USER_END))
			return -ENOMEM;
	}
	if (!pages_has_edmm() && req->prot != PROT_NONE && map_is_fixed(req) &&
	    req->addr + size > pages_static_end())
		return -ENOMEM;
	*ret_size = size;
	return 0;
}

/* Bytes of [@start, @end) that are mapped; *@ret_special: some are special. */
static uint64_t mapped_in(const struct mm *mm, uint64_t start, uint64_t end,
                          bool *ret_special)
{
	const struct vma *v;
	uint64_t sum = 0;

	*ret_special = false;
	for (v = vma_find_from(&mm->vmas, start); v && v->start < end;
	     v = vma_next(v)) {
		sum += MIN(v->end, end) - MAX(v->start, start);
		if (v->flags & VMA_SPECIAL)
			*ret_special = true;
	}
	return sum;
}

static enum uspace_place place_for(const struct mm_map *req, uint64_t size)
{
	uint32_t prot = req->prot;
	uint32_t flags = req->flags;

	/*
	 * Taking the rights of pages that exist, as pages_open() must, costs
	 * more than adding the few of a stack that are touched.  Images are
	 * reserved without rights too, but they will be used.
	 */
	if (pages_has_edmm() && !req->object &&
	    (prot == PROT_NONE || (flags & MAP_STACK && pages_can_grow())))
		return USPACE_FAR;
	if (pages_has_edmm())
		return USPACE_BACKED;
	/*
	 * Stacks and guarded buffers are reserved whole and then opened in
	 * part, which works only where there are pages.
	 */
	if (prot != PROT_NONE || (flags & MAP_STACK) ||
	    size <= pages_static_end() / RESERVE_SHARE)
		return USPACE_ONLY_BACKED;
	return USPACE_FAR;
}

/* @hint itself, if nobody has it. */
static bool try_hint(struct mm *mm, uint64_t hint, uint64_t size,
                     struct pages_batch *b)
{
	bool is_special;

	if (hint < USER_BASE || !range_within(hint, size, USER_END) ||
	    mapped_in(mm, hint, hint + size, &is_special))
		return false;
	/* The heap may grow into what is reserved for it. */
	if (ranges_overlap(hint, size, mm->brk_start,
	                   mm->brk_limit - mm->brk_start))
		return false;
	return mm_own_locked(mm, hint, hint + size, b, NULL, 0) == 0;
}

/* Next to what the text cache still has of the same file. */
static bool try_cached(struct mm *mm, struct vma *v, uint64_t size,
                       struct pages_batch *b)
{
	struct content_id id;
	uint64_t addr;

	if (!vma_is_clean_file(v) ||
	    !v->object->ops->content_id(v->object, &id))
		return false;
	addr = textcache_suggest(&id, v->offset, size);
	if (!addr ||
	    mm_own_locked(mm, addr, addr + size, b, &id, v->offset) < 0)
		return false;
	v->start = addr;
	return true;
}

/* Where the last stack of this size was, whose pages are warm. */
static bool try_stack(struct mm *mm, const struct mm_map *req, struct vma *v,
                      uint64_t size, struct pages_batch *b)
{
	uint64_t addr;

	if (!(req->vma_flags & VMA_STACK))
		return false;
	addr = textcache_suggest_stack(size);
	if (!addr ||
	    mm_own_locked(mm, addr, addr + size, b, &textcache_stack, 0) < 0)
		return false;
	v->start = addr;
	return true;
}

static int place_anywhere(struct mm *mm, const struct mm_map *req,
                          struct vma *v, uint64_t size, struct pages_batch *b)
{
	enum uspace_place place = place_for(req, size);
	uint64_t hint = ALIGN_DOWN(req->addr, PAGE_SIZE);
	int ret;

	if (hint && IS_ALIGNED(hint, MAX(req->align, PAGE_SIZE)) &&
	    try_hint(mm, hint, size, b)) {
		v->start = hint;
		return 0;
	}
	if (try_cached(mm, v, size, b) || try_stack(mm, req, v, size, b))
		return 0;
	ret = mm_addresses(size, req->align, place, &v->start);
	if (ret < 0 && place == USPACE_ONLY_BACKED && req->prot == PROT_NONE)
		ret = mm_addresses(size, req->align, USPACE_FAR, &v->start);
	return ret;
}

/* Own the holes between the VMAs of a range; all or none. */
static int own_holes(struct mm *mm, uint64_t start, uint64_t end,
                     const struct vma *next, struct pages_batch *b)
{
	const struct content_id *want = NULL;
	struct content_id id;
	const struct vma *v;
	uint64_t pos = start;
	int ret = 0;

	if (vma_is_clean_file(next) &&
	    next->object->ops->content_id(next->object, &id))
		want = &id;
	while (pos < end && ret == 0) {
		uint64_t hole_end;

		v = vma_find_from(&mm->vmas, pos);
		hole_end = v ? MIN(MAX(v->start, pos), end) : end;
		if (pos < hole_end)
			ret = mm_own_locked(mm, pos, hole_end, b, want,
			                    next->offset + (pos - start));
		if (ret == 0)
			pos = v ? MAX(v->end, pos) : end;
	}
	if (ret == 0)
		return 0;
	/* Give back the holes before the one that failed. */
	for (end = pos, pos = start; pos < end; pos = v ? v->end : end) {
		uint64_t hole_end;

		v = vma_find_from(&mm->vmas, pos);
		hole_end = v ? MIN(MAX(v->start, pos), end) : end;
		pages_free(b, pos, (hole_end - pos) >> PAGE_SHIFT);
		pages_batch_finish(b);
		mm_disown_locked(mm, pos, hole_end);
	}
	return ret;
}

static int place_fixed(struct mm *mm, struct vma *v, uint64_t addr,
                       uint64_t size, struct mm_work *w)
{
	int ret;

	v->start = addr;
	v->end = addr + size;
	if (vma_split_at_locked(mm, v->start) < 0 ||
	    vma_split_at_locked(mm, v->end) < 0)
		return -ENOMEM;
	ret = own_holes(mm, v->start, v->end, v, &w->batch);
	if (ret < 0)
		return -ENOMEM;
	mm_replace_locked(mm, v, w);
	return 0;
}

static int check_locked(struct mm *mm, const struct mm_map *req,
                        const struct vma *v, uint64_t size)
{
	bool is_writable = vma_is_private_writable(req->prot, v->flags);
	uint64_t old = 0;
	bool is_special = false;

	if (map_is_fixed(req))
		old = mapped_in(mm, req->addr, req->addr + size, &is_special);
	if (is_special && !(req->vma_flags & VMA_SPECIAL))
		return -EPERM;
	if (old && (req->flags & MAP_FIXED_NOREPLACE))
		return -EEXIST;
	if (mm->nvmas >= MM_VMA_MAX)
		return -ENOMEM;
	/* Stacks are large and stay almost empty. */
	if (is_writable && !(req->flags & (MAP_NORESERVE | MAP_STACK)) &&
	    !mm_has_room(size - old))
		return -ENOMEM;
	return mm_check_limits(mm, size - old, is_writable ? size : 0);
}

int map_place_locked(struct mm *mm, const struct mm_map *req, struct vma *v,
                     uint64_t size, struct mm_work *w)
{
	int ret = check_locked(mm, req, v, size);

	if (ret < 0)
		return ret;
	if (!map_is_fixed(req)) {
		ret = place_anywhere(mm, req, v, size, &w->batch);
		v->end = v->start + size;
		return ret;
	}
	ret = place_fixed(mm, v, req->addr, size, w);
	if (ret == -ENOMEM && (req->flags & MAP_FIXED_NOREPLACE))
		return -EEXIST;
	return ret;
}

/*
 * Rights for pages that came with the addresses.  A reader leaves text of the
 * cache executable: its next mapping will be the text segment.
 */
static void settle_rights(struct mm *mm, const struct vma *v,
                          struct pages_batch *b)
{
	(void)mm;
	if (vma_is_clean_file(v) && (v->prot & PROT_EXEC))
		pages_free_lacking(b, v->start, vma_npages(v), PAGE_X);
	if (v->object && (v->prot & (PROT_WRITE | PROT_EXEC)))
		pages_protect(b, v->start, vma_npages(v),
		              pages_rights_of(v->prot));
	pages_batch_finish(b);
}

/* A loader's first mapping of a library, to be mapped over piece by piece. */
static bool is_loading(const struct mm_map *req)
{
	return (req->flags & MAP_DENYWRITE) && !map_is_fixed(req) &&
	       req->prot == PROT_READ;
}

/* mm_fill_warm() will see to them, or mm_seal_image(). */
static bool stays_warm(const struct mm_map *req)
{
	return req->is_image ||
	       (req->object && (is_loading(req) || (req->prot & PROT_WRITE)));
}

/* Warm pages that came with the addresses: into use, or away with them. */
static void settle_warm(const struct vma *v, const struct mm_map *req,
                        struct pages_batch *b)
{
	uint64_t start = v->start, end = v->end;

	if (stays_warm(req))
		return;
	for (; pages_find_warm(&start, &end); start = end, end = v->end)
		if (v->object || v->prot == PROT_NONE ||
		    pages_commit(start, (end - start) >> PAGE_SHIFT, NULL,
		                 pages_rights_of(v->prot), PAGES_HIDDEN) < 0)
			pages_free(b, start, (end - start) >> PAGE_SHIFT);
	pages_batch_finish(b);
}

struct vma *map_new_vma(const struct mm_map *req)
{
	struct vma *v = vma_create(0, 0);

	if (!v)
		return NULL;
	v->prot = req->prot;
	v->flags = req->vma_flags | VMA_MAY_WRITE;
	v->name = req->name;
	v->object = req->object;
	v->offset = req->object ? req->offset : 0;
	if (v->object)
		vm_object_get(v->object);
	if (!v->object || (req->prot & PROT_WRITE))
		v->flags |= VMA_WRITTEN;
	return v;
}

/* mlockall(MCL_FUTURE), MAP_LOCKED, MAP_POPULATE, or no faults to wait for. */
static int fill_new(struct mm *mm, const struct mm_map *req, uint64_t start,
                    uint64_t size)
{
	int ret;

	if (req->prot == PROT_NONE)
		return 0;
	if (pages_is_lazy() && !(req->flags & (MAP_POPULATE | MAP_LOCKED)) &&
	    !mm->lock_future) {
		if (!req->object && (req->prot & PROT_WRITE))
			mm_fill_ahead(mm, start, size);
		return 0;
	}
	ret = mm_populate(mm, start, size);
	if (ret < 0 && !pages_is_lazy()) {
		/* -EIO is behind the end of a file: SIGBUS at the touch. */
		if (ret == -EIO)
			return 0;
		if (mm_unmap(mm, start, size) < 0)
			return -ENOMEM;
		return ret;
	}
	return 0;
}

/* What lies behind the end of a library's file is its .bss to be. */
static void fill_warm(struct mm *mm, const struct mm_map *req, uint64_t start,
                      uint64_t size)
{
	uint64_t limit = req->object->ops->size(req->object);
	uint64_t rest = limit > req->offset ? limit - req->offset : 0;

	if (is_loading(req))
		size = MIN(size, rest);
	mm_fill_warm(mm, start, start + ALIGN_UP(size, PAGE_SIZE),
	             pages_rights_of(req->prot | PROT_WRITE));
}

int map_private(struct mm *mm, const struct mm_map *req, uint64_t size,
                uint64_t *ret_addr)
{
	struct mm_work w;
	uint64_t start = 0;
	struct vma *v;
	int ret;

	v = map_new_vma(req);
	if (!v)
		return -ENOMEM;
	mm_work_init(&w);
	mm_write_begin(mm);
	if (mm->lock_future || (req->flags & MAP_LOCKED))
		v->flags |= VMA_LOCKED;
	ret = map_place_locked(mm, req, v, size, &w);
	if (ret == 0) {
		start = v->start;
		overlay_mark(mm, v);
		settle_rights(mm, v, &w.batch);
		settle_warm(v, req, &w.batch);
		vma_insert_locked(mm, v);
		vma_merge_range_locked(mm, start, start + size, &w);
	}
	pages_batch_finish(&w.batch);
	mm_write_end(mm);
	mm_work_finish(&w);
	if (ret < 0) {
		vma_destroy(v);
		return ret;
	}
	*ret_addr = start;
	if (stays_warm(req) && !req->is_image)
		fill_warm(mm, req, start, size);
	return fill_new(mm, req, start, size);
}

/* Shared mappings in a fixed range keep their addresses: out with them. */
static int clear_shared(struct mm *mm, uint64_t start, uint64_t end)
{
	uint64_t at = start;
	struct mm_work w;
	struct vma *v;
	int ret = 0;

	mm_work_init(&w);
	mm_write_begin(mm);
	while (ret == 0 && at < end && (v = vma_find_from(&mm->vmas, at))) {
		uint64_t lo = MAX(v->start, at);

		if (lo >= end)
			break;
		at = MIN(v->end, end);
		if (v->flags & VMA_SHARED)
			ret = mm_unmap_locked(mm, lo, at, &w);
	}
	mm_write_end(mm);
	mm_work_finish(&w);
	return ret;
}

int mm_map(struct mm *mm, const struct mm_map *req, uint64_t *ret_addr)
{
	uint32_t type = req->flags & MAP_TYPE;
	uint64_t size;
	int ret = map_check(req, &size);

	if (ret < 0)
		return ret;
	if (type == MAP_SHARED || type == MAP_SHARED_VALIDATE) {
		ret = map_shared(mm, req, size, ret_addr);
		if (ret == 0)
			ret = fill_new(mm, req, *ret_addr, size);
		return ret;
	}
	if ((req->flags & MAP_FIXED) && !(req->flags & MAP_FIXED_NOREPLACE)) {
		ret = clear_shared(mm, req->addr, req->addr + size);
		if (ret < 0)
			return ret;
	}
	return map_private(mm, req, size, ret_addr);
}

/* A reservation of the mm's own, to be mapped over piece by piece. */
int mm_reserve_image(struct mm *mm, uint64_t addr, uint64_t size,
                     uint64_t align, struct vm_object *object,
                     uint64_t *ret_addr)
{
	struct mm_map req = {
		.addr = addr,
		.size = size,
		.align = align,
		.prot = PROT_NONE,
		.flags = MAP_PRIVATE | (addr ? MAP_FIXED_NOREPLACE : 0) |
		         (object ? 0 : MAP_ANONYMOUS),
		.object = object,
		.is_image = true,
	};
	uint64_t bytes;
	int ret = map_check(&req, &bytes);

	if (ret == 0 && addr)
		ret = overlay_join(mm, addr, addr + bytes, object);
	return ret < 0 ? ret : mm_map(mm, &req, ret_addr);
}

void mm_seal_image(struct mm *mm, uint64_t addr, uint64_t size)
{
	struct pages_batch b;
	const struct vma *v;

	pages_batch_init(&b);
	mm_write_begin(mm);
	for (v = vma_find_from(&mm->vmas, addr); v && v->start < addr + size;
	     v = vma_next(v))
		if (v->prot == PROT_NONE)
			pages_free(&b, v->start, vma_npages(v));
	pages_batch_finish(&b);
	mm_write_end(mm);
}
