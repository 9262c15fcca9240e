/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.c - sched.h, thread.h and clock.h for one thread and a clock that
 * stands still.
 *
 * A sleep runs timers, in order, until something wakes the thread; the clock
 * jumps to each of them.
 */
#include "libos/sched/sched.h"

#include <string.h>

#include "libos/libos_errno.h"
#include "libos/tests/fake/fake.h"
#include "libos/time/clock.h"

enum { BOOT_REALTIME_S = 1700000000 };

static struct thread *current;
static const struct thread_ops *thread_operations;
static uint64_t now_ns;

bool (*fake_idle)(void);

void fake_sched_init(void)
{
	now_ns = NSEC_PER_SEC;
	fake_idle = NULL;
}

struct thread *fake_thread(void)
{
	return current;
}

void fake_switch(struct thread *t)
{
	current = t;
}

void fake_clock_advance(uint64_t ns)
{
	now_ns += ns;
	timer_run(now_ns);
}

uint64_t clock_monotonic_ns(void)
{
	return now_ns;
}

uint64_t clock_realtime_ns(void)
{
	return BOOT_REALTIME_S * NSEC_PER_SEC + now_ns;
}

uint64_t clock_boot_ns(void)
{
	return NSEC_PER_SEC;
}

void clock_init(void)
{
}

void clock_update(void)
{
}

struct thread *thread_self(void)
{
	return current;
}

void thread_set_ops(const struct thread_ops *ops)
{
	thread_operations = ops;
}

void thread_get(struct thread *t)
{
	t->refs++;
}

void thread_put(struct thread *t)
{
	if (--t->refs == 0 && thread_operations)
		thread_operations->release(t);
}

void sched_thread_init(struct thread *t, int32_t tid)
{
	t->tid = tid;
	t->state = THREAD_NEW;
	t->refs = 1;
	list_init(&t->run_node);
	list_init(&t->process_node);
}

void sched_start(struct thread *t, void (*entry)(void *arg), void *arg)
{
	(void)entry, (void)arg;
	t->state = THREAD_RUNNABLE;
}

void sched_start_successor(struct thread *t)
{
	t->state = THREAD_RUNNABLE;
}

void sched_exit(void)
{
	fake_die("sched_exit");
}

bool sched_wake(struct thread *t)
{
	bool was_asleep = t->state == THREAD_SLEEPING;

	t->state = THREAD_RUNNABLE;
	return was_asleep;
}

void sched_interrupt(struct thread *t)
{
	sched_wake(t);
}

void sched_notify(struct thread *t, uint32_t bits)
{
	thread_set_work(t, bits);
	sched_wake(t);
}

void sched_timer_changed(void)
{
}

void sched_yield(void)
{
	fake_locks_check_sleep("yield");
	if (fake_idle)
		(void)fake_idle();
}

void sched_sleep_prepare(enum sleep_mode mode)
{
	current->sleep_mode = mode;
	current->state = THREAD_SLEEPING;
}

static bool is_interrupted(void)
{
	switch (current->sleep_mode) {
	case SLEEP_INTERRUPTIBLE:
		return (current->work & (WORK_SIGNAL | WORK_KILL)) != 0;
	case SLEEP_KILLABLE:
		return (current->work & WORK_KILL) != 0;
	default:
		return false;
	}
}

int sched_sleep(uint64_t deadline_ns)
{
	fake_locks_check_sleep("sleep");
	for (;;) {
		uint64_t next = timer_next();

		if (is_interrupted())
			return -ERESTARTSYS;
		if (current->state == THREAD_RUNNABLE)
			return 0;
		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		if (next == NO_DEADLINE && fake_idle && fake_idle())
			continue;
		if (next == NO_DEADLINE && deadline_ns == NO_DEADLINE)
			return -EDEADLK;
		now_ns = next < deadline_ns ? next : deadline_ns;
		timer_run(now_ns);
	}
}

void sched_sleep_done(void)
{
	current->state = THREAD_RUNNABLE;
}

uint32_t sched_nvcpus(void)
{
	return 1;
}

uint32_t sched_nrunnable(void)
{
	return 1;
}

uint32_t sched_vcpu_index(void)
{
	return 0;
}

void sched_vcpu_times(uint32_t i, uint64_t *ret_busy_ns, uint64_t *ret_idle_ns)
{
	(void)i;
	*ret_busy_ns = now_ns;
	*ret_idle_ns = 0;
}

void sched_tick(void)
{
	timer_run(now_ns);
}

void sched_flush_kicks(void)
{
}
