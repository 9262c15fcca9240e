/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brk.c - the heap that grows at its end.
 *
 * Its addresses up to brk_limit are reserved once, because in an address space
 * that all processes share nothing could be had later.
 */
#include "abi/layout.h"
#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/shortage.h"
#include "libos/mm/textcache.h"

/* Of a heap that does not fit the static region, so much shall lie in it. */
#define HEAD (2 * MIB)

/*
 * A page of the static region is there, one beyond has to be added at its first
 * touch: so small heaps should lie in it, at its end, where they part nothing.
 */
static bool reserve_at_static_end(uint64_t size, uint64_t *ret_addr)
{
	uint64_t addr = ALIGN_DOWN(pages_static_end(), HEAD) - HEAD;

	if (!pages_has_edmm() || addr < USPACE_LOW_END + 2 * HEAD ||
	    addr >= USER_END - size || uspace_take(addr, size) < 0)
		return false;
	*ret_addr = addr;
	return true;
}

/*
 * Not mm_addresses(): most of a heap is never used, and opening it would take
 * the rights of thousands of pages.
 */
static int reserve_anywhere(uint64_t size, uint64_t *ret_addr)
{
	int ret = uspace_alloc_within(USPACE_LOW_END, pages_static_end(), size,
	                              PAGE_SIZE, ret_addr);

	if (ret == 0 || reserve_at_static_end(size, ret_addr))
		return 0;
	ret = uspace_alloc(size, PAGE_SIZE, mm_backed_place(), ret_addr);
	if (ret < 0 && textcache_shrink(UINT64_MAX))
		ret = uspace_alloc(size, PAGE_SIZE, mm_backed_place(),
		                   ret_addr);
	return ret;
}

static int reserve(struct mm *mm, uint64_t hint, uint64_t size,
                   uint64_t *ret_addr)
{
	struct pages_batch b;

	pages_batch_init(&b);
	*ret_addr = hint;
	/* Behind a non-PIE image a slot may have to grow for a larger one. */
	if (!mm->overlay && hint >= USER_BASE && hint < USER_END &&
	    size <= USER_END - hint &&
	    mm_reserve_locked(mm, hint, hint + size, &b, NULL, 0) == 0)
		return 0;
	return reserve_anywhere(size, ret_addr);
}

int mm_brk_init(struct mm *mm, uint64_t hint, uint64_t size)
{
	uint64_t addr;
	int ret;

	size = ALIGN_UP(size, PAGE_SIZE);
	mm_write_begin(mm);
	ret = mm->brk_limit || !size
	              ? -EINVAL
	              : reserve(mm, ALIGN_UP(hint, PAGE_SIZE), size, &addr);
	if (ret == 0) {
		mm->brk_start = mm->brk_end = addr;
		mm->brk_limit = addr + size;
	}
	mm_write_end(mm);
	return ret;
}

static int grow_locked(struct mm *mm, uint64_t from, uint64_t to,
                       struct mm_work *w)
{
	struct vma *there = vma_find_from(&mm->vmas, from);
	struct vma *v;
	int ret;

	if (there && there->start < to)
		return -ENOMEM;
	if (!mm_has_room(to - from))
		return -ENOMEM;
	ret = mm_check_limits(mm, to - from, to - from);
	if (ret < 0)
		return ret;
	if (!pages_has_edmm() && to > pages_static_end())
		return -ENOMEM;
	/* Now and not for all that is reserved, most of which stays so. */
	ret = pages_open(from, (to - from) >> PAGE_SHIFT);
	if (ret < 0)
		return ret;
	v = vma_create(from, to);
	if (!v)
		return -ENOMEM;
	v->prot = PROT_READ | PROT_WRITE;
	v->flags = VMA_BRK | VMA_WRITTEN | VMA_MAY_WRITE;
	if (mm->lock_future)
		v->flags |= VMA_LOCKED;
	vma_insert_locked(mm, v);
	vma_merge_range_locked(mm, from, to, w);
	return 0;
}

static int brk_locked(struct mm *mm, uint64_t brk, struct mm_work *w)
{
	uint64_t old_end = ALIGN_UP(mm->brk_end, PAGE_SIZE);
	uint64_t new_end = ALIGN_UP(brk, PAGE_SIZE);
	int ret = 0;

	if (brk < mm->brk_start || brk > mm->brk_limit)
		return -ENOMEM;
	if (new_end > old_end)
		ret = grow_locked(mm, old_end, new_end, w);
	else if (new_end < old_end)
		ret = mm_unmap_locked(mm, new_end, old_end, w);
	if (ret == 0)
		mm->brk_end = brk;
	return ret;
}

uint64_t mm_brk(struct mm *mm, uint64_t brk)
{
	struct mm_work w;
	uint64_t before, after;
	int ret;

	mm_work_init(&w);
	mm_write_begin(mm);
	before = mm->brk_end;
	ret = brk_locked(mm, brk, &w);
	after = mm->brk_end;
	mm_write_end(mm);
	mm_work_finish(&w);
	if (ret < 0 || after <= before)
		return after;
	if (pages_is_lazy() && !mm->lock_future) {
		mm_fill_ahead(mm, before, after - before);
		return after;
	}
	if (mm_populate(mm, before, after - before) == 0)
		return after;
	/* No pages, no heap. */
	return mm_brk(mm, before);
}
