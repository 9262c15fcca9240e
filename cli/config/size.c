/* SPDX-License-Identifier: Apache-2.0 */
/*
 * size.c - sizes with a unit.
 */
#include "cli/config/size.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/arith.h"

#include "base/banned.h"

static const struct {
	const char *name;
	unsigned int shift;
} units[] = {
	{ "", 0 },     { "B", 0 },    { "KB", 10 },  { "MB", 20 },
	{ "GB", 30 },  { "TB", 40 },  { "KiB", 10 }, { "MiB", 20 },
	{ "GiB", 30 }, { "TiB", 40 }, { "K", 10 },   { "M", 20 },
	{ "G", 30 },   { "T", 40 },
};

static int unit_shift(const char *name, unsigned int *ret_shift)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!strcasecmp(name, units[i].name)) {
			*ret_shift = units[i].shift;
			return 0;
		}
	}
	return -EINVAL;
}

int size_parse(const char *text, uint64_t *ret_size)
{
	unsigned int shift;
	uint64_t number;
	char *end;

	/* strtoull accepts blanks and signs in front; a size has none. */
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	while (*end == ' ')
		end++;
	if (unit_shift(end, &shift) < 0)
		return -EINVAL;
	if (mul_overflow(number, UINT64_C(1) << shift, ret_size))
		return -ERANGE;
	return 0;
}

void size_format(uint64_t size, char ret_text[SIZE_TEXT_MAX])
{
	static const char names[][3] = { "B", "KB", "MB", "GB", "TB" };
	size_t i = 0;

	while (size && size % 1024 == 0 && i + 1 < ARRAY_SIZE(names)) {
		size /= 1024;
		i++;
	}
	snprintf(ret_text, SIZE_TEXT_MAX, "%" PRIu64 "%s", size, names[i]);
}
