/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.c - emu's handlers and those that the process had before.
 *
 * Ours run with the thread's own signal mask, since most of them go on without
 * rt_sigreturn (enter.S).  Those of the host run with everything but exceptions
 * blocked, and may enter the enclave: signals of that nested execution arrive
 * on the slot's second stack.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/emu/emu.h"
#include "platform/emu/signal.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static const int exceptions[] = { SIGSEGV, SIGBUS,  SIGILL,
	                          SIGFPE,  SIGTRAP, SIGSYS };

static sigset_t all_but_exceptions;
static struct sigaction previous[SIGSYS + 1];
static pthread_once_t install_once = PTHREAD_ONCE_INIT;
static int install_error;

static void install(void)
{
	struct sigaction action = {
		.sa_sigaction = emu_signal_entry,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART,
	};

	sigemptyset(&action.sa_mask);
	sigfillset(&all_but_exceptions);
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		sigdelset(&all_but_exceptions, exceptions[i]);
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (sigaction(exceptions[i], &action,
		              &previous[exceptions[i]]) < 0)
			install_error = -errno;
	if (sigaction(PLATFORM_TICK_SIGNAL, &action, NULL) < 0)
		install_error = -errno;
}

int emu_signals_install(void)
{
	pthread_once(&install_once, install);
	return install_error;
}

static void arm_second_stack(const struct emu_block *b)
{
	stack_t stack = {
		.ss_sp = (void *)(uintptr_t)(b->slot + EMU_SLOT_ALT1),
		.ss_size = EMU_SLOT_ALT1_SIZE,
		.ss_flags = (int)SS_AUTODISARM,
	};

	emu_sigaltstack(&stack);
}

void emu_signal_block(void)
{
	pthread_sigmask(SIG_BLOCK, &all_but_exceptions, NULL);
}

void emu_signal_call(void (*handler)(int, siginfo_t *, void *), int sig,
                     siginfo_t *info, ucontext_t *uc, struct emu_block *b)
{
	emu_signal_block();
	if (b && b->level++ == 0)
		arm_second_stack(b);
	handler(sig, info, uc);
	if (b)
		b->level--;
}

void emu_signal_chain(int sig, siginfo_t *info, ucontext_t *uc,
                      struct emu_block *b)
{
	const struct sigaction *action = &previous[sig];
	bool is_default = !(action->sa_flags & SA_SIGINFO) &&
	                  (action->sa_handler == SIG_DFL ||
	                   action->sa_handler == SIG_IGN);

	if (!is_default) {
		/* One argument or three: the same call on this machine. */
		emu_signal_call(action->sa_sigaction, sig, info, uc, b);
		return;
	}
	if (info->si_code <= 0 && action->sa_handler == SIG_IGN)
		return;
	/* Die of it: again at the same instruction, or sent once more. */
	signal(sig, SIG_DFL);
	if (info->si_code <= 0)
		syscall(SYS_tgkill, getpid(), (int)syscall(SYS_gettid), sig);
}

/* An exception that has become an AEX can't be had again by returning. */
void emu_signal_chain_aex(int sig, siginfo_t *info, ucontext_t *uc,
                          struct emu_block *b)
{
	const struct sigaction *action = &previous[sig];

	if (!(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL) {
		signal(sig, SIG_DFL);
		syscall(SYS_tgkill, getpid(), b->tid, sig);
		return;
	}
	emu_signal_chain(sig, info, uc, b);
}
