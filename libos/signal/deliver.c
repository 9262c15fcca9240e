/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.c - what happens to pending signals on the way to user code.
 */
#include "libos/libos_errno.h"
#include "libos/signal/frame.h"
#include "libos/signal/internal.h"

#define NR_RESTART_SYSCALL 219
#define SYSCALL_INSN_SIZE 2

/*
 * Make the call again: the program's registers are as they were, only RAX has
 * the answer.  (RCX and R11 are lost to SYSCALL anyway.)
 */
static void restart_call(struct regs *regs, uint64_t nr)
{
	regs->rax = nr;
	if (regs->source != REGS_STUB || !signal_site_ops->restart(regs))
		regs->rip -= SYSCALL_INSN_SIZE;
}

static bool is_interrupted_call(const struct regs *regs)
{
	long ret = (long)regs->rax;

	return regs->orig_rax != NOT_A_SYSCALL && ret <= -ERESTARTSYS &&
	       ret >= -ERESTART_BLOCK;
}

/* A handler is about to run: EINTR, unless it lets the call go on. */
static void finish_call_for_handler(struct regs *regs, uint64_t flags)
{
	long ret = (long)regs->rax;

	if (!is_interrupted_call(regs))
		return;
	if (ret == -ERESTARTNOINTR ||
	    (ret == -ERESTARTSYS && (flags & SA_RESTART)))
		restart_call(regs, regs->orig_rax);
	else
		regs->rax = (uint64_t)-EINTR;
}

/* No handler ran, so the program must not notice. */
static void finish_call(struct regs *regs)
{
	if (!is_interrupted_call(regs))
		return;
	if ((long)regs->rax == -ERESTART_BLOCK)
		restart_call(regs, NR_RESTART_SYSCALL);
	else
		restart_call(regs, regs->orig_rax);
}

/* The action for @sig; a one-shot handler is used up. */
static struct sigaction_user take_action(struct signal_group *g, int sig)
{
	struct sighand *s = g->actions;
	struct sigaction_user a;

	spin_lock(&s->lock);
	a = s->actions[sig - 1];
	if (a.handler > SIG_IGN && (a.flags & SA_RESETHAND))
		s->actions[sig - 1].handler = SIG_DFL;
	spin_unlock(&s->lock);
	return a;
}

/*
 * A program whose file was changed ends as if exec had met the changed byte,
 * whichever page it is in; what was changed has been told.
 */
static void die_of(struct thread *self, const struct regs *regs,
                   const struct siginfo *info)
{
	if (info->signo == SIGBUS && info->code == BUS_MCEERR_AR) {
		signal_group_exit(self->sig->group, STATUS_NOT_EXECUTABLE);
		return;
	}
	if (signal_default_action(info->signo) == DEFAULT_CORE && signal_ops)
		signal_ops->fatal(self, regs, info);
	signal_group_exit(self->sig->group, signal_exit_status(info->signo));
}

/* The stack can't take the frame of @sig: SIGSEGV, which may find another. */
static void frame_failed(struct thread *self, int sig)
{
	struct sighand *s = self->sig->group->actions;

	if (sig == SIGSEGV) {
		spin_lock(&s->lock);
		s->actions[SIGSEGV - 1].handler = SIG_DFL;
		spin_unlock(&s->lock);
	}
	signal_force(self, SIGSEGV);
}

static void run_handler(struct thread *self, struct regs *regs,
                        const struct sigaction_user *act,
                        const struct siginfo *info)
{
	struct thread_signal *ts = self->sig;
	uint64_t mask = ts->has_saved_mask ? ts->saved_mask : ts->blocked;
	uint64_t blocked = ts->blocked | act->mask;

	finish_call_for_handler(regs, act->flags);
	if (sigframe_push(self, regs, act, info, mask) < 0) {
		frame_failed(self, info->signo);
		return;
	}
	regs->orig_rax = NOT_A_SYSCALL;
	ts->has_saved_mask = false;
	if (!(act->flags & SA_NODEFER))
		blocked |= sig_bit(info->signo);
	signal_set_mask(self, blocked);
}

/* True: a handler's frame was built. */
static bool deliver_one(struct thread *self, struct regs *regs,
                        const struct siginfo *info)
{
	struct sigaction_user act = take_action(self->sig->group, info->signo);

	if (act.handler == SIG_IGN)
		return false;
	if (act.handler != SIG_DFL) {
		run_handler(self, regs, &act, info);
		return true;
	}
	switch (signal_default_action(info->signo)) {
	case DEFAULT_TERMINATE:
	case DEFAULT_CORE:
		die_of(self, regs, info);
		break;
	case DEFAULT_IGNORE:
	case DEFAULT_STOP:
		break;
	}
	return false;
}

void signal_deliver(struct thread *self, struct regs *regs)
{
	struct thread_signal *ts = self->sig;
	bool handled = false;
	struct siginfo info;

	thread_clear_work(self, WORK_SIGNAL);
	while (!signal_group_is_exiting(ts->group) &&
	       signal_dequeue(self, ~ts->blocked, &info))
		handled |= deliver_one(self, regs, &info);
	if (handled)
		return;
	finish_call(regs);
	signal_end_mask(self);
}
