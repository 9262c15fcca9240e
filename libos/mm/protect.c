/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect.c - mprotect(2).
 */
#include "base/errno.h"
#include "libos/mm/mm_internal.h"

static int check_vma(const struct mm *mm, const struct vma *v, uint64_t end,
                     uint32_t prot)
{
	bool gains_write = (prot & PROT_WRITE) && !(v->prot & PROT_WRITE);

	if (v->flags & VMA_SPECIAL)
		return -EACCES;
	if ((prot & PROT_WRITE) && !(v->flags & VMA_MAY_WRITE))
		return -EACCES;
	if (!pages_has_edmm() && prot != PROT_NONE &&
	    MIN(v->end, end) > pages_static_end())
		return -ENOMEM;
	if (gains_write && !(v->flags & VMA_SHARED))
		return mm_check_limits(mm, 0, vma_size(v));
	return 0;
}

static void protect_pages(struct vma *v, uint32_t prot, struct pages_batch *b)
{
	uint32_t rights = pages_rights_of(prot);

	if (v->flags & VMA_SHARED) {
		segment_protect(v->segment, b, v->start, v->end, rights);
		return;
	}
	/* Text has to be prepared when it is filled: once more, then. */
	if (vma_is_clean_file(v) && (prot & PROT_EXEC) &&
	    !(v->prot & PROT_EXEC))
		pages_free_lacking(b, v->start, vma_npages(v), PAGE_X);
	pages_protect(b, v->start, vma_npages(v), rights);
}

/* VMA by VMA up to the first gap or refusal, as Linux does. */
static int protect_locked(struct mm *mm, uint64_t start, uint64_t end,
                          uint32_t prot, struct pages_batch *b)
{
	uint64_t pos = start;
	uint64_t stop;
	struct vma *v;
	int ret;

	while (pos < end) {
		v = vma_find(&mm->vmas, pos);
		if (!v)
			return -ENOMEM;
		stop = MIN(v->end, end);
		ret = check_vma(mm, v, end, prot);
		if (ret == 0)
			ret = vma_split_at_locked(mm, pos);
		if (ret == 0)
			ret = vma_split_at_locked(mm, stop);
		if (ret < 0)
			return ret;
		v = vma_find(&mm->vmas, pos);
		if (v->prot != prot) {
			protect_pages(v, prot, b);
			vma_set_prot_locked(mm, v, prot);
		}
		pos = v->end;
	}
	return 0;
}

int mm_protect(struct mm *mm, uint64_t addr, uint64_t size, uint32_t prot)
{
	struct mm_work w;
	uint64_t end;
	int ret;

	if (size == 0)
		return IS_ALIGNED(addr, PAGE_SIZE) ? 0 : -EINVAL;
	ret = mm_check_range(addr, size, &end);
	if (ret < 0)
		return ret;
	mm_work_init(&w);
	mm_write_begin(mm);
	ret = protect_locked(mm, addr, end, prot, &w.batch);
	pages_batch_finish(&w.batch);
	vma_merge_range_locked(mm, addr, end, &w);
	mm_write_end(mm);
	mm_work_finish(&w);
	/* Where a touch can't bring pages, they have to be there. */
	if (ret == 0 && prot != PROT_NONE && !pages_is_lazy()) {
		ret = mm_populate(mm, addr, end - addr);
		if (ret == -EIO)
			ret = 0;
	}
	return ret;
}
