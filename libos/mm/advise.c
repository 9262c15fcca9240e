/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advise.c - madvise(2), msync(2), mincore(2), mlock(2) and their relatives.
 */
#include "base/arith.h"
#include "base/errno.h"
#include "base/list.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/uapi.h"

/* Above it dropped pages lose their rights; below, zeroing in place is less. */
enum { CLEAR_PAGES_MAX = 64 };

/* The next touch of private memory finds zeros, or the file once more. */
static void dontneed(struct vma *v, uint64_t start, uint64_t end,
                     struct pages_batch *b)
{
	uint64_t npages = (end - start) >> PAGE_SHIFT;

	if (v->flags & (VMA_SHARED | VMA_SPECIAL))
		return;
	if (!v->object && (v->prot & PROT_WRITE) &&
	    (npages <= CLEAR_PAGES_MAX || !pages_is_lazy()))
		pages_clear(start, npages);
	else
		pages_free(b, start, npages);
}

static int set_flag(struct mm *mm, uint64_t start, uint64_t end, uint32_t set,
                    uint32_t clear)
{
	struct vma *v;
	int ret = vma_split_at_locked(mm, start);

	if (ret == 0)
		ret = vma_split_at_locked(mm, end);
	if (ret < 0)
		return ret;
	for (v = vma_find_from(&mm->vmas, start); v && v->start < end;
	     v = vma_next(v))
		vma_set_flags_locked(mm, v, (v->flags & ~clear) | set);
	return 0;
}

static void drop_range(struct mm *mm, uint64_t start, uint64_t end,
                       struct pages_batch *b)
{
	struct vma *v;

	for (v = vma_find_from(&mm->vmas, start); v && v->start < end;
	     v = vma_next(v))
		dontneed(v, MAX(v->start, start), MIN(v->end, end), b);
	pages_batch_finish(b);
}

enum advice_kind {
	ADVICE_UNKNOWN = 0,
	ADVICE_HINT, /* nothing to do is a right answer */
	ADVICE_DROP,
	ADVICE_POPULATE,
	ADVICE_FLAG
};

struct advice {
	enum advice_kind kind;
	uint32_t set, clear;
};

static const struct advice advices[] = {
	[MADV_NORMAL] = { .kind = ADVICE_HINT },
	[MADV_RANDOM] = { .kind = ADVICE_HINT },
	[MADV_SEQUENTIAL] = { .kind = ADVICE_HINT },
	[MADV_WILLNEED] = { .kind = ADVICE_HINT },
	[MADV_DONTNEED] = { .kind = ADVICE_DROP },
	/* "The kernel may free the pages": it need not. */
	[MADV_FREE] = { .kind = ADVICE_HINT },
	[MADV_DONTFORK] = { .kind = ADVICE_FLAG, .set = VMA_DONTFORK },
	[MADV_DOFORK] = { .kind = ADVICE_FLAG, .clear = VMA_DONTFORK },
	[MADV_MERGEABLE] = { .kind = ADVICE_HINT },
	[MADV_UNMERGEABLE] = { .kind = ADVICE_HINT },
	[MADV_HUGEPAGE] = { .kind = ADVICE_HINT },
	[MADV_NOHUGEPAGE] = { .kind = ADVICE_HINT },
	[MADV_DONTDUMP] = { .kind = ADVICE_FLAG, .set = VMA_DONTDUMP },
	[MADV_DODUMP] = { .kind = ADVICE_FLAG, .clear = VMA_DONTDUMP },
	[MADV_WIPEONFORK] = { .kind = ADVICE_FLAG, .set = VMA_WIPEONFORK },
	[MADV_KEEPONFORK] = { .kind = ADVICE_FLAG, .clear = VMA_WIPEONFORK },
	[MADV_COLD] = { .kind = ADVICE_HINT },
	[MADV_PAGEOUT] = { .kind = ADVICE_HINT },
	[MADV_POPULATE_READ] = { .kind = ADVICE_POPULATE },
	[MADV_POPULATE_WRITE] = { .kind = ADVICE_POPULATE },
	[MADV_DONTNEED_LOCKED] = { .kind = ADVICE_DROP },
};

static const struct advice *advice_find(int number)
{
	if (number < 0 || (size_t)number >= ARRAY_SIZE(advices) ||
	    advices[number].kind == ADVICE_UNKNOWN)
		return NULL;
	return &advices[number];
}

static int advise_locked(struct mm *mm, const struct advice *a, uint64_t start,
                         uint64_t end, struct pages_batch *b)
{
	/* Linux does what it can and reports the gap. */
	bool is_whole = vma_covers(&mm->vmas, start, end);
	int ret = 0;

	if (a->kind == ADVICE_DROP)
		drop_range(mm, start, end, b);
	else if (a->kind == ADVICE_FLAG)
		ret = set_flag(mm, start, end, a->set, a->clear);
	if (ret == 0 && !is_whole)
		ret = -ENOMEM;
	return ret;
}

