/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inject - a tick before every instruction that matters.
 *
 *	inject TRIES COMMAND ARGS... <ADDRESSES
 *
 * Runs COMMAND (an `occlum run`) and lets its threads run into a hardware
 * breakpoint at one address after the other; there it delivers the platform's
 * tick, right before that instruction.  That is an AEX at it, or a signal in
 * the emulator's own sequences.  ADDRESSES are lines of hex, of the enclave or
 * (with a leading "+") of COMMAND's file.  With a leading "@" an address is
 * where to begin: to the others come all places of user code, stubs among them,
 * that a thread passes in STEPS steps from there.  Each is tried TRIES times.
 *
 * Ends COMMAND by closing its standard input.  Prints its exit status, how many
 * ticks there were, and the given addresses that nobody came to.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/layout.h"
#include "base/compiler.h"
#include "platform/platform.h"

enum {
	PLACES_MAX = 8192,
	THREADS_MAX = 64,
	STEPS = 2000,
	BEGIN_TRIES = 20,
	STARTUP_NS = 500000000,
	HIT_NS = 200000000, /* that long for a breakpoint to be hit */
	PAUSE_NS = 50000,
	DR7_EXECUTE_0 = 1, /* breakpoint 0: local, on execution */
};

struct place {
	uint64_t rip;
	char kind; /* '+': relative to the command's file, '@': begin here */
	unsigned int ticks;
};

static struct place places[PLACES_MAX];
static size_t nplaces;
static uint64_t own_base;
static pid_t leader, threads[THREADS_MAX];
static size_t nthreads;
static int exit_status = -1;

static void die(const char *what)
{
	perror(what);
	if (leader > 0)
		kill(leader, SIGKILL);
	exit(1);
}

/* --- places --- */

static void add_place(uint64_t rip, char kind)
{
	for (size_t i = 0; i < nplaces; i++)
		if (places[i].rip == rip && places[i].kind == kind)
			return;
	if (nplaces < PLACES_MAX)
		places[nplaces++] = (struct place){ rip, kind, 0 };
}

static void read_places(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		char kind = line[0] == '+' || line[0] == '@' ? line[0] : ' ';

		add_place(strtoull(line + (kind != ' '), NULL, 16), kind);
	}
}

/* --- threads --- */

static void add_thread(pid_t tid)
{
	for (size_t i = 0; i < nthreads; i++)
		if (threads[i] == tid)
			return;
	if (nthreads < THREADS_MAX)
		threads[nthreads++] = tid;
}

static void drop_thread(pid_t tid)
{
	for (size_t i = 0; i < nthreads; i++)
		if (threads[i] == tid)
			threads[i] = threads[--nthreads];
}

static void resume(pid_t tid, int sig)
{
	if (ptrace(PTRACE_CONT, tid, 0, (long)sig) && errno != ESRCH)
		die("PTRACE_CONT");
}

/* The signal that a stop is about to deliver, or 0. */
static int stop_signal(int status)
{
	return status >> 16 || WSTOPSIG(status) == SIGTRAP ? 0
	                                                   : WSTOPSIG(status);
}

/* Take note of what @tid reports.  True: it has stopped. */
static bool take_stop(pid_t tid, int status)
{
	if (WIFSTOPPED(status)) {
		add_thread(tid);
		return true;
	}
	drop_thread(tid);
	if (tid == leader)
		exit_status = status;
	return false;
}

/* Wait until @wanted stops, and let everybody else go on.  False: it ended. */
static bool wait_stop(pid_t wanted, int *ret_status)
{
	while (exit_status < 0) {
		pid_t tid = waitpid(-1, ret_status, __WALL);

		if (tid <= 0)
			return false;
		if (take_stop(tid, *ret_status)) {
			if (tid == wanted)
				return true;
			resume(tid, stop_signal(*ret_status));
		} else if (tid == wanted) {
			return false;
		}
	}
	return false;
}

static void sleep_ns(long ns)
{
	struct timespec ts = { .tv_nsec = ns };

	nanosleep(&ts, NULL);
}

/* Stop thread @tid.  False: it has gone. */
static bool stop(pid_t tid)
{
	int status;

	if (ptrace(PTRACE_INTERRUPT, tid, 0, 0))
		return false;
	/* Signals of its own may come first. */
	while (wait_stop(tid, &status)) {
		if (status >> 16 == PTRACE_EVENT_STOP)
			return true;
		resume(tid, stop_signal(status));
	}
	return false;
}

/* --- steps --- */

/* A call of the command's own, in which a step could last for ever. */
static bool may_block(pid_t tid, const struct user_regs_struct *regs)
{
	long word = ptrace(PTRACE_PEEKTEXT, tid, (void *)regs->rip, 0);
	long before = ptrace(PTRACE_PEEKTEXT, tid, (void *)(regs->rip - 2), 0);

	if (regs->rip < ELRANGE_SIZE_DEFAULT)
		return false;
	return (before & 0xffff) == 0x050f ||
	       ((word & 0xffff) == 0x050f && regs->rax != SYS_rt_sigreturn);
}

