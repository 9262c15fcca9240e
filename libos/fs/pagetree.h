/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pagetree.h - a sparse array of page pointers: a radix tree that grows with
 * the highest index.
 *
 * Nothing here locks, or knows what the pointers are.  Memory is taken only
 * by page_tree_slot(); the tree never frees a page.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

union page_slot {
	void *page;             /* at the bottom */
	union page_slot *slots; /* above */
};

struct page_tree {
	union page_slot root;
	uint32_t height; /* levels of slots; 0: root is page 0 itself */
};

/* The page at @index, or NULL. */
void *page_tree_get(const struct page_tree *t, uint64_t index);
/* The place of page @index, with the nodes above it; NULL: no memory. */
void **page_tree_slot(struct page_tree *t, uint64_t index);

/*
 * Call func for the pages in [first, last] that are there, in order; it may
 * clear the slot, and stops the walk with true, which is then the result.
 */
struct page_walk {
	uint64_t first, last;
	bool (*func)(struct page_walk *w, uint64_t index, void **page);
	void *arg;
	uint64_t found;
};
bool page_tree_walk(struct page_tree *t, struct page_walk *w);

/* Free the nodes that hold only indexes from @end on, which are all empty. */
void page_tree_trim(struct page_tree *t, uint64_t end);
