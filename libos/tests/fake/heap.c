/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c - kheap.h over malloc.  What is handed out is filled with a value that
 * is not zero, and each object is its own for ASan.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/sched/lock_rank.h"
#include "libos/tests/fake/fake.h"

enum { JUNK = 0xa5 };

/* Before each object; keeps 16-byte alignment. */
struct header {
	size_t size;
	size_t magic;
};
#define MAGIC_SMALL 0x736d616c6c6f626aull
#define MAGIC_PAGES 0x7061676573706167ull

static size_t objects, bytes, peak;
static uint64_t fault_in;
static bool fault_hit;

void fake_heap_init(void)
{
	fault_in = 0;
	fault_hit = false;
}

void fake_fault_alloc(uint64_t n)
{
	fault_in = n;
	fault_hit = false;
}

bool fake_fault_hit(void)
{
	return fault_hit;
}

size_t fake_heap_objects(void)
{
	return objects;
}

size_t fake_heap_bytes(void)
{
	return bytes;
}

static bool shall_fail(void)
{
	fake_locks_check_spin(RANK_KHEAP, "the heap");
	if (!fault_in || --fault_in)
		return false;
	fault_hit = true;
	return true;
}

static void account(size_t size)
{
	objects++;
	bytes += size;
	peak = peak > bytes ? peak : bytes;
}

void *kmalloc(size_t size)
{
	struct header *h;

	if (shall_fail() || size > (size_t)1 << 40)
		return NULL;
	h = malloc(sizeof(*h) + size);
	if (!h)
		return NULL;
	h->size = size;
	h->magic = MAGIC_SMALL;
	memset(h + 1, JUNK, size);
	account(size);
	return h + 1;
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	if (p)
		memset(p, 0, size);
	return p;
}

void *kcalloc(size_t count, size_t size)
{
	size_t total;

	return mul_overflow(count, size, &total) ? NULL : kzalloc(total);
}

void kfree(void *p)
{
	struct header *h;

	if (!p)
		return;
	h = (struct header *)p - 1;
	fake_locks_check_spin(RANK_KHEAP, "the heap");
	if (h->magic != MAGIC_SMALL)
		fake_die("kfree(%p): not from kmalloc", p);
	h->magic = 0;
	objects--;
	bytes -= h->size;
	free(h);
}

void *krealloc(void *p, size_t size)
{
	size_t old = p ? ((struct header *)p - 1)->size : 0;
	void *q = kmalloc(size);

	if (q && p) {
		memcpy(q, p, old < size ? old : size);
		kfree(p);
	}
	return q;
}

/* The header lies in a page of its own in front. */
void *kpages_alloc(size_t npages)
{
	size_t size = npages << PAGE_SHIFT;
	struct header *h;
	uint8_t *p;

	if (shall_fail() || !npages)
		return NULL;
	p = aligned_alloc(PAGE_SIZE, size + PAGE_SIZE);
	if (!p)
		return NULL;
	h = (struct header *)(void *)(p + PAGE_SIZE) - 1;
	h->size = size;
	h->magic = MAGIC_PAGES;
	memset(p + PAGE_SIZE, JUNK, size);
	account(size);
	return p + PAGE_SIZE;
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
	struct header *h;

	if (!p)
		return;
	h = (struct header *)p - 1;
	fake_locks_check_spin(RANK_KHEAP, "the heap");
	if (h->magic != MAGIC_PAGES || h->size != npages << PAGE_SHIFT)
		fake_die("kpages_free(%p, %zu): not such a run", p, npages);
	h->magic = 0;
	objects--;
	bytes -= h->size;
	free((uint8_t *)p - PAGE_SIZE);
}

void kheap_init(void *base, size_t size)
{
	(void)base, (void)size;
}

void kheap_allow_growth(size_t max_size, int (*add)(uint64_t addr))
{
	(void)max_size, (void)add;
}

void kheap_stats(struct kheap_stats *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->total = ret->max = (size_t)1 << 40;
	ret->used = bytes;
	ret->peak = peak;
}
