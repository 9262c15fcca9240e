/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.c - actions, masks, the alternate stack, and sleeping for signals.
 */
#include "libos/signal/signal.h"

#include "base/errno.h"
#include "libos/libos_errno.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/sched.h"
#include "libos/signal/frame.h"
#include "libos/sys/syscalls_gen.h"
#include "libos/sys/time_abi.h"

/* --- actions --- */

static bool takes_no_action(const struct sigaction_user *a, int sig)
{
	const uint64_t by_default = sig_bit(SIGCHLD) | sig_bit(SIGCONT) |
	                            sig_bit(SIGURG) | sig_bit(SIGWINCH);

	return a->handler == SIG_IGN ||
	       (a->handler == SIG_DFL && (sig_bit(sig) & by_default));
}

long sys_rt_sigaction(struct thread *self, int sig, const void __user *act,
                      void __user *old, size_t set_size)
{
	struct sigaction_user new, previous;
	int ret = 0;

	if (set_size != sizeof(uint64_t) || !sig_is_valid(sig) ||
	    (user_addr(act) && (sig_bit(sig) & SIGSET_UNBLOCKABLE)))
		return -EINVAL;
	if (user_addr(act)) {
		ret = copy_from_user(&new, act, sizeof(new));
		if (ret < 0)
			return ret;
		new.mask &= ~SIGSET_UNBLOCKABLE;
	}
	signal_swap_action(self, sig, user_addr(act) ? &new : NULL, &previous);
	/* POSIX: what is ignored and pending is thrown away. */
	if (user_addr(act) && takes_no_action(&new, sig))
		signal_discard(self, sig_bit(sig));
	if (user_addr(old))
		ret = copy_to_user(old, &previous, sizeof(previous));
	return ret;
}

/* --- masks --- */

enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

static int change_mask(struct thread *self, int how, uint64_t set)
{
	uint64_t blocked = self->sig->blocked;

	switch (how) {
	case SIG_BLOCK:
		signal_set_mask(self, blocked | set);
		return 0;
	case SIG_UNBLOCK:
		signal_set_mask(self, blocked & ~set);
		return 0;
	case SIG_SETMASK:
		signal_set_mask(self, set);
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_rt_sigprocmask(struct thread *self, int how,
                        const uint64_t __user *set, uint64_t __user *old,
                        size_t set_size)
{
	uint64_t before = self->sig->blocked, wanted;
	int ret = 0;

	if (set_size != sizeof(uint64_t))
		return -EINVAL;
	if (user_addr(set)) {
		ret = get_user_u64(&wanted, set);
		if (ret == 0)
			ret = change_mask(self, how, wanted);
	}
	if (ret == 0 && user_addr(old))
		ret = put_user_u64(old, before);
	return ret;
}

long sys_rt_sigpending(struct thread *self, uint64_t __user *set,
                       size_t set_size)
{
	uint64_t pending = signal_pending_set(self) & self->sig->blocked;

	if (set_size > sizeof(pending))
		return -EINVAL;
	return copy_to_user(set, &pending, set_size);
}

/* --- sleeping --- */

static long sleep_for_signal(void)
{
	int ret;

	do {
		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
		ret = sched_sleep(NO_DEADLINE);
		sched_sleep_done();
	} while (ret == 0);
	return -ERESTARTNOHAND;
}

long sys_pause(struct thread *self)
{
	(void)self;
	return sleep_for_signal();
}

long sys_rt_sigsuspend(struct thread *self, const uint64_t __user *set,
                       size_t set_size)
{
	uint64_t mask;
	int ret;

	if (set_size != sizeof(mask))
		return -EINVAL;
	ret = get_user_u64(&mask, set);
	if (ret < 0)
		return ret;
	signal_begin_mask(self, mask);
	return sleep_for_signal();
}

static int write_siginfo(void __user *p, const struct siginfo *info)
{
	int ret;

	if (!user_addr(p))
		return 0;
	ret = copy_to_user(p, info, sizeof(*info));
	if (ret < 0)
		return ret;
	return clear_user(user_ptr(user_addr(p) + sizeof(*info)),
	                  SIGINFO_USER_SIZE - sizeof(*info));
}

/* 0 with *ret_info, -EAGAIN at the deadline, -EINTR. */
static int wait_for(struct thread *self, uint64_t wanted, uint64_t deadline_ns,
                    struct siginfo *ret_info)
{
	bool found;
	int ret = 0;

	signal_begin_wait(self, wanted);
	for (;;) {
		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
		thread_clear_work(self, WORK_SIGNAL);
		found = signal_dequeue(self, wanted, ret_info);
		if (found || ret < 0 || signal_can_deliver(self))
			break;
		ret = sched_sleep(deadline_ns);
		if (ret == -ERESTARTSYS && !signal_can_deliver(self))
			ret = 0; /* perhaps one that we want: look again */
	}
	sched_sleep_done();
	signal_end_wait(self);
	if (found)
		return 0;
	return ret == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

long sys_rt_sigtimedwait(struct thread *self, const uint64_t __user *set,
                         void __user *info, const void __user *timeout,
                         size_t set_size)
{
	uint64_t wanted, ns, deadline = NO_DEADLINE;
	struct siginfo got;
	int ret;

	if (set_size != sizeof(wanted))
		return -EINVAL;
	ret = get_user_u64(&wanted, set);
	if (ret < 0)
		return ret;
	if (user_addr(timeout)) {
		ret = timespec_read(timeout, &ns);
		if (ret < 0)
			return ret;
		deadline = deadline_after(ns);
	}
	ret = wait_for(self, wanted & ~SIGSET_UNBLOCKABLE, deadline, &got);
	if (ret == 0)
		ret = write_siginfo(info, &got);
	return ret < 0 ? ret : got.signo;
}

/* --- the rest --- */

static int set_altstack(struct thread_signal *ts,
                        const struct sigaltstack_user *ss)
{
	uint32_t mode = (uint32_t)ss->flags & ~SS_AUTODISARM;

	if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		ts->altstack = (struct sigaltstack_user){ .flags = ss->flags };
		return 0;
	}
	if (ss->size < sigframe_stack_min())
		return -ENOMEM;
	ts->altstack = (struct sigaltstack_user){
		.sp = ss->sp,
		.flags = (int32_t)((uint32_t)ss->flags & SS_AUTODISARM),
		.size = ss->size,
	};
	return 0;
}

long sys_sigaltstack(struct thread *self, const void __user *ss,
                     void __user *old)
{
	struct thread_signal *ts = self->sig;
	bool is_on = sigframe_on_altstack(ts, self->regs->rsp);
	struct sigaltstack_user before = ts->altstack, new;
	int ret = 0;

	if (user_addr(ss)) {
		ret = copy_from_user(&new, ss, sizeof(new));
		if (ret == 0 && is_on)
			ret = -EPERM;
		if (ret == 0)
			ret = set_altstack(ts, &new);
	}
	if (ret < 0 || !user_addr(old))
		return ret;
	if (!(before.flags & SS_DISABLE) && is_on)
		before.flags |= SS_ONSTACK;
	before.pad = 0;
	return copy_to_user(old, &before, sizeof(before));
}

/* The result is the RAX of the frame: the dispatcher stores it once more. */
long sys_rt_sigreturn(struct thread *self)
{
	if (sigframe_pop(self, self->regs) < 0)
		signal_force(self, SIGSEGV);
	return (long)self->regs->rax;
}

long sys_restart_syscall(struct thread *self)
{
	struct restart_block *rb = &self->sig->restart;

	return rb->func ? rb->func(self, rb) : -EINTR;
}
