/* SPDX-License-Identifier: Apache-2.0 */
/*
 * park_test.c - kicks that come before, during and after falling asleep.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/hostclock.h"
#include "host/park.h"

#define MS 1000000ull

static bool no(void *arg)
{
	(void)arg;
	return false;
}

static bool yes(void *arg)
{
	(void)arg;
	return true;
}

static void test_deadline(void **state)
{
	struct park park = { 0 };
	uint64_t start = hostclock_now_ns();

	(void)state;
	park_wait(&park, start + 5 * MS, no, NULL);
	assert_in_range(hostclock_now_ns() - start, 5 * MS, 1000 * MS);
	assert_false(park_is_asleep(&park));

	/* A deadline in the past is no wait at all. */
	start = hostclock_now_ns();
	park_wait(&park, 1, no, NULL);
	park_wait(&park, 0, no, NULL);
	assert_true(hostclock_now_ns() - start < 1000 * MS);
}

static void test_token(void **state)
{
	struct park park = { 0 };
	uint64_t start;

	(void)state;
	assert_false(park_wake(&park));
	assert_false(park_wake(&park)); /* they don't add up */
	park_wait(&park, PARK_FOREVER, no, NULL);
	start = hostclock_now_ns();
	park_wait(&park, start + 5 * MS, no, NULL);
	assert_true(hostclock_now_ns() - start >= 5 * MS);
}

static void test_stay_awake(void **state)
{
	struct park park = { 0 };

	(void)state;
	park_wait(&park, PARK_FOREVER, yes, NULL);
	assert_false(park_is_asleep(&park));
}

/* Two threads that only ever run one at a time, by kicks alone. */
struct ping {
	struct park park[2];
	uint32_t turn; /* whose */
	uint32_t rounds;
};

struct player {
	struct ping *ping;
	uint32_t me;
};

static bool is_my_turn(void *arg)
{
	struct player *p = arg;

	return __atomic_load_n(&p->ping->turn, __ATOMIC_SEQ_CST) == p->me;
}

static void *play(void *arg)
{
	struct player *p = arg;
	struct ping *ping = p->ping;

	for (uint32_t i = 0; i < ping->rounds; i++) {
		while (!is_my_turn(p))
			park_wait(&ping->park[p->me], PARK_FOREVER, is_my_turn,
			          p);
		__atomic_store_n(&ping->turn, !p->me, __ATOMIC_SEQ_CST);
		park_wake(&ping->park[!p->me]);
	}
	return NULL;
}

static void test_no_lost_wake_up(void **state)
{
	struct ping ping = { .rounds = 20000 };
	struct player player[2] = { { &ping, 0 }, { &ping, 1 } };
	pthread_t thread[2];

	(void)state;
	alarm(60); /* a lost wake-up hangs */
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, play, &player[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	alarm(0);
}

/* The flag is set first, and whoever is asleep is woken: never both missed. */
struct flagged {
	struct park park;
	uint32_t flag;
	uint32_t rounds;
	uint32_t taken;
};

static bool is_flagged(void *arg)
{
	struct flagged *f = arg;

	return __atomic_load_n(&f->flag, __ATOMIC_SEQ_CST) != 0;
}

static void *take_flags(void *arg)
{
	struct flagged *f = arg;

	while (f->taken < f->rounds) {
		park_wait(&f->park, PARK_FOREVER, is_flagged, f);
		if (__atomic_exchange_n(&f->flag, 0, __ATOMIC_SEQ_CST))
			__atomic_fetch_add(&f->taken, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void test_no_lost_flag(void **state)
{
	struct flagged f = { .rounds = 20000 };
	pthread_t thread;

	(void)state;
	alarm(60);
	assert_int_equal(pthread_create(&thread, NULL, take_flags, &f), 0);
	for (uint32_t i = 0; i < f.rounds; i++) {
		__atomic_store_n(&f.flag, 1, __ATOMIC_SEQ_CST);
		if (park_is_asleep(&f.park))
			park_wake(&f.park);
		while (__atomic_load_n(&f.taken, __ATOMIC_SEQ_CST) == i)
			__builtin_ia32_pause();
	}
	pthread_join(thread, NULL);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_stay_awake),
		cmocka_unit_test(test_no_lost_wake_up),
		cmocka_unit_test(test_no_lost_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
