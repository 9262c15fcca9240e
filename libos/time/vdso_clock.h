/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso_clock.h - the clock's state, as the kernel writes it and the vDSO reads
 * it without entering the kernel.
 *
 * The vDSO finds it through the vCPU block (VDSO_CLOCK_SLOT of GS): kernel
 * memory that programs of the same enclave may read.  Nothing of the host is
 * looked at there.
 *
 *	now = base_ns + ((tsc - base_tsc) * mult >> CLOCK_MULT_SHIFT)
 *
 * @seq is odd while the kernel writes; readers start again.
 */
#pragma once

#include <stdint.h>

#define CLOCK_MULT_SHIFT 32

struct vdso_clock {
	uint32_t seq;
	uint32_t pad;
	uint64_t base_tsc;
	uint64_t base_ns;
	uint64_t mult; /* 0: the TSC must not be used */
	uint64_t real_offset_ns;
};

static inline uint64_t vdso_clock_eval(const struct vdso_clock *c, uint64_t tsc)
{
	uint64_t delta = tsc > c->base_tsc ? tsc - c->base_tsc : 0;

	return c->base_ns + (uint64_t)((unsigned __int128)delta * c->mult >>
	                               CLOCK_MULT_SHIFT);
}
