/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsc.h - the time stamp counter.  Legal in an enclave from SGX2 on; the clock
 * decides whether it may be used (time/clock.c).
 */
#pragma once

#include "base/types.h"

static inline uint64_t tsc_read(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}
