/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uspace.c - free extents of addresses, first fit.
 *
 * A tree by address in which each node knows the largest extent below it, so
 * that the lowest one that is large enough is found in a logarithmic number of
 * steps.  Extents never touch: neighbours are merged.
 */
#include "libos/mm/uspace.h"

#include "abi/layout.h"
#include "base/assert.h"
#include "base/errno.h"
#include "base/list.h"
#include "base/tree.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/sched/spinlock.h"

struct extent {
	struct tree_node node;
	struct list pool; /* while it is spare */
	uint64_t start, end;
	uint64_t largest; /* bytes, in the subtree */
};

static struct extent *extent_of(const struct tree_node *n)
{
	return n ? tree_entry(n, struct extent, node) : NULL;
}

static uint64_t largest_of(const struct tree_node *n)
{
	return n ? extent_of(n)->largest : 0;
}

static void extent_update(struct tree_node *n)
{
	struct extent *e = extent_of(n);
	uint64_t below = MAX(largest_of(n->left), largest_of(n->right));

	e->largest = MAX(e->end - e->start, below);
}

/* Everything here is guarded by lock. */
static struct spinlock lock = SPINLOCK_INIT(RANK_LEAF);
static struct tree extents = TREE_INIT_AUGMENTED(extent_update);
static struct list spare = LIST_INIT(spare);
static uint64_t static_end;

static int extent_cmp(const struct tree_node *a, const struct tree_node *b)
{
	return extent_of(a)->start < extent_of(b)->start ? -1 : 1;
}

static int behind_cmp(const void *key, const struct tree_node *n)
{
	uint64_t addr = *(const uint64_t *)key;
	const struct extent *e = extent_of(n);

	if (addr < e->start)
		return -1;
	return addr < e->end ? 0 : 1;
}

/* The extent that holds @addr, or the next one. */
static struct extent *extent_from(uint64_t addr)
{
	return extent_of(tree_find_ge(&extents, &addr, behind_cmp));
}

static void extent_add(uint64_t start, uint64_t end)
{
	struct extent *e;
	int ret;

	/* uspace_pay() has seen to it. */
	assert_that(!list_empty(&spare));
	e = list_first_entry(&spare, struct extent, pool);
	list_del(&e->pool);
	e->start = start;
	e->end = end;
	ret = tree_insert(&extents, &e->node, extent_cmp);
	assert_that(ret == 0);
}

static void extent_remove(struct extent *e)
{
	tree_erase(&extents, &e->node);
	list_add(&spare, &e->pool);
}

static void extent_resize(struct extent *e, uint64_t start, uint64_t end)
{
	e->start = start;
	e->end = end;
	tree_changed(&extents, &e->node);
}

/* Take [@start, @end) out of @e, which holds it. */
static void extent_carve(struct extent *e, uint64_t start, uint64_t end)
{
	uint64_t old_end = e->end;

	if (e->start == start && e->end == end) {
		extent_remove(e);
	} else if (e->start == start) {
		extent_resize(e, end, old_end);
	} else {
		extent_resize(e, e->start, start);
		if (end < old_end)
			extent_add(end, old_end);
	}
}

/* The lowest extent of at least @size bytes in the subtree of @n, which has one. */
static struct extent *subtree_first(struct tree_node *n, uint64_t size)
{
	for (;;) {
		struct extent *e = extent_of(n);

		if (largest_of(n->left) >= size)
			n = n->left;
		else if (e->end - e->start >= size)
			return e;
		else
			n = n->right;
	}
}

/* The next extent behind @e of at least @size bytes. */
static struct extent *extent_next(struct extent *e, uint64_t size)
{
	struct tree_node *n = &e->node;

	if (largest_of(n->right) >= size)
		return subtree_first(n->right, size);
	for (; n->parent; n = n->parent) {
		struct extent *up = extent_of(n->parent);

		if (n->parent->left != n)
			continue;
		if (up->end - up->start >= size)
			return up;
		if (largest_of(n->parent->right) >= size)
			return subtree_first(n->parent->right, size);
	}
	return NULL;
}

/* First fit inside [@lo, @hi). */
static int alloc_within(uint64_t lo, uint64_t hi, uint64_t size, uint64_t align,
                        uint64_t *ret_addr)
{
	struct extent *e;

	if (hi <= lo || hi - lo < size)
		return -ENOMEM;
	for (e = extent_from(lo); e && e->start < hi;
	     e = extent_next(e, size)) {
		uint64_t start = ALIGN_UP(MAX(e->start, lo), align);
		uint64_t end = MIN(e->end, hi);

		if (start >= end || end - start < size)
			continue;
		extent_carve(e, start, start + size);
		*ret_addr = start;
		return 0;
	}
	return -ENOMEM;
}

