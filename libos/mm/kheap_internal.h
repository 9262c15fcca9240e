/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kheap_internal.h - between the two halves of the heap: runs of pages
 * (kheap_pages.c) and small objects (kheap.c).
 */
#pragma once

#include "libos/mm/kheap.h"
#include "libos/sched/spinlock.h"

enum kheap_kind {
	KHEAP_INSIDE = 0, /* not the first page of anything */
	KHEAP_FREE,
	KHEAP_RUN,
	KHEAP_SLAB
};

struct slab;

extern struct spinlock kheap_lock;

void kheap_pages_init(void *base, size_t size);
/* A run of its own pages, each zeroed if this is its first use; or NULL. */
void *kheap_run_alloc(size_t npages, enum kheap_kind kind);
void kheap_run_free(void *p, size_t npages, enum kheap_kind kind);
/* Of a live KHEAP_RUN that starts at @p. */
size_t kheap_run_pages(const void *p);
/* The slab that @p, a live allocation, was cut from; NULL: it is a run. */
struct slab *kheap_slab_of(const void *p);

/* Bytes of objects handed out (or, negative, taken back). */
void kheap_account_locked(long bytes);
void kheap_pages_stats_locked(struct kheap_stats *ret);
