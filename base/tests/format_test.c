/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatting: the same arguments through str_format() and snprintf().
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/format.h"

/* Formats come from tables here; the compiler cannot check those. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* Text and length agree, in a large buffer and in each that is too small. */
#define SAME(fmt, ...)                                                         \
	do {                                                                   \
		char want[128];                                                \
		char got[128];                                                 \
		int n = snprintf(want, sizeof(want), fmt, __VA_ARGS__);        \
		for (size_t size = 0; size <= (size_t)n + 2; size++) {         \
			memset(got, '#', sizeof(got));                         \
			assert_int_equal(                                      \
				str_format(got, size, fmt, __VA_ARGS__), n);   \
			check_cut(got, size, want);                            \
		}                                                              \
	} while (0)

static void check_cut(const char *got, size_t size, const char *want)
{
	size_t n = strlen(want);

	if (size) {
		n = n < size ? n : size - 1;
		assert_memory_equal(got, want, n);
		assert_int_equal(got[n], '\0');
	}
	assert_int_equal(got[size < n + 1 ? n + 1 : size], '#');
}

static void test_ints(void **state)
{
	static const char *const formats[] = {
		"%d",  "%i",    "%u",   "%x",   "%X",    "%o",
		"%5d", "%-5d|", "%05d", "%08x", "%-8x|", "%hd",
		"%hu", "%hhd",  "%hhu", "[%d]", "%1d",   "%-05d|",
	};
	static const int values[] = { 0,   1,    -1,    42,      -42,
		                      255, -129, 70000, INT_MAX, INT_MIN };

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
		for (size_t v = 0; v < ARRAY_SIZE(values); v++)
			SAME(formats[f], values[v]);
	}
}

static void test_longs(void **state)
{
	static const char *const formats[] = {
		"%ld", "%lld", "%lu", "%llu",  "%lx",     "%llx",   "%zu",
		"%zx", "%td",  "%jd", "%20ld", "%-20lx|", "%020ld", "%lo",
	};
	static const long values[] = { 0,        1,        -1,
		                       LONG_MAX, LONG_MIN, 0x123456789abcdef };

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
		for (size_t v = 0; v < ARRAY_SIZE(values); v++)
			SAME(formats[f], values[v]);
	}
}

static void test_strings(void **state)
{
	static const char not_ended[3] = { 'a', 'b', 'c' };

	(void)state;
	SAME("%s", "text");
	SAME("%s", "");
	SAME("[%10s]", "text");
	SAME("[%-10s]", "text");
	SAME("[%2s]", "text");
	SAME("%.2s", "text");
	SAME("%.10s", "text");
	SAME("%.*s", 3, not_ended);
	SAME("%.*s", 0, "text");
	SAME("%.*s", -1, "text");
	SAME("[%*s]", 6, "text");
	SAME("[%*s]", -6, "text");
	SAME("[%-*.*s]", 6, 2, "text");
	SAME("%c%c", 'a', 'b');
	SAME("[%3c][%-3c]", 'a', 'b');
	SAME("%d%%", 5);
}

static void test_pointers(void **state)
{
	char buf[32];

	(void)state;
	SAME("%p", (void *)0x1234abcd);
	SAME("%20p|", (void *)0xffffffffffffffff);
	/* Here we differ from glibc's "(nil)", on purpose. */
	str_format(buf, sizeof(buf), "%p", NULL);
	assert_string_equal(buf, "0x0");
}

static void test_null_string(void **state)
{
	const char *volatile none = NULL;
	char buf[32];

	(void)state;
	str_format(buf, sizeof(buf), "<%s>", none);
	assert_string_equal(buf, "<(null)>");
}

/* Its argument can't be skipped, so nothing after it may be believed. */
static void test_unknown(void **state)
{
	static const char *const formats[] = { "a %f %s", "a %n %s", "a %" };
	char buf[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		int n = str_format(buf, sizeof(buf), formats[i], 1.0);

		assert_string_equal(buf, formats[i]);
		assert_int_equal(n, strlen(formats[i]));
	}
}

static void test_silly_width(void **state)
{
	char buf[8];

	(void)state;
	assert_true(str_format(buf, sizeof(buf), "%99999d", 1) == 99999);
	assert_string_equal(buf, "       ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ints),
		cmocka_unit_test(test_longs),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_null_string),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_silly_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
