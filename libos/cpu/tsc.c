/* SPDX-License-Identifier: Apache-2.0 */
/* tsc.c - out of line, so that the image has RDTSC in one place. */
#include "libos/cpu/tsc.h"

uint64_t tsc_read(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}
