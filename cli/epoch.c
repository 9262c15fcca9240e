/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/epoch.h"

#include <errno.h>
#include <stdlib.h>

#include "base/banned.h"

/* 2026-11-01 00:00 UTC. */
#define RELEASE_EPOCH 1793491200u

uint32_t build_epoch(void)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	long long t;
	char *end;

	if (!text || !text[0])
		return RELEASE_EPOCH;
	errno = 0;
	t = strtoll(text, &end, 10);
	if (errno || *end || t < 0 || t > UINT32_MAX)
		return RELEASE_EPOCH;
	return (uint32_t)t;
}
