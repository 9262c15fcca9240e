/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe - what the host sees of an enclave, and what it may leave to it.
 *
 *	observe COMMAND ARGS... <PLACES
 *
 * Runs COMMAND (an `occlum run`) under ptrace; hardware breakpoints stop its
 * threads at PLACES, lines of a word and an address in hex:
 *
 *	enter ADDRESS   OENTRY: registers are as EENTER has left them.  All that
 *	                the entry ABI (abi/shared.h) does not name gets the worst
 *	                of values: DF, AC, MXCSR, FCW, FSW, each register
 *	exit ADDRESS    the ENCLU of EEXIT, which clears nothing (SDM, EEXIT):
 *	                all that the exit ABI does not name must be constant
 *	host +ADDRESS   in COMMAND's file, where the host goes on after an AEX:
 *	                nothing may look like a canary of tests/programs/canaries.c
 *
 * The exit from CSSA = 1 (LEAVE_TRAP) owes the host its own vector state, which
 * nobody touched in between; all other exits owe INIT.  What was poisoned is
 * put right again afterwards, for the host's C code.
 *
 * Prints how often a thread was where and each deviation, in lines that begin
 * with "observed:".  Exit code: 0 if there was none and COMMAND's was 0.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/shared.h"
#include "base/compiler.h"
#include "tests/hygiene/xstate.h"

enum {
	PLACES_MAX = 4, /* debug registers */
	THREADS_MAX = 64,
	CANARY = 0x5ca1ab1e,
	EEXIT = 4,
	FLAGS_ARITH = 0x8d5,
	FLAG_DF = 0x400,
	FLAG_AC = 0x40000,
	/* The program's to set, and no call of it clears them: NT, AC, ID. */
	FLAGS_STAY = 0x244000,
	FLAGS_CLEARED = 0x44, /* what XOR of a register with itself leaves */
	DR7_EXECUTE_ALL = 0x55,
	SHOWN_MAX = 40,
};

enum kind { ENTER, EXIT, HOST };

static struct place {
	enum kind kind;
	bool is_own; /* relative to the command's file */
	uint64_t rip;
	unsigned long visits;
} places[PLACES_MAX];
static size_t nplaces;

/* What the host's thread entered with, at each of the two CSSA. */
struct entry {
	uint64_t rsp, rbp, rcx;
	struct xstate state;
};

static struct thread {
	pid_t tid;
	struct entry entry[2];
} threads[THREADS_MAX];
static size_t nthreads;

static pid_t leader;
static uint64_t own_base;
static int exit_status = -1;
static unsigned long deviations, exits[LEAVE_DEAD + 1], rounds;

static void die(const char *what)
{
	perror(what);
	if (leader > 0)
		kill(leader, SIGKILL);
	exit(2);
}

static void deviate(const char *where, const char *what, uint64_t value)
{
	if (deviations++ < SHOWN_MAX)
		printf("observed: %s: %s is %#llx\n", where, what,
		       (unsigned long long)value);
}

static void read_places(void)
{
	static const char *const words[] = { "enter", "exit", "host" };
	char line[128], word[16], at[32];

	while (nplaces < PLACES_MAX && fgets(line, sizeof(line), stdin)) {
		struct place *p = &places[nplaces];

		if (sscanf(line, "%15s %31s", word, at) != 2)
			die(line);
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (strcmp(word, words[i]) == 0)
				p->kind = (enum kind)i;
		p->is_own = at[0] == '+';
		p->rip = strtoull(at + p->is_own, NULL, 16);
		nplaces++;
	}
}

/* --- registers --- */

static void get_state(pid_t tid, struct xstate *s)
{
	struct iovec iov = { s->bytes, sizeof(s->bytes) };

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_X86_XSTATE, &iov))
		die("PTRACE_GETREGSET");
	s->size = iov.iov_len;
}

static void set_state(pid_t tid, const struct xstate *s)
{
	struct iovec iov = { (void *)s->bytes, s->size };

	if (ptrace(PTRACE_SETREGSET, tid, (void *)NT_X86_XSTATE, &iov))
		die("PTRACE_SETREGSET");
}

