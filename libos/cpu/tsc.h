/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsc.h - the time stamp counter.  Legal in an enclave from SGX2 on; the clock
 * decides whether it may be used (time/clock.c).
 */
#pragma once

#include "base/types.h"

uint64_t tsc_read(void);

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}
