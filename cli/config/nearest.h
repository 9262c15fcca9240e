/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest.h - how far apart two names are, for "did you mean".
 */
#pragma once

enum {
	NEAREST_NAME_MAX = 64, /* longer names are far from everything */
	NEAREST_FAR = 4        /* from here on a suggestion would puzzle */
};

/* Levenshtein's distance: insertions, deletions and changes of a character. */
unsigned int nearest_distance(const char *a, const char *b);
