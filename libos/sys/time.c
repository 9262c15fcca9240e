/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.c - reading clocks and sleeping.
 */
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/libos_errno.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/process.h"
#include "libos/sched/sched.h"
#include "libos/sys/syscalls_gen.h"
#include "libos/sys/time_abi.h"
#include "libos/time/clock.h"

/* What the coarse clocks are said to be: Linux at 250 ticks a second. */
#define COARSE_NS 4000000ull

static uint64_t thread_cpu_ns(const struct thread *t)
{
	struct proc_times times;

	thread_times(t, &times);
	return times.user_ns + times.kernel_ns;
}

static uint64_t process_cpu_ns(struct process *p)
{
	struct proc_times times;

	process_times(p, &times);
	return times.user_ns + times.kernel_ns;
}

/*
 * A CPU clock made from a number (pthread_getcpuclockid(3)): ~number in the
 * high bits, then 4 for a thread's, then 2 for "all of its CPU time".
 */
static int dynamic_clock(struct thread *self, int clock, uint64_t *ret)
{
	int32_t nr = ~(clock >> 3);
	struct thread *t;
	int err = 0;

	if ((clock & 3) > 2)
		return -EINVAL;
	t = thread_lookup(nr ? nr : self->tid);
	if (!t)
		return -EINVAL;
	if (t->process != self->process)
		err = -EINVAL;
	else if (clock & 4)
		*ret = thread_cpu_ns(t);
	else
		*ret = process_cpu_ns(t->process);
	thread_put(t);
	return err;
}

