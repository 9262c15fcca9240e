/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bitmaps: every function against a loop over single bits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bitmap.h"
#include "base/hash.h"

enum { NBITS = 150, ROUNDS = 3000 };

/* One word more than needed: a canary that nothing may change. */
static unsigned long map[BITMAP_WORDS(NBITS) + 1];
static bool model[NBITS];
#define CANARY 0xa5a5a5a5a5a5a5a5ul

static void fill(uint64_t seed)
{
	for (size_t i = 0; i < NBITS; i++) {
		/* Runs of equal bits, so that word borders get crossed. */
		model[i] = hash_u64(seed * 1000 + i / (1 + seed % 40)) & 1;
		if (model[i])
			bitmap_set(map, i);
		else
			bitmap_clear(map, i);
	}
	map[BITMAP_WORDS(NBITS)] = CANARY;
}

static void verify(void)
{
	size_t count = 0;

	for (size_t i = 0; i < NBITS; i++) {
		assert_int_equal(bitmap_test(map, i), model[i]);
		count += model[i];
	}
	assert_int_equal(bitmap_count(map, NBITS), count);
	assert_true(map[BITMAP_WORDS(NBITS)] == CANARY);
}

static size_t model_next(size_t nbits, size_t start, bool value)
{
	while (start < nbits && model[start] != value)
		start++;
	return start < nbits ? start : nbits;
}

static size_t model_zero_run(size_t nbits, size_t start, size_t n)
{
	for (; start + n <= nbits; start++) {
		size_t i = 0;

		while (i < n && !model[start + i])
			i++;
		if (i == n)
			return start;
	}
	return nbits;
}

static void test_ranges(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		uint64_t r = hash_u64(round + 7);
		size_t start = r % NBITS;
		size_t n = (r >> 16) % (NBITS - start + 1);
		bool set = (r >> 40) & 1;

		fill(round);
		if (set)
			bitmap_set_range(map, start, n);
		else
			bitmap_clear_range(map, start, n);
		for (size_t i = start; i < start + n; i++)
			model[i] = set;
		verify();
	}
}

static void test_searches(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		uint64_t r = hash_u64(round + 99);
		size_t nbits = 1 + r % NBITS;
		size_t start = (r >> 16) % (nbits + 1);
		size_t n = (r >> 32) % 80;

		fill(round);
		assert_int_equal(bitmap_find_next_set(map, nbits, start),
		                 model_next(nbits, start, true));
		assert_int_equal(bitmap_find_next_zero(map, nbits, start),
		                 model_next(nbits, start, false));
		assert_int_equal(bitmap_find_zero_run(map, nbits, start, n),
		                 model_zero_run(nbits, start, n));
	}
}

/* A run may not be made of bits behind the end, however many are asked for. */
static void test_run_at_the_end(void **state)
{
	unsigned long empty[2] = { 0 };

	(void)state;
	assert_int_equal(bitmap_find_zero_run(empty, 70, 0, 70), 0);
	assert_int_equal(bitmap_find_zero_run(empty, 70, 0, 71), 70);
	assert_int_equal(bitmap_find_zero_run(empty, 70, 1, SIZE_MAX), 70);
	assert_int_equal(bitmap_find_next_set(empty, 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_searches),
		cmocka_unit_test(test_run_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
