/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mm.c - the life of an address space, what it owns, and what it reports.
 */
#include "libos/mm/mm.h"

#include "abi/layout.h"
#include "base/arith.h"
#include "base/assert.h"
#include "base/errno.h"
#include "base/string.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/overlay_internal.h"
#include "libos/mm/textcache.h"
#include "libos/mm/uspace.h"

static void no_text_filled(struct mm *mm, struct vm_object *obj,
                           uint64_t offset, uint64_t addr, uint8_t *bytes,
                           size_t size)
{
	(void)mm, (void)obj, (void)offset, (void)addr, (void)bytes, (void)size;
}

static bool runs_nowhere(struct mm *mm)
{
	(void)mm;
	return false;
}

static void no_kick_out(struct mm *mm)
{
	(void)mm;
}

static const struct mm_ops no_ops = {
	.text_filled = no_text_filled,
	.runs_elsewhere = runs_nowhere,
	.is_runnable = runs_nowhere,
	.kick_out = no_kick_out,
};
static const struct mm_ops *ops = &no_ops;
static uint32_t last_id; /* atomic */

void mm_set_ops(const struct mm_ops *new_ops)
{
	ops = new_ops;
}

const struct mm_ops *mm_get_ops(void)
{
	return ops;
}

/* What the cache keeps is the first thing to go when memory runs out. */
static uint64_t reclaim(uint64_t npages)
{
	uint64_t gone = pages_trim(npages);

	if (gone >= npages)
		return gone;
	textcache_shrink(npages - gone);
	return gone + pages_trim(npages - gone);
}

int mm_init(const struct mm_config *config)
{
	int ret = uspace_init(config->user_space_size);

	if (ret < 0)
		return ret;
	ret = pages_init(config);
	if (ret < 0)
		return ret;
	textcache_init();
	overlay_init();
	pages_set_reclaim(reclaim);
	return 0;
}

void mm_fini(void)
{
	textcache_shrink(UINT64_MAX);
	pages_fini();
	uspace_fini();
}

int mm_create(struct mm **ret)
{
	struct mm *mm = kzalloc(sizeof(*mm));

	if (!mm)
		return -ENOMEM;
	/* One for the heap's reservation. */
	if (uspace_pay() < 0) {
		kfree(mm);
		return -ENOMEM;
	}
	mm->refs = 1;
	mm->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	rwlock_init(&mm->lock, RANK_MM);
	mm->limit_as = mm->limit_data = UINT64_MAX;
	mm->limit_stack = UINT64_MAX;
	*ret = mm;
	return 0;
}

void mm_get(struct mm *mm)
{
	__atomic_add_fetch(&mm->refs, 1, __ATOMIC_RELAXED);
}

void mm_put(struct mm *mm)
{
	if (!mm || __atomic_sub_fetch(&mm->refs, 1, __ATOMIC_ACQ_REL))
		return;
	mm_clear(mm);
	if (mm->exe)
		vm_object_put(mm->exe);
	uspace_refund();
	kfree(mm);
}

void mm_work_init(struct mm_work *w)
{
	w->dead = NULL;
	pages_batch_init(&w->batch);
}

void mm_work_finish(struct mm_work *w)
{
	struct vma *v = w->dead;

	assert_that(w->batch.count == 0);
	w->dead = NULL;
	while (v) {
		struct vma *next = v->next_dead;

		vma_destroy(v);
		v = next;
	}
}

