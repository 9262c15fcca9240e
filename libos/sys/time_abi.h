/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time_abi.h - times as programs pass them.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct user_timespec {
	int64_t sec;
	int64_t nsec;
};

struct user_timeval {
	int64_t sec;
	int64_t usec;
};

enum clock_id {
	CLOCK_REALTIME,
	CLOCK_MONOTONIC,
	CLOCK_PROCESS_CPUTIME_ID,
	CLOCK_THREAD_CPUTIME_ID,
	CLOCK_MONOTONIC_RAW,
	CLOCK_REALTIME_COARSE,
	CLOCK_MONOTONIC_COARSE,
	CLOCK_BOOTTIME,
	CLOCK_REALTIME_ALARM,
	CLOCK_BOOTTIME_ALARM,
	CLOCK_SGI_CYCLE,
	CLOCK_TAI
};

#define TIMER_ABSTIME 1

/*
 * Copy in a non-negative time and make it nanoseconds, at most INT64_MAX.
 * 0, -EFAULT, -EINVAL.
 */
int __must_check timespec_read(const void __user *p, uint64_t *ret_ns);
int __must_check timespec_write(void __user *p, uint64_t ns);
int __must_check timeval_read(const void __user *p, uint64_t *ret_ns);
int __must_check timeval_write(void __user *p, uint64_t ns);

/* Now + @ns, or NO_DEADLINE where that is beyond the end of time. */
uint64_t deadline_after(uint64_t ns);
/* The monotonic instant at which realtime will be @ns. */
uint64_t deadline_at_realtime(uint64_t ns);