/* Go with @tid for a while, and take the user code that it passes. */
static void collect_from(pid_t tid)
{
	struct user_regs_struct regs;
	int status = 0;

	for (int i = 0; i < STEPS; i++) {
		if (ptrace(PTRACE_GETREGS, tid, 0, &regs) ||
		    may_block(tid, &regs))
			break;
		if (regs.rip < KERNEL_BASE)
			add_place(regs.rip, ' ');
		if (ptrace(PTRACE_SINGLESTEP, tid, 0,
		           (long)stop_signal(status)) ||
		    !wait_stop(tid, &status))
			return;
	}
	resume(tid, stop_signal(status));
}

/* --- breakpoints --- */

static void set_debug_register(pid_t tid, size_t i, uint64_t value)
{
	if (ptrace(PTRACE_POKEUSER, tid,
	           offsetof(struct user, u_debugreg) + i * 8, value))
		die("PTRACE_POKEUSER");
}

static void set_breakpoint(pid_t tid, uint64_t rip)
{
	set_debug_register(tid, 7, 0);
	if (!rip)
		return;
	set_debug_register(tid, 0, rip);
	set_debug_register(tid, 7, DR7_EXECUTE_0);
}

static void set_breakpoints(uint64_t rip)
{
	for (size_t i = 0; i < nthreads; i++) {
		pid_t tid = threads[i];

		if (!stop(tid))
			continue;
		set_breakpoint(tid, rip);
		resume(tid, 0);
	}
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static bool is_at(pid_t tid, uint64_t rip)
{
	struct user_regs_struct regs;

	return !ptrace(PTRACE_GETREGS, tid, 0, &regs) && regs.rip == rip;
}

/*
 * Let all run for @ns and answer their stops.  What the first thread that comes
 * to @rip (0: none) gets is @then()'s; true if one came.
 */
static bool run_for(uint64_t ns, uint64_t rip, void (*then)(pid_t tid))
{
	uint64_t until = now_ns() + ns;

	while (now_ns() < until && exit_status < 0) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);

		if (tid <= 0) {
			sleep_ns(PAUSE_NS);
			continue;
		}
		if (!take_stop(tid, status))
			continue;
		if (rip && status >> 16 == 0 && WSTOPSIG(status) == SIGTRAP &&
		    is_at(tid, rip)) {
			set_breakpoint(tid, 0);
			then(tid);
			return true;
		}
		resume(tid, stop_signal(status));
	}
	return false;
}

static void tick(pid_t tid)
{
	resume(tid, PLATFORM_TICK_SIGNAL);
}

static void visit(struct place *p, void (*then)(pid_t tid))
{
	uint64_t rip = p->rip + (p->kind == '+' ? own_base : 0);

	set_breakpoints(rip);
	if (run_for(HIT_NS, rip, then))
		p->ticks++;
	set_breakpoints(0);
}

/* Where the command's file has been loaded. */
static void find_own_base(const char *command)
{
	char path[64], line[512], file[512];
	FILE *f;

	if (!realpath(command, file))
		die(command);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)leader);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, file)) {
			own_base = strtoull(line, NULL, 16);
			break;
		}
	if (f)
		fclose(f);
}

static int start(char **argv)
{
	int fds[2], status;

	if (pipe(fds))
		die("pipe");
	leader = fork();
	if (leader == 0) {
		dup2(fds[0], 0);
		close(fds[0]);
		close(fds[1]);
		raise(SIGSTOP);
		execv(argv[0], argv);
		die(argv[0]);
	}
	close(fds[0]);
	if (waitpid(leader, &status, WUNTRACED) != leader ||
	    ptrace(PTRACE_SEIZE, leader, 0,
	           PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL))
		die("PTRACE_SEIZE");
	kill(leader, SIGCONT);
	add_thread(leader);
	return fds[1];
}

/* The exit code: 0 if the command's was. */
static int report(size_t ngiven)
{
	size_t ticks = 0, user = 0;

	for (size_t i = 0; i < nplaces; i++) {
		ticks += places[i].ticks;
		user += i >= ngiven && places[i].ticks;
		if (i < ngiven && !places[i].ticks && places[i].kind != '@')
			printf("nobody came to %s%#llx\n",
			       places[i].kind == '+' ? "+" : "",
			       (unsigned long long)places[i].rip);
	}
	printf("%zu ticks at %zu given places and %zu of user code\n", ticks,
	       ngiven, user);
	if (exit_status < 0)
		die("the command did not end");
	printf("the command's status: %#x\n", (unsigned int)exit_status);
	return exit_status != 0;
}

int main(int argc, char **argv)
{
	size_t ngiven;
	int input;

	if (argc < 3)
		die("inject TRIES COMMAND ARGS... <ADDRESSES");
	read_places();
	ngiven = nplaces;
	input = start(argv + 2);
	run_for(STARTUP_NS, 0, NULL);
	find_own_base(argv[2]);
	for (size_t i = 0; i < ngiven; i++)
		for (int try = 0; places[i].kind == '@' && !places[i].ticks &&
		                  try < BEGIN_TRIES;
		     try++)
			visit(&places[i], collect_from);
	for (unsigned long try = strtoul(argv[1], NULL, 10); try > 0; try--)
		for (size_t i = 0; i < nplaces && exit_status < 0; i++)
			visit(&places[i], tick);
	close(input);
	run_for(20 * 1000000000ull, 0, NULL);
	return report(ngiven);
}
