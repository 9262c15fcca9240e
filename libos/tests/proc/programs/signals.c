/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.c - what a program may expect of signals.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "expect.h"

static volatile sig_atomic_t count;
static siginfo_t last;

static void counting(int sig)
{
	(void)sig;
	count++;
}

static void keeping(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)uc;
	count++;
	last = *info;
}

static void install(int sig, void (*f)(int), int flags)
{
	struct sigaction sa = { .sa_handler = f, .sa_flags = flags };

	EXPECT(sigaction(sig, &sa, NULL) == 0);
}

static void install_info(int sig, void (*f)(int, siginfo_t *, void *),
                         int flags)
{
	struct sigaction sa = { .sa_sigaction = f,
		                .sa_flags = flags | SA_SIGINFO };

	EXPECT(sigaction(sig, &sa, NULL) == 0);
}

static void raise_runs_handler(void)
{
	count = 0;
	install_info(SIGUSR1, keeping, 0);
	EXPECT(raise(SIGUSR1) == 0);
	EXPECT(count == 1 && last.si_signo == SIGUSR1);
	EXPECT(last.si_code == SI_TKILL && last.si_pid == getpid());
	EXPECT(kill(getpid(), SIGUSR1) == 0);
	EXPECT(count == 2 && last.si_code == SI_USER);
	EXPECT(last.si_uid == getuid());
}

