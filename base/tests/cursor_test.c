/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cursors: a format read whole, and cut off after each of its bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"

static const uint8_t format[] = {
	7,                                /* u8 */
	1,    2,                          /* u16 */
	3,    4,    5,   6,               /* u32 */
	1,    0,    0,   0, 0, 0, 0, 128, /* u64 */
	0xff, 0xff,                       /* skipped */
	'a',  'b',  'c',                  /* bytes, in place */
	'x',  'y',  'z',                  /* bytes, copied */
};

struct record {
	uint8_t kind;
	uint16_t port;
	uint32_t length;
	uint64_t at;
	const uint8_t *name;
	char copy[3];
};

static void read_record(struct cursor *c, struct record *r)
{
	r->kind = cursor_u8(c);
	r->port = cursor_u16le(c);
	r->length = cursor_u32le(c);
	r->at = cursor_u64le(c);
	cursor_skip(c, 2);
	r->name = cursor_bytes(c, 3);
	cursor_copy(c, r->copy, sizeof(r->copy));
}

static void test_whole(void **state)
{
	struct cursor c;
	struct record r;

	(void)state;
	cursor_init(&c, CSPAN_OF(format));
	assert_int_equal(cursor_left(&c), sizeof(format));
	read_record(&c, &r);
	assert_true(cursor_ok(&c));
	assert_true(cursor_done(&c));
	assert_int_equal(r.kind, 7);
	assert_int_equal(r.port, 0x0201);
	assert_int_equal(r.length, 0x06050403);
	assert_true(r.at == 0x8000000000000001);
	assert_memory_equal(r.name, "abc", 3);
	assert_memory_equal(r.copy, "xyz", 3);
}

static void test_cut_off(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof(format); size++) {
		/* From the heap, so that sanitizers see a read too far. */
		uint8_t *part = malloc(size + !size);
		struct cursor c;
		struct record r;

		assert_non_null(part);
		memcpy(part, format, size);
		memset(&r, 0xee, sizeof(r));
		cursor_init(&c, cspan_make(part, size));
		read_record(&c, &r);
		assert_false(cursor_ok(&c));
		assert_false(cursor_done(&c));
		assert_int_equal(cursor_left(&c), 0);
		/* What was asked for last is missing in each case. */
		assert_memory_equal(r.copy, "\0\0\0", 3);
		/* It stays failed, even for what would fit. */
		assert_null(cursor_bytes(&c, 0));
		assert_int_equal(cursor_u8(&c), 0);
		free(part);
	}
}

static void test_huge_and_empty(void **state)
{
	struct cursor c;

	(void)state;
	cursor_init(&c, CSPAN_OF(format));
	cursor_skip(&c, 1);
	cursor_skip(&c, SIZE_MAX);
	assert_false(cursor_ok(&c));

	cursor_init(&c, cspan_make(NULL, 0));
	assert_true(cursor_done(&c));
	cursor_copy(&c, NULL, 0);
	cursor_skip(&c, 0);
	assert_true(cursor_done(&c));
	assert_int_equal(cursor_u64le(&c), 0);
	assert_false(cursor_ok(&c));
}

/* Left-over bytes are no failure, but not the end either. */
static void test_left_over(void **state)
{
	struct cursor c;

	(void)state;
	cursor_init(&c, CSPAN_OF(format));
	cursor_skip(&c, sizeof(format) - 1);
	assert_true(cursor_ok(&c));
	assert_false(cursor_done(&c));
	assert_int_equal(cursor_left(&c), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_huge_and_empty),
		cmocka_unit_test(test_left_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
