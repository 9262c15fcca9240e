/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remap.c - mremap(2): mappings that shrink, grow and move.
 *
 * Pages can't be moved in an enclave, so a move copies.  A shared mapping has
 * one address for all; it may grow where it is, but never moves.
 */
#include "abi/layout.h"
#include "base/arith.h"
#include "base/errno.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/overlay_internal.h"
#include "libos/mm/uspace.h"
#include "libos/mm/window.h"

static int check(const struct mm_remap *r)
{
	if (!IS_ALIGNED(r->old_addr, PAGE_SIZE) || r->new_size == 0)
		return -EINVAL;
	if (r->flags &
	    ~(uint32_t)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) &&
	    !(r->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((r->flags & MREMAP_DONTUNMAP) && r->old_size != r->new_size)
		return -EINVAL;
	/* A second view of shared pages: there can be only one. */
	if (r->old_size == 0)
		return -EINVAL;
	if (r->old_size > USER_END || r->new_size > USER_END)
		return -EINVAL;
	if (!(r->flags & MREMAP_FIXED))
		return 0;
	if (!IS_ALIGNED(r->new_addr, PAGE_SIZE) ||
	    !range_within(r->new_addr, r->new_size, USER_END) ||
	    ranges_overlap(r->old_addr, r->old_size, r->new_addr, r->new_size))
		return -EINVAL;
	return r->new_addr < USER_BASE ? -EPERM : 0;
}

/* The one VMA that holds the old range; NULL: -EFAULT. */
static struct vma *old_vma(struct mm *mm, const struct mm_remap *r)
{
	struct vma *v = vma_find(&mm->vmas, r->old_addr);

	if (!v || r->old_size > v->end - r->old_addr)
		return NULL;
	return v;
}

static int grow_shared(struct vma *v, uint64_t size)
{
	struct segment_request req = {
		.offset = v->offset,
		.size = size,
		.fixed = v->start,
	};
	struct vm_segment *seg;
	int ret = segment_get(v->object, &req, &seg);

	if (ret < 0)
		return -ENOMEM;
	/* The VMA has a use of its own; it is not the last one. */
	segment_put(seg);
	return 0;
}

/* Make @v end at @end, if what follows it is free. */
static int grow_in_place(struct mm *mm, struct vma *v, uint64_t end,
                         struct pages_batch *b)
{
	const struct vma *next = vma_next(v);
	int ret;

	if (end > USER_END || (next && next->start < end))
		return -ENOMEM;
	if (!pages_has_edmm() && v->prot != PROT_NONE &&
	    end > pages_static_end())
		return -ENOMEM;
	if (v->flags & VMA_SHARED)
		ret = grow_shared(v, end - v->start);
	else
		ret = mm_own_locked(mm, v->end, end, b, NULL, 0);
	if (ret < 0)
		return -ENOMEM;
	vma_set_end_locked(mm, v, end);
	return 0;
}

/* Copy pages in use; the new ones are nobody's yet. */
static int copy_pages(uint64_t from, uint64_t to, uint64_t npages,
                      uint32_t prot, struct pages_batch *b)
{
	uint64_t end = from + (npages << PAGE_SHIFT);
	uint64_t pos = from;
	int ret = 0;

	/* What was made inaccessible has contents all the same. */
	if (prot == PROT_NONE)
		pages_protect(b, from, npages, PAGE_R);
	while (ret == 0 && pos < end) {
		uint64_t start =
			pages_find_used(pos, (end - pos) >> PAGE_SHIFT);

		pos = pages_find_unused(start, (end - start) >> PAGE_SHIFT);
		if (start < pos)
			ret = pages_commit(to + (start - from),
			                   (pos - start) >> PAGE_SHIFT,
			                   user_window(start),
			                   pages_rights_of(prot), PAGES_HIDDEN);
	}
	if (prot == PROT_NONE)
		pages_protect(b, from, npages, 0);
	pages_batch_finish(b);
	return ret;
}

static int place_target(struct mm *mm, const struct mm_remap *r, struct vma *v,
                        struct mm_work *w)
{
	enum uspace_place place = mm_backed_place();
	uint64_t pos, hole_end;
	const struct vma *there;
	int ret;

	if (!(r->flags & MREMAP_FIXED)) {
		if (v->prot == PROT_NONE)
			place = USPACE_FAR;
		ret = mm_addresses(r->new_size, PAGE_SIZE, place, &v->start);
		v->end = v->start + r->new_size;
		return ret;
	}
	v->start = r->new_addr;
	v->end = r->new_addr + r->new_size;
	if (!pages_has_edmm() && v->prot != PROT_NONE &&
	    v->end > pages_static_end())
		return -ENOMEM;
	ret = mm_unmap_locked(mm, v->start, v->end, w);
	if (ret < 0)
		return ret;
	/* Gone from the tree, so all of it is to be had, unless shared. */
	pos = v->start;
	there = vma_find_from(&mm->vmas, pos);
	hole_end = there ? MIN(there->start, v->end) : v->end;
	return mm_own_locked(mm, pos, hole_end, &w->batch, NULL, 0);
}

static int move_contents(struct mm *mm, const struct mm_remap *r,
                         const struct vma *from, struct vma *to,
                         struct mm_work *w)
{
	uint64_t size = MIN(r->old_size, r->new_size);
	int ret = 0;

	/*
	 * Text is read again: what the kernel rewrote in it (text_filled) is
	 * right at its address only.
	 */
	if (!(from->prot & PROT_EXEC) || !vma_is_clean_file(from))
		ret = copy_pages(r->old_addr, to->start, size >> PAGE_SHIFT,
		                 from->prot, &w->batch);
	if (ret == 0 && !(r->flags & MREMAP_DONTUNMAP))
		ret = mm_unmap_locked(mm, r->old_addr,
		                      r->old_addr + r->old_size, w);
	if (ret == 0) {
		if (r->flags & MREMAP_DONTUNMAP)
			pages_free(&w->batch, r->old_addr,
			           r->old_size >> PAGE_SHIFT);
		pages_batch_finish(&w->batch);
		return 0;
	}
	pages_free(&w->batch, to->start, vma_npages(to));
	pages_batch_finish(&w->batch);
	mm_disown_locked(mm, to->start, to->end);
	return ret;
}

static int move_locked(struct mm *mm, const struct mm_remap *r,
                       const struct vma *from, struct mm_work *w,
                       uint64_t *ret_addr)
{
	uint64_t extra = r->flags & MREMAP_DONTUNMAP ? r->new_size
	                 : r->new_size > r->old_size ? r->new_size - r->old_size
	                                             : 0;
	struct vma *to;
	int ret;

	if (from->flags & VMA_SHARED)
		return -ENOMEM;
	ret = mm_check_limits(mm, extra, 0);
	if (ret < 0)
		return ret;
	to = vma_clone(from, r->old_addr, r->old_addr + r->new_size);
	if (!to)
		return -ENOMEM;
	to->flags &= ~(uint32_t)(VMA_BRK | VMA_STACK | VMA_OVERLAY);
	ret = place_target(mm, r, to, w);
	if (ret == 0) {
		/* Splits above may have cut it. */
		from = vma_find(&mm->vmas, r->old_addr);
		ret = move_contents(mm, r, from, to, w);
	}
	if (ret < 0) {
		to->next_dead = w->dead;
		w->dead = to;
		return ret;
	}
	*ret_addr = to->start;
	overlay_mark(mm, to);
	vma_insert_locked(mm, to);
	return 0;
}

static int shrink_locked(struct mm *mm, const struct mm_remap *r,
                         struct mm_work *w)
{
	if (r->new_size == r->old_size)
		return 0;
	return mm_unmap_locked(mm, r->old_addr + r->new_size,
	                       r->old_addr + r->old_size, w);
}

static int remap_locked(struct mm *mm, const struct mm_remap *r,
                        struct mm_work *w, uint64_t *ret_addr)
{
	struct vma *v = old_vma(mm, r);
	int ret;

	if (!v || (v->flags & VMA_SPECIAL))
		return -EFAULT;
	*ret_addr = r->old_addr;
	if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return move_locked(mm, r, v, w, ret_addr);
	if (r->new_size <= r->old_size)
		return shrink_locked(mm, r, w);

	ret = mm_check_limits(mm, r->new_size - r->old_size,
	                      vma_is_private_writable(v->prot, v->flags)
	                              ? r->new_size - r->old_size
	                              : 0);
	if (ret < 0)
		return ret;
	if (r->old_addr + r->old_size == v->end &&
	    grow_in_place(mm, v, r->old_addr + r->new_size, &w->batch) == 0)
		return 0;
	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	return move_locked(mm, r, v, w, ret_addr);
}

int mm_remap(struct mm *mm, const struct mm_remap *req, uint64_t *ret_addr)
{
	struct mm_remap r = *req;
	uint64_t addr = 0;
	struct mm_work w;
	int ret = check(&r);

	if (ret < 0)
		return ret;
	r.old_size = ALIGN_UP(r.old_size, PAGE_SIZE);
	r.new_size = ALIGN_UP(r.new_size, PAGE_SIZE);
	mm_work_init(&w);
	mm_write_begin(mm);
	ret = remap_locked(mm, &r, &w, &addr);
	pages_batch_finish(&w.batch);
	if (ret == 0)
		vma_merge_range_locked(mm, addr, addr + r.new_size, &w);
	mm_write_end(mm);
	mm_work_finish(&w);
	if (ret < 0)
		return ret;
	*ret_addr = addr;
	if (!pages_is_lazy() || mm->lock_future)
		ret = mm_populate(mm, addr, r.new_size);
	return ret == -EIO ? 0 : ret;
}
