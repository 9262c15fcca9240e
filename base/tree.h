/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - balanced search trees, embedded in what they sort.
 *
 * An AVL tree: the two subtrees of a node differ in height by at most one, so
 * n nodes are at most 1.44 log2(n) deep.  No allocation, no recursion, no
 * lock; whoever owns the tree serialises access.
 *
 * Two ways to insert.  With a comparison function:
 *
 *	ret = tree_insert(&t, &vma->node, vma_cmp);
 *
 * or, where the compiler should inline the comparison, by one's own descent:
 *
 *	struct tree_node **link = &t.root, *parent = NULL;
 *
 *	while (*link) {
 *		parent = *link;
 *		link = key < key_of(parent) ? &parent->left : &parent->right;
 *	}
 *	tree_insert_at(&t, parent, link, &vma->node);
 *
 * Augmented trees: a tree whose @update is not NULL keeps, in each entry, a
 * summary of the entry's subtree (the largest gap, say).  @update(node)
 * recomputes that summary from the node itself and its two children, whose
 * summaries are already right.  It is called bottom-up on each node whose
 * subtree changed.
 */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

struct tree_node {
	struct tree_node *left;
	struct tree_node *right;
	struct tree_node *parent; /* NULL at the root */
	int height;               /* 1 for a leaf */
};

struct tree {
	struct tree_node *root;
	void (*update)(struct tree_node *node); /* may be NULL */
};

#define TREE_INIT                                                              \
	{                                                                      \
		NULL, NULL                                                     \
	}
#define TREE_INIT_AUGMENTED(update_fn)                                         \
	{                                                                      \
		NULL, update_fn                                                \
	}

/* <0, 0, >0 as @a sorts before, equal to or behind @b. */
typedef int tree_cmp(const struct tree_node *a, const struct tree_node *b);
/* The same between a search key and a node. */
typedef int tree_key_cmp(const void *key, const struct tree_node *node);

#define tree_entry(ptr, type, member) container_of(ptr, type, member)

/* In sort order; NULL where there is none. */
struct tree_node *tree_first(const struct tree *t);
struct tree_node *tree_last(const struct tree *t);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_prev(const struct tree_node *node);

/*
 * tree_insert_at - add @node as the leaf *@link below @parent.
 *
 * @link is &t->root (then @parent is NULL), &parent->left or &parent->right,
 * and *@link is NULL.
 */
void tree_insert_at(struct tree *t, struct tree_node *parent,
                    struct tree_node **link, struct tree_node *node);

/* tree_insert - add @node; -EEXIST, and no change, where an equal one is. */
__must_check int tree_insert(struct tree *t, struct tree_node *node,
                             tree_cmp *cmp);

/* tree_erase - take @node, which is in @t, out.  Its links are cleared. */
void tree_erase(struct tree *t, struct tree_node *node);

/* tree_find - the node equal to @key, or NULL. */
struct tree_node *tree_find(const struct tree *t, const void *key,
                            tree_key_cmp *cmp);

/* tree_find_ge - the first node not before @key, or NULL. */
struct tree_node *tree_find_ge(const struct tree *t, const void *key,
                               tree_key_cmp *cmp);

/* tree_find_le - the last node not behind @key, or NULL. */
struct tree_node *tree_find_le(const struct tree *t, const void *key,
                               tree_key_cmp *cmp);

/*
 * tree_changed - what @node contributes to its summary changed: recompute it
 * and all above it.  The node's place in the order must be as before.
 */
void tree_changed(struct tree *t, struct tree_node *node);

#define tree_for_each(pos, t)                                                  \
	for ((pos) = tree_first(t); (pos); (pos) = tree_next(pos))
