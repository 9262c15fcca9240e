/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists: order after each operation, written out as a string.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct item {
	char name;
	struct list link;
};

static struct item items[4] = {
	{ .name = 'a' }, { .name = 'b' }, { .name = 'c' }, { .name = 'd' }
};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		list_init(&items[i].link);
	return 0;
}

/* Forwards by entry and backwards by link must tell the same story. */
static void expect(struct list *head, const char *want)
{
	struct list *back = head->prev;
	struct item *it;
	char got[8] = "";
	size_t n = 0;

	list_for_each_entry (it, head, link)
		got[n++] = it->name;
	assert_string_equal(got, want);

	for (; n > 0; n--, back = back->prev)
		assert_int_equal(list_entry(back, struct item, link)->name,
		                 want[n - 1]);
	assert_ptr_equal(back, head);
}

static void test_add_del(void **state)
{
	struct list head = LIST_INIT(head);

	(void)state;
	assert_true(list_empty(&head));
	expect(&head, "");
	list_add_tail(&head, &items[0].link);
	list_add_tail(&head, &items[1].link);
	list_add(&head, &items[2].link);
	expect(&head, "cab");
	list_add_tail(&items[1].link, &items[3].link);
	expect(&head, "cadb");
	assert_ptr_equal(list_first_entry(&head, struct item, link), &items[2]);
	assert_ptr_equal(list_last_entry(&head, struct item, link), &items[1]);

	list_del(&items[0].link);
	expect(&head, "cdb");
	assert_true(list_empty(&items[0].link));
	list_del(&items[0].link); /* harmless */
	expect(&head, "cdb");
	list_move_tail(&head, &items[2].link);
	expect(&head, "dbc");
}

static void test_splice(void **state)
{
	struct list a = LIST_INIT(a);
	struct list b = LIST_INIT(b);

	(void)state;
	list_splice_tail(&a, &b);
	expect(&a, "");
	list_add_tail(&b, &items[0].link);
	list_add_tail(&b, &items[1].link);
	list_splice_tail(&a, &b);
	expect(&a, "ab");
	expect(&b, "");
	list_add_tail(&b, &items[2].link);
	list_splice_tail(&a, &b);
	expect(&a, "abc");
}

static void test_delete_while_walking(void **state)
{
	struct list head = LIST_INIT(head);
	struct list *pos, *next;
	struct item *it, *tmp;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		list_add_tail(&head, &items[i].link);
	list_for_each_entry_safe (it, tmp, &head, link) {
		if (it->name != 'c')
			list_del(&it->link);
	}
	expect(&head, "c");
	list_for_each_safe (pos, next, &head)
		list_del(pos);
	expect(&head, "");
	list_for_each (pos, &head)
		fail();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_add_del, setup),
		cmocka_unit_test_setup(test_splice, setup),
		cmocka_unit_test_setup(test_delete_while_walking, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
