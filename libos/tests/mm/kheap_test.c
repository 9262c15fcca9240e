/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's real heap over an arena full of junk: random allocations that
 * never overlap, contents that stay, statistics that come back to the start,
 * and no byte of the junk ever seen.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/sched/spinlock.h"
#include "libos/tests/fake/check.h"

enum {
	ARENA_PAGES = 1024,
	INITIAL_PAGES = 1100, /* no whole number of extents */
	MAX_PAGES = 8192,
	LIVE = 600,
	STEPS = 200000,
	JUNK = 0xee,
	USED = 0x11
};

static uint8_t arena[MAX_PAGES * 4096] __aligned(4096);
static uint64_t rng = 1;

void assert_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}

void spin_lock(struct spinlock *l)
{
	assert_that(!l->held);
	l->held = 1;
}

void spin_unlock(struct spinlock *l)
{
	l->held = 0;
}

static uint32_t random_below(uint32_t n)
{
	rng = rng * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(rng >> 33) % n;
}

struct block {
	uint8_t *p;
	size_t size;
	size_t npages; /* 0: kmalloc */
	uint8_t mark;
};
static struct block blocks[LIVE];

static size_t random_size(void)
{
	switch (random_below(4)) {
	case 0:
		return random_below(64);
	case 1:
		return random_below(2100);
	case 2:
		return 16u << random_below(8);
	default:
		return random_below(20000);
	}
}

static bool block_is_intact(const struct block *b)
{
	size_t i;

	for (i = 0; i < b->size; i++)
		if (b->p[i] != b->mark)
			return false;
	return true;
}

static void block_new(struct block *b)
{
	static const uint8_t junk[16] = { JUNK, JUNK, JUNK, JUNK, JUNK, JUNK,
		                          JUNK, JUNK, JUNK, JUNK, JUNK, JUNK,
		                          JUNK, JUNK, JUNK, JUNK };
	size_t i;

	b->npages = random_below(5) ? 0 : 1 + random_below(9);
	b->size = b->npages ? b->npages * PAGE_SIZE : random_size();
	b->mark = (uint8_t)(1 + random_below(200));
	b->p = b->npages ? kpages_alloc(b->npages) : kmalloc(b->size);
	if (!b->p)
		return;
	CHECK_EQ((uintptr_t)b->p % (b->npages ? 4096 : 16), 0);
	CHECK(b->p >= arena && b->p + b->size <= arena + sizeof(arena));
	for (i = 0; i + sizeof(junk) <= b->size; i += sizeof(junk))
		if (memcmp(b->p + i, junk, sizeof(junk)) == 0) {
			CHECK(!"what the host left is seen");
			break;
		}
	memset(b->p, b->mark, b->size);
}

static void block_drop(struct block *b)
{
	if (!b->p)
		return;
	CHECK(block_is_intact(b));
	if (b->npages)
		kpages_free(b->p, b->npages);
	else
		kfree(b->p);
	b->p = NULL;
}

static void block_resize(struct block *b)
{
	size_t size = random_size();
	size_t kept = MIN(size, b->size);
	uint8_t *p;

	if (!b->p || b->npages)
		return;
	p = krealloc(b->p, size);
	if (!p) {
		CHECK(block_is_intact(b));
		return;
	}
	b->p = p;
	b->size = kept;
	CHECK(block_is_intact(b));
	b->size = size;
	memset(p, b->mark, size);
}

static void test_random(void)
{
	struct kheap_stats before, after;
	int i;

	kheap_stats(&before);
	CHECK_EQ(before.used, 0);
	for (i = 0; i < STEPS && !check_failures; i++) {
		struct block *b = &blocks[random_below(LIVE)];

		if (random_below(8) == 0) {
			block_resize(b);
			continue;
		}
		block_drop(b);
		if (random_below(3))
			block_new(b);
	}
	for (i = 0; i < LIVE; i++)
		block_drop(&blocks[i]);
	kheap_stats(&after);
	CHECK_EQ(after.used, 0);
	CHECK_EQ(after.page_runs, 0);
	CHECK(after.peak > 0);
}

/* After all that, nearly everything is one block again. */
static void test_merging(void)
{
	struct kheap_stats s;
	void *p;

	kheap_stats(&s);
	CHECK_EQ(s.used, 0);
	p = kpages_alloc(ARENA_PAGES / 2);
	CHECK(p || s.slabs > 0);
	kpages_free(p, ARENA_PAGES / 2);
}

