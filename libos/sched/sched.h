/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.h - M:N scheduling: any number of threads on the vCPUs of this run.
 *
 * One run queue for each vCPU, round robin with a quantum of SCHED_QUANTUM_NS;
 * a wake-up prefers the waker's vCPU, an idle vCPU steals.  The kernel is not
 * preempted: a tick sets WORK_RESCHED, acted on at the way out to user code,
 * or at once when the tick meets user code.
 */
#pragma once

#include "base/compiler.h"
#include "libos/sched/thread.h"

#define SCHED_QUANTUM_NS 4000000ull

/* Fill @t's scheduling fields; regs, kstack_top, fpu are the caller's. */
void sched_thread_init(struct thread *t, int32_t tid);

/*
 * Make a new thread runnable.  It starts in @entry(arg) on its kernel stack; when
 * @entry returns, the thread goes to user code as its regs say.
 */
void sched_start(struct thread *t, void (*entry)(void *arg), void *arg);
/* The same for a caller that will sleep at once, without an @entry: vfork. */
void sched_start_successor(struct thread *t);

/* End the calling thread; its reference by the scheduler is dropped. */
__noreturn void sched_exit(void);

/* Make @t runnable if it sleeps (whatever for); true if it was asleep. */
bool sched_wake(struct thread *t);

/* Wake @t if its sleep is interruptible by what thread_ops says now. */
void sched_interrupt(struct thread *t);

/*
 * Have @t pass its work checks soon: sets @bits in t->work, wakes an interruptible
 * sleep, and kicks its vCPU if it runs user code elsewhere.
 */
void sched_notify(struct thread *t, uint32_t bits);

/*
 * What the host posts, found when idle and at ticks: bits of descriptors that
 * became ready, and of signals.  Run in scheduler context without locks; must
 * not sleep.
 */
struct host_event_ops {
	void (*ready)(uint64_t fds);
	void (*signals)(uint64_t signals);
};
void sched_set_host_events(const struct host_event_ops *ops);

/* Turn the calling vCPU's boot context into its idle thread; never returns. */
__noreturn void sched_idle_loop(void);
/* Give the calling vCPU an idle thread; before anything may sleep. */
void sched_vcpu_init(uint32_t nvcpus);

/* The work of WORK_RESCHED: clock, timers, host events, the quantum. */
void sched_tick(void);
/* The work of WORK_KICK: host calls that wake-ups under locks put off. */
void sched_flush_kicks(void);

/* For timer.c: the earliest deadline may have changed. */
void sched_timer_changed(void);

/* Let others run; returns when it is this thread's turn again. */
void sched_yield(void);

/* Number of vCPUs that joined, and of threads that could run now. */
uint32_t sched_nvcpus(void);
uint32_t sched_nrunnable(void);
uint32_t sched_vcpu_index(void);

/* Total busy and idle time of vCPU @i, for /proc/stat. */
void sched_vcpu_times(uint32_t i, uint64_t *ret_busy_ns, uint64_t *ret_idle_ns);
