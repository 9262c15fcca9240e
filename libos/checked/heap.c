/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c - the kernel's heap with nobody's memory around each object.
 *
 * An object is a larger one of the real heap: a header, which is its left
 * margin, the object, and at least MARGIN bytes that may not be touched; a run
 * of pages has a page before it.  Freed objects wait in a queue, poisoned, until
 * a 32nd of the heap waits there, so that old pointers meet them.
 */
#include "abi/bootcfg.h"
#include "abi/layout.h"
#include "base/arith.h"
#include "base/format.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/checked/checked.h"
#include "libos/mm/kheap.h"
#include "libos/sched/spinlock.h"

enum {
	MARGIN = 16,
	HEADER = 64,    /* keeps objects aligned as the heap does */
	KEEP_SHARE = 32 /* of the heap, for what was freed          */
};

#define LIVE 0x6576696c70616568ull  /* "heaplive" */
#define FREED 0x6461656470616568ull /* "heapdead" */

struct header {
	uint64_t state;
	size_t size;   /* of the object                        */
	size_t npages; /* of a run, without its margin; else 0 */
	uint64_t alloc_pc, free_pc;
	struct header *next; /* in the queue */
};

_Static_assert(sizeof(struct header) <= HEADER, "header");

static struct spinlock lock = SPINLOCK_INIT(RANK_LEAF);
/* Under lock. */
static struct header *oldest, *newest;
static size_t kept, kept_max;

void __real_kfree(void *p);
void __real_kpages_free(void *p, size_t npages);
void __real_spin_lock(struct spinlock *l);
void __real_spin_unlock(struct spinlock *l);

static size_t margin_of(const struct header *h)
{
	return h->npages ? PAGE_SIZE : HEADER;
}

static uint8_t *object_of(struct header *h)
{
	return (uint8_t *)h + margin_of(h);
}

static size_t space_of(const struct header *h)
{
	return margin_of(h) +
	       (h->npages ? h->size : ALIGN_UP(h->size, 8ul) + MARGIN);
}

static void *object_begin(struct header *h, size_t size, size_t npages,
                          uint64_t pc)
{
	uint64_t object;

	h->state = LIVE;
	h->size = size;
	h->npages = npages;
	h->alloc_pc = pc;
	h->free_pc = 0;
	h->next = NULL;
	object = (uint64_t)object_of(h);
	shadow_poison((uint64_t)h, margin_of(h), SHADOW_HEAP_LEFT);
	if (!npages)
		shadow_poison(ALIGN_UP(object + size, 8ul), MARGIN,
		              SHADOW_HEAP_RIGHT);
	shadow_allow(object, size);
	return (void *)object;
}

/* --- what was freed, and waits --- */

static struct header *pop_above(size_t limit)
{
	struct header *h = NULL;

	__real_spin_lock(&lock);
	if (kept > limit && oldest) {
		h = oldest;
		oldest = h->next;
		if (!oldest)
			newest = NULL;
		kept -= space_of(h);
	}
	__real_spin_unlock(&lock);
	return h;
}

static void push(struct header *h)
{
	__real_spin_lock(&lock);
	if (newest)
		newest->next = h;
	else
		oldest = h;
	newest = h;
	kept += space_of(h);
	__real_spin_unlock(&lock);
}

/* Give back until at most @limit bytes wait; true if there was any. */
static bool drain(size_t limit)
{
	bool any = false;
	struct header *h;

	while ((h = pop_above(limit))) {
		size_t npages = h->npages;

		any = true;
		shadow_poison((uint64_t)h, space_of(h), SHADOW_HEAP_UNUSED);
		if (npages)
			__real_kpages_free(h, npages + 1);
		else
			__real_kfree(h);
	}
	return any;
}

/* The live object at @p, or the end. */
static struct header *header_of(void *p, size_t npages, uint64_t pc)
{
	uint64_t addr = (uint64_t)p;
	struct header *h = (void *)(addr - (npages ? PAGE_SIZE : HEADER));
	char about[200];

	if (shadow_region(addr) == REGION_SHADOWED && addr >= HEAP_BASE &&
	    addr % 16 == 0 && shadow_region((uint64_t)h) == REGION_SHADOWED &&
	    shadow_of((uint64_t)h) == SHADOW_HEAP_LEFT && h->state == LIVE &&
	    h->npages == npages)
		return h;
	about[0] = '\0';
	if (shadow_region(addr) == REGION_SHADOWED && addr >= HEAP_BASE)
		heap_describe(addr, about, sizeof(about));
	checked_fail("heap: 0x%lx is freed from 0x%lx, and no live object%s",
	             addr, pc, about);
}

