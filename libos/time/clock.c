/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - the monotonic clock from TSC and the host's samples.
 *
 * The host's sample moves the clock forward at once if we are behind, and makes it
 * run slower by 1/1024 while we are ahead, so it never goes back.  Where RDTSC
 * is not to be used (an SGX1 enclave), time stands still between samples.
 *
 * Writers take turns by an odd sequence number; readers retry.
 */
#include "libos/time/clock.h"

#include "base/compiler.h"
#include "libos/cpu/tsc.h"
#include "libos/cpu/vcpu.h"
#include "libos/hostcall/hostcall.h"
#include "libos/time/vdso_clock.h"

#define SLEW_SHIFT 10
#define AHEAD_MAX_NS 50000
#define TSC_KHZ_MIN 100000u
#define TSC_KHZ_MAX 20000000u
#define TIME_MAX_NS (1ull << 62)

/* On a page of its own: programs read it through the vDSO. */
static struct vdso_clock state __aligned(4096);
static uint64_t boot_ns;

static struct vdso_clock snapshot(void)
{
	struct vdso_clock s;
	uint32_t before;

	do {
		before = __atomic_load_n(&state.seq, __ATOMIC_ACQUIRE);
		s = state;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((before & 1) || before != READ_ONCE(state.seq));
	return s;
}

uint64_t clock_monotonic_ns(void)
{
	struct vdso_clock s = snapshot();

	return s.mult ? vdso_clock_eval(&s, tsc_read()) : s.base_ns;
}

bool clock_uses_tsc(void)
{
	return snapshot().mult != 0;
}

uint64_t clock_realtime_ns(void)
{
	return clock_monotonic_ns() + snapshot().real_offset_ns;
}

uint64_t clock_boot_ns(void)
{
	return boot_ns;
}

static uint64_t mult_of(uint32_t khz)
{
	if (khz < TSC_KHZ_MIN || khz > TSC_KHZ_MAX)
		return 0;
	return (1000000ull << CLOCK_MULT_SHIFT) / khz;
}

/* Where the clock should be, by what the host said. */
static void steer(struct vdso_clock *s, const struct host_clock *h)
{
	struct vdso_clock host = { .base_tsc = h->tsc,
		                   .base_ns = h->mono_ns,
		                   .mult = mult_of(h->tsc_khz) };
	/* What has passed by our own rate counts even if the host ends that. */
	uint64_t tsc = host.mult || s->mult ? tsc_read() : 0;
	uint64_t ours = s->mult ? vdso_clock_eval(s, tsc) : s->base_ns;
	uint64_t theirs =
		host.mult ? vdso_clock_eval(&host, tsc) : host.base_ns;

	s->base_tsc = tsc;
	s->base_ns = MAX(ours, theirs);
	s->mult = host.mult;
	if (ours > theirs + AHEAD_MAX_NS)
		s->mult -= s->mult >> SLEW_SHIFT;
	if (h->real_ns > h->mono_ns)
		s->real_offset_ns =
			MAX(s->real_offset_ns, h->real_ns - h->mono_ns);
}

void clock_update(void)
{
	uint32_t even = __atomic_load_n(&state.seq, __ATOMIC_RELAXED) & ~1u;
	struct host_clock h;
	struct vdso_clock s;

	if (!host_clock_sample(&h) || h.mono_ns > TIME_MAX_NS ||
	    h.real_ns > TIME_MAX_NS)
		return;
	/* Somebody else updates: his sample is as good. */
	if (!__atomic_compare_exchange_n(&state.seq, &even, even + 1, false,
	                                 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	s = state;
	steer(&s, &h);
	state.base_tsc = s.base_tsc;
	state.base_ns = s.base_ns;
	state.mult = s.mult;
	state.real_offset_ns = s.real_offset_ns;
	__atomic_store_n(&state.seq, even + 2, __ATOMIC_RELEASE);
}

void clock_init(void)
{
	clock_update();
	boot_ns = clock_monotonic_ns();
}

void clock_vcpu_init(void)
{
	vcpu_self()->vdso_clock = &state;
}