static void test_edges(void)
{
	void *a = kmalloc(0);
	void *b = kmalloc(0);

	CHECK(a && b && a != b);
	kfree(a);
	kfree(b);
	kfree(NULL);
	CHECK(!kmalloc(SIZE_MAX));
	CHECK(!kmalloc(sizeof(arena)));
	CHECK(!kcalloc(SIZE_MAX / 2, 3));
	CHECK(!kpages_alloc(INITIAL_PAGES));
	CHECK(!kpages_alloc(SIZE_MAX));
}

static void test_exhaustion(void)
{
	void *pages[INITIAL_PAGES];
	size_t n = 0;

	while ((pages[n] = kpages_alloc(1)) != NULL)
		n++;
	CHECK(n > ARENA_PAGES * 9 / 10);
	while (n)
		kpages_free(pages[--n], 1);
	pages[0] = kpages_alloc(ARENA_PAGES / 4);
	CHECK(pages[0] != NULL);
	kpages_free(pages[0], ARENA_PAGES / 4);
}

static size_t pages_left; /* that the platform gives */
static uint8_t added[MAX_PAGES];

static int add_page(uint64_t addr)
{
	size_t i = (addr - (uintptr_t)arena) / PAGE_SIZE;

	CHECK(i >= INITIAL_PAGES && i < MAX_PAGES && !added[i]);
	if (!pages_left)
		return -ENOMEM;
	pages_left--;
	added[i] = 1;
	memset(arena + i * PAGE_SIZE, 0, PAGE_SIZE);
	return 0;
}

/* One page after another, and a large run in the midst of them. */
static void test_growth(void)
{
	static void *pages[MAX_PAGES];
	struct kheap_stats s;
	size_t n = 0, i;
	void *large;

	kheap_allow_growth((size_t)MAX_PAGES * PAGE_SIZE, add_page);
	pages_left = MAX_PAGES;
	kheap_stats(&s);
	CHECK_EQ(s.max, (size_t)MAX_PAGES * PAGE_SIZE);
	CHECK(s.total < (size_t)INITIAL_PAGES * PAGE_SIZE);
	while (n < ARENA_PAGES + 200) {
		pages[n] = kpages_alloc(1);
		CHECK(pages[n]);
		memset(pages[n++], USED, PAGE_SIZE);
	}
	large = kpages_alloc(1500);
	CHECK(large);
	memset(large, USED, (size_t)1500 * PAGE_SIZE);
	while ((pages[n] = kpages_alloc(1)) != NULL)
		memset(pages[n++], USED, PAGE_SIZE);
	kheap_stats(&s);
	CHECK(s.used > (size_t)MAX_PAGES * PAGE_SIZE * 8 / 10);
	CHECK(!kmalloc(9000));
	for (i = 0; i < n; i += 2)
		kpages_free(pages[i], 1);
	kpages_free(large, 1500);
	for (i = 1; i < n; i += 2)
		kpages_free(pages[i], 1);
	/* Extents are reused, and a run may lie in several. */
	large = kpages_alloc(500);
	CHECK(large);
	kpages_free(large, 500);
	kheap_stats(&s);
	CHECK_EQ(s.used, 0);
}

/* A platform that gives fewer pages than the config promises. */
static void test_growth_refused(void)
{
	void *large;

	memset(added, 0, sizeof(added));
	kheap_allow_growth((size_t)MAX_PAGES * PAGE_SIZE, add_page);
	pages_left = 300;
	large = kpages_alloc(700);
	CHECK(!large);
	CHECK_EQ(pages_left, 0);
	/* Nobody asks for these pages again. */
	CHECK(!kpages_alloc(700));
	large = kpages_alloc(ARENA_PAGES / 4);
	CHECK(large);
	kpages_free(large, ARENA_PAGES / 4);
}

static void test_as_it_is(void)
{
	test_random();
	test_merging();
	test_edges();
	test_exhaustion();
}

/* With an argument, the heap meets a platform that refuses to give pages. */
int main(int argc, char **argv)
{
	(void)argv;
	memset(arena, JUNK, sizeof(arena));
	kheap_init(arena, (size_t)INITIAL_PAGES * PAGE_SIZE);
	if (argc > 1) {
		test_growth_refused();
		return check_result();
	}
	test_as_it_is();
	test_growth();
	test_random();
	return check_result();
}
