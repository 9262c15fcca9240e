/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kheap_pages.c - runs of pages for the heap: a buddy allocator.
 *
 * Free pages are kept in blocks of 2^order pages at multiples of their size,
 * two free halves always merge, and a request that is no power of two gives
 * what it doesn't need back at once.  One descriptor for each page lies at the
 * start of the heap; the links of a free block lie in the block itself.
 *
 * The pages of the heap hold what the host put there until they were used
 * once: page_desc.is_clean says that it has been overwritten.
 *
 * Where the platform can add pages, the heap grows by extents, each with the
 * descriptors of its pages at its start.
 */
#include "abi/layout.h"
#include "base/assert.h"
#include "base/list.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/kheap_internal.h"

enum {
	ORDERS = 20,       /* 2^19 pages are HEAP_SIZE_MAX */
	GROW_ORDER = 9,    /* 2 MiB: what a host may give at once */
	EXTENT_PAGES = 512 /* 2 MiB, whose descriptors fill one page */
};

struct page_desc {
	uint8_t kind;  /* enum kheap_kind */
	uint8_t order; /* KHEAP_FREE      */
	bool is_clean; /* ours since its first use */
	/* First page of a run or slab: pages; others of it: index of the first. */
	uint32_t value;
};

_Static_assert(EXTENT_PAGES * sizeof(struct page_desc) == PAGE_SIZE, "extent");

struct spinlock kheap_lock = SPINLOCK_INIT(RANK_KHEAP);

/* Guarded by kheap_lock, but for what init sets. */
static struct {
	uint8_t *base;
	size_t npages;
	size_t first;   /* behind the descriptors */
	size_t fresh;   /* from here on no page was ever in a block */
	size_t initial; /* pages, with descriptors in @desc */
	struct page_desc *desc;
	struct page_desc *extents[HEAP_SIZE_MAX / PAGE_SIZE / EXTENT_PAGES];
	struct list free[ORDERS];
	size_t used, peak, slab_pages, runs;
} heap;

static uint8_t *page_at(size_t i)
{
	return heap.base + (i << PAGE_SHIFT);
}

static size_t page_index(const void *p)
{
	size_t i = (size_t)((const uint8_t *)p - heap.base) >> PAGE_SHIFT;

	assert_that((const uint8_t *)p >= heap.base && i >= heap.first &&
	            i < heap.npages);
	return i;
}

/* NULL: no page of ours, between the initial heap and the first extent. */
static struct page_desc *desc_of(size_t i)
{
	struct page_desc *extent;

	if (i < heap.initial)
		return &heap.desc[i];
	extent = heap.extents[i / EXTENT_PAGES];
	return extent ? &extent[i % EXTENT_PAGES] : NULL;
}

static struct list *block_link(size_t i)
{
	return (void *)page_at(i);
}

static void block_insert(size_t i, uint32_t order)
{
	desc_of(i)->kind = KHEAP_FREE;
	desc_of(i)->order = (uint8_t)order;
	list_add(&heap.free[order], block_link(i));
}

static void block_remove(size_t i)
{
	list_del(block_link(i));
	desc_of(i)->kind = KHEAP_INSIDE;
}

static bool is_free_block(size_t i, uint32_t order)
{
	const struct page_desc *d;

	if (i < heap.first || i + ((size_t)1 << order) > heap.npages)
		return false;
	d = desc_of(i);
	return d && d->kind == KHEAP_FREE && d->order == order;
}

/* Free one aligned block and merge it with its buddies. */
static void block_free(size_t i, uint32_t order)
{
	for (; order + 1 < ORDERS; order++) {
		size_t buddy = i ^ ((size_t)1 << order);

		if (!is_free_block(buddy, order))
			break;
		block_remove(buddy);
		i = MIN(i, buddy);
	}
	block_insert(i, order);
}

static uint32_t floor_log2(size_t n)
{
	return 63 - (uint32_t)__builtin_clzl(n);
}

/* Free any range: as the largest aligned blocks that fit. */
static void range_free(size_t i, size_t n)
{
	while (n) {
		uint32_t order = MIN(floor_log2(n), (uint32_t)ORDERS - 1);

		if (i)
			order = MIN(order, (uint32_t)__builtin_ctzl(i));
		block_free(i, order);
		i += (size_t)1 << order;
		n -= (size_t)1 << order;
	}
}

