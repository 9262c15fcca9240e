/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.c - actions, masks, sending, waiting.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "conformance.h"

enum { SET_SIZE = 8, NO_PROCESS = 1 << 30 };
#define BIT(sig) (1UL << ((sig)-1))

/* What rt_sigaction(2) itself takes. */
struct action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static void block(uint64_t set)
{
	sys(rt_sigprocmask, SIG_BLOCK, &set, NULL, SET_SIZE);
}

static void send_self(int sig)
{
	sys(kill, sys(getpid), sig);
}

static siginfo_t seen_info;

static void keep_info(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	seen_info = *info;
	signals_seen++;
}

static void handle_info(int sig)
{
	struct sigaction action = { .sa_sigaction = keep_info,
		                    .sa_flags = SA_SIGINFO };

	sigaction(sig, &action, NULL);
}

static void show_info(void)
{
	say("  signo %d code %d pid %s value %d\n", seen_info.si_signo,
	    seen_info.si_code,
	    seen_info.si_pid == sys(getpid) ? "mine" : "another",
	    seen_info.si_code == SI_QUEUE ? seen_info.si_value.sival_int : 0);
}

/* A signal in 20 ms. */
static void signal_soon(unsigned long flags)
{
	struct itimerval value = { .it_value = { 0, 20000 } };

	handle(SIGALRM, count_signals, flags);
	sys(setitimer, ITIMER_REAL, &value, NULL);
}

CASE(rt_sigaction, "gives what was there")
{
	struct action action = { .handler = SIG_IGN, .flags = SA_RESTART },
		      old = { .flags = 77 };

	CALL(rt_sigaction, SIGUSR1, &action, &old, SET_SIZE);
	IS(old.handler == SIG_DFL && !old.flags && !old.mask);
	CALL(rt_sigaction, SIGUSR1, NULL, &old, SET_SIZE);
	IS(old.handler == SIG_IGN);
	SHOW(old.flags);
}

CASE(rt_sigaction, "SIGKILL and SIGSTOP can't be in a mask")
{
	struct action action = { .handler = SIG_IGN, .mask = -1UL }, old;

	CALL(rt_sigaction, SIGUSR1, &action, NULL, SET_SIZE);
	CALL(rt_sigaction, SIGUSR1, NULL, &old, SET_SIZE);
	SHOW(~old.mask);
	CALL(rt_sigaction, SIGKILL, NULL, &old, SET_SIZE);
}

CASE(rt_sigaction, "SA_RESETHAND; ignoring drops what is pending")
{
	struct action ignore = { .handler = SIG_IGN }, old;
	uint64_t pending = 77;

	handle(SIGUSR1, count_signals, SA_RESETHAND);
	send_self(SIGUSR1);
	CALL(rt_sigaction, SIGUSR1, NULL, &old, SET_SIZE);
	IS(old.handler == SIG_DFL);
	block(BIT(SIGUSR2));
	send_self(SIGUSR2);
	CALL(rt_sigaction, SIGUSR2, &ignore, NULL, SET_SIZE);
	sys(rt_sigpending, &pending, SET_SIZE);
	SHOW(pending);
}

ERROR_CASE(rt_sigaction, "signals, sizes, memory")
{
	struct action action = { .handler = SIG_IGN };

	CALL(rt_sigaction, 0, &action, NULL, SET_SIZE);
	CALL(rt_sigaction, 65, &action, NULL, SET_SIZE);
	CALL(rt_sigaction, SIGKILL, &action, NULL, SET_SIZE);
	CALL(rt_sigaction, SIGSTOP, &action, NULL, SET_SIZE);
	CALL(rt_sigaction, SIGUSR1, &action, NULL, 4);
	CALL(rt_sigaction, SIGUSR1, NOWHERE, NULL, SET_SIZE);
	CALL(rt_sigaction, SIGUSR1, NULL, NOWHERE, SET_SIZE);
}

CASE(rt_sigprocmask, "blocks, unblocks, sets")
{
	uint64_t set = BIT(SIGUSR1) | BIT(SIGUSR2), old = 77;

	CALL(rt_sigprocmask, SIG_BLOCK, &set, &old, SET_SIZE);
	SHOW(old);
	set = BIT(SIGUSR1);
	CALL(rt_sigprocmask, SIG_UNBLOCK, &set, &old, SET_SIZE);
	SHOW(old);
	set = BIT(SIGHUP);
	CALL(rt_sigprocmask, SIG_SETMASK, &set, &old, SET_SIZE);
	SHOW(old);
	CALL(rt_sigprocmask, 99, NULL, &old, SET_SIZE);
	SHOW(old);
}