static void object_end(struct header *h, uint64_t pc)
{
	h->state = FREED;
	h->free_pc = pc;
	shadow_poison((uint64_t)object_of(h), space_of(h) - margin_of(h),
	              SHADOW_HEAP_FREED);
	push(h);
	(void)drain(kept_max);
}

/* --- the heap's functions --- */

void heap_setup(size_t size)
{
	kept_max = size / KEEP_SHARE;
}

void *__real_kmalloc(size_t size);

static void *alloc(size_t size, uint64_t pc)
{
	size_t space;
	void *h;

	if (add_overflow(size, HEADER + MARGIN + 8, &space))
		return NULL;
	h = __real_kmalloc(space);
	if (!h && drain(0))
		h = __real_kmalloc(space);
	return h ? object_begin(h, size, 0, pc) : NULL;
}

WRAP(void *, kmalloc, size_t size)
{
	return alloc(size, CALLER);
}

WRAP(void *, kzalloc, size_t size)
{
	void *p = alloc(size, CALLER);

	if (p)
		memset(p, 0, size);
	return p;
}

WRAP(void *, kcalloc, size_t count, size_t size)
{
	size_t bytes;
	void *p;

	if (mul_overflow(count, size, &bytes))
		return NULL;
	p = alloc(bytes, CALLER);
	if (p)
		memset(p, 0, bytes);
	return p;
}

WRAP(void, kfree, void *p)
{
	if (p)
		object_end(header_of(p, 0, CALLER), CALLER);
}

/* Always moves, so that an old pointer is found out. */
WRAP(void *, krealloc, void *p, size_t size)
{
	struct header *old = p ? header_of(p, 0, CALLER) : NULL;
	void *q = alloc(size, CALLER);

	if (q && old) {
		memcpy(q, p, MIN(size, old->size));
		object_end(old, CALLER);
	}
	return q;
}

void *__real_kpages_alloc(size_t npages);

static void *run_alloc(size_t npages, uint64_t pc)
{
	void *h = __real_kpages_alloc(npages + 1);

	if (!h && drain(0))
		h = __real_kpages_alloc(npages + 1);
	return h ? object_begin(h, npages * PAGE_SIZE, npages, pc) : NULL;
}

WRAP(void *, kpages_alloc, size_t npages)
{
	return run_alloc(npages, CALLER);
}

WRAP(void *, kpages_zalloc, size_t npages)
{
	void *p = run_alloc(npages, CALLER);

	if (p)
		memset(p, 0, npages * PAGE_SIZE);
	return p;
}

WRAP(void, kpages_free, void *p, size_t npages)
{
	if (p)
		object_end(header_of(p, npages, CALLER), CALLER);
}

/* Who counts does not count what only waits. */
WRAP(void, kheap_stats, struct kheap_stats *ret)
{
	(void)drain(0);
	__real_kheap_stats(ret);
}

/* --- reports --- */

static bool is_header(const struct header *h)
{
	return shadow_of((uint64_t)h) == SHADOW_HEAP_LEFT &&
	       (h->state == LIVE || h->state == FREED);
}

/* The nearest header at or below @addr. */
static struct header *find_header(uint64_t addr)
{
	struct header *h = (void *)ALIGN_DOWN(addr, 16ul);
	uint32_t i;

	for (i = 0; (uint64_t)h >= HEAP_BASE && i < 65536; i++) {
		if (is_header(h))
			return h;
		h = (void *)((uint64_t)h - 16);
	}
	return NULL;
}

void heap_describe(uint64_t addr, char *text, size_t size)
{
	struct header *h = find_header(addr);

	text[0] = '\0';
	if (!h)
		return;
	(void)str_format(text, size,
	                 ", %ld bytes into an object of %zu, allocated from "
	                 "0x%lx",
	                 (long)(addr - (uint64_t)object_of(h)), h->size,
	                 h->alloc_pc);
	if (h->state == FREED)
		(void)str_format(text + strlen(text), size - strlen(text),
		                 ", freed from 0x%lx", h->free_pc);
}
