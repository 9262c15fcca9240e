/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticker.c - who is interrupted when.
 */
#include "host/ticker.h"

#include "base/compiler.h"
#include "host/supervisor.h"
#include "host/vcpu.h"

#include "base/banned.h"

/*
 * A deadline that still stands after its tick is ticked for again: the kernel's
 * clock may be a little behind ours.
 */
#define DEADLINE_RETRY_NS 1000000ull

/* want_tick: one each TICK_NS, counted from when we first saw it. */
static bool is_period_over(struct vcpu *v, uint64_t now_ns)
{
	if (!READ_ONCE(v->shared->want_tick)) {
		v->tick_due_ns = 0;
		return false;
	}
	if (v->tick_due_ns && now_ns < v->tick_due_ns)
		return false;
	now_ns += TICK_NS;
	if (!v->tick_due_ns) {
		v->tick_due_ns = now_ns;
		return false;
	}
	v->tick_due_ns = now_ns;
	return true;
}

static bool has_deadline_come(struct vcpu *v, uint64_t now_ns)
{
	uint64_t deadline_ns = READ_ONCE(v->shared->deadline_ns);

	if (!deadline_ns || now_ns < deadline_ns)
		return false;
	if (deadline_ns == v->deadline_ns && now_ns < v->deadline_retry_ns)
		return false;
	v->deadline_ns = deadline_ns;
	v->deadline_retry_ns = now_ns + DEADLINE_RETRY_NS;
	return true;
}

/* vcpu_kick() has sent one; a few more follow it. */
static bool is_kick_repeated(struct vcpu *v)
{
	uint32_t left = __atomic_load_n(&v->kick_repeats, __ATOMIC_RELAXED);

	/* A kick in between begins anew: it does not matter which wins. */
	if (left)
		__atomic_store_n(&v->kick_repeats, left - 1, __ATOMIC_RELAXED);
	return left;
}

static void start_all(struct runtime *rt)
{
	for (uint32_t i = 0; i < rt->nvcpus; i++)
		if (__atomic_load_n(&rt->vcpu[i].state, __ATOMIC_SEQ_CST) ==
		    VCPU_NEW)
			vcpu_kick(&rt->vcpu[i]);
}

void ticker_round(struct runtime *rt, uint64_t now_ns)
{
	bool work_waits = false, is_any_awake = false;

	for (uint32_t i = 0; i < rt->nvcpus; i++) {
		struct vcpu *v = &rt->vcpu[i];
		bool waited = v->tick_due_ns;
		bool due;

		if (!vcpu_is_awake(v))
			continue;
		is_any_awake = true;
		/* No short cut: all keep account. */
		due = is_period_over(v, now_ns);
		due |= has_deadline_come(v, now_ns);
		due |= is_kick_repeated(v);
		if (due)
			vcpu_interrupt(v);
		work_waits |= waited && v->tick_due_ns;
	}
	if (work_waits)
		start_all(rt);
	if (!is_any_awake)
		return;
	hostclock_update(&rt->clock);
	if (runtime_has_news(rt))
		runtime_notify(rt);
}