CASE(rt_sigprocmask, "what is blocked waits")
{
	uint64_t none = 0;

	handle(SIGUSR1, count_signals, 0);
	block(BIT(SIGUSR1));
	send_self(SIGUSR1);
	send_self(SIGUSR1);
	SHOW(signals_seen);
	CALL(rt_sigprocmask, SIG_SETMASK, &none, NULL, SET_SIZE);
	SHOW(signals_seen);
}

CASE(rt_sigprocmask, "SIGKILL and SIGSTOP stay")
{
	uint64_t all = -1UL, now = 0;

	CALL(rt_sigprocmask, SIG_SETMASK, &all, NULL, SET_SIZE);
	CALL(rt_sigprocmask, 0, NULL, &now, SET_SIZE);
	SHOW(~now);
}

ERROR_CASE(rt_sigprocmask, "how, sizes, memory")
{
	uint64_t set = 0;

	CALL(rt_sigprocmask, 3, &set, NULL, SET_SIZE);
	CALL(rt_sigprocmask, SIG_BLOCK, &set, NULL, 4);
	CALL(rt_sigprocmask, SIG_BLOCK, NOWHERE, NULL, SET_SIZE);
	CALL(rt_sigprocmask, SIG_BLOCK, NULL, NOWHERE, SET_SIZE);
}

static void change_context(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	signals_seen = sig;
	sigaddset(&uc->uc_sigmask, SIGUSR2);
}

CASE(rt_sigreturn, "gives back registers, and the mask of the context")
{
	struct sigaction action = { .sa_sigaction = change_context,
		                    .sa_flags = SA_SIGINFO };
	uint64_t now = 0;

	sigaction(SIGUSR1, &action, NULL);
	send_self(SIGUSR1);
	SHOW(signals_seen);
	sys(rt_sigprocmask, 0, NULL, &now, SET_SIZE);
	SHOW(now);
	say("  rt_sigreturn() by the handler\n");
}

static void skip_instruction(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	uc->uc_mcontext.gregs[REG_RIP] += 2; /* ud2 */
	uc->uc_mcontext.gregs[REG_RAX] = sig;
}

CASE(rt_sigreturn, "goes where the handler says")
{
	struct sigaction action = { .sa_sigaction = skip_instruction,
		                    .sa_flags = SA_SIGINFO };
	long result = 0;

	sigaction(SIGILL, &action, NULL);
	__asm__ volatile("ud2" : "+a"(result));
	SHOW(result);
	say("  rt_sigreturn() by the handler\n");
}

CASE(rt_sigreturn, "vector registers survive a handler")
{
	double x = 1.5, y;

	handle(SIGUSR1, count_signals, 0);
	__asm__ volatile("movsd %1, %%xmm5\n\t"
	                 "mov $62, %%eax\n\t" /* kill(pid, SIGUSR1) */
	                 "syscall\n\t"
	                 "movsd %%xmm5, %0"
	                 : "=m"(y)
	                 : "m"(x), "D"(sys(getpid)), "S"((long)SIGUSR1)
	                 : "rax", "rcx", "r11", "xmm5", "memory");
	SHOW(y * 10);
	SHOW(signals_seen);
	say("  rt_sigreturn() by the handler\n");
}

CASE(pause, "until a handler has run")
{
	signal_soon(0);
	CALL(pause);
	SHOW(signals_seen);
}

ERROR_CASE(pause, "SA_RESTART makes no difference")
{
	signal_soon(SA_RESTART);
	CALL(pause);
	SHOW(last_signal);
}

static int kills_later(void *arg)
{
	msleep(20);
	sys(kill, (long)(intptr_t)arg, SIGUSR2);
	msleep(20);
	sys(kill, (long)(intptr_t)arg, SIGUSR1);
	return 0;
}

CASE(pause, "what is ignored does not end it")
{
	pid_t pid;

	handle(SIGUSR1, count_signals, 0);
	handle(SIGUSR2, SIG_IGN, 0);
	pid = child(kills_later, (void *)sys(getpid));
	CALL(pause);
	SHOW(last_signal);
	reap(pid);
}

