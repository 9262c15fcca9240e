/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - one line for each thing observed.
 *
 * A test program prints what it sees, nothing that differs from run to run
 * (addresses, pids, times); the same program's native run says what is right.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The value of an expression, as a number. */
#define SHOW(expr) printf("%s = %ld\n", #expr, (long)(expr))
/* A call's result, with the name of its error. */
#define CALL(expr)                                                             \
	do {                                                                   \
		long ret_ = (errno = 0, (long)(expr));                         \
		printf("%s = %s%s\n", #expr,                                   \
		       ret_ < 0 ? "-1 "                                        \
		       : ret_   ? "ok"                                         \
		                : "0",                                           \
		       ret_ < 0 ? strerrorname_np(errno) : "");                \
		fflush(stdout);                                                \
	} while (0)
/* A condition that must hold: "yes" or "NO". */
#define IS(cond) printf("%s: %s\n", #cond, (cond) ? "yes" : "NO")
