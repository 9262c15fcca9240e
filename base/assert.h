/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assert.h - what must hold unless our own logic is wrong.
 *
 * Never for what a host, a program, a file or a message may do: those get an
 * error.  The check stays in every build; @cond must have no side effect.
 */
#pragma once

#include "base/compiler.h"

/* Supplied by each side: reports and stops. */
__noreturn __cold void assert_fail(const char *expr, const char *file,
                                   int line);

#define assert_that(cond)                                                      \
	(likely(cond) ? (void)0 : assert_fail(#cond, __FILE__, __LINE__))