struct region {
	uint64_t lo, hi;
};

/* In which order a kind of use looks at the regions. */
static int alloc_locked(uint64_t size, uint64_t align, enum uspace_place place,
                        uint64_t *ret_addr)
{
	const struct region backed = { USPACE_LOW_END, static_end };
	const struct region far = { MAX(static_end, USPACE_LOW_END), USER_END };
	const struct region low = { USER_BASE, USPACE_LOW_END };
	const struct region low_backed = { USER_BASE,
		                           MIN(static_end, USPACE_LOW_END) };
	const struct region none = { 0, 0 };
	const struct region order[][3] = {
		[USPACE_BACKED] = { backed, far, low },
		[USPACE_ONLY_BACKED] = { backed, low_backed, none },
		[USPACE_FAR] = { far, backed, low },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order[place]); i++)
		if (alloc_within(order[place][i].lo, order[place][i].hi, size,
		                 align, ret_addr) == 0)
			return 0;
	return -ENOMEM;
}

int uspace_init(uint64_t backed_end)
{
	int ret = uspace_pay();

	if (ret < 0)
		return ret;
	static_end = backed_end;
	spin_lock(&lock);
	extent_add(USER_BASE, USER_END);
	spin_unlock(&lock);
	return 0;
}

void uspace_fini(void)
{
	struct extent *e = extent_from(USER_BASE);

	assert_that(e && e->start == USER_BASE && e->end == USER_END);
	extent_remove(e);
	assert_that(!extents.root);
	uspace_refund();
	assert_that(list_empty(&spare));
}

int uspace_pay(void)
{
	struct extent *e = kmalloc(sizeof(*e));

	if (!e)
		return -ENOMEM;
	spin_lock(&lock);
	list_add(&spare, &e->pool);
	spin_unlock(&lock);
	return 0;
}

void uspace_refund(void)
{
	struct extent *e;

	spin_lock(&lock);
	assert_that(!list_empty(&spare));
	e = list_first_entry(&spare, struct extent, pool);
	list_del(&e->pool);
	spin_unlock(&lock);
	kfree(e);
}

int uspace_alloc(uint64_t size, uint64_t align, enum uspace_place place,
                 uint64_t *ret_addr)
{
	int ret;

	spin_lock(&lock);
	ret = alloc_locked(size, MAX(align, (uint64_t)PAGE_SIZE), place,
	                   ret_addr);
	spin_unlock(&lock);
	return ret;
}

int uspace_alloc_within(uint64_t lo, uint64_t hi, uint64_t size, uint64_t align,
                        uint64_t *ret_addr)
{
	int ret;

	spin_lock(&lock);
	ret = alloc_within(lo, hi, size, MAX(align, (uint64_t)PAGE_SIZE),
	                   ret_addr);
	spin_unlock(&lock);
	return ret;
}

static bool is_free_locked(uint64_t addr, uint64_t size)
{
	const struct extent *e = extent_from(addr);

	return e && e->start <= addr && e->end - addr >= size;
}

int uspace_take(uint64_t addr, uint64_t size)
{
	int ret = -EEXIST;

	spin_lock(&lock);
	if (is_free_locked(addr, size)) {
		extent_carve(extent_from(addr), addr, addr + size);
		ret = 0;
	}
	spin_unlock(&lock);
	return ret;
}

bool uspace_is_free(uint64_t addr, uint64_t size)
{
	bool ret;

	spin_lock(&lock);
	ret = is_free_locked(addr, size);
	spin_unlock(&lock);
	return ret;
}

static void free_locked(uint64_t start, uint64_t end)
{
	struct extent *next = extent_from(start);
	struct extent *prev;

	assert_that(!next || next->start >= end);
	prev = extent_of(next ? tree_prev(&next->node) : tree_last(&extents));
	if (next && next->start != end)
		next = NULL;
	if (prev && prev->end != start)
		prev = NULL;

	if (prev && next) {
		end = next->end;
		extent_remove(next);
		extent_resize(prev, prev->start, end);
	} else if (prev) {
		extent_resize(prev, prev->start, end);
	} else if (next) {
		extent_resize(next, start, next->end);
	} else {
		extent_add(start, end);
	}
}

void uspace_free(uint64_t addr, uint64_t size)
{
	if (!size)
		return;
	spin_lock(&lock);
	free_locked(addr, addr + size);
	spin_unlock(&lock);
}

void uspace_stats(uint64_t *ret_bytes, uint32_t *ret_extents)
{
	const struct tree_node *n;

	*ret_bytes = 0;
	*ret_extents = 0;
	spin_lock(&lock);
	tree_for_each (n, &extents) {
		*ret_bytes += extent_of(n)->end - extent_of(n)->start;
		(*ret_extents)++;
	}
	spin_unlock(&lock);
}
