/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - the kernel's clocks.
 *
 * Time is the host's and untrusted.  What the kernel adds: the monotonic clock
 * never goes back, over all vCPUs, and realtime differs from it by an offset
 * that clock_settime(2) inside the instance may move but the host moves only
 * forward.  See SECURITY.md.
 */
#pragma once

#include "base/types.h"
#include "base/units.h"

void clock_init(void);
/* On each vCPU: show its programs the clock. */
void clock_vcpu_init(void);
/* Take the host's newest sample; called on entry from the host and by ticks. */
void clock_update(void);

/* May RDTSC be executed here?  Not in an SGX1 enclave: the host says 0 kHz. */
bool clock_uses_tsc(void);

uint64_t clock_monotonic_ns(void);
uint64_t clock_realtime_ns(void);
/* clock_monotonic_ns() at boot. */
uint64_t clock_boot_ns(void);
