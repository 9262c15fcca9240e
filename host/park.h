/* SPDX-License-Identifier: Apache-2.0 */
/*
 * park.h - where one thread sleeps until somebody kicks it.
 *
 * A kick is never lost: one that comes while the owner is awake is kept as a
 * token, and the owner's next park_wait() returns at once.  Tokens don't add
 * up, and a stale one costs a spurious return.
 *
 * Whoever has other reasons to stay awake (bits in shared memory) looks at them
 * in the callback of park_wait(), which runs after the owner has been
 * published as asleep.  The other side sets its bit first and calls
 * park_wake() on whoever park_is_asleep().  Both orders are sequentially
 * consistent, so at least one side sees the other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum park_state {
	PARK_AWAKE = 0,
	PARK_TOKEN = 1, /* awake, and kicked since */
	PARK_ASLEEP = 2
};

struct park {
	uint32_t state; /* enum park_state; a futex */
};

#define PARK_FOREVER UINT64_MAX

/*
 * park_wait - sleep until kicked or until CLOCK_MONOTONIC reaches
 * @deadline_ns; not at all if @stay_awake(@arg) says so.  Owner only.
 */
void park_wait(struct park *park, uint64_t deadline_ns,
               bool (*stay_awake)(void *arg), void *arg);

/* Wake the owner, or leave a token; true if it was asleep.  Anybody. */
bool park_wake(struct park *park);

bool park_is_asleep(const struct park *park);
