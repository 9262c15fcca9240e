/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Macros and inline functions: compiler.h, arith.h, endian.h, span.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arith.h"
#include "base/compiler.h"
#include "base/endian.h"
#include "base/span.h"
#include "base/units.h"

/* Sizes and alignment of the wrappers are what formats are built on. */
struct packed_by_nature {
	uint8_t kind;
	struct le64 at;
	struct be16 port;
};
static_assert(sizeof(struct packed_by_nature) == 11, "no padding");

static void test_align(void **state)
{
	uint32_t small = 5;

	(void)state;
	assert_int_equal(ALIGN_UP(0UL, PAGE_SIZE), 0);
	assert_int_equal(ALIGN_UP(1UL, PAGE_SIZE), 4096);
	assert_int_equal(ALIGN_UP(4096UL, PAGE_SIZE), 4096);
	assert_int_equal(ALIGN_DOWN(8191UL, PAGE_SIZE), 4096);
	assert_true(IS_ALIGNED(0x3000UL, PAGE_SIZE));
	assert_false(IS_ALIGNED(0x3010UL, PAGE_SIZE));
	/* A 32-bit mask must not cut off the upper half of a 64-bit value. */
	assert_true(ALIGN_DOWN(0x123456789fffULL, 4096) == 0x123456789000ULL);
	assert_int_equal(ALIGN_UP(small, 8), 8);
	assert_int_equal(PAGES_FOR(1), 1);
	assert_int_equal(PAGES_FOR(4097), 2);
}

static void test_min_max_once(void **state)
{
	int calls = 0;

	(void)state;
	assert_int_equal(MIN(++calls, 10), 1);
	assert_int_equal(calls, 1);
	assert_int_equal(MAX(-1, 1), 1);
}

static void test_container(void **state)
{
	struct packed_by_nature p;

	(void)state;
	assert_ptr_equal(container_of(&p.port, struct packed_by_nature, port),
	                 &p);
	assert_int_equal(ARRAY_SIZE(p.at.bytes), 8);
}

static void test_overflow(void **state)
{
	size_t r;

	(void)state;
	assert_false(add_overflow(SIZE_MAX - 1, (size_t)1, &r));
	assert_true(r == SIZE_MAX);
	assert_true(add_overflow(SIZE_MAX, (size_t)1, &r));
	assert_true(sub_overflow((size_t)0, (size_t)1, &r));
	assert_true(mul_overflow((size_t)1 << 32, (size_t)1 << 32, &r));
	assert_false(mul_overflow((size_t)1 << 32, (size_t)1 << 31, &r));
}

static void test_ranges(void **state)
{
	(void)state;
	assert_true(range_within(0, 10, 10));
	assert_true(range_within(10, 0, 10));
	assert_false(range_within(11, 0, 10));
	assert_false(range_within(1, 10, 10));
	assert_false(range_within(5, UINT64_MAX, 10));
	assert_true(ranges_overlap(0, 10, 9, 1));
	assert_true(ranges_overlap(9, 1, 0, 10));
	assert_false(ranges_overlap(0, 10, 10, 1));
	assert_false(ranges_overlap(10, 1, 0, 10));
	assert_false(ranges_overlap(5, 0, 0, 10));
	assert_true(ranges_overlap(UINT64_MAX, 1, UINT64_MAX - 1, 2));
	assert_false(is_power_of_two(0));
	assert_true(is_power_of_two(1ULL << 63));
	assert_false(is_power_of_two(6));
}

static void test_endian(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct le32 le = le32_of(0x01020304);
	struct be32 be = be32_of(0x01020304);
	uint8_t out[9] = { 0 };

	(void)state;
	/* From odd addresses, as formats have them. */
	assert_int_equal(get_le16(bytes + 1), 0x0302);
	assert_int_equal(get_be16(bytes + 1), 0x0203);
	assert_int_equal(get_le32(bytes + 1), 0x05040302);
	assert_int_equal(get_be32(bytes + 1), 0x02030405);
	assert_true(get_le64(bytes + 1) == 0x0908070605040302);
	assert_true(get_be64(bytes + 1) == 0x0203040506070809);
	assert_int_equal(le.bytes[0], 4);
	assert_int_equal(be.bytes[0], 1);
	assert_int_equal(le32_get(&le), be32_get(&be));

	put_be64(out + 1, get_be64(bytes + 1));
	assert_memory_equal(out + 1, bytes + 1, 8);
	put_le64(out + 1, get_le64(bytes + 1));
	assert_memory_equal(out + 1, bytes + 1, 8);
	assert_int_equal(out[0], 0);
}

static void test_span_sub(void **state)
{
	uint8_t bytes[8] = { 0 };
	struct span s = SPAN_OF(bytes);
	struct span sub = { 0 };
	struct cspan csub = { 0 };

	(void)state;
	assert_true(span_sub(s, 2, 6, &sub));
	assert_ptr_equal(sub.data, bytes + 2);
	assert_int_equal(sub.size, 6);
	assert_false(span_sub(s, 2, 7, &sub));
	assert_int_equal(sub.size, 6);
	assert_true(cspan_sub(span_const(s), 8, 0, &csub));
	assert_false(cspan_sub(span_const(s), 9, 0, &csub));
	/* The sum of the two wraps to 7. */
	assert_false(cspan_sub(span_const(s), 8, SIZE_MAX, &csub));
}

static void test_span_equal(void **state)
{
	(void)state;
	assert_true(cspan_equal(cspan_str("abc"), cspan_str("abc")));
	assert_false(cspan_equal(cspan_str("abc"), cspan_str("abd")));
	assert_false(cspan_equal(cspan_str("abc"), cspan_str("ab")));
	assert_true(cspan_equal(cspan_make(NULL, 0), cspan_str("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_align),
		cmocka_unit_test(test_min_max_once),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_endian),
		cmocka_unit_test(test_span_sub),
		cmocka_unit_test(test_span_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
