/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticker.h - ticks that vCPUs asked for in shared memory; part of the
 * supervisor's loop (host/supervisor.h).
 */
#pragma once

#include "host/runtime.h"

/*
 * One round, at @now_ns: update the clock, interrupt the vCPUs whose tick is
 * due, start further vCPUs if work waits, and repeat news that nobody took.
 */
void ticker_round(struct runtime *rt, uint64_t now_ns);