int mm_advise(struct mm *mm, uint64_t addr, uint64_t size, int number)
{
	const struct advice *a = advice_find(number);
	struct mm_work w;
	uint64_t end;
	int ret;

	if (!a || add_overflow(addr, size, &end) ||
	    mm_check_range(addr, size, &end) == -EINVAL)
		return -EINVAL;
	if (size == 0)
		return 0;
	ret = mm_check_range(addr, size, &end);
	if (ret < 0)
		return ret;
	mm_work_init(&w);
	mm_write_begin(mm);
	ret = advise_locked(mm, a, addr, end, &w.batch);
	vma_merge_range_locked(mm, addr, end, &w);
	mm_write_end(mm);
	mm_work_finish(&w);
	if (ret < 0)
		return ret;
	if (a->kind == ADVICE_POPULATE ||
	    (a->kind == ADVICE_DROP && !pages_is_lazy()))
		ret = mm_populate(mm, addr, end - addr);
	return ret == -EIO ? -EFAULT : ret;
}

/* A use of the first shared file segment of [*@pos, @end); what of it. */
static struct vm_segment *next_segment(struct mm *mm, uint64_t *pos,
                                       uint64_t end, uint64_t *ret_end)
{
	struct vm_segment *seg = NULL;
	const struct vma *v;

	rwlock_read(&mm->lock);
	v = vma_find_from(&mm->vmas, *pos);
	while (v && v->start < end && !(v->flags & VMA_SHARED))
		v = vma_next(v);
	if (v && v->start < end) {
		seg = v->segment;
		segment_use(seg);
		*pos = MAX(*pos, v->start);
		*ret_end = MIN(end, v->end);
	}
	rwlock_read_done(&mm->lock);
	return seg;
}

int mm_sync(struct mm *mm, uint64_t addr, uint64_t size, int flags)
{
	struct vm_segment *seg;
	uint64_t pos = addr;
	uint64_t end, part;
	bool is_whole;
	int ret = 0;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)) ||
	    mm_check_range(addr, size, &end) == -EINVAL)
		return -EINVAL;
	if (size == 0)
		return 0;
	if (mm_check_range(addr, size, &end) < 0)
		return -ENOMEM;
	rwlock_read(&mm->lock);
	is_whole = vma_covers(&mm->vmas, addr, end);
	rwlock_read_done(&mm->lock);

	while (ret == 0 && (flags & MS_SYNC) &&
	       (seg = next_segment(mm, &pos, end, &part)) != NULL) {
		ret = segment_sync(seg, pos, part);
		segment_put(seg);
		pos = part;
	}
	if (ret == 0 && !is_whole)
		ret = -ENOMEM;
	return ret;
}

int mm_incore(struct mm *mm, uint64_t addr, uint64_t size, uint8_t *vec)
{
	uint64_t end, i;
	int ret;

	ret = mm_check_range(addr, size, &end);
	if (ret < 0)
		return ret;
	if (size == 0)
		return 0;
	rwlock_read(&mm->lock);
	if (!vma_covers(&mm->vmas, addr, end))
		ret = -ENOMEM;
	for (i = 0; ret == 0 && addr < end; addr += PAGE_SIZE, i++)
		vec[i] = pages_state(addr) == PAGE_USED;
	rwlock_read_done(&mm->lock);
	return ret;
}

int mm_lock_range(struct mm *mm, uint64_t addr, uint64_t size,
                  enum mm_lock_mode mode, uint64_t limit)
{
	uint64_t start = ALIGN_DOWN(addr, PAGE_SIZE);
	struct mm_work w;
	uint64_t end;
	int ret;

	if (size == 0)
		return 0;
	size = ALIGN_UP(size + (addr - start), PAGE_SIZE);
	ret = mm_check_range(start, size, &end);
	if (ret < 0)
		return ret;
	mm_work_init(&w);
	mm_write_begin(mm);
	if (mode != MM_UNLOCK && size > limit)
		ret = -ENOMEM;
	if (ret == 0 && !vma_covers(&mm->vmas, start, end))
		ret = -ENOMEM;
	if (ret == 0)
		ret = set_flag(mm, start, end,
		               mode == MM_UNLOCK ? 0 : VMA_LOCKED, VMA_LOCKED);
	vma_merge_range_locked(mm, start, end, &w);
	mm_write_end(mm);
	mm_work_finish(&w);
	if (ret == 0 && mode == MM_LOCK)
		ret = mm_populate(mm, start, end - start);
	return ret == -EIO ? -ENOMEM : ret;
}

int mm_lock_all(struct mm *mm, int flags, uint64_t limit)
{
	struct vma *v;
	int ret = 0;

	mm_write_begin(mm);
	if ((flags & MCL_CURRENT) && mm->mapped > limit)
		ret = -ENOMEM;
	if (ret == 0) {
		mm->lock_future = (flags & MCL_FUTURE) != 0;
		for (v = vma_first(&mm->vmas); v; v = vma_next(v)) {
			uint32_t set = v->flags & ~(uint32_t)VMA_LOCKED;

			if (flags & MCL_CURRENT)
				set |= VMA_LOCKED;
			if (flags != MCL_FUTURE)
				vma_set_flags_locked(mm, v, set);
		}
	}
	mm_write_end(mm);
	return ret;
}