static void mask_holds_back(void)
{
	sigset_t set, old, pending;

	count = 0;
	install(SIGUSR1, counting, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	EXPECT(sigprocmask(SIG_BLOCK, &set, &old) == 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	EXPECT(count == 0);
	EXPECT(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1));
	EXPECT(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	EXPECT(count == 1);
}

static volatile int order[8];
static volatile int norder;

static void ordering(int sig, siginfo_t *info, void *uc)
{
	(void)uc;
	order[norder++] = sig * 10 + info->si_value.sival_int;
}

static void realtime_signals_queue(void)
{
	int a = SIGRTMIN + 1, b = SIGRTMIN + 2;
	union sigval v;
	sigset_t set;

	norder = 0;
	install_info(a, ordering, 0);
	install_info(b, ordering, 0);
	sigemptyset(&set);
	sigaddset(&set, a);
	sigaddset(&set, b);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (v.sival_int = 1; v.sival_int <= 2; v.sival_int++) {
		EXPECT(sigqueue(getpid(), b, v) == 0);
		EXPECT(sigqueue(getpid(), a, v) == 0);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/*
	 * One frame of each is built, the lower signal's first, so that of the
	 * higher one runs first; the second of each waits until its own
	 * handler has returned.
	 */
	EXPECT(norder == 4);
	EXPECT(order[0] == b * 10 + 1 && order[1] == b * 10 + 2);
	EXPECT(order[2] == a * 10 + 1 && order[3] == a * 10 + 2);
}

static void *probe_addr;
static sigjmp_buf jump;

static void fault(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)uc;
	probe_addr = info->si_addr;
	last = *info;
	siglongjmp(jump, 1);
}

static void faults_are_told(void)
{
	char *p =
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char *volatile low = (char *)8;

	install_info(SIGSEGV, fault, 0);
	if (!sigsetjmp(jump, 1))
		*low = 1;
	EXPECT(probe_addr == (void *)8 && last.si_code == SEGV_MAPERR);
	if (!sigsetjmp(jump, 1))
		*(volatile char *)(p + 5) = 1;
	EXPECT(probe_addr == p + 5 && last.si_code == SEGV_ACCERR);
	install_info(SIGFPE, fault, 0);
	if (!sigsetjmp(jump, 1)) {
		volatile int zero = 0, some = 7;

		count = some / zero;
	}
	EXPECT(last.si_signo == SIGFPE && last.si_code == FPE_INTDIV);
	install_info(SIGILL, fault, 0);
	if (!sigsetjmp(jump, 1))
		__asm__ volatile("ud2");
	EXPECT(last.si_signo == SIGILL && last.si_code == ILL_ILLOPN);
	signal(SIGSEGV, SIG_DFL);
	munmap(p, 4096);
}

/* A handler may change the registers that the program goes on with. */
static void skip(int sig, siginfo_t *info, void *uc)
{
	ucontext_t *u = uc;

	(void)sig;
	(void)info;
	u->uc_mcontext.gregs[REG_RIP] += 2;
	u->uc_mcontext.gregs[REG_RAX] = 77;
	count = u->uc_mcontext.gregs[REG_RBX] == 0x1234;
}

static void handler_sees_and_sets_registers(void)
{
	long rax;

	install_info(SIGILL, skip, 0);
	__asm__ volatile("mov $0x1234, %%rbx; ud2"
	                 : "=a"(rax)
	                 :
	                 : "rbx", "memory");
	EXPECT(rax == 77);
	EXPECT(count == 1);
}

static void spoil_vectors(int sig)
{
	(void)sig;
	count++;
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm15, %%xmm15" ::
	                         : "xmm0", "xmm15");
}

static void vector_state_survives(void)
{
	uint64_t in[2] = { 0x1122334455667788, 0x99aabbccddeeff00 }, out[2];
	long pid = getpid(), tid = syscall(SYS_gettid);

	count = 0;
	install(SIGUSR1, spoil_vectors, 0);
	__asm__ volatile("movdqu (%[in]), %%xmm0\n\t"
	                 "movdqu (%[in]), %%xmm15\n\t"
	                 "syscall\n\t"
	                 "pand %%xmm15, %%xmm0\n\t"
	                 "movdqu %%xmm0, (%[out])"
	                 :
	                 : [in] "r"(in), [out] "r"(out), "a"((long)SYS_tgkill),
	                   "D"(pid), "S"(tid), "d"((long)SIGUSR1)
	                 : "rcx", "r11", "memory", "xmm0", "xmm15");
	EXPECT(count == 1);
	EXPECT(memcmp(in, out, sizeof(in)) == 0);
}

static char alternate[65536];
static char *where;
static stack_t during;

static void on_stack(int sig)
{
	char here;

	(void)sig;
	where = &here;
	sigaltstack(NULL, &during);
}

static void alternate_stack(void)
{
	stack_t ss = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	stack_t old;

	EXPECT(sigaltstack(&ss, NULL) == 0);
	install(SIGUSR1, on_stack, SA_ONSTACK);
	raise(SIGUSR1);
	EXPECT(where >= alternate && where < alternate + sizeof(alternate));
	EXPECT(during.ss_flags == SS_ONSTACK);
	EXPECT(sigaltstack(NULL, &old) == 0 && old.ss_flags == 0);
	ss.ss_flags = SS_DISABLE;
	EXPECT(sigaltstack(&ss, NULL) == 0);
	ss = (stack_t){ .ss_sp = alternate, .ss_size = 100 };
	EXPECT(sigaltstack(&ss, NULL) < 0 && errno == ENOMEM);
}

/* A stack that overflows needs another one to say so. */
static void overflow(int sig, siginfo_t *info, void *uc)
{
	(void)sig, (void)info, (void)uc;
	siglongjmp(jump, 1);
}

static int eat(int n)
{
	volatile char big[4096];

	big[0] = (char)n;
	return n > 1000000 ? 0 : eat(n + 1) + big[0];
}

static void stack_overflow(void)
{
	stack_t ss = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	EXPECT(sigaltstack(&ss, NULL) == 0);
	install_info(SIGSEGV, overflow, SA_ONSTACK);
	if (!sigsetjmp(jump, 1)) {
		eat(0);
		EXPECT(0);
	}
	ss.ss_flags = SS_DISABLE;
	EXPECT(sigaltstack(&ss, NULL) == 0);
	signal(SIGSEGV, SIG_DFL);
}

static void one_shot_and_nodefer(void)
{
	struct sigaction sa;

	count = 0;
	install(SIGUSR2, counting, SA_RESETHAND);
	raise(SIGUSR2);
	EXPECT(sigaction(SIGUSR2, NULL, &sa) == 0);
	EXPECT(count == 1 && sa.sa_handler == SIG_DFL);
}

static void arm(int ms, int every_ms)
{
	struct itimerval it = { .it_value.tv_usec = ms * 1000,
		                .it_interval.tv_usec = every_ms * 1000 };

	EXPECT(setitimer(ITIMER_REAL, &it, NULL) == 0);
}

static void interval_timer(void)
{
	struct itimerval it;
	struct timespec ts = { .tv_nsec = 200000000 };
	int ends = 0;

	count = 0;
	install(SIGALRM, counting, 0);
	arm(20, 20);
	EXPECT(getitimer(ITIMER_REAL, &it) == 0);
	EXPECT(it.it_interval.tv_usec == 20000 && it.it_value.tv_usec > 0);
	while (count < 3 && ends++ < 10)
		EXPECT(nanosleep(&ts, NULL) < 0 && errno == EINTR);
	EXPECT(count >= 3);
	arm(0, 0);
}

/* Without calls into the kernel: only preemption can deliver it. */
static void reaches_a_busy_thread(void)
{
	volatile unsigned long n = 0;

	count = 0;
	install(SIGALRM, counting, 0);
	arm(30, 0);
	while (!count && n < 20000000000ul)
		n++;
	EXPECT(count == 1);
}

static void *write_later(void *arg)
{
	struct timespec ts = { .tv_nsec = 150000000 };

	nanosleep(&ts, NULL);
	EXPECT(write(*(int *)arg, "x", 1) == 1);
	return NULL;
}

static void block_in(pthread_t *t, void *(*f)(void *), void *arg)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	EXPECT(pthread_create(t, NULL, f, arg) == 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void restart_or_eintr(void)
{
	int fds[2];
	pthread_t t;
	char c;

	EXPECT(pipe(fds) == 0);
	count = 0;
	install(SIGALRM, counting, 0);
	arm(30, 0);
	EXPECT(read(fds[0], &c, 1) < 0 && errno == EINTR);
	EXPECT(count == 1);

	install(SIGALRM, counting, SA_RESTART);
	block_in(&t, write_later, &fds[1]);
	arm(30, 0);
	EXPECT(read(fds[0], &c, 1) == 1 && c == 'x');
	EXPECT(count == 2);
	pthread_join(t, NULL);
	close(fds[0]);
	close(fds[1]);
}

static void broken_pipe(void)
{
	int fds[2];

	EXPECT(pipe(fds) == 0);
	close(fds[0]);
	count = 0;
	install(SIGPIPE, counting, 0);
	EXPECT(write(fds[1], "x", 1) < 0 && errno == EPIPE);
	EXPECT(count == 1);
	signal(SIGPIPE, SIG_IGN);
	EXPECT(write(fds[1], "x", 1) < 0 && errno == EPIPE);
	close(fds[1]);
}

static void *kill_main(void *arg)
{
	struct timespec ts = { .tv_nsec = 50000000 };

	nanosleep(&ts, NULL);
	pthread_kill(*(pthread_t *)arg, SIGUSR1);
	return NULL;
}

static void suspend(void)
{
	pthread_t self = pthread_self(), t;
	sigset_t block, old, now, wait;

	count = 0;
	install(SIGUSR1, counting, 0);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &old);
	wait = old;
	sigdelset(&wait, SIGUSR1);
	block_in(&t, kill_main, &self);
	EXPECT(sigsuspend(&wait) < 0 && errno == EINTR);
	EXPECT(count == 1);
	sigprocmask(SIG_SETMASK, NULL, &now);
	EXPECT(sigismember(&now, SIGUSR1));
	sigprocmask(SIG_SETMASK, &old, NULL);
	pthread_join(t, NULL);
}

static void timed_wait(void)
{
	struct timespec ts = { .tv_nsec = 50000000 }, zero = { 0 };
	union sigval v = { .sival_int = 42 };
	siginfo_t info;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	EXPECT(sigtimedwait(&set, &info, &zero) < 0 && errno == EAGAIN);
	EXPECT(sigtimedwait(&set, &info, &ts) < 0 && errno == EAGAIN);
	sigqueue(getpid(), SIGUSR2, v);
	EXPECT(sigtimedwait(&set, &info, &ts) == SIGUSR2);
	EXPECT(info.si_value.sival_int == 42 && info.si_code == SI_QUEUE);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void ignored_is_dropped(void)
{
	sigset_t set, old, pending;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGUSR2);
	signal(SIGUSR2, SIG_IGN);
	sigpending(&pending);
	EXPECT(!sigismember(&pending, SIGUSR2));
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void bad_arguments(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };
	siginfo_t info = { .si_code = SI_USER };

	EXPECT(sigaction(SIGKILL, &sa, NULL) < 0 && errno == EINVAL);
	EXPECT(sigaction(SIGSTOP, &sa, NULL) < 0 && errno == EINVAL);
	EXPECT(sigaction(65, &sa, NULL) < 0 && errno == EINVAL);
	EXPECT(kill(getpid(), 65) < 0 && errno == EINVAL);
	EXPECT(kill(1 << 21, 0) < 0 && errno == ESRCH);
	EXPECT(kill(getpid(), 0) == 0);
	EXPECT(syscall(SYS_tgkill, getpid(), 1 << 21, 0) < 0 && errno == ESRCH);
	EXPECT(syscall(SYS_rt_sigqueueinfo, getppid() ? getppid() : 4000000,
	               SIGUSR1, &info) < 0 &&
	       (errno == EPERM || errno == ESRCH));
	EXPECT(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4) < 0 &&
	       errno == EINVAL);
}

int main(void)
{
	RUN(raise_runs_handler);
	RUN(mask_holds_back);
	RUN(realtime_signals_queue);
	RUN(faults_are_told);
	RUN(handler_sees_and_sets_registers);
	RUN(vector_state_survives);
	RUN(alternate_stack);
	RUN(stack_overflow);
	RUN(one_shot_and_nodefer);
	RUN(interval_timer);
	RUN(reaches_a_busy_thread);
	RUN(restart_or_eintr);
	RUN(broken_pipe);
	RUN(suspend);
	RUN(timed_wait);
	RUN(ignored_is_dropped);
	RUN(bad_arguments);
	return expect_failures != 0;
}
