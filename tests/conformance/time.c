/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.c - clocks, sleeps and timers.  No case depends on how long anything
 * takes, only on what has to come before what.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

#include "conformance.h"

static long nanoseconds(const struct timespec *t)
{
	return t->tv_sec * 1000000000L + t->tv_nsec;
}

static long now(int clock)
{
	struct timespec t = { 0 };

	sys(clock_gettime, clock, &t);
	return nanoseconds(&t);
}

/* A signal in 20 ms. */
static void signal_soon(unsigned long flags)
{
	struct itimerval value = { .it_value = { 0, 20000 } };

	handle(SIGALRM, count_signals, flags);
	sys(setitimer, ITIMER_REAL, &value, NULL);
}

CASE(nanosleep, "at least as long as asked")
{
	struct timespec t = { 0, 20000000 }, zero = { 0, 0 };
	long begin = now(CLOCK_MONOTONIC);

	CALL(nanosleep, &t, NULL);
	IS(now(CLOCK_MONOTONIC) - begin >= 20000000);
	CALL(nanosleep, &zero, NULL);
}

CASE(nanosleep, "a signal ends it and the rest is said")
{
	struct timespec t = { 100, 0 }, rest = { 0, 0 };

	signal_soon(SA_RESTART);
	CALL(nanosleep, &t, &rest);
	SHOW(signals_seen);
	IS(rest.tv_sec == 99);
}

ERROR_CASE(nanosleep, "times, memory")
{
	struct timespec t = { 0, 1000000000 };

	CALL(nanosleep, &t, NULL);
	t.tv_nsec = -1;
	CALL(nanosleep, &t, NULL);
	t = (struct timespec){ -1, 0 };
	CALL(nanosleep, &t, NULL);
	CALL(nanosleep, NOWHERE, NULL);
	t = (struct timespec){ 100, 0 };
	signal_soon(0);
	CALL(nanosleep, &t, NOWHERE);
}

CASE(clock_nanosleep, "until a moment; one that has passed")
{
	struct timespec t;
	long begin = now(CLOCK_MONOTONIC);

	sys(clock_gettime, CLOCK_MONOTONIC, &t);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	t.tv_nsec += 20000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	IS(now(CLOCK_MONOTONIC) - begin >= 20000000);
}

ERROR_CASE(clock_nanosleep, "clocks, times, a signal")
{
	struct timespec t = { 100, 0 };

	CALL(clock_nanosleep, 99, 0, &t, NULL);
	CALL(clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL);
	signal_soon(0);
	CALL(clock_nanosleep, CLOCK_REALTIME, 0, &t, &t);
	IS(t.tv_sec == 99);
	t.tv_nsec = -1;
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, NOWHERE, NULL);
}

CASE(clock_gettime, "clocks go on")
{
	static const int clocks[] = { CLOCK_REALTIME,
		                      CLOCK_MONOTONIC,
		                      CLOCK_PROCESS_CPUTIME_ID,
		                      CLOCK_THREAD_CPUTIME_ID,
		                      CLOCK_MONOTONIC_RAW,
		                      CLOCK_REALTIME_COARSE,
		                      CLOCK_MONOTONIC_COARSE,
		                      CLOCK_BOOTTIME,
		                      CLOCK_TAI };
	struct timespec t;
	unsigned int i;

	for (i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		int clock = clocks[i];
		long first = now(clock);

		SHOW(clock);
		CALL(clock_gettime, clock, &t);
		IS(nanoseconds(&t) >= first);
	}
}

ERROR_CASE(clock_gettime, "clocks, memory")
{
	struct timespec t;

	CALL(clock_gettime, 99, &t);
	CALL(clock_gettime, 10, &t);
	CALL(clock_gettime, CLOCK_REALTIME, NOWHERE);
}

CASE(clock_getres, "fine clocks")
{
	struct timespec t;

	CALL(clock_getres, CLOCK_REALTIME, &t);
	SHOW(nanoseconds(&t));
	CALL(clock_getres, CLOCK_MONOTONIC, &t);
	SHOW(nanoseconds(&t));
	CALL(clock_getres, CLOCK_THREAD_CPUTIME_ID, &t);
	SHOW(nanoseconds(&t));
}

CASE(clock_getres, "no result is asked for")
{
	CALL(clock_getres, CLOCK_REALTIME, NULL);
	CALL(clock_getres, CLOCK_PROCESS_CPUTIME_ID, NULL);
}

