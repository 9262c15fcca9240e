/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers, masks, alternate stacks, restarts, what siginfo says.  With an
 * argument: without read-only memory, which SGX1 does not have.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "report.h"

static volatile sig_atomic_t got, last_code, depth, max_depth;
static volatile uintptr_t last_addr;
static sigjmp_buf back;

static void count(int sig)
{
	got = sig;
}

static void info_handler(int sig, siginfo_t *info, void *ctx)
{
	const ucontext_t *uc = ctx;

	got = sig;
	last_code = info->si_code;
	last_addr = (uintptr_t)info->si_addr;
	if (uc->uc_mcontext.gregs[REG_RIP] == 0)
		puts("no RIP");
}

static void jump_handler(int sig, siginfo_t *info, void *ctx)
{
	info_handler(sig, info, ctx);
	siglongjmp(back, 1);
}

static void install(int sig, void (*func)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = func,
		                .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&sa.sa_mask);
	CALL(sigaction(sig, &sa, NULL));
}

static void all_signals(void)
{
	int sig, handled = 0;

	for (sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == 32 || sig == 33)
			continue;
		signal(sig, count);
		got = 0;
		raise(sig);
		handled += got == sig;
		signal(sig, SIG_DFL);
	}
	SHOW(handled);
	CALL(sigaction(SIGKILL, &(struct sigaction){ .sa_handler = count },
	               NULL));
}

static void masks(void)
{
	sigset_t set, old, pending;

	signal(SIGUSR1, count);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	got = 0;
	kill(getpid(), SIGUSR1);
	SHOW(got);
	sigpending(&pending);
	SHOW(sigismember(&pending, SIGUSR1));
	sigprocmask(SIG_SETMASK, &old, NULL);
	IS(got == SIGUSR1);
	got = 0;
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	SHOW(sigwaitinfo(&set, NULL));
	SHOW(got);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void read_only(void)
{
	char *page =
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	install(SIGSEGV, jump_handler, 0);
	if (!sigsetjmp(back, 1))
		page[7] = 1;
	IS(got == SIGSEGV && last_code == SEGV_ACCERR);
	IS(last_addr == (uintptr_t)page + 7);
	munmap(page, 4096);
}

static void faults(void)
{
	volatile int zero = 0;
	volatile int *volatile wild = (volatile int *)16;

	install(SIGSEGV, jump_handler, 0);
	install(SIGFPE, jump_handler, 0);
	install(SIGILL, jump_handler, 0);
	if (!sigsetjmp(back, 1))
		*wild = 1;
	IS(got == SIGSEGV && last_code == SEGV_MAPERR && last_addr == 16);
	if (!sigsetjmp(back, 1))
		zero = 10 / zero;
	IS(got == SIGFPE && last_code == FPE_INTDIV);
	if (!sigsetjmp(back, 1))
		__asm__ volatile("ud2");
	IS(got == SIGILL);
}

static uintptr_t handler_sp;

static void where(int sig)
{
	int here;

	got = sig;
	handler_sp = (uintptr_t)&here;
}

static void alternate_stack(void)
{
	stack_t ss = { .ss_sp = malloc(65536), .ss_size = 65536 }, old;
	struct sigaction sa = { .sa_handler = where, .sa_flags = SA_ONSTACK };

	CALL(sigaltstack(&ss, NULL));
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR2);
	IS(handler_sp > (uintptr_t)ss.ss_sp &&
	   handler_sp < (uintptr_t)ss.ss_sp + ss.ss_size);
	CALL(sigaltstack(NULL, &old));
	IS(old.ss_sp == ss.ss_sp && old.ss_flags == 0);
	ss.ss_flags = SS_DISABLE;
	CALL(sigaltstack(&ss, NULL));
}

static void nested(int sig)
{
	depth++;
	if (depth > max_depth)
		max_depth = depth;
	if (depth < 3)
		raise(sig);
	depth--;
}

static void flags(void)
{
	struct sigaction sa = { .sa_handler = nested, .sa_flags = SA_NODEFER };
	struct sigaction now;

	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	SHOW(max_depth);
	sa.sa_flags = SA_RESETHAND;
	sa.sa_handler = count;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &now);
	IS(now.sa_handler == SIG_DFL);
}

static void *late_writer(void *arg)
{
	usleep(100000);
	pthread_kill(*(pthread_t *)arg, SIGUSR1);
	usleep(100000);
	return (void *)write(*((int *)((pthread_t *)arg + 1)), "x", 1);
}

static void restart_with(int sa_flags)
{
	struct sigaction sa = { .sa_handler = count, .sa_flags = sa_flags };
	struct {
		pthread_t main;
		int fd;
	} arg = { pthread_self(), 0 };
	pthread_t t;
	void *written;
	int fds[2];
	char c;

	sigaction(SIGUSR1, &sa, NULL);
	CALL(pipe(fds));
	arg.fd = fds[1];
	got = 0;
	pthread_create(&t, NULL, late_writer, &arg);
	CALL(read(fds[0], &c, 1));
	IS(got == SIGUSR1);
	pthread_join(t, &written);
	SHOW(written);
	close(fds[0]);
	close(fds[1]);
}

static void timers(void)
{
	struct itimerval it = { .it_value = { 0, 30000 } };

	signal(SIGALRM, count);
	got = 0;
	CALL(setitimer(ITIMER_REAL, &it, NULL));
	pause();
	IS(got == SIGALRM);
	CALL(getitimer(ITIMER_REAL, &it));
	SHOW(it.it_value.tv_usec);
}

int main(int argc, char **argv)
{
	(void)argv;
	all_signals();
	masks();
	faults();
	if (argc == 1)
		read_only();
	alternate_stack();
	flags();
	restart_with(SA_RESTART);
	restart_with(0);
	timers();
	return 0;
}
