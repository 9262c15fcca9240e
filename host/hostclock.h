/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostclock.h - keeps host_shared.clock: what the host's clocks said, when by
 * the time-stamp counter, and how fast that counter runs.
 *
 * The kernel extrapolates with RDTSC from the last sample, so a sample need
 * not be fresh, only consistent.  Writers are any thread: the supervisor on
 * each of its rounds, a vCPU that comes back after a long sleep, and, where
 * the enclave can't execute RDTSC, every vCPU before every entry.  They
 * exclude each other by a try-lock, because a sample that somebody else takes
 * at the same moment is as good.  Readers in the enclave use @seq: odd while a
 * writer is at work (a seqlock).
 *
 * The rate is measured against CLOCK_MONOTONIC itself, between hostclock_init()
 * and now: no pause at start, and loading the image makes the first interval
 * long enough (3 ms: about 20 ppm).  It gets more exact with time and follows
 * the host's NTP corrections.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/shared.h"

struct hostclock_sample {
	uint64_t tsc;
	uint64_t mono_ns;
	uint64_t real_ns;
};

struct hostclock {
	struct host_clock *shared;
	bool is_tsc_steady;   /* the counter's rate does not change     */
	bool enclave_has_tsc; /* RDTSC is legal inside                 */
	uint32_t busy;        /* the writers' try-lock                  */
	uint32_t tsc_khz;     /* 0: not measured yet                    */
	struct hostclock_sample base; /* start of the interval measured */
	uint64_t interval_min_ns;     /* before that it says nothing new */
};

/* Start to measure; nothing is published before hostclock_attach(). */
void hostclock_init(struct hostclock *clock);

/*
 * Publish to @shared from now on, and at once; with a rate only if the enclave
 * can execute RDTSC (@enclave_has_tsc), which SGX1 forbids.
 */
void hostclock_attach(struct hostclock *clock, struct host_clock *shared,
                      bool enclave_has_tsc);

/* Publish a new sample now. */
void hostclock_update(struct hostclock *clock);

/* What a vCPU calls before an entry: publishes if the last sample is old. */
void hostclock_refresh(struct hostclock *clock);

/* CLOCK_MONOTONIC. */
uint64_t hostclock_now_ns(void);
