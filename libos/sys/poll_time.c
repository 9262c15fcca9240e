/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/sys/poll_time.h"

#include "base/arith.h"
#include "libos/libos_errno.h"
#include "libos/mm/usercopy.h"
#include "libos/signal/signal.h"
#include "libos/time/clock.h"

struct user_time {
	int64_t sec;
	int64_t fraction;
};

static uint64_t unit_ns(enum time_unit unit)
{
	return unit == TIME_USEC ? NSEC_PER_USEC : 1;
}

static uint64_t deadline_after(uint64_t ns)
{
	uint64_t deadline;

	if (!ns)
		return 0;
	if (add_overflow(clock_monotonic_ns(), ns, &deadline))
		return NO_DEADLINE;
	return deadline;
}

uint64_t deadline_of_ms(int timeout_ms)
{
	if (timeout_ms < 0)
		return NO_DEADLINE;
	return deadline_after((uint64_t)timeout_ms * NSEC_PER_MSEC);
}

int deadline_get(const void __user *timeout, enum time_unit unit, uint64_t *ret)
{
	struct user_time t;
	uint64_t ns, sec_ns;

	if (!timeout) {
		*ret = NO_DEADLINE;
		return 0;
	}
	if (copy_from_user(&t, timeout, sizeof(t)))
		return -EFAULT;
	if (t.sec < 0 || t.fraction < 0)
		return -EINVAL;
	/* select(2) lets microseconds be more than a second. */
	if (unit == TIME_NSEC && (uint64_t)t.fraction >= NSEC_PER_SEC)
		return -EINVAL;
	if (mul_overflow((uint64_t)t.fraction, unit_ns(unit), &ns))
		return -EINVAL;
	if (mul_overflow((uint64_t)t.sec, (uint64_t)NSEC_PER_SEC, &sec_ns) ||
	    add_overflow(sec_ns, ns, &ns))
		ns = UINT64_MAX; /* more than five centuries */
	*ret = deadline_after(ns);
	return 0;
}

void deadline_put(void __user *timeout, enum time_unit unit,
                  uint64_t deadline_ns)
{
	struct user_time t = { 0 };
	uint64_t now, left;

	if (!timeout || deadline_ns == NO_DEADLINE)
		return;
	now = clock_monotonic_ns();
	left = deadline_ns > now ? deadline_ns - now : 0;
	t.sec = (int64_t)(left / NSEC_PER_SEC);
	t.fraction = (int64_t)(left % NSEC_PER_SEC / unit_ns(unit));
	if (copy_to_user(timeout, &t, sizeof(t)))
		return;
}

int poll_mask_begin(struct thread *self, const void __user *mask, size_t size)
{
	uint64_t set;

	if (!mask)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, mask, sizeof(set)))
		return -EFAULT;
	signal_begin_mask(self, set);
	return 0;
}

/* An interrupted call leaves the old mask to the handler's frame. */
long poll_mask_end(struct thread *self, long result)
{
	switch (result) {
	case -EINTR:
	case -ERESTARTSYS:
	case -ERESTARTNOHAND:
		break;
	default:
		signal_end_mask(self);
	}
	return result;
}