void kheap_pages_init(void *base, size_t size)
{
	size_t npages = size >> PAGE_SHIFT;
	size_t ndesc = PAGES_FOR(npages * sizeof(struct page_desc));
	uint32_t order;

	assert_that(ndesc < npages);
	heap.base = base;
	heap.npages = npages;
	heap.initial = npages;
	heap.first = ndesc;
	heap.desc = base;
	heap.used = heap.peak = heap.slab_pages = heap.runs = 0;
	memset(heap.desc, 0, npages * sizeof(struct page_desc));
	for (order = 0; order < ORDERS; order++)
		list_init(&heap.free[order]);
	heap.fresh = ndesc;
}

/*
 * Up to the next border of pages that were never used: a block of 2^@order pages
 * needs them.  Not all at once, because the links would touch memory all over
 * the heap, most of which is never needed.  False: there are no more.
 */
static bool grow_blocks(uint32_t order)
{
	size_t step = (size_t)1 << MAX(order, (uint32_t)GROW_ORDER);
	size_t start = heap.fresh;

	if (start == heap.npages)
		return false;
	heap.fresh = MIN(ALIGN_DOWN(start, step) + step, heap.npages);
	range_free(start, heap.fresh - start);
	return true;
}

/* The least order from @order on that has a free block, or ORDERS. */
static uint32_t find_order(uint32_t order)
{
	while (order < ORDERS && list_empty(&heap.free[order]))
		order++;
	return order;
}

/* Index of @npages free pages in a row, taken out of the lists; or 0. */
static size_t range_take(size_t npages)
{
	uint32_t least = floor_log2(npages);
	uint32_t order;
	size_t i;

	if ((size_t)1 << least < npages)
		least++;
	while ((order = find_order(least)) == ORDERS)
		if (!grow_blocks(least))
			return 0;
	i = page_index(heap.free[order].next);
	block_remove(i);
	range_free(i + npages, ((size_t)1 << order) - npages);
	return i;
}

static void run_describe(size_t first, size_t npages, enum kheap_kind kind)
{
	size_t i;

	desc_of(first)->kind = (uint8_t)kind;
	desc_of(first)->value = (uint32_t)npages;
	if (kind == KHEAP_SLAB) {
		heap.slab_pages += npages;
		for (i = 1; i < npages; i++)
			desc_of(first + i)->value = (uint32_t)first;
		return;
	}
	heap.runs++;
	kheap_account_locked((long)(npages << PAGE_SHIFT));
}

/* The run belongs to the caller, so this needs no lock. */
static void run_clean(size_t first, size_t npages)
{
	size_t i;

	for (i = first; i < first + npages; i++) {
		if (!desc_of(i)->is_clean)
			memset(page_at(i), 0, PAGE_SIZE);
		desc_of(i)->is_clean = true;
	}
}

static size_t run_take(size_t npages, enum kheap_kind kind)
{
	size_t i;

	spin_lock(&kheap_lock);
	i = range_take(npages);
	if (i)
		run_describe(i, npages, kind);
	spin_unlock(&kheap_lock);
	return i;
}

/* How the heap grows; heap.npages and heap.extents change under the lock. */
static struct {
	struct spinlock lock;
	size_t max; /* pages; 0: it does not */
	int (*add)(uint64_t addr);
} growth = { .lock = SPINLOCK_INIT(RANK_KHEAP_GROW) };

void kheap_allow_growth(size_t max_size, int (*add)(uint64_t addr))
{
	growth.add = add;
	growth.max = MIN(max_size, HEAP_SIZE_MAX) >> PAGE_SHIFT;
}

/*
 * So many extents that @npages, rounded up to a power of two, lie in them at a
 * multiple of their size, beside the descriptors.
 */
static size_t extents_for(size_t npages)
{
	size_t rounded = (size_t)1 << (floor_log2(npages) + 1);

	return rounded <= EXTENT_PAGES / 2 ? 1 : 2 * rounded / EXTENT_PAGES + 1;
}

static bool pages_add(size_t i, size_t end)
{
	for (; i < end; i++)
		if (growth.add((uint64_t)(uintptr_t)page_at(i)) < 0)
			return false;
	return true;
}

