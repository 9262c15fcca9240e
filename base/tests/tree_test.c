/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees: a long random run of insertions and deletions against an array, with
 * every invariant of the tree checked after each step.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/tree.h"

enum { KEYS = 200, STEPS = 20000 };

struct item {
	int key;
	int value;
	int sum; /* of all values below and at this node */
	struct tree_node node;
};

static struct item items[KEYS];
static bool present[KEYS];

static struct item *item_of(struct tree_node *node)
{
	return node ? tree_entry(node, struct item, node) : NULL;
}

static int cmp(const struct tree_node *a, const struct tree_node *b)
{
	return tree_entry(a, struct item, node)->key -
	       tree_entry(b, struct item, node)->key;
}

static int key_cmp(const void *key, const struct tree_node *node)
{
	return *(const int *)key - tree_entry(node, struct item, node)->key;
}

static int sum_of(struct tree_node *node)
{
	return node ? item_of(node)->sum : 0;
}

static void update_sum(struct tree_node *node)
{
	struct item *it = item_of(node);

	it->sum = it->value + sum_of(node->left) + sum_of(node->right);
}

static int max_of(int a, int b)
{
	return a > b ? a : b;
}

/* Heights, balance, parents and sums of a subtree; returns its height. */
static int verify(struct tree_node *node, struct tree_node *parent, bool sums)
{
	int l, r;

	if (!node)
		return 0;
	assert_ptr_equal(node->parent, parent);
	l = verify(node->left, node, sums);
	r = verify(node->right, node, sums);
	assert_in_range(l - r + 1, 0, 2);
	assert_int_equal(node->height, 1 + max_of(l, r));
	if (sums)
		assert_int_equal(item_of(node)->sum,
		                 item_of(node)->value + sum_of(node->left) +
		                         sum_of(node->right));
	return node->height;
}

/* The tree holds exactly what present[] says, in order, both ways. */
static void verify_order(struct tree *t)
{
	struct tree_node *up = tree_first(t);
	struct tree_node *down = tree_last(t);

	for (int key = 0; key < KEYS; key++) {
		if (!present[key])
			continue;
		assert_ptr_equal(up, &items[key].node);
		up = tree_next(up);
	}
	assert_null(up);
	for (int key = KEYS - 1; key >= 0; key--) {
		if (!present[key])
			continue;
		assert_ptr_equal(down, &items[key].node);
		down = tree_prev(down);
	}
	assert_null(down);
}

static void verify_searches(struct tree *t, int key)
{
	int ge = key;
	int le = key;

	while (ge < KEYS && !present[ge])
		ge++;
	while (le >= 0 && !present[le])
		le--;
	assert_ptr_equal(tree_find(t, &key, key_cmp),
	                 present[key] ? &items[key].node : NULL);
	assert_ptr_equal(tree_find_ge(t, &key, key_cmp),
	                 ge < KEYS ? &items[ge].node : NULL);
	assert_ptr_equal(tree_find_le(t, &key, key_cmp),
	                 le >= 0 ? &items[le].node : NULL);
}

static void random_run(struct tree *t)
{
	for (int key = 0; key < KEYS; key++) {
		items[key] = (struct item){ .key = key, .value = key * 3 };
		present[key] = false;
	}
	for (uint64_t step = 0; step < STEPS; step++) {
		uint64_t r = hash_u64(step + 1);
		int key = (int)(r % KEYS);

		if (present[key] && (r >> 32) % 2) {
			assert_int_equal(tree_insert(t, &items[key].node, cmp),
			                 -EEXIST);
		} else if (present[key]) {
			tree_erase(t, &items[key].node);
			present[key] = false;
		} else {
			assert_int_equal(tree_insert(t, &items[key].node, cmp),
			                 0);
			present[key] = true;
		}
		verify(t->root, NULL, t->update != NULL);
		if (step % 64 == 0)
			verify_order(t);
		verify_searches(t, (int)((r >> 16) % KEYS));
	}
}

static void test_plain(void **state)
{
	struct tree t = TREE_INIT;

	(void)state;
	random_run(&t);
}

static void test_augmented(void **state)
{
	struct tree t = TREE_INIT_AUGMENTED(update_sum);
	struct item *it;

	(void)state;
	random_run(&t);
	it = item_of(tree_first(&t));
	it->value += 1000;
	tree_changed(&t, &it->node);
	verify(t.root, NULL, true);
}

/* Ascending insertion is what degrades a tree that does not balance. */
static void test_ascending(void **state)
{
	struct tree t = TREE_INIT;

	(void)state;
	for (int key = 0; key < KEYS; key++) {
		items[key] = (struct item){ .key = key };
		assert_int_equal(tree_insert(&t, &items[key].node, cmp), 0);
		present[key] = true;
	}
	/* 1.44 log2(202) - 0.33 is 10.7. */
	assert_in_range(t.root->height, 8, 10);
	verify(t.root, NULL, false);
	verify_order(&t);
	while (t.root) {
		present[item_of(t.root)->key] = false;
		tree_erase(&t, t.root);
		verify(t.root, NULL, false);
		verify_order(&t);
	}
	assert_null(tree_first(&t));
	assert_null(tree_last(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_augmented),
		cmocka_unit_test(test_ascending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
