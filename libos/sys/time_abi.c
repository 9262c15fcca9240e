/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/sys/time_abi.h"

#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/waitq.h"
#include "libos/time/clock.h"

/* Seconds that fit in 63 bits of nanoseconds: more is for ever. */
#define SEC_MAX (INT64_MAX / (int64_t)NSEC_PER_SEC)

static uint64_t to_ns(int64_t sec, int64_t nsec)
{
	if (sec >= SEC_MAX)
		return INT64_MAX;
	return (uint64_t)sec * NSEC_PER_SEC + (uint64_t)nsec;
}

int timespec_read(const void __user *p, uint64_t *ret_ns)
{
	struct user_timespec ts;
	int ret = copy_from_user(&ts, p, sizeof(ts));

	if (ret < 0)
		return ret;
	if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= (int64_t)NSEC_PER_SEC)
		return -EINVAL;
	*ret_ns = to_ns(ts.sec, ts.nsec);
	return 0;
}

int timespec_write(void __user *p, uint64_t ns)
{
	struct user_timespec ts = {
		.sec = (int64_t)(ns / NSEC_PER_SEC),
		.nsec = (int64_t)(ns % NSEC_PER_SEC),
	};

	return copy_to_user(p, &ts, sizeof(ts));
}

int timeval_read(const void __user *p, uint64_t *ret_ns)
{
	struct user_timeval tv;
	int ret = copy_from_user(&tv, p, sizeof(tv));

	if (ret < 0)
		return ret;
	if (tv.sec < 0 || tv.usec < 0 || tv.usec >= 1000000)
		return -EINVAL;
	*ret_ns = to_ns(tv.sec, tv.usec * 1000);
	return 0;
}

int timeval_write(void __user *p, uint64_t ns)
{
	struct user_timeval tv = {
		.sec = (int64_t)(ns / NSEC_PER_SEC),
		.usec = (int64_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC),
	};

	return copy_to_user(p, &tv, sizeof(tv));
}

uint64_t deadline_after(uint64_t ns)
{
	uint64_t end = clock_monotonic_ns() + ns;

	return ns >= INT64_MAX || end < ns ? NO_DEADLINE : end;
}

uint64_t deadline_at_realtime(uint64_t ns)
{
	uint64_t now = clock_realtime_ns();

	return deadline_after(ns > now ? ns - now : 0);
}
