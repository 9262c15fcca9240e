/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kheap.h - the kernel's own memory.
 *
 * One heap over the measured-size range at HEAP_BASE.  Whole pages come from a
 * buddy allocator, smaller things from size classes cut out of pages.  Every
 * function may be called with spinlocks of rank below RANK_KHEAP held, never
 * sleeps and never calls the host; an exhausted heap answers NULL.
 *
 * What the heap hands out has undefined contents unless the name says zalloc.
 * It is never what the host put there: the pages of the heap are added without
 * being measured, so each one is zeroed before it is first used.
 *
 *	struct pipe *p = kzalloc(sizeof(*p));
 *
 *	if (!p)
 *		return -ENOMEM;
 *	...
 *	kfree(p);
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

/* Take [@base, +@size), both multiples of PAGE_SIZE, as the heap.  Once. */
void kheap_init(void *base, size_t size);

/*
 * Let the heap grow in place to @max_size bytes.  @add brings a page of zeros
 * to an address behind the heap: 0, or -errno and there is no more growth.  It
 * is called with a spinlock of RANK_KHEAP_GROW held.  At boot, once.
 */
void kheap_allow_growth(size_t max_size, int (*add)(uint64_t addr));

/* 16-byte aligned.  A size of 0 gives a unique pointer as well. */
__must_check void *kmalloc(size_t size);
__must_check void *kzalloc(size_t size);
/* @count elements of @size bytes, zeroed; NULL too where that overflows. */
__must_check void *kcalloc(size_t count, size_t size);
/*
 * Give @p the size @size; the contents up to the smaller size stay.  NULL, and
 * @p as it was, if there is no memory.  @p may be NULL.
 */
__must_check void *krealloc(void *p, size_t size);
/* NULL is fine. */
void kfree(void *p);

/* @npages > 0 pages in a row, page aligned. */
__must_check void *kpages_alloc(size_t npages);
__must_check void *kpages_zalloc(size_t npages);
/* The run that kpages_alloc(@npages) gave, whole.  NULL is fine. */
void kpages_free(void *p, size_t npages);

#define KHEAP_CLASSES 14

struct kheap_stats {
	size_t total;     /* bytes that can be handed out without growth */
	size_t max;       /* the same, grown as far as it may            */
	size_t used;      /* bytes handed out now, rounded as allocated  */
	size_t peak;      /* the largest @used so far                    */
	size_t slabs;     /* bytes of pages that hold small objects      */
	size_t page_runs; /* kpages_alloc and large kmalloc, live        */
	struct {
		size_t size;
		size_t live;
	} classes[KHEAP_CLASSES];
};

/* For /proc/meminfo and for tests that count. */
void kheap_stats(struct kheap_stats *ret);
