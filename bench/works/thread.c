/* SPDX-License-Identifier: Apache-2.0 */
/* Threads: hand-over by futex, create and join, OpenMP. */
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "works.h"

static _Atomic uint32_t turn;

static void wait_for(uint32_t mine)
{
	while (atomic_load(&turn) != mine)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 1 - mine, NULL,
		        NULL, 0);
}

static void give(uint32_t to)
{
	atomic_store(&turn, to);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *partner(void *arg)
{
	long n = *(long *)arg;

	while (n-- > 0) {
		wait_for(1);
		give(0);
	}
	return NULL;
}

static void futex_ping_pong(long n)
{
	long count = n;
	pthread_t t;

	turn = 0;
	if (pthread_create(&t, NULL, partner, &count))
		die("pthread_create");
	while (n-- > 0) {
		give(1);
		wait_for(0);
	}
	pthread_join(t, NULL);
}

static void *nothing(void *arg)
{
	return arg;
}

static void create_join(long n)
{
	pthread_t t;

	while (n-- > 0) {
		if (pthread_create(&t, NULL, nothing, NULL))
			die("pthread_create");
		pthread_join(t, NULL);
	}
}

static void openmp(long n)
{
	double sum = 0;
	long i;

	while (n-- > 0) {
#pragma omp parallel for reduction(+ : sum)
		for (i = 1; i < 1000000; i++)
			sum += 1.0 / (double)i;
	}
	if (sum < 0)
		die("openmp");
}

const struct work thread_works[] = {
	{ "futex_ping_pong", futex_ping_pong, 0 },
	{ "thread_create_join", create_join, 0 },
	{ "openmp", openmp, 0 },
	{ NULL, NULL, 0 },
};
