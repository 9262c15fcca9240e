/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 1,000 threads contend on one mutex and one condition variable; each computes,
 * adds to a sum, and waits for its turn to leave.  Then thread-local storage,
 * a barrier, and a busy loop on every CPU beside a sleeper.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

enum { NTHREADS = 1000, ROUNDS = 50, NBARRIER = 8 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static uint64_t sum;
static int next_to_leave;
static __thread uint64_t mine;
static pthread_barrier_t barrier;
static atomic_int passed;

static uint64_t compute(uint64_t seed)
{
	int i;

	for (i = 0; i < 1000; i++)
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed >> 40;
}

static void *worker(void *arg)
{
	int id = (int)(intptr_t)arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		mine += compute((uint64_t)id * ROUNDS + (uint64_t)i);
		pthread_mutex_lock(&lock);
		sum += compute((uint64_t)id) & 0xff;
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_lock(&lock);
	while (next_to_leave != id)
		pthread_cond_wait(&turn, &lock);
	next_to_leave++;
	sum += mine;
	pthread_cond_broadcast(&turn);
	pthread_mutex_unlock(&lock);
	return (void *)(intptr_t)(id * 3);
}

static void many_threads(void)
{
	static pthread_t threads[NTHREADS];
	uint64_t want = 0;
	long results = 0;
	int started = 0;
	int i, j;

	for (i = 0; i < NTHREADS; i++)
		started += !pthread_create(&threads[i], NULL, worker,
		                           (void *)(intptr_t)i);
	for (i = 0; i < started; i++) {
		void *r;

		pthread_join(threads[i], &r);
		results += (long)(intptr_t)r;
	}
	for (i = 0; i < NTHREADS; i++) {
		for (j = 0; j < ROUNDS; j++)
			want += compute((uint64_t)i * ROUNDS + (uint64_t)j);
		want += ROUNDS * (compute((uint64_t)i) & 0xff);
	}
	SHOW(started);
	SHOW(results);
	IS(sum == want);
}

static void *meet(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 20; i++)
		if (pthread_barrier_wait(&barrier) ==
		    PTHREAD_BARRIER_SERIAL_THREAD)
			passed++;
	return NULL;
}

static void barriers(void)
{
	pthread_t threads[NBARRIER];
	int i;

	pthread_barrier_init(&barrier, NULL, NBARRIER);
	for (i = 0; i < NBARRIER; i++)
		pthread_create(&threads[i], NULL, meet, NULL);
	for (i = 0; i < NBARRIER; i++)
		pthread_join(threads[i], NULL);
	SHOW(passed);
}

static atomic_bool stop;

static void *spin(void *arg)
{
	volatile uint64_t *n = arg;

	while (!stop)
		++*n;
	return NULL;
}

static void busy_and_sleeper(void)
{
	enum { MAX = 64 };
	static uint64_t counts[MAX];
	pthread_t threads[MAX];
	struct timespec nap = { 0, 20000000 }, before, after;
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	long i, late = 0;

	n = n > MAX ? MAX : n;
	for (i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, spin, &counts[i]);
	for (i = 0; i < 10; i++) {
		clock_gettime(CLOCK_MONOTONIC, &before);
		nanosleep(&nap, NULL);
		clock_gettime(CLOCK_MONOTONIC, &after);
		late += after.tv_sec - before.tv_sec > 5;
	}
	stop = 1;
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	SHOW(late);
	for (i = 0; i < n; i++)
		if (!counts[i])
			puts("a busy thread never ran");
}

int main(void)
{
	many_threads();
	barriers();
	busy_and_sleeper();
	return 0;
}