ERROR_CASE(clock_getres, "clocks, memory")
{
	struct timespec t;

	CALL(clock_getres, 99, &t);
	CALL(clock_getres, -1, &t);
	CALL(clock_getres, CLOCK_MONOTONIC, NOWHERE);
}

ERROR_CASE(clock_settime, "times, clocks, memory")
{
	struct timespec t = { 0, -1 };

	CALL(clock_settime, CLOCK_MONOTONIC, &t);
	CALL(clock_settime, 99, &t);
	CALL(clock_settime, CLOCK_REALTIME, NOWHERE);
}

CASE(gettimeofday, "agrees with clock_gettime")
{
	struct timeval t;
	long before = now(CLOCK_REALTIME) / 1000, at, after;

	CALL(gettimeofday, &t, NULL);
	at = t.tv_sec * 1000000 + t.tv_usec;
	after = now(CLOCK_REALTIME) / 1000;
	IS(before <= at && at <= after);
}

CASE(gettimeofday, "the time zone; neither")
{
	struct timezone zone = { 7, 7 };

	CALL(gettimeofday, NULL, &zone);
	SHOW(zone.tz_minuteswest);
	SHOW(zone.tz_dsttime);
	CALL(gettimeofday, NULL, NULL);
}

ERROR_CASE(gettimeofday, "memory")
{
	CALL(gettimeofday, NOWHERE, NULL);
	CALL(gettimeofday, NULL, NOWHERE);
}

ERROR_CASE(settimeofday, "memory, microseconds")
{
	struct timeval t = { 0, 1000000 };

	CALL(settimeofday, NOWHERE, NULL);
	CALL(settimeofday, &t, NULL);
}

CASE(time, "agrees with clock_gettime")
{
	long before = now(CLOCK_REALTIME) / 1000000000;
	long at = CALL_OK(time, NULL);

	/* time(2) is of the last tick. */
	IS(at >= before - 1 && at <= before + 10);
}

CASE(time, "result and memory are the same")
{
	int64_t t = 0;

	IS(CALL_OK(time, &t) == t);
}

ERROR_CASE(time, "memory")
{
	CALL(time, NOWHERE);
}

CASE(alarm, "sends SIGALRM; says what was left")
{
	CALL(alarm, 100);
	CALL(alarm, 50);
	CALL(alarm, 0);
	CALL(alarm, 0);
}

CASE(alarm, "is the real interval timer")
{
	struct itimerval value;

	CALL(alarm, 100);
	CALL(getitimer, ITIMER_REAL, &value);
	IS(value.it_value.tv_sec == 99 || value.it_value.tv_sec == 100);
	SHOW(value.it_interval.tv_sec);
}

CASE(alarm, "rounds half seconds")
{
	struct itimerval value = { .it_value = { 7, 900000 } };

	sys(setitimer, ITIMER_REAL, &value, NULL);
	CALL(alarm, 0);
	value.it_value.tv_usec = 100;
	sys(setitimer, ITIMER_REAL, &value, NULL);
	CALL(alarm, 0);
}

CASE(setitimer, "once, and again and again")
{
	struct itimerval value = { { 0, 5000 }, { 0, 5000 } }, old;

	handle(SIGALRM, count_signals, 0);
	CALL(setitimer, ITIMER_REAL, &value, NULL);
	while (signals_seen < 3)
		msleep(5);
	value = (struct itimerval){ 0 };
	CALL(setitimer, ITIMER_REAL, &value, &old);
	SHOW(old.it_interval.tv_usec);
	CALL(getitimer, ITIMER_REAL, &value);
	SHOW(value.it_value.tv_usec);
}

ERROR_CASE(setitimer, "timers, times, memory")
{
	struct itimerval value = { { 0, 0 }, { 0, 1000000 } };

	CALL(setitimer, 9, &value, NULL);
	CALL(setitimer, ITIMER_REAL, &value, NULL);
	value.it_value = (struct timeval){ -1, 0 };
	CALL(setitimer, ITIMER_REAL, &value, NULL);
	CALL(setitimer, ITIMER_REAL, NOWHERE, NULL);
	CALL(getitimer, 9, &value);
	CALL(getitimer, ITIMER_REAL, NOWHERE);
}

ERROR_CASE(adjtimex, "memory, status")
{
	struct timex t = { 0 };

	CALL_OK(adjtimex, &t);
	CALL(adjtimex, NOWHERE);
}
