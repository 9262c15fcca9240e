/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/pagetree.h"

#include "libos/mm/kheap.h"

/* 64 slots: a node is 512 bytes, and five levels of pages reach 4 TiB. */
#define NODE_BITS 6
#define NODE_SLOTS (1u << NODE_BITS)

/* Indexes that a tree of @height levels covers; saturates. */
static uint64_t reach(uint32_t height)
{
	return height * NODE_BITS >= 64 ? UINT64_MAX
	                                : 1ull << (height * NODE_BITS);
}

static unsigned int slot_index(uint64_t index, uint32_t level)
{
	return (unsigned int)(index >> (level * NODE_BITS)) & (NODE_SLOTS - 1);
}

void *page_tree_get(const struct page_tree *t, uint64_t index)
{
	const union page_slot *slot = &t->root;

	if (index >= reach(t->height))
		return NULL;
	for (uint32_t level = t->height; level > 0; level--) {
		if (!slot->slots)
			return NULL;
		slot = &slot->slots[slot_index(index, level - 1)];
	}
	return slot->page;
}

/* Add levels until @index is within reach; the old tree comes first. */
static bool grow(struct page_tree *t, uint64_t index)
{
	union page_slot *node;

	while (index >= reach(t->height)) {
		if (t->root.page) {
			node = kcalloc(NODE_SLOTS, sizeof(*node));
			if (!node)
				return false;
			node[0] = t->root;
			t->root.slots = node;
		}
		t->height++;
	}
	return true;
}

void **page_tree_slot(struct page_tree *t, uint64_t index)
{
	union page_slot *slot = &t->root;

	if (!grow(t, index))
		return NULL;
	for (uint32_t level = t->height; level > 0; level--) {
		if (!slot->slots)
			slot->slots = kcalloc(NODE_SLOTS, sizeof(*slot));
		if (!slot->slots)
			return NULL;
		slot = &slot->slots[slot_index(index, level - 1)];
	}
	return &slot->page;
}

/* Nodes that lie outside of what is wanted are not entered. */
static bool walk_slots(struct page_walk *w, union page_slot *slot,
                       uint32_t level, uint64_t base)
{
	uint64_t span;

	if (!slot->page)
		return false;
	if (level == 0)
		return w->func(w, base, &slot->page);
	span = reach(level - 1);
	for (unsigned int i = 0; i < NODE_SLOTS; i++) {
		uint64_t start = base + i * span;

		if (start > w->last)
			break;
		if (start + (span - 1) >= w->first &&
		    walk_slots(w, &slot->slots[i], level - 1, start))
			return true;
	}
	return false;
}

bool page_tree_walk(struct page_tree *t, struct page_walk *w)
{
	/* The depth is the height: nine levels cover all file offsets. */
	return w->first <= w->last && w->first < reach(t->height) &&
	       walk_slots(w, &t->root, t->height, 0);
}

static void trim_slots(union page_slot *slot, uint32_t level, uint64_t base,
                       uint64_t end)
{
	uint64_t span;

	if (level == 0 || !slot->slots)
		return;
	span = reach(level - 1);
	for (unsigned int i = 0; i < NODE_SLOTS; i++)
		trim_slots(&slot->slots[i], level - 1, base + i * span, end);
	if (base >= end) {
		kfree(slot->slots);
		slot->slots = NULL;
	}
}

void page_tree_trim(struct page_tree *t, uint64_t end)
{
	if (end < reach(t->height))
		trim_slots(&t->root, t->height, 0, end);
}
