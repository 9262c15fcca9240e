/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unmap.c - holes in an address space: munmap(2), and the end of it all.
 *
 * The order is what keeps others out of our pages: scrub and take the rights
 * while the addresses are still ours, do so to the platform (the batch), and
 * only then give the addresses back.
 */
#include "base/errno.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/overlay_internal.h"
#include "libos/mm/textcache.h"
#include "libos/mm/uspace.h"

/* A data segment, a stack. */
enum { LEAVE_PAGES_MAX = 64 };

/* First and last VMA of the range become whole ones. */
static int isolate(struct mm *mm, uint64_t start, uint64_t end)
{
	int ret = vma_split_at_locked(mm, start);

	return ret < 0 ? ret : vma_split_at_locked(mm, end);
}

static void free_pages(const struct vma *v, struct pages_batch *b)
{
	if (!(v->flags & VMA_SHARED))
		pages_free(b, v->start, vma_npages(v));
}

int mm_unmap_locked(struct mm *mm, uint64_t start, uint64_t end,
                    struct mm_work *w)
{
	struct vma *first, *v, *next;
	int ret = isolate(mm, start, end);

	if (ret < 0)
		return ret;
	first = vma_find_from(&mm->vmas, start);
	for (v = first; v && v->start < end; v = vma_next(v))
		free_pages(v, &w->batch);
	pages_batch_finish(&w->batch);
	for (v = first; v && v->start < end; v = next) {
		next = vma_next(v);
		if (!(v->flags & VMA_SHARED))
			mm_disown_locked(mm, v->start, v->end);
		vma_kill_locked(mm, v, w);
	}
	return 0;
}

/*
 * A loader maps a whole library and then its segments over it: what was read
 * for the first mapping serves the others.  Pages that were never executable
 * were not prepared to be (mm_ops.text_filled), and are read again.  Data and
 * .bss get their pages with their rights.  Warm pages stay so: whoever maps will
 * settle them.
 */
static void free_unless_same(const struct vma *v, const struct vma *next,
                             struct mm_work *w)
{
	bool is_same = vma_is_clean_file(v) && v->object == next->object &&
	               v->offset - v->start == next->offset - next->start;

	if (is_same && (next->prot & PROT_EXEC))
		pages_free_lacking(&w->batch, v->start, vma_npages(v), PAGE_X);
	if (is_same)
		return;
	if ((v->object || next->object) &&
	    next->prot == (PROT_READ | PROT_WRITE))
		pages_leave(&w->batch, v->start, vma_npages(v));
	else
		pages_free_lacking(&w->batch, v->start, vma_npages(v), ~0u);
}

void mm_replace_locked(struct mm *mm, const struct vma *next, struct mm_work *w)
{
	struct vma *v, *after;

	for (v = vma_find_from(&mm->vmas, next->start);
	     v && v->start < next->end; v = after) {
		after = vma_next(v);
		free_unless_same(v, next, w);
		vma_kill_locked(mm, v, w);
	}
	pages_batch_finish(&w->batch);
}

int mm_unmap(struct mm *mm, uint64_t addr, uint64_t size)
{
	struct mm_work w;
	uint64_t end;
	int ret;

	/* munmap(2) has one error for a bad range. */
	if (size == 0 || mm_check_range(addr, size, &end) < 0)
		return -EINVAL;
	mm_work_init(&w);
	mm_write_begin(mm);
	ret = mm_unmap_locked(mm, addr, end, &w);
	mm_write_end(mm);
	mm_work_finish(&w);
	return ret;
}

/* True if the text cache took the VMA's pages and addresses. */
static bool keep(const struct mm *mm, const struct vma *v)
{
	struct content_id id;

	/* What is reserved for the mm goes with it, in one piece. */
	if (v->start < mm->brk_limit && v->end > mm->brk_start)
		return false;
	if (!vma_is_clean_file(v) || (v->flags & VMA_OVERLAY) ||
	    !v->object->ops->content_id(v->object, &id))
		return false;
	if (pages_find_used(v->start, vma_npages(v)) == v->end ||
	    pages_are_writable(v->start, vma_npages(v)))
		return false;
	return textcache_keep(&id, v->offset, v->start, v->end) == 0;
}

/* Behind the data of an image, and mapped with them. */
static bool is_bss(const struct vma *v)
{
	const struct vma *prev = vma_prev(v);

	return !v->object && prev && prev->end == v->start && prev->object &&
	       !(prev->flags & VMA_SHARED);
}

/*
 * What the next run of the same program will want to write to.  If it is much,
 * there is more to its pages than their rights.
 */
static bool is_worth_leaving(const struct mm *mm, const struct vma *v)
{
	if (v->flags & (VMA_SHARED | VMA_OVERLAY | VMA_SPECIAL) ||
	    (v->start < mm->brk_limit && v->end > mm->brk_start))
		return false;
	if (!(v->flags & VMA_STACK) && !v->object && !is_bss(v))
		return false;
	return pages_count_used(v->start, vma_npages(v)) <= LEAVE_PAGES_MAX;
}

/* True if the text cache took warm pages of the VMA, and its addresses. */
static bool keep_warm(const struct vma *v, struct pages_batch *b)
{
	uint64_t start = v->start, end = v->end;

	if ((v->flags & VMA_OVERLAY) || !pages_find_warm(&start, &end))
		return false;
	if (textcache_keep(v->flags & VMA_STACK ? &textcache_stack
	                                        : &textcache_data,
	                   0, v->start, v->end) == 0)
		return true;
	free_pages(v, b);
	pages_batch_finish(b);
	return false;
}

/* Pages of an absent member of an overlay are another's, or in its stash. */
static bool is_elsewhere(const struct mm *mm, const struct vma *v)
{
	return (v->flags & VMA_OVERLAY) && !mm_is_resident(mm);
}

static void clear_locked(struct mm *mm, struct mm_work *w)
{
	struct vma *v, *next;

	for (v = vma_first(&mm->vmas); v; v = next) {
		next = vma_next(v);
		if (is_elsewhere(mm, v))
			continue;
		if (keep(mm, v))
			vma_kill_locked(mm, v, w);
		else if (is_worth_leaving(mm, v))
			pages_leave(&w->batch, v->start, vma_npages(v));
		else
			free_pages(v, &w->batch);
	}
	pages_batch_finish(&w->batch);
	for (v = vma_first(&mm->vmas); v; v = next) {
		next = vma_next(v);
		if (!(v->flags & VMA_SHARED) && !keep_warm(v, &w->batch))
			mm_disown_locked(mm, v->start, v->end);
		vma_kill_locked(mm, v, w);
	}
	uspace_free(mm->brk_start, mm->brk_limit - mm->brk_start);
	mm->brk_start = mm->brk_end = mm->brk_limit = 0;
	mm->stack_start = mm->stack_end = 0;
}

void mm_clear(struct mm *mm)
{
	struct mm_work w;

	overlay_dissolve(mm);
	mm_work_init(&w);
	mm_dying_begin(mm);
	clear_locked(mm, &w);
	mm_write_end(mm);
	mm_work_finish(&w);
	overlay_leave(mm);
}