CASE(kill, "the handler has run before it returns")
{
	handle_info(SIGUSR1);
	CALL(kill, sys(getpid), SIGUSR1);
	SHOW(signals_seen);
	show_info();
	CALL(kill, sys(getpid), 0);
}

ERROR_CASE(kill, "nobody, no signal, not allowed")
{
	CALL(kill, NO_PROCESS, 0);
	CALL(kill, sys(getpid), 65);
	CALL(kill, sys(getpid), -1);
	CALL(kill, -NO_PROCESS, SIGTERM);
	needs(CAP_SETUID);
	CALL(setresuid, 1000, 1000, 1000);
	CALL(kill, 1, 0);
}

CASE(rt_sigpending, "what was sent while blocked")
{
	uint64_t pending = 77;

	CALL(rt_sigpending, &pending, SET_SIZE);
	SHOW(pending);
	block(BIT(SIGUSR1) | BIT(SIGUSR2));
	send_self(SIGUSR2);
	CALL(rt_sigpending, &pending, SET_SIZE);
	SHOW(pending);
}

CASE(rt_sigpending, "of this thread and of the process")
{
	uint64_t pending = 0;

	block(BIT(SIGUSR1) | BIT(SIGUSR2));
	send_self(SIGUSR2);
	sys(tkill, sys(gettid), SIGUSR1);
	CALL(rt_sigpending, &pending, SET_SIZE);
	SHOW(pending);
}

ERROR_CASE(rt_sigpending, "sizes, memory")
{
	uint64_t pending;

	CALL(rt_sigpending, &pending, 16);
	CALL(rt_sigpending, NOWHERE, SET_SIZE);
}

CASE(rt_sigtimedwait, "takes a pending signal without its handler")
{
	uint64_t set = BIT(SIGUSR1);
	siginfo_t info = { 0 };

	handle(SIGUSR1, count_signals, 0);
	block(set);
	send_self(SIGUSR1);
	CALL(rt_sigtimedwait, &set, &info, NULL, SET_SIZE);
	SHOW(info.si_signo);
	SHOW(info.si_code);
	SHOW(signals_seen);
}

CASE(rt_sigtimedwait, "the lowest first; waits")
{
	uint64_t set = BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGALRM);
	struct itimerval value = { .it_value = { 0, 20000 } };

	block(set);
	send_self(SIGUSR2);
	send_self(SIGUSR1);
	CALL(rt_sigtimedwait, &set, NULL, NULL, SET_SIZE);
	CALL(rt_sigtimedwait, &set, NULL, NULL, SET_SIZE);
	sys(setitimer, ITIMER_REAL, &value, NULL);
	CALL(rt_sigtimedwait, &set, NULL, NULL, SET_SIZE);
}

ERROR_CASE(rt_sigtimedwait, "time is up, another signal, times, memory")
{
	struct timespec t = { 0, 1000 };
	uint64_t set = BIT(SIGUSR1);

	block(set);
	CALL(rt_sigtimedwait, &set, NULL, &t, SET_SIZE);
	t.tv_nsec = 0;
	CALL(rt_sigtimedwait, &set, NULL, &t, SET_SIZE);
	t.tv_nsec = -1;
	CALL(rt_sigtimedwait, &set, NULL, &t, SET_SIZE);
	CALL(rt_sigtimedwait, &set, NULL, NULL, 4);
	CALL(rt_sigtimedwait, NOWHERE, NULL, NULL, SET_SIZE);
	signal_soon(SA_RESTART);
	CALL(rt_sigtimedwait, &set, NULL, NULL, SET_SIZE);
}

static siginfo_t queue_info(int sig, int code, int value)
{
	siginfo_t info = { 0 };

	info.si_signo = sig;
	info.si_code = code;
	info.si_pid = (pid_t)sys(getpid);
	info.si_value.sival_int = value;
	return info;
}

CASE(rt_sigqueueinfo, "carries a value")
{
	siginfo_t info = queue_info(SIGUSR1, SI_QUEUE, 42);

	handle_info(SIGUSR1);
	CALL(rt_sigqueueinfo, sys(getpid), SIGUSR1, &info);
	show_info();
}

