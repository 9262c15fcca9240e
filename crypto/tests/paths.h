/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paths.h - run a test once for each code path this CPU has.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "crypto/features_host.h"

enum path {
	PATH_PORTABLE, /* SHA-256 in C; AES still needs AES-NI */
	PATH_NI,
	PATHS,
};

enum {
	EXIT_SKIP = 77, /* Meson's code for a test that did not run */
};

static const char *const path_names[PATHS] = { "portable", "sha-ni" };

/* Choose @path, or skip the whole test with its cause. */
static inline void path_use(enum path path)
{
	struct crypto_features cpu;

	crypto_features_host(&cpu);
	if (path == PATH_NI && !cpu.sha) {
		puts("SKIP: this CPU has no SHA-NI");
		exit(EXIT_SKIP);
	}
	cpu.sha = path == PATH_NI;
	if (crypto_init(&cpu) < 0) {
		puts("SKIP: this CPU has no AES-NI");
		exit(EXIT_SKIP);
	}
}

/* "portable" or "sha-ni", the first argument of each test. */
static inline void path_use_named(const char *name)
{
	for (enum path p = 0; p < PATHS; p++)
		if (__builtin_strcmp(name, path_names[p]) == 0) {
			path_use(p);
			return;
		}
	fprintf(stderr, "no such path: %s\n", name);
	exit(2);
}
