/* SPDX-License-Identifier: Apache-2.0 */
/*
 * park.c - one futex word for each sleeper.
 */
#include "host/park.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

#define NSEC_PER_SEC 1000000000ull

/* 0, or -errno; -ETIMEDOUT once the deadline has come. */
static int futex_sleep(struct park *park, uint64_t deadline_ns)
{
	struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(deadline_ns % NSEC_PER_SEC),
	};
	long ret;

	/* The BITSET form takes an absolute CLOCK_MONOTONIC time. */
	ret = syscall(SYS_futex, &park->state, FUTEX_WAIT_BITSET_PRIVATE,
	              PARK_ASLEEP,
	              deadline_ns == PARK_FOREVER ? NULL : &deadline, NULL,
	              FUTEX_BITSET_MATCH_ANY);
	return ret < 0 ? -errno : 0;
}

static bool publish_asleep(struct park *park)
{
	uint32_t awake = PARK_AWAKE;

	return __atomic_compare_exchange_n(&park->state, &awake, PARK_ASLEEP,
	                                   false, __ATOMIC_SEQ_CST,
	                                   __ATOMIC_SEQ_CST);
}

void park_wait(struct park *park, uint64_t deadline_ns,
               bool (*stay_awake)(void *arg), void *arg)
{
	if (publish_asleep(park) && !stay_awake(arg))
		while (park_is_asleep(park))
			if (futex_sleep(park, deadline_ns) == -ETIMEDOUT)
				break;
	__atomic_store_n(&park->state, PARK_AWAKE, __ATOMIC_SEQ_CST);
}

bool park_wake(struct park *park)
{
	uint32_t old =
		__atomic_exchange_n(&park->state, PARK_TOKEN, __ATOMIC_SEQ_CST);

	if (old != PARK_ASLEEP)
		return false;
	syscall(SYS_futex, &park->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return true;
}

bool park_is_asleep(const struct park *park)
{
	return __atomic_load_n(&park->state, __ATOMIC_SEQ_CST) == PARK_ASLEEP;
}
