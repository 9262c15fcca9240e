/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostclock_test.c - samples as the kernel reads them: whole, recent, and with
 * a rate that predicts the host's own clock.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "host/hostclock.h"

#define MS 1000000ull

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000 };

	nanosleep(&ts, NULL);
}

/* The reader's half of the seqlock; false if a writer was at work. */
static bool read_sample(const struct host_clock *c, struct host_clock *ret)
{
	uint32_t seq = __atomic_load_n(&c->seq, __ATOMIC_ACQUIRE);

	ret->tsc_khz = READ_ONCE(c->tsc_khz);
	ret->tsc = READ_ONCE(c->tsc);
	ret->mono_ns = READ_ONCE(c->mono_ns);
	ret->real_ns = READ_ONCE(c->real_ns);
	ret->seq = seq;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return !(seq & 1) && READ_ONCE(c->seq) == seq;
}

static uint64_t predict(const struct host_clock *s, uint64_t tsc)
{
	return s->mono_ns +
	       (uint64_t)((unsigned __int128)(tsc - s->tsc) * MS / s->tsc_khz);
}

static void test_rate(void **state)
{
	struct host_clock shared = { 0 }, s;
	struct hostclock clock;
	uint64_t now, error;

	(void)state;
	hostclock_init(&clock);
	sleep_ms(5);
	hostclock_attach(&clock, &shared, true);
	if (!clock.is_tsc_steady)
		skip();
	assert_true(read_sample(&shared, &s));
	assert_int_not_equal(s.tsc_khz, 0);
	sleep_ms(50);
	now = hostclock_now_ns();
	error = (uint64_t)llabs((int64_t)(predict(&s, __rdtsc()) - now));
	/* 50 ms predicted from 5 ms measured: 1 % is far too much. */
	assert_true(error < MS / 2);
}

static void test_without_tsc(void **state)
{
	struct host_clock shared = { 0 }, before, after;
	struct hostclock clock;

	(void)state;
	hostclock_init(&clock);
	hostclock_attach(&clock, &shared, false);
	assert_true(read_sample(&shared, &before));
	assert_int_equal(before.tsc_khz, 0);
	/* No RDTSC inside: every entry needs a sample of its own. */
	hostclock_refresh(&clock);
	assert_true(read_sample(&shared, &after));
	assert_true(after.mono_ns > before.mono_ns);
	assert_int_equal(after.seq, before.seq + 2);
}

static void test_refresh_is_lazy(void **state)
{
	struct host_clock shared = { 0 };
	struct hostclock clock;
	uint32_t seq;

	(void)state;
	hostclock_init(&clock);
	hostclock_attach(&clock, &shared, true);
	if (!clock.is_tsc_steady)
		skip();
	sleep_ms(2);
	seq = shared.seq;
	hostclock_refresh(&clock);
	assert_int_equal(shared.seq, seq + 2);
	/* Right after, the sample is fresh; two tries in case we were slow. */
	seq = shared.seq;
	hostclock_refresh(&clock);
	if (shared.seq != seq) {
		seq = shared.seq;
		hostclock_refresh(&clock);
	}
	assert_int_equal(shared.seq, seq);
}

struct race {
	struct host_clock shared;
	struct hostclock clock;
	uint32_t stop;
};

static void *write_samples(void *arg)
{
	struct race *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_SEQ_CST))
		hostclock_update(&r->clock);
	return NULL;
}

/*
 * Two writers, one reader: a sample that mixes two is seen by its realtime,
 * which runs at a fixed distance from its monotonic time.
 */
static void test_samples_are_whole(void **state)
{
	struct race r = { .stop = 0 };
	pthread_t writer[2];
	struct host_clock s;
	uint32_t whole = 0;
	int64_t distance;

	(void)state;
	hostclock_init(&r.clock);
	hostclock_attach(&r.clock, &r.shared, true);
	assert_true(read_sample(&r.shared, &s));
	distance = (int64_t)(s.real_ns - s.mono_ns);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&writer[i], NULL, write_samples, &r), 0);
	for (uint64_t end = hostclock_now_ns() + 100 * MS;
	     hostclock_now_ns() < end;) {
		if (!read_sample(&r.shared, &s))
			continue;
		whole++;
		/* An interrupted sample is off by a time slice at most. */
		assert_true(llabs((int64_t)(s.real_ns - s.mono_ns) - distance) <
		            (int64_t)(200 * MS));
	}
	__atomic_store_n(&r.stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 2; i++)
		pthread_join(writer[i], NULL);
	assert_true(whole > 100);
	assert_int_equal(r.shared.seq & 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_without_tsc),
		cmocka_unit_test(test_refresh_is_lazy),
		cmocka_unit_test(test_samples_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
