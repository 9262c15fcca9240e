/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.c - idling, kicks, the end, logs, pages, and what the host posts.
 *
 * None of these results is believed: an idle that returns early is spurious, a
 * kick that never happens costs time, and pages are done when EACCEPT says so.
 */
#include "base/errno.h"
#include "libos/cpu/entry_points.h"
#include "libos/hostcall/call.h"
#include "libos/hostcall/hostcall.h"
#include "libos/hostcall/hostmem.h"

#define LOG_MAX 1024
#define CLOCK_TRIES 16

static const short page_errnos[] = { ENODEV, EINVAL, EFAULT, EAGAIN, 0 };
static const short remove_errnos[] = { ENODEV, EINVAL, EPERM, EAGAIN, 0 };

void host_idle(uint64_t deadline_ns)
{
	struct hc_idle req = { .deadline_ns = deadline_ns };

	(void)!host_call(HC_IDLE, &req, sizeof(req));
}

void host_kick(uint32_t vcpu)
{
	struct hc_kick req = { .vcpu = vcpu };

	(void)!host_call(HC_KICK, &req, sizeof(req));
}

void host_exit(enum exit_kind kind, uint32_t status, uint32_t code)
{
	struct hc_exit req = { .kind = kind, .status = status, .code = code };

	(void)!host_call(HC_EXIT, &req, sizeof(req));
	entry_leave_dead();
}

void host_log(uint32_t level, const char *text, size_t size)
{
	void __host *scratch = &host_vcpu_area()->scratch[0];
	struct hc_log req = { .level = level };

	req.size = MIN(size, (size_t)LOG_MAX);
	req.buf = host_addr(scratch);
	if (copy_to_host(scratch, text, req.size) ||
	    copy_to_host((char __host *)scratch + req.size, "\n", 1))
		return;
	req.size++;
	(void)!host_call(HC_LOG, &req, sizeof(req));
}

long host_pages(enum hostcall nr, const struct hc_range *ranges, uint32_t count)
{
	struct hc_ranges req = { .count = count };
	size_t npages = 0;
	uint32_t i;

	if (count > HC_RANGES_MAX)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		req.range[i] = ranges[i];
		npages += ranges[i].npages;
	}
	return host_check_count(host_call(nr, &req, sizeof(req)), npages,
	                        nr == HC_REMOVE ? remove_errnos : page_errnos);
}

uint64_t host_take_ready(void)
{
	return host_swap64(&host_shared_area()->ready, 0);
}

uint64_t host_take_signals(void)
{
	return host_swap64(&host_shared_area()->signals, 0);
}

bool host_clock_sample(struct host_clock *ret)
{
	struct host_clock __host *clock = &host_shared_area()->clock;
	struct host_clock a, b;
	int i;

	for (i = 0; i < CLOCK_TRIES; i++) {
		if (copy_from_host(&a, clock, sizeof(a)))
			return false;
		if (a.seq & 1)
			continue;
		barrier();
		if (copy_from_host(&b, clock, sizeof(b)))
			return false;
		if (a.seq == b.seq) {
			*ret = a;
			return true;
		}
	}
	return false;
}

void host_trap_read(struct host_trap *ret)
{
	struct vcpu_shared __host *vs = host_vcpu_area();

	ret->vector = 0;
	ret->addr = 0;
	if (!host_shared_area())
		return; /* at boot: nobody to ask yet */
	if (copy_from_host(&ret->vector, &vs->trap_vector, 4) ||
	    copy_from_host(&ret->addr, &vs->trap_addr, 8))
		ret->vector = 0;
}

void host_want_tick(bool want, uint64_t deadline_ns)
{
	struct vcpu_shared __host *vs = host_vcpu_area();

	host_store32(&vs->want_tick, want);
	host_store64(&vs->deadline_ns, deadline_ns);
}
