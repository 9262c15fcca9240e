/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kheap.c - small objects, cut out of pages.
 *
 * A slab is one page or four of objects of one size, with its header at its
 * start; kfree() finds it through the page descriptors.  A class keeps the
 * slabs that have room in a list.  kheap_pages.c supplies the pages.
 *
 * One spinlock guards all of it.  Whoever holds it neither zeroes nor copies.
 */
#include "libos/mm/kheap.h"

#include "base/arith.h"
#include "base/assert.h"
#include "base/list.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/kheap_internal.h"

enum {
	SMALL_MAX = 2048,
	SMALL_STEP = 16,
	/* Below it a page holds seven objects or more. */
	ONE_PAGE_MAX = 512,
	BIG_SLAB_PAGES = 4
};

static const uint16_t class_size[KHEAP_CLASSES] = { 16,  32,   48,   64,  96,
	                                            128, 192,  256,  384, 512,
	                                            768, 1024, 1536, 2048 };

/* A free object is a link to the next one. */
struct object {
	struct object *next;
};

struct slab {
	struct list node; /* in its class's list while it has room */
	struct object *free;
	uint32_t live;
	uint32_t capacity;
	uint32_t class;
} __aligned(64);

struct class
{
	struct list slabs; /* with at least one free object */
	size_t live;
};

/* Guarded by kheap_lock. */
static struct class classes[KHEAP_CLASSES];
/* Class of a size, by multiples of SMALL_STEP. */
static uint8_t class_of[SMALL_MAX / SMALL_STEP + 1];

void kheap_init(void *base, size_t size)
{
	uint32_t class = 0;
	size_t i;

	for (i = 0; i < KHEAP_CLASSES; i++) {
		list_init(&classes[i].slabs);
		classes[i].live = 0;
	}
	for (i = 0; i <= SMALL_MAX / SMALL_STEP; i++) {
		if (i * SMALL_STEP > class_size[class])
			class ++;
		class_of[i] = (uint8_t) class;
	}
	kheap_pages_init(base, size);
}

static uint32_t slab_pages(uint32_t class)
{
	return class_size[class] <= ONE_PAGE_MAX ? 1 : BIG_SLAB_PAGES;
}

/* Chain all objects of a new slab, lowest address first. */
static void slab_init(struct slab *s, uint32_t class)
{
	size_t size = class_size[class];
	size_t room = slab_pages(class) * PAGE_SIZE - sizeof(*s);
	uint8_t *objects = (uint8_t *)(s + 1);
	size_t i;

	s->class = class;
	s->live = 0;
	s->capacity = (uint32_t)(room / size);
	s->free = NULL;
	for (i = s->capacity; i-- > 0;) {
		struct object *o = (void *)(objects + i * size);

		o->next = s->free;
		s->free = o;
	}
	list_init(&s->node);
}

/* With the lock held; drops it for a moment where a new slab is needed. */
static struct slab *class_slab(uint32_t class)
{
	struct slab *s;

	if (!list_empty(&classes[class].slabs))
		return list_first_entry(&classes[class].slabs, struct slab,
		                        node);
	spin_unlock(&kheap_lock);
	s = kheap_run_alloc(slab_pages(class), KHEAP_SLAB);
	if (s)
		slab_init(s, class);
	spin_lock(&kheap_lock);
	if (s)
		list_add(&classes[class].slabs, &s->node);
	return s;
}

static void *small_alloc(uint32_t class)
{
	struct object *o = NULL;
	struct slab *s;

	spin_lock(&kheap_lock);
	s = class_slab(class);
	if (s) {
		o = s->free;
		s->free = o->next;
		if (++s->live == s->capacity)
			list_del(&s->node);
		classes[class].live++;
		kheap_account_locked((long)class_size[class]);
	}
	spin_unlock(&kheap_lock);
	return o;
}

/* Returns the slab if it is empty now and others of its class have room. */
static struct slab *small_free_locked(struct slab *s, void *p)
{
	struct class *c = &classes[s->class];
	struct object *o = p;

	assert_that(s->live > 0);
	o->next = s->free;
	s->free = o;
	if (s->live-- == s->capacity)
		list_add(&c->slabs, &s->node);
	c->live--;
	kheap_account_locked(-(long)class_size[s->class]);
	if (s->live > 0 ||
	    (c->slabs.next == &s->node && c->slabs.prev == &s->node))
		return NULL;
	list_del(&s->node);
	return s;
}

static void small_free(struct slab *s, void *p)
{
	uint32_t npages = slab_pages(s->class);

	spin_lock(&kheap_lock);
	s = small_free_locked(s, p);
	spin_unlock(&kheap_lock);
	if (s)
		kheap_run_free(s, npages, KHEAP_SLAB);
}

void *kmalloc(size_t size)
{
	if (size <= SMALL_MAX)
		return small_alloc(
			class_of[(size + SMALL_STEP - 1) / SMALL_STEP]);
	if (size > SIZE_MAX - PAGE_SIZE)
		return NULL;
	return kheap_run_alloc(PAGES_FOR(size), KHEAP_RUN);
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
	size_t bytes;

	if (mul_overflow(count, size, &bytes))
		return NULL;
	return kzalloc(bytes);
}

void kfree(void *p)
{
	size_t npages;
	struct slab *s;

	if (!p)
		return;
	s = kheap_slab_of(p);
	if (s) {
		small_free(s, p);
		return;
	}
	npages = kheap_run_pages(p);
	kheap_run_free(p, npages, KHEAP_RUN);
}

static size_t usable_size(void *p)
{
	struct slab *s = kheap_slab_of(p);

	return s ? class_size[s->class] : kheap_run_pages(p) * PAGE_SIZE;
}

void *krealloc(void *p, size_t size)
{
	size_t old = p ? usable_size(p) : 0;
	void *q;

	/* Staying put is right only if it does not keep twice the need. */
	if (p && size <= old && size > old / 2)
		return p;
	q = kmalloc(size);
	if (!q || !p)
		return q;
	memcpy(q, p, MIN(old, size));
	kfree(p);
	return q;
}

void kheap_stats(struct kheap_stats *ret)
{
	size_t i;

	spin_lock(&kheap_lock);
	kheap_pages_stats_locked(ret);
	for (i = 0; i < KHEAP_CLASSES; i++) {
		ret->classes[i].size = class_size[i];
		ret->classes[i].live = classes[i].live;
	}
	spin_unlock(&kheap_lock);
}
