/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.c - AVL trees (Adelson-Velsky and Landis, 1962).
 *
 * What keeps it right: after each change, rebalance() walks from the lowest
 * changed node to the root and restores, at each node in turn, first the
 * links, then the height, then the owner's summary.
 */
#include "base/tree.h"

#include "base/errno.h"

static int height_of(const struct tree_node *node)
{
	return node ? node->height : 0;
}

static void refresh(struct tree *t, struct tree_node *node)
{
	node->height = 1 + MAX(height_of(node->left), height_of(node->right));
	if (t->update)
		t->update(node);
}

/* Let @new take the place of @old below @parent. */
static void replace_child(struct tree *t, struct tree_node *parent,
                          struct tree_node *old, struct tree_node *new)
{
	if (!parent)
		t->root = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
	if (new)
		new->parent = parent;
}

/* Lift the right child of @node above it; returns the new subtree root. */
static struct tree_node *rotate_left(struct tree *t, struct tree_node *node)
{
	struct tree_node *up = node->right;

	replace_child(t, node->parent, node, up);
	node->right = up->left;
	if (node->right)
		node->right->parent = node;
	up->left = node;
	node->parent = up;
	refresh(t, node);
	refresh(t, up);
	return up;
}

static struct tree_node *rotate_right(struct tree *t, struct tree_node *node)
{
	struct tree_node *up = node->left;

	replace_child(t, node->parent, node, up);
	node->left = up->right;
	if (node->left)
		node->left->parent = node;
	up->right = node;
	node->parent = up;
	refresh(t, node);
	refresh(t, up);
	return up;
}

/* Balance one node whose subtrees are balanced and differ by at most two. */
static struct tree_node *balance(struct tree *t, struct tree_node *node)
{
	struct tree_node *left = node->left;
	struct tree_node *right = node->right;

	if (height_of(left) > height_of(right) + 1) {
		if (height_of(left->left) < height_of(left->right))
			rotate_left(t, left);
		return rotate_right(t, node);
	}
	if (height_of(right) > height_of(left) + 1) {
		if (height_of(right->right) < height_of(right->left))
			rotate_right(t, right);
		return rotate_left(t, node);
	}
	refresh(t, node);
	return node;
}

/*
 * From @node to the root.  Without summaries the walk may stop at the first
 * subtree whose height stayed; with them every ancestor must hear of it.
 */
static void rebalance(struct tree *t, struct tree_node *node)
{
	while (node) {
		int before = node->height;

		node = balance(t, node);
		if (!t->update && node->height == before)
			return;
		node = node->parent;
	}
}

struct tree_node *tree_first(const struct tree *t)
{
	struct tree_node *node = t->root;

	while (node && node->left)
		node = node->left;
	return node;
}

struct tree_node *tree_last(const struct tree *t)
{
	struct tree_node *node = t->root;

	while (node && node->right)
		node = node->right;
	return node;
}

struct tree_node *tree_next(const struct tree_node *node)
{
	struct tree_node *n = node->right;

	if (n) {
		while (n->left)
			n = n->left;
		return n;
	}
	while (node->parent && node->parent->right == node)
		node = node->parent;
	return node->parent;
}

struct tree_node *tree_prev(const struct tree_node *node)
{
	struct tree_node *n = node->left;

	if (n) {
		while (n->right)
			n = n->right;
		return n;
	}
	while (node->parent && node->parent->left == node)
		node = node->parent;
	return node->parent;
}

void tree_insert_at(struct tree *t, struct tree_node *parent,
                    struct tree_node **link, struct tree_node *node)
{
	node->left = NULL;
	node->right = NULL;
	node->parent = parent;
	/* 0, not 1: the first step of the walk must see the height change. */
	node->height = 0;
	*link = node;
	rebalance(t, node);
}

int tree_insert(struct tree *t, struct tree_node *node, tree_cmp *cmp)
{
	struct tree_node **link = &t->root;
	struct tree_node *parent = NULL;

	while (*link) {
		int order;

		parent = *link;
		order = cmp(node, parent);
		if (order == 0)
			return -EEXIST;
		link = order < 0 ? &parent->left : &parent->right;
	}
	tree_insert_at(t, parent, link, node);
	return 0;
}

/* Take out a node with two children: its successor steps into its place. */
static struct tree_node *erase_inner(struct tree *t, struct tree_node *node)
{
	struct tree_node *next = tree_next(node);
	struct tree_node *lowest = next->parent;

	if (lowest == node) {
		lowest = next;
	} else {
		replace_child(t, next->parent, next, next->right);
		next->right = node->right;
		next->right->parent = next;
	}
	next->left = node->left;
	next->left->parent = next;
	next->height = node->height;
	replace_child(t, node->parent, node, next);
	return lowest;
}

void tree_erase(struct tree *t, struct tree_node *node)
{
	struct tree_node *lowest; /* the lowest node whose subtree changed */

	if (node->left && node->right) {
		lowest = erase_inner(t, node);
	} else {
		lowest = node->parent;
		replace_child(t, lowest, node,
		              node->left ? node->left : node->right);
	}
	rebalance(t, lowest);
	*node = (struct tree_node){ 0 };
}

struct tree_node *tree_find(const struct tree *t, const void *key,
                            tree_key_cmp *cmp)
{
	struct tree_node *node = t->root;

	while (node) {
		int order = cmp(key, node);

		if (order == 0)
			return node;
		node = order < 0 ? node->left : node->right;
	}
	return NULL;
}

struct tree_node *tree_find_ge(const struct tree *t, const void *key,
                               tree_key_cmp *cmp)
{
	struct tree_node *node = t->root;
	struct tree_node *best = NULL;

	while (node) {
		if (cmp(key, node) <= 0) {
			best = node;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return best;
}

struct tree_node *tree_find_le(const struct tree *t, const void *key,
                               tree_key_cmp *cmp)
{
	struct tree_node *node = t->root;
	struct tree_node *best = NULL;

	while (node) {
		if (cmp(key, node) >= 0) {
			best = node;
			node = node->right;
		} else {
			node = node->left;
		}
	}
	return best;
}

void tree_changed(struct tree *t, struct tree_node *node)
{
	if (!t->update)
		return;
	for (; node; node = node->parent)
		t->update(node);
}
