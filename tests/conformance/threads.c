/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads.c - futexes and robust lists.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "conformance.h"

enum { NO_PROCESS = 1 << 30, ALL = -1 };

static volatile int word, ready;

static void *wakes(void *arg)
{
	while (sys(futex, &word, FUTEX_WAKE_PRIVATE, (long)(intptr_t)arg, NULL,
	           NULL, 0) == 0)
		msleep(1);
	return NULL;
}

CASE(futex, "waits until it is woken")
{
	pthread_t thread;

	pthread_create(&thread, NULL, wakes, (void *)1);
	CALL(futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	pthread_join(thread, NULL);
	CALL(futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *waits(void *arg)
{
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	sys(futex, arg, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return NULL;
}

CASE(futex, "requeues waiters to another word")
{
	static int other;
	pthread_t threads[3];
	int i;

	for (i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, waits, (void *)&word);
	while (ready < 3)
		msleep(1);
	msleep(50); /* asleep, as far as one can know */
	CALL(futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)10, &other, 0);
	CALL(futex, &word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0);
	CALL(futex, &other, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

CASE(futex, "wakes by bits, and by an operation on a second word")
{
	static int other = 5;

	CALL(futex, &word, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, 1);
	CALL(futex, &word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &other,
	     FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5));
	SHOW(other);
	CALL(futex, &word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &other,
	     FUTEX_OP(FUTEX_OP_SET, 3, FUTEX_OP_CMP_EQ, 5));
	SHOW(other);
}

ERROR_CASE(futex, "values, times, addresses, operations")
{
	struct timespec t = { 0, 1000 };

	CALL(futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
	CALL(futex, &word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
	CALL(futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, &t, NULL, 0);
	CALL(futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, &t, NULL, 1);
	t.tv_nsec = -1;
	CALL(futex, &word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
	CALL(futex, (char *)&word + 1, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	CALL(futex, NOWHERE, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	CALL(futex, &word, 99, 0, NULL, NULL, 0);
	CALL(futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, &ready, 9);
}

ERROR_CASE(futex, "a signal: EINTR, or on it goes")
{
	struct itimerval value = { .it_value = { 0, 20000 } };
	struct timespec t = { 100, 0 };

	handle(SIGALRM, count_signals, 0);
	sys(setitimer, ITIMER_REAL, &value, NULL);
	CALL(futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	handle(SIGALRM, count_signals, SA_RESTART);
	sys(setitimer, ITIMER_REAL, &value, NULL);
	CALL(futex, &word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
	SHOW(signals_seen);
}

/* An entry's futex word lies behind it. */
struct robust {
	struct robust_list list;
	uint32_t futex;
};

static struct robust lock;
static struct robust_list_head head;

static void lock_robust(uint32_t owner)
{
	lock.list.next = &head.list;
	lock.futex = owner;
	head.list.next = &lock.list;
	head.futex_offset = offsetof(struct robust, futex);
}

static int dies_with_lock(void *arg)
{
	sys(set_robust_list, &head, sizeof(head));
	lock_robust((uint32_t)sys(gettid) | (arg ? FUTEX_WAITERS : 0));
	return 0;
}

CASE(set_robust_list, "a lock of a dead thread says so")
{
	reap(child(dies_with_lock, NULL));
	SHOW(lock.futex & FUTEX_OWNER_DIED);
	CALL(set_robust_list, &head, sizeof(head));
}

static int dies_with_anothers_lock(void *arg)
{
	(void)arg;
	sys(set_robust_list, &head, sizeof(head));
	lock_robust(1);
	return 0;
}

CASE(set_robust_list, "another's lock stays")
{
	CALL(set_robust_list, NULL, sizeof(head));
	reap(child(dies_with_anothers_lock, NULL));
	SHOW(lock.futex);
}

ERROR_CASE(set_robust_list, "sizes")
{
	CALL(set_robust_list, &head, 0);
	CALL(set_robust_list, &head, 23);
	CALL(set_robust_list, NOWHERE, sizeof(head));
}

CASE(get_robust_list, "what was set")
{
	struct robust_list_head *list = NULL;
	size_t size = 0;

	CALL(set_robust_list, &head, sizeof(head));
	CALL(get_robust_list, 0, &list, &size);
	IS(list == &head);
	SHOW(size);
}

CASE(get_robust_list, "by thread id")
{
	struct robust_list_head *list = NULL;
	size_t size = 0;

	CALL(set_robust_list, &head, sizeof(head));
	CALL(get_robust_list, sys(gettid), &list, &size);
	IS(list == &head);
}

ERROR_CASE(get_robust_list, "nobody, memory")
{
	struct robust_list_head *list;
	size_t size;

	CALL(get_robust_list, NO_PROCESS, &list, &size);
	CALL(get_robust_list, 0, NOWHERE, &size);
	CALL(get_robust_list, 0, &list, NOWHERE);
}
