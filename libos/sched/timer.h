/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.h - one-shot timers on the monotonic clock.
 *
 * The callback runs on some vCPU in scheduler context, without locks held:
 * it may take spinlocks and wake threads, and must not sleep.  Precision is
 * the tick (milliseconds) while vCPUs are busy, the host's sleep when idle.
 */
#pragma once

#include "base/tree.h"
#include "base/types.h"

struct timer {
	struct tree_node node;
	uint64_t deadline_ns;
	void (*func)(struct timer *t);
	bool armed;
	uint64_t running; /* how often it has been taken out to run */
};

void timer_init(struct timer *t, void (*func)(struct timer *t));
/* Arm, or move, to @deadline_ns. */
void timer_arm(struct timer *t, uint64_t deadline_ns);
/*
 * Disarm and wait for a callback that runs on another vCPU to end; the storage
 * may be freed afterwards.  Returns true if it was armed.
 */
bool timer_cancel(struct timer *t);

/* For the scheduler: run what is due; earliest deadline or NO_DEADLINE. */
void timer_run(uint64_t now_ns);
uint64_t timer_next(void);
