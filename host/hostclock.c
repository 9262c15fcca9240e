/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostclock.c - samples, the rate, and the seqlock.
 */
#include "host/hostclock.h"

#include <cpuid.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "base/compiler.h"

#include "base/banned.h"

#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull

/*
 * The rate is measured over at least, and at most, this long; a later interval
 * does better than the one before it only after a while.
 */
#define RATE_MIN_NS NSEC_PER_MSEC
#define RATE_AGAIN_NS (4 * NSEC_PER_SEC)
#define RATE_MAX_NS (16 * NSEC_PER_SEC)

/* Older than this, a sample is renewed by whoever enters. */
#define SAMPLE_AGE_MAX_NS NSEC_PER_MSEC

/* A sample that took longer than this was interrupted. */
#define SAMPLE_TSC_MAX 5000
enum { SAMPLE_TRIES = 4 };

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t hostclock_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* All three clocks as if read at once: the counter around the other two. */
static void take_sample(struct hostclock_sample *ret)
{
	uint64_t before, after;
	int tries = SAMPLE_TRIES;

	do {
		before = __rdtsc();
		ret->mono_ns = read_clock(CLOCK_MONOTONIC);
		ret->real_ns = read_clock(CLOCK_REALTIME);
		after = __rdtsc();
	} while (after - before > SAMPLE_TSC_MAX && --tries);
	ret->tsc = before + (after - before) / 2;
}

/* CPUID 80000007H EDX[8]: invariant TSC (SDM Vol. 3B 18.17.1). */
static bool cpu_has_invariant_tsc(void)
{
	uint32_t eax, ebx, ecx, edx;

	if (!__get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx))
		return false;
	return edx >> 8 & 1;
}

/* A hypervisor may hide the bit from us that Linux saw by other means. */
static bool linux_trusts_tsc(void)
{
	char name[8] = "";
	int fd = open("/sys/devices/system/clocksource/clocksource0/"
	              "current_clocksource",
	              O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, name, sizeof(name));
	close(fd);
	return n >= 4 && !memcmp(name, "tsc\n", 4);
}

/* From @now on; the rate known so far stays until a better one is. */
static void start_interval(struct hostclock *clock,
                           const struct hostclock_sample *now)
{
	clock->base = *now;
	clock->interval_min_ns = clock->tsc_khz ? RATE_AGAIN_NS : RATE_MIN_NS;
}

void hostclock_init(struct hostclock *clock)
{
	struct hostclock_sample now;

	memset(clock, 0, sizeof(*clock));
	clock->is_tsc_steady = cpu_has_invariant_tsc() || linux_trusts_tsc();
	take_sample(&now);
	start_interval(clock, &now);
}

/*
 * The rate from base to @now.  A counter that went back (the machine slept)
 * starts a new interval; so does a long one, to follow corrections.
 */
static void measure_rate(struct hostclock *clock,
                         const struct hostclock_sample *now)
{
	uint64_t ns = now->mono_ns - clock->base.mono_ns;
	uint64_t ticks = now->tsc - clock->base.tsc;

	if (now->tsc <= clock->base.tsc) {
		start_interval(clock, now);
		return;
	}
	if (ns < clock->interval_min_ns)
		return;
	WRITE_ONCE(clock->tsc_khz,
	           (uint32_t)((unsigned __int128)ticks * NSEC_PER_MSEC / ns));
	if (ns > RATE_MAX_NS)
		start_interval(clock, now);
}

/* A pause before the first entry, only if start-up was too fast to measure. */
static void ensure_rate(struct hostclock *clock)
{
	struct hostclock_sample now;

	do {
		take_sample(&now);
		measure_rate(clock, &now);
	} while (!clock->tsc_khz);
}

static void publish(struct hostclock *clock, const struct hostclock_sample *s)
{
	struct host_clock *to = clock->shared;
	bool use_tsc = clock->is_tsc_steady && clock->enclave_has_tsc;
	uint32_t seq = READ_ONCE(to->seq) | 1;

	WRITE_ONCE(to->seq, seq);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	WRITE_ONCE(to->tsc_khz, use_tsc ? clock->tsc_khz : 0);
	WRITE_ONCE(to->tsc, s->tsc);
	WRITE_ONCE(to->mono_ns, s->mono_ns);
	WRITE_ONCE(to->real_ns, s->real_ns);
	__atomic_store_n(&to->seq, seq + 1, __ATOMIC_RELEASE);
}

void hostclock_update(struct hostclock *clock)
{
	struct hostclock_sample now;

	if (__atomic_exchange_n(&clock->busy, 1, __ATOMIC_ACQUIRE))
		return;
	take_sample(&now);
	measure_rate(clock, &now);
	publish(clock, &now);
	__atomic_store_n(&clock->busy, 0, __ATOMIC_RELEASE);
}

void hostclock_attach(struct hostclock *clock, struct host_clock *shared,
                      bool enclave_has_tsc)
{
	clock->shared = shared;
	clock->enclave_has_tsc = enclave_has_tsc;
	ensure_rate(clock);
	hostclock_update(clock);
}

void hostclock_refresh(struct hostclock *clock)
{
	uint64_t age, age_max;

	if (clock->is_tsc_steady && clock->enclave_has_tsc) {
		age = __rdtsc() - READ_ONCE(clock->shared->tsc);
		age_max = READ_ONCE(clock->tsc_khz) * SAMPLE_AGE_MAX_NS /
		          NSEC_PER_MSEC;
		if (age < age_max)
			return;
	}
	hostclock_update(clock);
}
