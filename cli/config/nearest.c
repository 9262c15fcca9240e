/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest.c - edit distance with one row of memory.
 */
#include "cli/config/nearest.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

#include "base/banned.h"

unsigned int nearest_distance(const char *a, const char *b)
{
	unsigned int row[NEAREST_NAME_MAX + 1];
	size_t na = strlen(a);
	size_t nb = strlen(b);

	if (na > NEAREST_NAME_MAX || nb > NEAREST_NAME_MAX)
		return UINT32_MAX;
	for (unsigned int j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 0; i < na; i++) {
		unsigned int corner = row[0]++;

		for (size_t j = 0; j < nb; j++) {
			unsigned int change = corner + (a[i] != b[j]);
			unsigned int step = MIN(row[j], row[j + 1]) + 1;

			corner = row[j + 1];
			row[j + 1] = MIN(change, step);
		}
	}
	return row[nb];
}
