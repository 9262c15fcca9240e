/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's mem and str functions against the C library's, over all small
 * sizes, alignments and overlaps and over sizes around each change of method.
 *
 * The meson.build beside compiles base/string.c with its names prefixed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/string.h"

void *kernel_memcpy(void *restrict dst, const void *restrict src, size_t n);
void *kernel_memmove(void *dst, const void *src, size_t n);
void *kernel_memset(void *dst, int c, size_t n);
int kernel_memcmp(const void *a, const void *b, size_t n);
void *kernel_memchr(const void *s, int c, size_t n);
size_t kernel_strlen(const char *s);
size_t kernel_strnlen(const char *s, size_t max);
int kernel_strcmp(const char *a, const char *b);
int kernel_strncmp(const char *a, const char *b, size_t n);
char *kernel_strchr(const char *s, int c);
char *kernel_strrchr(const char *s, int c);

enum { ROOM = 2048 };

static const size_t large[] = { 255, 256, 383, 384, 385, 700, 1000 };
enum { SMALL = 140, SIZES = SMALL + (int)ARRAY_SIZE(large) };

static uint8_t ours[ROOM];
static uint8_t theirs[ROOM];

static size_t size_no(size_t i)
{
	return i < SMALL ? i : large[i - SMALL];
}

static void fill(void)
{
	for (size_t i = 0; i < ROOM; i++)
		ours[i] = (uint8_t)hash_u64(i + 1);
	memcpy(theirs, ours, ROOM);
}

static void test_memcpy(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		for (size_t to = 0; to < 16; to++) {
			size_t n = size_no(i);
			void *dst = ours + to;

			fill();
			assert_ptr_equal(
				kernel_memcpy(dst, ours + 1040 - to, n), dst);
			memcpy(theirs + to, theirs + 1040 - to, n);
			assert_memory_equal(ours, theirs, ROOM);
		}
	}
}

static void test_memmove(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		for (int shift = -40; shift <= 40; shift++) {
			size_t n = size_no(i);
			uint8_t *dst = ours + 64 + shift;

			fill();
			assert_ptr_equal(kernel_memmove(dst, ours + 64, n),
			                 dst);
			memmove(theirs + 64 + shift, theirs + 64, n);
			assert_memory_equal(ours, theirs, ROOM);
		}
	}
}

static void test_memset(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		for (size_t to = 0; to < 9; to++) {
			size_t n = size_no(i);

			fill();
			/* Only the low byte of the value counts. */
			assert_ptr_equal(kernel_memset(ours + to, 0x1c3, n),
			                 ours + to);
			memset(theirs + to, 0xc3, n);
			assert_memory_equal(ours, theirs, ROOM);
		}
	}
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void test_memcmp(void **state)
{
	(void)state;
	for (size_t n = 0; n < 40; n++) {
		fill();
		assert_int_equal(kernel_memcmp(ours, theirs, n), 0);
		for (size_t at = 0; at < n; at++) {
			ours[at] ^= 0x80;
			assert_int_equal(sign(kernel_memcmp(ours, theirs, n)),
			                 sign(memcmp(ours, theirs, n)));
			/* A difference behind the end does not count. */
			assert_int_equal(kernel_memcmp(ours, theirs, at), 0);
			ours[at] ^= 0x80;
		}
	}
}

/* At every place in blocks of every size, among its neighbours in value. */
static void test_memchr_everywhere(void **state)
{
	static const uint8_t wanted[] = { 0, 1, 'c', 0x7f, 0x80, 0x81, 0xff };
	uint8_t block[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted) * sizeof(block); i++) {
		size_t at = i % sizeof(block);
		uint8_t c = wanted[i / sizeof(block)];

		for (size_t n = 0; n < sizeof(block); n++)
			block[n] = n % 2 ? c ^ 1 : c ^ 0x80;
		block[at] = c;
		for (size_t n = 0; n <= sizeof(block); n++)
			for (size_t from = 0; from <= MIN(n, 8u); from++)
				assert_ptr_equal(
					kernel_memchr(block + from, c,
				                      n - from),
					memchr(block + from, c, n - from));
	}
}

static void test_memchr(void **state)
{
	(void)state;
	for (size_t n = 0; n < 20; n++) {
		assert_ptr_equal(kernel_memchr("abcabc\xff", 'c', MIN(n, 7u)),
		                 memchr("abcabc\xff", 'c', MIN(n, 7u)));
	}
	assert_non_null(kernel_memchr("a\xff", -1, 2));
}

static const char *const strings[] = {
	"", "a", "b", "ab", "abc", "abd", "abcabc", "\xff", "a\xff", "/x/y/z",
};

static void test_compare_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(strings); j++) {
			const char *a = strings[i];
			const char *b = strings[j];

			assert_int_equal(sign(kernel_strcmp(a, b)),
			                 sign(strcmp(a, b)));
			for (size_t n = 0; n < 8; n++)
				assert_int_equal(sign(kernel_strncmp(a, b, n)),
				                 sign(strncmp(a, b, n)));
		}
	}
}

static void test_search_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		const char *s = strings[i];

		assert_int_equal(kernel_strlen(s), strlen(s));
		for (size_t max = 0; max < 8; max++)
			assert_int_equal(kernel_strnlen(s, max),
			                 strnlen(s, max));
		for (int c = 0; c < 256; c++) {
			assert_ptr_equal(kernel_strchr(s, c), strchr(s, c));
			assert_ptr_equal(kernel_strrchr(s, c), strrchr(s, c));
		}
	}
}

static void test_str_copy(void **state)
{
	char buf[4] = "old";

	(void)state;
	assert_int_equal(str_copy(buf, sizeof(buf), "four"), -ENAMETOOLONG);
	assert_string_equal(buf, "old");
	assert_int_equal(str_copy(buf, 0, ""), -ENAMETOOLONG);
	assert_int_equal(str_copy(buf, sizeof(buf), "new"), 0);
	assert_string_equal(buf, "new");
}

static void test_memzero(void **state)
{
	(void)state;
	fill();
	memzero_explicit(ours + 1, 100);
	memset(theirs + 1, 0, 100);
	assert_memory_equal(ours, theirs, ROOM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),
		cmocka_unit_test(test_memmove),
		cmocka_unit_test(test_memset),
		cmocka_unit_test(test_memcmp),
		cmocka_unit_test(test_memchr),
		cmocka_unit_test(test_memchr_everywhere),
		cmocka_unit_test(test_compare_strings),
		cmocka_unit_test(test_search_strings),
		cmocka_unit_test(test_str_copy),
		cmocka_unit_test(test_memzero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
