/* SPDX-License-Identifier: Apache-2.0 */
/*
 * itimer.h - a process's real-time interval timer (setitimer(2), alarm(2)).
 *
 * It survives exec and ends with the process.  Set by the process's own threads
 * only.
 */
#pragma once

#include "base/types.h"

struct itimer;

struct itimer_value {
	uint64_t left_ns; /* until it fires; 0: not set */
	uint64_t interval_ns;
};

void itimer_get(struct itimer *it, struct itimer_value *ret);
void itimer_set(struct itimer *it, const struct itimer_value *v);