CASE(rt_sigqueueinfo, "real-time signals queue in order")
{
	uint64_t set = BIT(40);
	siginfo_t info;
	int i;

	block(set);
	for (i = 1; i <= 3; i++) {
		info = queue_info(40, SI_QUEUE, i);
		CALL(rt_sigqueueinfo, sys(getpid), 40, &info);
	}
	for (i = 1; i <= 3; i++) {
		sys(rt_sigtimedwait, &set, &info, NULL, SET_SIZE);
		SHOW(info.si_value.sival_int);
	}
}

static int returns_zero(void *arg)
{
	(void)arg;
	msleep(50);
	return 0;
}

ERROR_CASE(rt_sigqueueinfo, "signals, a code of the kernel's, memory")
{
	siginfo_t info = queue_info(SIGUSR1, SI_QUEUE, 1);
	pid_t pid = child(returns_zero, NULL);

	CALL(rt_sigqueueinfo, sys(getpid), 65, &info);
	CALL(rt_sigqueueinfo, NO_PROCESS, SIGUSR1, &info);
	CALL(rt_sigqueueinfo, sys(getpid), SIGUSR1, NOWHERE);
	info.si_code = SI_USER;
	CALL(rt_sigqueueinfo, pid, SIGUSR1, &info);
	info.si_code = SI_TKILL;
	CALL(rt_sigqueueinfo, pid, SIGUSR1, &info);
	reap(pid);
}

CASE(rt_tgsigqueueinfo, "to one thread")
{
	siginfo_t info = queue_info(SIGUSR1, SI_QUEUE, 42);

	handle_info(SIGUSR1);
	CALL(rt_tgsigqueueinfo, sys(getpid), sys(gettid), SIGUSR1, &info);
	show_info();
}

CASE(rt_tgsigqueueinfo, "signal 0 only asks")
{
	siginfo_t info = queue_info(0, SI_QUEUE, 42);

	CALL(rt_tgsigqueueinfo, sys(getpid), sys(gettid), 0, &info);
}

ERROR_CASE(rt_tgsigqueueinfo, "threads, signals, memory")
{
	siginfo_t info = queue_info(SIGUSR1, SI_QUEUE, 42);

	CALL(rt_tgsigqueueinfo, sys(getpid), NO_PROCESS, SIGUSR1, &info);
	CALL(rt_tgsigqueueinfo, 0, sys(gettid), SIGUSR1, &info);
	CALL(rt_tgsigqueueinfo, sys(getpid), -1, SIGUSR1, &info);
	CALL(rt_tgsigqueueinfo, sys(getpid), sys(gettid), 65, &info);
	CALL(rt_tgsigqueueinfo, sys(getpid), sys(gettid), SIGUSR1, NOWHERE);
}

CASE(rt_sigsuspend, "lets through what is blocked")
{
	uint64_t none = 0, now = 0;

	handle(SIGUSR1, count_signals, 0);
	block(BIT(SIGUSR1));
	send_self(SIGUSR1);
	CALL(rt_sigsuspend, &none, SET_SIZE);
	SHOW(signals_seen);
	sys(rt_sigprocmask, 0, NULL, &now, SET_SIZE);
	SHOW(now);
}

CASE(rt_sigsuspend, "waits")
{
	uint64_t none = 0;

	block(BIT(SIGALRM));
	signal_soon(SA_RESTART);
	CALL(rt_sigsuspend, &none, SET_SIZE);
	SHOW(last_signal);
}

ERROR_CASE(rt_sigsuspend, "sizes, memory")
{
	uint64_t none = 0;

	CALL(rt_sigsuspend, &none, 4);
	CALL(rt_sigsuspend, NOWHERE, SET_SIZE);
}

static int on_stack;

static void look_at_stack(int sig)
{
	stack_t now;

	on_stack = 0;
	sys(sigaltstack, NULL, &now);
	on_stack = now.ss_flags;
	signals_seen = sig;
}

static char other_stack[65536];

CASE(sigaltstack, "a handler runs on it")
{
	stack_t stack = { .ss_sp = other_stack,
		          .ss_size = sizeof(other_stack) };
	stack_t old;

	CALL(sigaltstack, &stack, &old);
	SHOW(old.ss_flags);
	handle(SIGUSR1, look_at_stack, SA_ONSTACK);
	send_self(SIGUSR1);
	SHOW(on_stack);
	CALL(sigaltstack, NULL, &old);
	SHOW(old.ss_flags);
	IS(old.ss_sp == other_stack && old.ss_size == sizeof(other_stack));
}

