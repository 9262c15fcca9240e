/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes: what a table needs of them, no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

/* Flipping one input bit flips each output bit in a good part of all cases. */
static void test_avalanche(void **state)
{
	enum { SAMPLES = 256 };

	(void)state;
	for (int in = 0; in < 64; in++) {
		int flips[64] = { 0 };

		for (uint64_t i = 0; i < SAMPLES; i++) {
			uint64_t x = i * 0x9e3779b97f4a7c15u;
			uint64_t d = hash_u64(x) ^ hash_u64(x ^ (1ull << in));

			for (int out = 0; out < 64; out++)
				flips[out] += (int)(d >> out & 1);
		}
		for (int out = 0; out < 64; out++)
			assert_in_range(flips[out], SAMPLES / 4,
			                SAMPLES * 3 / 4);
	}
}

/* Small numbers, page addresses: no bucket of 256 gets far too many. */
static void test_spread(void **state)
{
	static const uint64_t strides[] = { 1, 8, 4096, 1ull << 32 };

	(void)state;
	for (size_t s = 0; s < sizeof(strides) / sizeof(strides[0]); s++) {
		int buckets[256] = { 0 };

		for (uint64_t i = 0; i < 256 * 16; i++)
			buckets[hash_u64(i * strides[s]) % 256]++;
		for (size_t b = 0; b < 256; b++)
			assert_in_range(buckets[b], 1, 48);
	}
}

static void test_bytes(void **state)
{
	uint8_t data[32] = { 0 };

	(void)state;
	/* Length, every position and the seed all count. */
	for (size_t n = 1; n <= sizeof(data); n++) {
		uint64_t h = hash_bytes(data, n, 1);

		assert_true(h != hash_bytes(data, n - 1, 1));
		assert_true(h != hash_bytes(data, n, 2));
		for (size_t i = 0; i < n; i++) {
			data[i] = 1;
			assert_true(h != hash_bytes(data, n, 1));
			data[i] = 0;
		}
		assert_true(h == hash_bytes(data, n, 1));
	}
	/* From any address. */
	memcpy(data + 1, "abcdefghij", 10);
	assert_true(hash_bytes(data + 1, 10, 5) ==
	            hash_bytes("abcdefghij", 10, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_avalanche),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
