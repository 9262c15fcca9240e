/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what a fuzz target is.
 *
 * A target is one file that hands bytes to one parser and then says what has to
 * hold of the result, whatever the bytes were.  It is linked twice: with
 * replay.c, which runs the files of corpus/NAME in every build, and with
 * libFuzzer where the option `fuzzers` is set (clang).  A crash that libFuzzer
 * finds goes into the corpus, under a name that says what was wrong.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                             \
	((cond) ? (void)0                                                      \
	        : (fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__,     \
	                   __LINE__, #cond),                                   \
	           abort()))