static int clock_read(struct thread *self, int clock, uint64_t *ret)
{
	if (clock < 0)
		return dynamic_clock(self, clock, ret);
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI: /* the offset is 0 until somebody sets it */
		*ret = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ret = clock_monotonic_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ret = process_cpu_ns(self->process);
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ret = thread_cpu_ns(self);
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_clock_gettime(struct thread *self, int clock, void __user *ts)
{
	uint64_t now;
	int ret = clock_read(self, clock, &now);

	return ret < 0 ? ret : timespec_write(ts, now);
}

long sys_clock_getres(struct thread *self, int clock, void __user *ts)
{
	bool is_coarse = clock == CLOCK_REALTIME_COARSE ||
	                 clock == CLOCK_MONOTONIC_COARSE;
	uint64_t now;
	int ret = clock_read(self, clock, &now);

	if (ret < 0 || !user_addr(ts))
		return ret;
	return timespec_write(ts, is_coarse ? COARSE_NS : 1);
}

long sys_clock_settime(struct thread *self, int clock, const void __user *ts)
{
	uint64_t ns;
	int ret;

	(void)self;
	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	ret = timespec_read(ts, &ns);
	return ret < 0 ? ret : -EPERM;
}

long sys_settimeofday(struct thread *self, const void __user *tv,
                      const void __user *tz)
{
	int64_t t[2];

	(void)self;
	(void)tz;
	if (user_addr(tv) && copy_from_user(t, tv, sizeof(t)) < 0)
		return -EFAULT;
	return user_addr(tv) && (uint64_t)t[1] >= USEC_PER_SEC ? -EINVAL
	                                                       : -EPERM;
}

long sys_gettimeofday(struct thread *self, void __user *tv, void __user *tz)
{
	int ret = 0;

	(void)self;
	if (user_addr(tv))
		ret = timeval_write(tv, clock_realtime_ns());
	/* struct timezone: UTC, two zeros. */
	if (ret == 0 && user_addr(tz))
		ret = clear_user(tz, 8);
	return ret;
}

long sys_time(struct thread *self, int64_t __user *t)
{
	int64_t now = (int64_t)(clock_realtime_ns() / NSEC_PER_SEC);
	int ret = 0;

	(void)self;
	if (user_addr(t))
		ret = put_user_u64((uint64_t __user *)t, (uint64_t)now);
	return ret < 0 ? ret : now;
}

/* struct timex: the words that say something about a clock nobody steers. */
#define TIMEX_SIZE 208
#define TIMEX_STATUS_OFFSET 40
#define TIMEX_PRECISION_OFFSET 56
#define TIMEX_TIME_OFFSET 72
#define TIMEX_TICK_OFFSET 88
#define STA_UNSYNC 0x40
#define TIME_ERROR 5 /* the state of a clock that is not synchronised */

long sys_adjtimex(struct thread *self, void __user *tx)
{
	uint8_t buf[TIMEX_SIZE];
	uint64_t now = clock_realtime_ns();
	const int32_t status = STA_UNSYNC;
	const int64_t one = 1, tick = 10000;
	struct user_timeval tv = {
		.sec = (int64_t)(now / NSEC_PER_SEC),
		.usec = (int64_t)(now % NSEC_PER_SEC / NSEC_PER_USEC),
	};
	uint32_t modes;
	int ret;

	(void)self;
	ret = get_user_u32(&modes, tx);
	if (ret < 0)
		return ret;
	if (modes)
		return -EPERM;
	memset(buf, 0, sizeof(buf));
	memcpy(buf + TIMEX_STATUS_OFFSET, &status, sizeof(status));
	memcpy(buf + TIMEX_PRECISION_OFFSET, &one, sizeof(one));
	memcpy(buf + TIMEX_TIME_OFFSET, &tv, sizeof(tv));
	memcpy(buf + TIMEX_TICK_OFFSET, &tick, sizeof(tick));
	ret = copy_to_user(tx, buf, sizeof(buf));
	return ret < 0 ? ret : TIME_ERROR;
}

/* --- sleeping --- */

/* 0 at the deadline, -ERESTARTSYS. */
static int sleep_until(uint64_t deadline_ns)
{
	int ret;

	do {
		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
		ret = sched_sleep(deadline_ns);
		sched_sleep_done();
	} while (ret == 0);
	return ret == -ETIMEDOUT ? 0 : ret;
}

/* nanosleep(2): an interrupted span says how much is left of it. */
static long sleep_span(struct thread *self, uint64_t deadline_ns,
                       uint64_t rmtp);

static long sleep_again(struct thread *self, struct restart_block *rb)
{
	return sleep_span(self, rb->deadline_ns, rb->rmtp);
}

static long sleep_span(struct thread *self, uint64_t deadline_ns, uint64_t rmtp)
{
	struct restart_block *rb = &self->sig->restart;
	int ret = sleep_until(deadline_ns);
	uint64_t now = clock_monotonic_ns();

	if (ret == 0)
		return 0;
	if (now >= deadline_ns)
		return 0;
	if (rmtp) {
		ret = timespec_write(user_ptr(rmtp), deadline_ns - now);
		if (ret < 0)
			return ret;
	}
	*rb = (struct restart_block){
		.func = sleep_again,
		.deadline_ns = deadline_ns,
		.rmtp = rmtp,
	};
	return -ERESTART_BLOCK;
}

static bool clock_can_sleep(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
	       clock == CLOCK_BOOTTIME || clock == CLOCK_TAI;
}

/*
 * An instant on the realtime clock may come nearer while we sleep, when the
 * host's clock is put forward: then the sleep is too long by as much.
 */
static long sleep_to_instant(int clock, uint64_t ns)
{
	bool is_real = clock == CLOCK_REALTIME || clock == CLOCK_TAI;
	int ret;

	ret = sleep_until(is_real ? deadline_at_realtime(ns) : ns);
	return ret == -ERESTARTSYS ? -ERESTARTNOHAND : ret;
}

long sys_clock_nanosleep(struct thread *self, int clock, int flags,
                         const void __user *req, void __user *rem)
{
	uint64_t ns;
	int ret;

	if (clock == CLOCK_PROCESS_CPUTIME_ID ||
	    clock == CLOCK_THREAD_CPUTIME_ID || clock < 0)
		return -EOPNOTSUPP;
	if (!clock_can_sleep(clock))
		return -EINVAL;
	ret = timespec_read(req, &ns);
	if (ret < 0)
		return ret;
	if (flags & TIMER_ABSTIME)
		return sleep_to_instant(clock, ns);
	return sleep_span(self, deadline_after(ns), user_addr(rem));
}

long sys_nanosleep(struct thread *self, const void __user *req,
                   void __user *rem)
{
	return sys_clock_nanosleep(self, CLOCK_MONOTONIC, 0, req, rem);
}
