/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervisor.h - the thread beside the vCPUs: signals, readiness, ticks.
 *
 * It is the thread that called host_run(), in one loop over one epoll instance:
 *
 *   signal     one for the instance: sets its bit in host_shared.signals
 *   streams    HC_POLL's one-shot events: set bits in host_shared.ready
 *   eventfd    the run is over, or a vCPU woke up while we slept for good
 *   1 ms       while any vCPU is awake: ticks that are due, the clock, and a
 *              reminder if nobody has taken the bits above
 *
 * A vCPU is ticked each TICK_NS while its want_tick is set, and when its
 * deadline_ns has come.  Once every vCPU has been asleep for a few rounds the
 * supervisor waits without a timeout; the next vCPU that wakes up by itself (a
 * timer) calls supervisor_note_awake().
 *
 * Signals: what the process ignored when it was started stays ignored (nohup).
 * SIGTSTP is passed on and then stops this process as well, as the terminal's
 * shell expects; SIGKILL and SIGSTOP act on the process as always.  SIGTTIN and
 * SIGTTOU are blocked in the threads that would cause them: in the background,
 * reading the terminal is EIO, and writing to it works.  A signal that would
 * end a program, sent again a second or more after the kernel was offered it
 * and did not take it, ends the run: a hung kernel can be interrupted from the
 * keyboard.
 */
#pragma once

#include "base/compiler.h"
#include "host/runtime.h"

#define TICK_NS 4000000ull

/*
 * supervisor_init - block the signals to be forwarded in the calling thread
 * (threads it makes inherit that), take over their handlers, ignore SIGPIPE.
 * One at a time in a process.  0 or -errno.
 */
__must_check int supervisor_init(struct supervisor *sup);
/* Put the signal state back. */
void supervisor_fini(struct supervisor *sup);

/* Until runtime_finish(). */
void supervisor_run(struct runtime *rt);

/* Have the loop go round once more, now.  Any thread. */
void supervisor_wake(struct supervisor *sup);

/* A vCPU that was asleep is awake: ticks may be due from now on. */
static inline void supervisor_note_awake(struct supervisor *sup)
{
	if (__atomic_load_n(&sup->is_asleep, __ATOMIC_SEQ_CST))
		supervisor_wake(sup);
}
