/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostclock_test.c - samples as the kernel reads them: whole, recent, and with
 * a rate that predicts the host's own clock.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <x86intrin.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/units.h"
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

/*
 * The sample lies across two pages, and the second one faults at the first
 * write: the handler then sees what a reader at that moment sees.
 */
static struct {
	uint8_t *pages;
	struct host_clock *clock;
	uint32_t seq_inside;
	uint32_t faults;
} torn;

static void look_inside(int number)
{
	(void)number;
	torn.seq_inside = READ_ONCE(torn.clock->seq);
	torn.faults++;
	mprotect(torn.pages + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
}

static void test_seq_is_odd_meanwhile(void **state)
{
	struct hostclock clock;
	uint32_t seq;

	(void)state;
	torn.pages = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(torn.pages != MAP_FAILED);
	torn.clock = (void *)(torn.pages + PAGE_SIZE -
	                      offsetof(struct host_clock, tsc));
	hostclock_init(&clock);
	hostclock_attach(&clock, torn.clock, true);
	seq = torn.clock->seq;

	signal(SIGSEGV, look_inside);
	mprotect(torn.pages + PAGE_SIZE, PAGE_SIZE, PROT_READ);
	hostclock_update(&clock);
	signal(SIGSEGV, SIG_DFL);
	assert_int_equal(torn.faults, 1);
	assert_int_equal(torn.seq_inside, seq + 1);
	assert_int_equal(seq & 1, 0);
	assert_int_equal(torn.clock->seq, seq + 2);
	munmap(torn.pages, 2 * PAGE_SIZE);
}

struct race {
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

/* Two writers exclude each other, and time never goes back. */
static void test_writers(void **state)
{
	struct race r = { .stop = 0 };
	struct host_clock shared = { 0 }, s;
	pthread_t writer[2];
	uint64_t last_ns = 0;
	uint32_t whole = 0;

	(void)state;
	hostclock_init(&r.clock);
	hostclock_attach(&r.clock, &shared, true);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&writer[i], NULL, write_samples, &r), 0);
	for (uint64_t end = hostclock_now_ns() + 100 * MS;
	     hostclock_now_ns() < end;) {
		if (!read_sample(&shared, &s))
			continue;
		whole++;
		assert_true(s.mono_ns >= last_ns);
		last_ns = s.mono_ns;
	}
	__atomic_store_n(&r.stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 2; i++)
		pthread_join(writer[i], NULL);
	assert_true(whole > 100);
	assert_int_equal(shared.seq & 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_without_tsc),
		cmocka_unit_test(test_refresh_is_lazy),
		cmocka_unit_test(test_seq_is_odd_meanwhile),
		cmocka_unit_test(test_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