/* B: windows are read between two equal even values of seq. */
static void begin_change(struct mm *mm)
{
	__atomic_store_n(&mm->seq, mm->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void mm_window_begin(struct mm *mm)
{
	rwlock_write(&mm->lock);
	while (!overlay_is_settled(mm)) {
		rwlock_write_done(&mm->lock);
		overlay_settle(mm);
		rwlock_write(&mm->lock);
	}
	begin_change(mm);
}

void mm_write_begin(struct mm *mm)
{
	mm_window_begin(mm);
	memset(mm->windows, 0, sizeof(mm->windows));
}

void mm_dying_begin(struct mm *mm)
{
	rwlock_write(&mm->lock);
	begin_change(mm);
	memset(mm->windows, 0, sizeof(mm->windows));
}

void mm_write_end(struct mm *mm)
{
	__atomic_store_n(&mm->seq, mm->seq + 1, __ATOMIC_RELEASE);
	rwlock_write_done(&mm->lock);
}

int mm_check_range(uint64_t addr, uint64_t size, uint64_t *ret_end)
{
	uint64_t end;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (add_overflow(size, PAGE_SIZE - 1, &size) ||
	    add_overflow(addr, size & PAGE_MASK, &end) || end > USER_END)
		return -ENOMEM;
	*ret_end = end;
	return 0;
}

int mm_check_limits(const struct mm *mm, uint64_t more, uint64_t more_data)
{
	if (more > mm->limit_as || mm->mapped > mm->limit_as - more)
		return -ENOMEM;
	if (more_data && (more_data > mm->limit_data ||
	                  mm->data > mm->limit_data - more_data))
		return -ENOMEM;
	return 0;
}

/*
 * The next piece of [*@pos, @end) that is not reserved for the mm anyway; *@pos
 * moves behind it.
 */
static bool next_piece(const struct mm *mm, uint64_t *pos, uint64_t end,
                       uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t start = *pos;
	uint64_t slot_start, slot_end;

	overlay_slot_of(mm, &slot_start, &slot_end);
	if (start >= mm->brk_start && start < mm->brk_limit)
		start = mm->brk_limit;
	if (start >= slot_start && start < slot_end)
		start = slot_end;
	if (start >= mm->brk_start && start < mm->brk_limit)
		start = mm->brk_limit;
	if (start >= end)
		return false;
	if (mm->brk_start < mm->brk_limit && mm->brk_start > start)
		end = MIN(end, mm->brk_start);
	if (slot_start < slot_end && slot_start > start)
		end = MIN(end, slot_start);
	*ret_start = start;
	*ret_end = end;
	*pos = end;
	return true;
}

enum uspace_place mm_backed_place(void)
{
	return pages_has_edmm() ? USPACE_BACKED : USPACE_ONLY_BACKED;
}

int mm_addresses(uint64_t size, uint64_t align, enum uspace_place place,
                 uint64_t *ret_addr)
{
	uint64_t addr;
	int ret = uspace_alloc(size, align, place, &addr);

	if (ret < 0 && textcache_shrink(UINT64_MAX))
		ret = uspace_alloc(size, align, place, &addr);
	if (ret < 0)
		return ret;
	ret = pages_open(addr, size >> PAGE_SHIFT);
	if (ret < 0) {
		uspace_free(addr, size);
		return ret;
	}
	*ret_addr = addr;
	return 0;
}

int mm_reserve_locked(struct mm *mm, uint64_t start, uint64_t end,
                      struct pages_batch *b, const struct content_id *id,
                      uint64_t offset)
{
	uint64_t pos = start;
	uint64_t s, e;
	int ret;

	while (next_piece(mm, &pos, end, &s, &e)) {
		ret = textcache_take(b, s, e, id, offset + (s - start));
		if (ret == 0)
			continue;
		pages_free(b, start, (s - start) >> PAGE_SHIFT);
		pages_batch_finish(b);
		mm_disown_locked(mm, start, s);
		return ret;
	}
	return 0;
}

int mm_own_locked(struct mm *mm, uint64_t start, uint64_t end,
                  struct pages_batch *b, const struct content_id *id,
                  uint64_t offset)
{
	int ret = pages_open(start, (end - start) >> PAGE_SHIFT);

	if (ret < 0)
		return ret;
	return mm_reserve_locked(mm, start, end, b, id, offset);
}

void mm_disown_locked(struct mm *mm, uint64_t start, uint64_t end)
{
	uint64_t s, e;

	while (next_piece(mm, &start, end, &s, &e))
		uspace_free(s, e - s);
}

struct report {
	int (*func)(const struct vma *v, const char *path, void *arg);
	void *arg;
	char path[512];
};

static const char *vma_path(const struct vma *v, struct report *r)
{
	if (v->name)
		return v->name;
	if (v->flags & VMA_STACK)
		return "[stack]";
	if (v->flags & VMA_BRK)
		return "[heap]";
	if (!v->object)
		return "";
	v->object->ops->path(v->object, r->path, sizeof(r->path));
	return r->path;
}

int mm_for_each(struct mm *mm,
                int (*func)(const struct vma *v, const char *path, void *arg),
                void *arg)
{
	struct report r = { .func = func, .arg = arg };
	const struct vma *v;
	int ret = 0;

	rwlock_read(&mm->lock);
	for (v = vma_first(&mm->vmas); v && ret == 0; v = vma_next(v))
		ret = func(v, vma_path(v, &r), arg);
	rwlock_read_done(&mm->lock);
	return ret;
}

static void usage_add(struct mm_usage *u, const struct vma *v)
{
	uint64_t npages = vma_npages(v);
	uint64_t used = pages_count_used(v->start, npages);

	u->size += npages;
	u->resident += used;
	if (v->object)
		u->shared += used;
	if (v->prot & PROT_EXEC)
		u->text += npages;
	if (vma_is_private_writable(v->prot, v->flags))
		u->data += npages;
	if (v->flags & VMA_STACK)
		u->stack += npages;
	if (v->flags & VMA_LOCKED)
		u->locked += npages;
}

void mm_usage(struct mm *mm, struct mm_usage *ret)
{
	const struct vma *v;

	memset(ret, 0, sizeof(*ret));
	rwlock_read(&mm->lock);
	for (v = vma_first(&mm->vmas); v; v = vma_next(v))
		usage_add(ret, v);
	rwlock_read_done(&mm->lock);
}

void mm_totals(struct mm_totals *ret)
{
	struct textcache_stats cache;
	struct pages_totals pages;

	textcache_stats(&cache);
	pages_totals(&pages);
	ret->total = pages.budget;
	ret->committed = pages.present;
	ret->used = pages.used;
	ret->cached = cache.pages;
}