static void poison_general(struct user_regs_struct *regs)
{
	unsigned long long *const free[] = {
		&regs->rdx, &regs->r8,  &regs->r9,  &regs->r10, &regs->r11,
		&regs->r12, &regs->r13, &regs->r14, &regs->r15
	};
	static const unsigned long long flags[] = { FLAG_DF | FLAG_AC, FLAG_DF,
		                                    FLAG_AC, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(free); i++)
		*free[i] = 0x9e3779b97f4a7c15 * (rounds * 16 + i + 1);
	if (regs->rax > 0)
		regs->rdi = regs->rsi = ~rounds;
	else if (regs->rdi != ENTER_BOOT)
		regs->rsi = ~rounds;
	regs->eflags |= flags[rounds % ARRAY_SIZE(flags)] | FLAGS_ARITH;
}

static void at_enter(struct thread *t, struct user_regs_struct *regs)
{
	struct entry *e = &t->entry[regs->rax];

	if (regs->rax > 1) {
		deviate("entry", "CSSA", regs->rax);
		return;
	}
	*e = (struct entry){ regs->rsp, regs->rbp, regs->rcx, { .size = 0 } };
	get_state(t->tid, &e->state);
	poison_general(regs);
	xstate_poison(&e->state, rounds++);
	set_state(t->tid, &e->state);
	get_state(t->tid, &e->state);
	if (ptrace(PTRACE_SETREGS, t->tid, 0, regs))
		die("PTRACE_SETREGS");
}

/* RDI is the reason; RBX, RSP and RBP are the host's own. */
static void check_general(const char *where,
                          const struct user_regs_struct *regs,
                          const struct entry *e)
{
	const struct {
		const char *name;
		uint64_t is, want;
	} all[] = {
		{ "RAX", regs->rax, EEXIT },
		{ "RBX", regs->rbx, e->rcx },
		{ "RSP", regs->rsp, e->rsp },
		{ "RBP", regs->rbp, e->rbp },
		{ "RCX", regs->rcx, 0 },
		{ "RDX", regs->rdx, 0 },
		{ "RSI", regs->rsi, 0 },
		{ "R8", regs->r8, 0 },
		{ "R9", regs->r9, 0 },
		{ "R10", regs->r10, 0 },
		{ "R11", regs->r11, 0 },
		{ "R12", regs->r12, 0 },
		{ "R13", regs->r13, 0 },
		{ "R14", regs->r14, 0 },
		{ "R15", regs->r15, 0 },
		{ "RFLAGS", regs->eflags & (FLAGS_ARITH | FLAG_DF | FLAGS_STAY),
		  FLAGS_CLEARED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].is != all[i].want)
			deviate(where, all[i].name, all[i].is);
}

static void at_exit(struct thread *t, const struct user_regs_struct *regs)
{
	bool is_trap = regs->rdi == LEAVE_TRAP;
	struct entry *e = &t->entry[is_trap];
	const char *where = is_trap ? "exit at CSSA 1" : "exit";
	struct xstate state, want = e->state;
	const char *what;

	if (regs->rdi < LEAVE_HOSTCALL || regs->rdi > LEAVE_DEAD) {
		deviate(where, "RDI", regs->rdi);
		return;
	}
	exits[regs->rdi]++;
	check_general(where, regs, e);
	get_state(t->tid, &state);
	if (!is_trap)
		xstate_clear(&want);
	what = xstate_difference(&state, &want);
	if (what)
		deviate(where, what, xstate_first_word(&state, what));
	/* A signal may bring the thread here again. */
	xstate_clear(&state);
	set_state(t->tid, &state);
	e->state = state;
}

