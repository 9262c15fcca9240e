/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - the test enclave of platform/emu/tests, as parts to add and a
 * SIGSTRUCT for them, for whoever adds them in a way of his own; and CHECK().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/emu/tests/harness.h"

struct image_part {
	uint64_t offset;
	const void *src; /* page aligned, in anonymous memory */
	size_t npages;
	uint64_t flags; /* SECINFO */
	bool is_measured;
};

extern struct image_part image_part[];
extern const size_t image_n_parts;

/* Fill the parts; once. */
void image_setup(void);

/* For the ordinary enclave on a platform with @caps. */
void image_secs(const struct platform_caps *caps, struct secs *secs);

/* Signs what all parts in order measure; @edit may be NULL. */
void image_sign(const struct secs *secs, struct sigstruct *sig,
                void (*edit)(struct sigstruct *sig));

/* Where emu keeps its secret: a file below a folder that is removed at exit. */
const char *image_secret(void);