CASE(sigaltstack, "off again; not without SA_ONSTACK")
{
	stack_t stack = { .ss_sp = other_stack,
		          .ss_size = sizeof(other_stack) };

	CALL(sigaltstack, &stack, NULL);
	handle(SIGUSR1, look_at_stack, 0);
	send_self(SIGUSR1);
	SHOW(on_stack);
	stack.ss_flags = SS_DISABLE;
	CALL(sigaltstack, &stack, NULL);
	handle(SIGUSR1, look_at_stack, SA_ONSTACK);
	send_self(SIGUSR1);
	SHOW(on_stack);
}

static void change_stack(int sig)
{
	stack_t stack = { .ss_sp = other_stack, .ss_size = 20000 };

	signals_seen = sig;
	CALL(sigaltstack, &stack, NULL);
}

ERROR_CASE(sigaltstack, "sizes, flags, memory, while on it")
{
	stack_t stack = { .ss_sp = other_stack, .ss_size = 1000 };

	CALL(sigaltstack, &stack, NULL);
	stack.ss_size = sizeof(other_stack);
	stack.ss_flags = 64;
	CALL(sigaltstack, &stack, NULL);
	CALL(sigaltstack, NOWHERE, NULL);
	stack.ss_flags = 0;
	CALL(sigaltstack, &stack, NULL);
	handle(SIGUSR1, change_stack, SA_ONSTACK);
	send_self(SIGUSR1);
	SHOW(signals_seen);
}

CASE(tkill, "this thread")
{
	handle_info(SIGUSR1);
	CALL(tkill, sys(gettid), SIGUSR1);
	show_info();
}

CASE(tkill, "signal 0 only asks")
{
	CALL(tkill, sys(gettid), 0);
	SHOW(signals_seen);
}

ERROR_CASE(tkill, "nobody, no signal")
{
	CALL(tkill, NO_PROCESS, SIGUSR1);
	CALL(tkill, 0, SIGUSR1);
	CALL(tkill, -1, SIGUSR1);
	CALL(tkill, sys(gettid), 65);
}

CASE(tgkill, "this thread")
{
	handle_info(SIGUSR1);
	CALL(tgkill, sys(getpid), sys(gettid), SIGUSR1);
	show_info();
}

static pid_t handled_by;

static void note_thread(int sig)
{
	handled_by = (pid_t)sys(gettid);
	signals_seen = sig;
}

static void *wait_in_thread(void *arg)
{
	*(volatile pid_t *)arg = (pid_t)sys(gettid);
	while (!signals_seen)
		sys(sched_yield);
	return NULL;
}

CASE(tgkill, "another thread's handler runs there")
{
	static volatile pid_t tid;
	pthread_t thread;

	handle(SIGUSR1, note_thread, 0);
	pthread_create(&thread, NULL, wait_in_thread, (void *)&tid);
	while (!tid)
		sys(sched_yield);
	CALL(tgkill, sys(getpid), tid, SIGUSR1);
	pthread_join(thread, NULL);
	IS(handled_by == tid);
}

ERROR_CASE(tgkill, "nobody, another group, no signal")
{
	CALL(tgkill, sys(getpid), NO_PROCESS, 0);
	CALL(tgkill, 1, sys(gettid), SIGUSR1);
	CALL(tgkill, 0, sys(gettid), SIGUSR1);
	CALL(tgkill, sys(getpid), 0, SIGUSR1);
	CALL(tgkill, sys(getpid), sys(gettid), 65);
}

CASE(restart_syscall, "a program that calls it itself gets EINTR")
{
	CALL(restart_syscall);
}

CASE(restart_syscall, "again")
{
	CALL(restart_syscall);
	CALL(restart_syscall);
}

ERROR_CASE(restart_syscall, "after a signal, too")
{
	handle(SIGUSR1, count_signals, SA_RESTART);
	send_self(SIGUSR1);
	CALL(restart_syscall);
}

CASE(arch_prctl, "the thread's base")
{
	unsigned long base = 0;

	CALL(arch_prctl, 0x1003, &base);
	IS(base == (unsigned long)__builtin_thread_pointer());
	CALL(arch_prctl, 0x1002, base);
}

ERROR_CASE(arch_prctl, "codes, addresses")
{
	CALL(arch_prctl, 99, 0);
	CALL(arch_prctl, 0x1003, NOWHERE);
	CALL(arch_prctl, 0x1002, 1UL << 63);
}