static void at_host(struct thread *t, const struct user_regs_struct *regs)
{
	const unsigned long long *word = (const void *)regs;
	struct xstate state;
	uint32_t half;

	for (size_t i = 0; i < sizeof(*regs) / sizeof(*word); i++)
		if (word[i] >> 32 == CANARY)
			deviate("host", "a general register", word[i]);
	get_state(t->tid, &state);
	for (size_t i = 0; i + sizeof(half) <= state.size; i += sizeof(half)) {
		memcpy(&half, state.bytes + i, sizeof(half));
		if (half == CANARY)
			deviate("host", "a vector register at", i);
	}
}

/* --- threads --- */

static struct thread *find_thread(pid_t tid)
{
	for (size_t i = 0; i < nthreads; i++)
		if (threads[i].tid == tid)
			return &threads[i];
	return NULL;
}

static void set_debug_register(pid_t tid, size_t i, uint64_t value)
{
	if (ptrace(PTRACE_POKEUSER, tid,
	           offsetof(struct user, u_debugreg) + i * 8, value))
		die("PTRACE_POKEUSER");
}

/* The first thread only supervises; it has loaded the command by now. */
static void find_own_base(const char *command)
{
	char path[64], line[512], file[512];
	FILE *f;

	if (own_base)
		return;
	if (!realpath(command, file))
		die(command);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)leader);
	f = fopen(path, "r");
	while (f && !own_base && fgets(line, sizeof(line), f))
		if (strstr(line, file))
			own_base = strtoull(line, NULL, 16);
	if (f)
		fclose(f);
}

static void add_thread(pid_t tid, const char *command)
{
	if (nthreads == THREADS_MAX)
		die("too many threads");
	threads[nthreads++].tid = tid;
	if (tid == leader)
		return;
	find_own_base(command);
	for (size_t i = 0; i < nplaces; i++)
		set_debug_register(tid, i,
		                   places[i].rip +
		                           (places[i].is_own ? own_base : 0));
	set_debug_register(tid, 7, DR7_EXECUTE_ALL & ((1u << 2 * nplaces) - 1));
}

/* Whether the stop was one of ours. */
static bool visit(struct thread *t)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, t->tid, 0, &regs))
		return false;
	for (size_t i = 0; i < nplaces; i++) {
		struct place *p = &places[i];

		if (regs.rip != p->rip + (p->is_own ? own_base : 0))
			continue;
		p->visits++;
		if (p->kind == ENTER)
			at_enter(t, &regs);
		else if (p->kind == EXIT)
			at_exit(t, &regs);
		else
			at_host(t, &regs);
		return true;
	}
	return false;
}

static void take_stop(pid_t tid, int status, const char *command)
{
	int sig = status >> 16 ? 0 : WSTOPSIG(status);

	if (!find_thread(tid))
		add_thread(tid, command);
	if (sig == SIGTRAP && visit(find_thread(tid)))
		sig = 0;
	if (ptrace(PTRACE_CONT, tid, 0, (long)sig) && errno != ESRCH)
		die("PTRACE_CONT");
}

static void start(char **argv)
{
	int status;

	leader = fork();
	if (leader == 0) {
		raise(SIGSTOP);
		execv(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(leader, &status, WUNTRACED) != leader ||
	    ptrace(PTRACE_SEIZE, leader, 0,
	           PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL))
		die("PTRACE_SEIZE");
	kill(leader, SIGCONT);
}

static int report(void)
{
	static const char *const words[] = { "entries", "exits",
		                             "times back at the host" };

	for (size_t i = 0; i < nplaces; i++)
		printf("observed: %lu %s\n", places[i].visits,
		       words[places[i].kind]);
	printf("observed: %lu host calls, %lu traps\n", exits[LEAVE_HOSTCALL],
	       exits[LEAVE_TRAP]);
	printf("observed: %lu deviations\n", deviations);
	return deviations || exit_status;
}

int main(int argc, char **argv)
{
	int status;
	pid_t tid;

	if (argc < 2)
		die("observe COMMAND ARGS... <PLACES");
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_places();
	if (!freopen("/dev/null", "r", stdin))
		die("/dev/null");
	start(argv + 1);
	while (exit_status < 0 && (tid = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status))
			take_stop(tid, status, argv[1]);
		else if (tid == leader)
			exit_status = status;
	return report();
}
