/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scheduling.c - policies, priorities, processors.
 */
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include "conformance.h"

enum { NO_PROCESS = 1 << 30, MASK_SIZE = 128 };

/* struct sched_attr, first version. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

CASE(sched_yield, "always succeeds")
{
	CALL(sched_yield);
}

CASE(sched_yield, "again and again")
{
	int i;

	for (i = 0; i < 1000; i++)
		sys(sched_yield);
	CALL(sched_yield);
}

static int yields(void *arg)
{
	int i;

	for (i = 0; i < 100; i++)
		sys(sched_yield);
	*(volatile int *)arg = 1;
	return 0;
}

CASE(sched_yield, "lets another process finish")
{
	static volatile int done;
	pid_t pid = child(yields, (void *)&done);

	while (!done)
		sys(sched_yield);
	CALL(sched_yield);
	reap(pid);
}

CASE(sched_getparam, "the ordinary class has priority 0")
{
	struct sched_param param = { 7 };

	CALL(sched_getparam, 0, &param);
	SHOW(param.sched_priority);
}

CASE(sched_getparam, "by process id")
{
	struct sched_param param = { 7 };

	CALL(sched_getparam, sys(getpid), &param);
	SHOW(param.sched_priority);
}

ERROR_CASE(sched_getparam, "processes, memory")
{
	struct sched_param param;

	CALL(sched_getparam, -1, &param);
	CALL(sched_getparam, NO_PROCESS, &param);
	CALL(sched_getparam, 0, NULL);
	CALL(sched_getparam, 0, NOWHERE);
}

ERROR_CASE(sched_setparam, "priorities, memory, processes")
{
	struct sched_param param = { 0 };

	CALL(sched_setparam, 0, &param);
	param.sched_priority = 1;
	CALL(sched_setparam, 0, &param);
	CALL(sched_setparam, 0, NULL);
	CALL(sched_setparam, NO_PROCESS, &param);
}

CASE(sched_getscheduler, "the ordinary class")
{
	CALL(sched_getscheduler, 0);
	CALL(sched_getscheduler, sys(getpid));
}

CASE(sched_getscheduler, "what was set")
{
	struct sched_param param = { 0 };

	CALL(sched_setscheduler, 0, SCHED_BATCH, &param);
	CALL(sched_getscheduler, 0);
	CALL(sched_setscheduler, 0, SCHED_OTHER, &param);
	CALL(sched_getscheduler, 0);
}

ERROR_CASE(sched_getscheduler, "no such process")
{
	CALL(sched_getscheduler, -1);
	CALL(sched_getscheduler, NO_PROCESS);
}

ERROR_CASE(sched_setscheduler, "policies, priorities, memory")
{
	struct sched_param param = { 0 };

	CALL(sched_setscheduler, 0, 99, &param);
	CALL(sched_setscheduler, 0, -1, &param);
	CALL(sched_setscheduler, 0, SCHED_OTHER, NULL);
	CALL(sched_setscheduler, NO_PROCESS, SCHED_OTHER, &param);
	param.sched_priority = 5;
	CALL(sched_setscheduler, 0, SCHED_OTHER, &param);
	param.sched_priority = 0;
	CALL(sched_setscheduler, 0, SCHED_FIFO, &param);
	CALL(sched_setscheduler, 0, SCHED_IDLE, &param);
}

CASE(sched_get_priority_max, "real-time classes")
{
	CALL(sched_get_priority_max, SCHED_FIFO);
	CALL(sched_get_priority_max, SCHED_RR);
}

CASE(sched_get_priority_max, "ordinary classes")
{
	CALL(sched_get_priority_max, SCHED_OTHER);
	CALL(sched_get_priority_max, SCHED_BATCH);
	CALL(sched_get_priority_max, SCHED_IDLE);
	CALL(sched_get_priority_max, 6);
}

ERROR_CASE(sched_get_priority_max, "no such policy")
{
	CALL(sched_get_priority_max, 99);
	CALL(sched_get_priority_max, -1);
	CALL(sched_get_priority_max, 4);
}

CASE(sched_get_priority_min, "real-time classes")
{
	CALL(sched_get_priority_min, SCHED_FIFO);
	CALL(sched_get_priority_min, SCHED_RR);
}

CASE(sched_get_priority_min, "ordinary classes")
{
	CALL(sched_get_priority_min, SCHED_OTHER);
	CALL(sched_get_priority_min, SCHED_BATCH);
	CALL(sched_get_priority_min, SCHED_IDLE);
}

ERROR_CASE(sched_get_priority_min, "no such policy")
{
	CALL(sched_get_priority_min, 99);
	CALL(sched_get_priority_min, -1);
}

CASE(sched_rr_get_interval, "a time less than a second")
{
	struct timespec t = { 77, -1 };

	CALL(sched_rr_get_interval, 0, &t);
	SHOW(t.tv_sec);
	IS(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
}

CASE(sched_rr_get_interval, "by process id")
{
	struct timespec t;

	CALL(sched_rr_get_interval, sys(getpid), &t);
	SHOW(t.tv_sec);
}

ERROR_CASE(sched_rr_get_interval, "processes, memory")
{
	struct timespec t;

	CALL(sched_rr_get_interval, -1, &t);
	CALL(sched_rr_get_interval, NO_PROCESS, &t);
	CALL(sched_rr_get_interval, 0, NOWHERE);
}

static int bits(const unsigned char *mask, long size)
{
	int count = 0;
	long i;

	for (i = 0; i < size * 8; i++)
		count += mask[i / 8] >> i % 8 & 1;
	return count;
}

CASE(sched_getaffinity, "at least one processor, a whole number of words")
{
	unsigned char mask[MASK_SIZE] = { 0 };
	long size = CALL_OK(sched_getaffinity, 0, sizeof(mask), mask);

	IS(size > 0 && size % 8 == 0);
	IS(bits(mask, size) > 0);
}

CASE(sched_getaffinity, "what was set")
{
	unsigned char mask[MASK_SIZE] = { 1 };
	long size;

	CALL(sched_setaffinity, 0, sizeof(mask), mask);
	memset(mask, 0xff, sizeof(mask));
	size = CALL_OK(sched_getaffinity, sys(gettid), sizeof(mask), mask);
	SHOW(bits(mask, size));
	SHOW(mask[0]);
}

ERROR_CASE(sched_getaffinity, "sizes, processes, memory")
{
	unsigned char mask[MASK_SIZE];

	CALL(sched_getaffinity, 0, 0, mask);
	CALL(sched_getaffinity, 0, 9, mask);
	CALL(sched_getaffinity, NO_PROCESS, sizeof(mask), mask);
	CALL(sched_getaffinity, 0, sizeof(mask), NOWHERE);
}

ERROR_CASE(sched_setaffinity, "no processor, processes, memory")
{
	unsigned char mask[MASK_SIZE] = { 0 };

	CALL(sched_setaffinity, 0, sizeof(mask), mask);
	CALL(sched_setaffinity, 0, 0, mask);
	mask[0] = 1;
	CALL(sched_setaffinity, NO_PROCESS, sizeof(mask), mask);
	CALL(sched_setaffinity, 0, sizeof(mask), NOWHERE);
	CALL(sched_setaffinity, 0, 1, mask);
}

CASE(sched_getattr, "of this thread")
{
	struct attributes a;

	memset(&a, 0xff, sizeof(a));
	CALL(sched_getattr, 0, &a, sizeof(a), 0);
	SHOW(a.size);
	SHOW(a.policy);
	SHOW(a.nice);
	SHOW(a.priority);
}

CASE(sched_getattr, "more room than needed")
{
	struct {
		struct attributes a;
		char more[200];
	} x;

	memset(&x, 0xff, sizeof(x));
	CALL(sched_getattr, sys(getpid), &x, sizeof(x), 0);
	SHOW(x.a.policy);
	IS(x.a.size >= sizeof(x.a) && x.a.size < sizeof(x));
}

ERROR_CASE(sched_getattr, "sizes, flags, processes, memory")
{
	struct attributes a;

	CALL(sched_getattr, 0, &a, 47, 0);
	CALL(sched_getattr, 0, &a, 5000, 0);
	CALL(sched_getattr, 0, &a, sizeof(a), 1);
	CALL(sched_getattr, NO_PROCESS, &a, sizeof(a), 0);
	CALL(sched_getattr, -1, &a, sizeof(a), 0);
	CALL(sched_getattr, 0, NULL, sizeof(a), 0);
	CALL(sched_getattr, 0, NOWHERE, sizeof(a), 0);
}

ERROR_CASE(sched_setattr, "policies, flags, memory")
{
	struct attributes a = { .size = sizeof(a), .policy = 99 };

	CALL(sched_setattr, 0, &a, 0);
	a.policy = SCHED_BATCH;
	a.nice = 3;
	CALL(sched_setattr, 0, &a, 0);
	CALL(sched_getscheduler, 0);
	CALL(getpriority, PRIO_PROCESS, 0);
	CALL(sched_setattr, 0, &a, 1);
	CALL(sched_setattr, 0, NULL, 0);
	CALL(sched_setattr, NO_PROCESS, &a, 0);
}

CASE(getpriority, "20 less the nice value")
{
	CALL(getpriority, PRIO_PROCESS, 0);
	CALL(setpriority, PRIO_PROCESS, 0, 5);
	CALL(getpriority, PRIO_PROCESS, 0);
	CALL(getpriority, PRIO_PROCESS, sys(getpid));
}

CASE(getpriority, "the best of a group")
{
	CALL(setpriority, PRIO_PROCESS, 0, 100);
	CALL(getpriority, PRIO_PROCESS, 0);
	CALL(getpriority, PRIO_PGRP, 0);
}

ERROR_CASE(getpriority, "kinds, nobody")
{
	CALL(getpriority, 3, 0);
	CALL(getpriority, -1, 0);
	CALL(getpriority, PRIO_PROCESS, NO_PROCESS);
	CALL(getpriority, PRIO_PGRP, NO_PROCESS);
	CALL(getpriority, PRIO_USER, 123456);
}

ERROR_CASE(setpriority, "kinds, nobody, better without the right")
{
	CALL(setpriority, 3, 0, 0);
	CALL(setpriority, PRIO_PROCESS, NO_PROCESS, 0);
	needs(CAP_SETUID);
	CALL(setresuid, 1000, 1000, 1000);
	CALL(setpriority, PRIO_PROCESS, 0, 3);
	CALL(setpriority, PRIO_PROCESS, 0, 1);
	CALL(setpriority, PRIO_PROCESS, 1, 5);
}

CASE(ioprio_get, "of this thread")
{
	CALL(ioprio_get, IOPRIO_WHO_PROCESS, 0);
	CALL(ioprio_get, IOPRIO_WHO_PROCESS, sys(getpid));
}

ERROR_CASE(ioprio_get, "kinds, nobody")
{
	CALL(ioprio_get, 9, 0);
	CALL(ioprio_get, IOPRIO_WHO_PROCESS, NO_PROCESS);
}

ERROR_CASE(ioprio_set, "classes, kinds, nobody")
{
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(5, 0));
	CALL(ioprio_set, 9, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 1));
	CALL(ioprio_set, IOPRIO_WHO_PROCESS, NO_PROCESS,
	     IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 1));
}

CASE(getcpu, "a processor and a node")
{
	uint32_t cpu = 9999, node = 9999;

	CALL(getcpu, &cpu, &node, NULL);
	IS(cpu < 4096 && node < 1024);
}

CASE(getcpu, "either may be left out")
{
	CALL(getcpu, NULL, NULL, NULL);
	CALL(getcpu, NULL, NULL, NOWHERE);
}

ERROR_CASE(getcpu, "memory")
{
	uint32_t cpu;

	CALL(getcpu, NOWHERE, NULL, NULL);
	CALL(getcpu, &cpu, NOWHERE, NULL);
}

CASE(membarrier, "query; registered before it is used")
{
	long mask = CALL_OK(membarrier, 0, 0, 0);

	IS(mask & 1);
	IS(mask & 1 << 3);
	CALL(membarrier, 1 << 4, 0, 0);
	CALL(membarrier, 1 << 3, 0, 0);
	CALL(membarrier, 1, 0, 0);
}

ERROR_CASE(membarrier, "commands, flags")
{
	CALL(membarrier, 1 << 30, 0, 0);
	CALL(membarrier, 0, 1, 0);
	CALL(membarrier, 1, 2, 0);
}

CASE(personality, "any value is kept")
{
	CALL(personality, 0xffffffff);
	CALL(personality, 0x0040000);
	CALL(personality, 0xffffffff);
}
