/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expect.h - for programs that check the kernel they run on: Linux must pass
 * them as well as ours.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int expect_failures;

#define EXPECT(cond)                                                           \
	do {                                                                   \
		if (!(cond)) {                                                 \
			expect_failures++;                                     \
			printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__,   \
			       #cond, errno);                                  \
		}                                                              \
	} while (0)

#define RUN(test)                                                              \
	do {                                                                   \
		int before = expect_failures;                                  \
		test();                                                        \
		printf("%s %s\n", before == expect_failures ? "ok" : "FAILED", \
		       #test);                                                 \
		fflush(stdout);                                                \
	} while (0)