/* Pages that were added are zero, their descriptors too. */
static void extents_enter(size_t start, size_t end)
{
	size_t n = (end - start) / EXTENT_PAGES;
	struct page_desc *desc = (void *)page_at(start);
	size_t i;

	for (i = 0; i < end - start; i++)
		desc[i].is_clean = true;
	spin_lock(&kheap_lock);
	for (i = 0; i < n; i++)
		heap.extents[start / EXTENT_PAGES + i] =
			desc + i * EXTENT_PAGES;
	/* Who takes pages has tried all that were there. */
	heap.npages = heap.fresh = end;
	range_free(start + n, end - start - n);
	spin_unlock(&kheap_lock);
}

static bool heap_grow(size_t npages)
{
	size_t start = ALIGN_UP(heap.npages, (size_t)EXTENT_PAGES);
	size_t end = start + extents_for(npages) * EXTENT_PAGES;

	if (end > growth.max)
		return false;
	if (!pages_add(start, end)) {
		/* What was added must not be added again. */
		growth.max = 0;
		return false;
	}
	extents_enter(start, end);
	return true;
}

void *kheap_run_alloc(size_t npages, enum kheap_kind kind)
{
	size_t i;

	assert_that(npages > 0);
	if (npages >= HEAP_SIZE_MAX / PAGE_SIZE)
		return NULL;
	i = run_take(npages, kind);
	if (!i && READ_ONCE(growth.max)) {
		spin_lock(&growth.lock);
		i = run_take(npages, kind); /* another was faster */
		if (!i && heap_grow(npages))
			i = run_take(npages, kind);
		spin_unlock(&growth.lock);
	}
	if (!i)
		return NULL;
	run_clean(i, npages);
	return page_at(i);
}

void kheap_run_free(void *p, size_t npages, enum kheap_kind kind)
{
	size_t i = page_index(p);

	spin_lock(&kheap_lock);
	assert_that(p == page_at(i) && desc_of(i)->kind == kind &&
	            desc_of(i)->value == npages);
	desc_of(i)->kind = KHEAP_INSIDE;
	if (kind == KHEAP_SLAB) {
		heap.slab_pages -= npages;
	} else {
		heap.runs--;
		kheap_account_locked(-(long)(npages << PAGE_SHIFT));
	}
	range_free(i, npages);
	spin_unlock(&kheap_lock);
}

size_t kheap_run_pages(const void *p)
{
	size_t i = page_index(p);

	assert_that(p == page_at(i) && desc_of(i)->kind == KHEAP_RUN);
	return desc_of(i)->value;
}

/*
 * No lock: the descriptors of a live allocation don't change.  A page inside a
 * slab names its first page, one inside a run can't be asked for.
 */
struct slab *kheap_slab_of(const void *p)
{
	size_t i = page_index(p);
	const struct page_desc *d = desc_of(i);

	if (d->kind == KHEAP_RUN)
		return NULL;
	if (d->kind == KHEAP_INSIDE)
		i = d->value;
	assert_that(desc_of(i)->kind == KHEAP_SLAB);
	return (struct slab *)(void *)page_at(i);
}

void kheap_account_locked(long bytes)
{
	heap.used += (size_t)bytes;
	heap.peak = MAX(heap.peak, heap.used);
}

void kheap_pages_stats_locked(struct kheap_stats *ret)
{
	ret->total = (heap.npages - heap.first) << PAGE_SHIFT;
	ret->max = MAX(growth.max << PAGE_SHIFT, ret->total);
	ret->used = heap.used;
	ret->peak = heap.peak;
	ret->slabs = heap.slab_pages << PAGE_SHIFT;
	ret->page_runs = heap.runs;
}

void *kpages_alloc(size_t npages)
{
	return kheap_run_alloc(npages, KHEAP_RUN);
}

void *kpages_zalloc(size_t npages)
{
	void *p = kpages_alloc(npages);

	if (p)
		memset(p, 0, npages << PAGE_SHIFT);
	return p;
}

void kpages_free(void *p, size_t npages)
{
	if (!p)
		return;
	kheap_run_free(p, npages, KHEAP_RUN);
}
