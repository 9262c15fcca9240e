/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_itimer.c - alarm, setitimer, getitimer for the real-time timer.
 */
#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/itimer.h"
#include "libos/proc/process.h"
#include "libos/sys/syscalls_gen.h"
#include "libos/sys/time_abi.h"

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

/* struct itimerval: interval, then value. */
#define VALUE_OFFSET sizeof(struct user_timeval)

static int value_write(void __user *p, const struct itimer_value *v)
{
	int ret = timeval_write(p, v->interval_ns);

	if (ret < 0)
		return ret;
	return timeval_write(user_ptr(user_addr(p) + VALUE_OFFSET), v->left_ns);
}

static int value_read(const void __user *p, struct itimer_value *ret)
{
	int err = timeval_read(p, &ret->interval_ns);

	if (err < 0)
		return err;
	return timeval_read(user_ptr(user_addr(p) + VALUE_OFFSET),
	                    &ret->left_ns);
}

static int check_which(int which)
{
	if (which == ITIMER_REAL)
		return 0;
	return which == ITIMER_VIRTUAL || which == ITIMER_PROF ? -ENOSYS
	                                                       : -EINVAL;
}

long sys_getitimer(struct thread *self, int which, void __user *value)
{
	struct itimer_value now;
	int ret = check_which(which);

	if (ret < 0)
		return ret;
	itimer_get(&self->process->real_timer, &now);
	return value_write(value, &now);
}

long sys_setitimer(struct thread *self, int which, const void __user *value,
                   void __user *old)
{
	struct itimer_value new = { 0 }, before;
	int ret = check_which(which);

	if (ret == 0 && user_addr(value))
		ret = value_read(value, &new);
	if (ret < 0)
		return ret;
	itimer_get(&self->process->real_timer, &before);
	itimer_set(&self->process->real_timer, &new);
	return user_addr(old) ? value_write(old, &before) : 0;
}

/* Whole seconds; a rest of less than half of one counts only if it is all. */
long sys_alarm(struct thread *self, uint32_t seconds)
{
	struct itimer_value new = { .left_ns = seconds * 1ull * NSEC_PER_SEC };
	struct itimer_value before;
	uint64_t left;

	itimer_get(&self->process->real_timer, &before);
	itimer_set(&self->process->real_timer, &new);
	left = (before.left_ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
	return before.left_ns && !left ? 1 : (long)left;
}
