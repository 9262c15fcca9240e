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
	PATH_GCM_NI, /* and for AES-GCM its three widths */
	PATH_GCM_VAES256,
	PATH_GCM_VAES512,
	PATHS,
};

enum {
	EXIT_SKIP = 77, /* Meson's code for a test that did not run */
};

static const char *const path_names[PATHS] = {
	"portable", "sha-ni", "gcm-ni", "gcm-vaes256", "gcm-vaes512",
};

static inline void path_skip_unless(bool has, const char *what)
{
	if (has)
		return;
	printf("SKIP: this CPU has no %s\n", what);
	exit(EXIT_SKIP);
}

/* Choose @path, or skip the whole test with its cause. */
static inline void path_use(enum path path)
{
	struct crypto_features cpu;

	crypto_features_host(&cpu);
	path_skip_unless(path != PATH_NI || cpu.sha, "SHA-NI");
	path_skip_unless(path < PATH_GCM_NI || cpu.pclmul, "PCLMULQDQ");
	path_skip_unless(path != PATH_GCM_VAES256 || cpu.vaes256,
	                 "VAES with AVX2");
	path_skip_unless(path != PATH_GCM_VAES512 || cpu.vaes512,
	                 "VAES with AVX-512");
	cpu.sha = path == PATH_NI;
	cpu.vaes256 = path == PATH_GCM_VAES256;
	cpu.vaes512 = path == PATH_GCM_VAES512;
	path_skip_unless(crypto_init(&cpu) == 0, "AES-NI");
}

/* By its name, the first argument of each test. */
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
