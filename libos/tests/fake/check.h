/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - what a test says.  A failed check is counted and the test goes on;
 * check_result() is main's value.
 */
#pragma once

#include <stdio.h>

static int check_failures;

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			check_failures++;                                      \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,     \
			        #cond);                                        \
		}                                                              \
	} while (0)

/* Both as signed numbers: results are 0 or -errno more often than not. */
#define CHECK_EQ(got, want)                                                    \
	do {                                                                   \
		long long check_got = (long long)(got);                        \
		long long check_want = (long long)(want);                      \
		if (check_got != check_want) {                                 \
			check_failures++;                                      \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n",       \
			        __FILE__, __LINE__, #got, check_got,           \
			        check_want);                                   \
		}                                                              \
	} while (0)

static inline int check_result(void)
{
	if (check_failures)
		fprintf(stderr, "%d checks failed\n", check_failures);
	return check_failures != 0;
}
