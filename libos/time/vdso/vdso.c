/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso.c - the shared object that every program finds by AT_SYSINFO_EHDR: time
 * without entering the kernel (vdso(7)).
 *
 * User code: compiled apart from the kernel, embedded as an image.  What it
 * can't answer it asks the kernel for, through the same gate as stubs, so that
 * it contains no SYSCALL instruction.
 */
#include <stdint.h>

#include "libos/cpu/offsets.h"
#include "libos/time/vdso_clock.h"

#define EXPORT __attribute__((visibility("default")))

#define NR_GETTIMEOFDAY 96
#define NR_TIME 201
#define NR_CLOCK_GETTIME 228
#define NR_CLOCK_GETRES 229
#define NR_GETCPU 309

#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_USEC 1000

enum clock_id {
	CLOCK_REALTIME = 0,
	CLOCK_MONOTONIC = 1,
	CLOCK_MONOTONIC_RAW = 4,
	CLOCK_REALTIME_COARSE = 5,
	CLOCK_MONOTONIC_COARSE = 6,
	CLOCK_BOOTTIME = 7,
	CLOCK_TAI = 11
};

struct timespec {
	int64_t sec;
	int64_t nsec;
};

struct timeval {
	int64_t sec;
	int64_t usec;
};

struct timezone {
	int minuteswest;
	int dsttime;
};

static long kernel_call(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("lea 1f(%%rip), %%rcx\n\t"
	                 "jmp *%%gs:%c[gate]\n"
	                 "1:"
	                 : "=a"(ret)
	                 : "a"(nr), "D"(a), "S"(b),
	                   "d"(c), [gate] "i"(VCPU_O_SYSCALL_ENTRY)
	                 : "rcx", "r11", "memory");
	return ret;
}

static const struct vdso_clock *clock_state(void)
{
	const struct vdso_clock *c;

	__asm__("mov %%gs:%c1, %0" : "=r"(c) : "i"(VCPU_O_VDSO_CLOCK));
	return c;
}

static uint64_t read_tsc(void)
{
	uint32_t lo, hi;

	/* Not before the loads that precede it: they pick the base. */
	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* Monotonic time and its distance to real time; 0: ask the kernel. */
static int read_clock(uint64_t *ret_mono, uint64_t *ret_offset)
{
	const struct vdso_clock *shared = clock_state();
	struct vdso_clock c;
	uint32_t seq;

	do {
		seq = __atomic_load_n(&shared->seq, __ATOMIC_ACQUIRE);
		c = *(const volatile struct vdso_clock *)shared;
		if (!c.mult)
			return 0;
		*ret_mono = vdso_clock_eval(&c, read_tsc());
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((seq & 1) ||
	         seq != __atomic_load_n(&shared->seq, __ATOMIC_RELAXED));
	*ret_offset = c.real_offset_ns;
	return 1;
}

/* 1: @ret_ns is the time of clock @id. */
static int read_id(int id, uint64_t *ret_ns)
{
	uint64_t mono, offset;

	if (!read_clock(&mono, &offset))
		return 0;
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*ret_ns = mono + offset;
		return 1;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ret_ns = mono;
		return 1;
	default:
		return 0;
	}
}

EXPORT int __vdso_clock_gettime(int id, struct timespec *ts);
EXPORT int __vdso_clock_getres(int id, struct timespec *res);
EXPORT int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz);
EXPORT int64_t __vdso_time(int64_t *t);
EXPORT long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused);

int __vdso_clock_gettime(int id, struct timespec *ts)
{
	uint64_t ns;

	if (!read_id(id, &ns))
		return (int)kernel_call(NR_CLOCK_GETTIME, id, (long)ts, 0);
	ts->sec = (int64_t)(ns / NSEC_PER_SEC);
	ts->nsec = (int64_t)(ns % NSEC_PER_SEC);
	return 0;
}

int __vdso_clock_getres(int id, struct timespec *res)
{
	return (int)kernel_call(NR_CLOCK_GETRES, id, (long)res, 0);
}

int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	uint64_t ns;

	if (!read_id(CLOCK_REALTIME, &ns))
		return (int)kernel_call(NR_GETTIMEOFDAY, (long)tv, (long)tz, 0);
	if (tv) {
		tv->sec = (int64_t)(ns / NSEC_PER_SEC);
		tv->usec = (int64_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
	}
	if (tz) {
		tz->minuteswest = 0;
		tz->dsttime = 0;
	}
	return 0;
}

int64_t __vdso_time(int64_t *t)
{
	uint64_t ns;
	int64_t sec;

	if (!read_id(CLOCK_REALTIME, &ns))
		return kernel_call(NR_TIME, (long)t, 0, 0);
	sec = (int64_t)(ns / NSEC_PER_SEC);
	if (t)
		*t = sec;
	return sec;
}

long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	return kernel_call(NR_GETCPU, (long)cpu, (long)node, (long)unused);
}
