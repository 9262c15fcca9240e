/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inject.c - a tick at every instruction of EENTER, EEXIT, ERESUME and AEX.
 *
 * A child goes through a scenario between two marks, again and again.  Its
 * parent first steps through one round and notes each instruction; then, for
 * each of them, it lets a round run up to there, makes the tick's signal arrive
 * and has the child compare every register the enclave and the host find.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "platform/emu/layout.h"
#include "platform/emu/tests/harness.h"

enum {
	STEPS_MAX = 100000,
	PUSHF = 0x9c,
	INT3 = 0xcc,
	RFLAGS_TF = 0x100,
	RFLAGS_RF = 0x10000,
	UD2_SIZE = 2,
	ENCLU_SIZE = 3,
	PAD_SIZE = 14,
	NO_LEAF = 100,
};

/* thread.c */
extern uint64_t emu_slots_base, emu_slots_size;

extern const char inject_begin[], inject_end[];
void inject_mark_begin(void);
void inject_mark_end(void);

__asm__(".text\n"
        "inject_mark_begin:\n"
        "	int3\n"
        "inject_begin:\n"
        "	ret\n"
        "inject_mark_end:\n"
        "	int3\n"
        "inject_end:\n"
        "	ret\n");

/* commit.S: where a leaf refused in a thunk is raised, in each slot's copy. */
extern const char emu_commit_code[], emu_commit_fault[];

/* What both processes see. */
static struct shared {
	uint32_t is_traced;
	uint32_t scenario;
	uint32_t failures;
	/* A tick that meets enclave code now must be taken by the enclave. */
	uint32_t wants_tick;
	uint64_t ticks; /* taken in this round */
} * shared;

/* ---- the child --------------------------------------------------------- */

static void mark_begin(void)
{
	if (shared->is_traced)
		inject_mark_begin();
}

static void mark_end(void)
{
	if (shared->is_traced)
		inject_mark_end();
}

static void compare_after(struct te *te)
{
	struct snapshot s = te_after(te);
	uint64_t want[16] = { PATTERN * 1,  PATTERN * 2,  PATTERN * 3,
		              PATTERN * 4,  PATTERN * 5,  PATTERN * 6,
		              PATTERN * 7,  PATTERN * 8,  PATTERN * 9,
		              PATTERN * 10, PATTERN * 11, PATTERN * 12,
		              PATTERN * 13, PATTERN * 14, PATTERN * 15,
		              PATTERN * 16 };

	CHECK_EQ(memcmp(&s.rax, want, sizeof(want)), 0);
	CHECK_EQ(s.rflags & ~(uint64_t)RFLAGS_RF, 0x240ed7);
	CHECK_EQ(s.mxcsr, 0x1f40);
	CHECK_EQ(s.xmm0[0], ~UINT64_C(0));
	CHECK_EQ(s.xmm15[1], 0x0fff0fff0fff0fff);
	CHECK_EQ(s.fsbase, TE_BLOCK0);
	CHECK_EQ(s.gsbase, TE_BLOCK0);
}

/* EENTER, AEX, EENTER at CSSA = 1, EEXIT, ERESUME, EEXIT. */
static void through_exception(struct te *te)
{
	te_write64(te, TE_BLOCK0 + BLOCK_SKIP, UD2_SIZE);
	mark_begin();
	te_call(te, ENCLU_EENTER, R_UD2, 0, 0);
	shared->wants_tick = 0;
	te_call(te, ENCLU_EENTER, R_SKIP, 0, 0);
	shared->wants_tick = 1;
	te_call(te, ENCLU_ERESUME, 0, 0, 0);
	mark_end();
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdi, 1);
	compare_after(te);
}

/* A leaf that traps and is refused: an AEX from a handler. */
static void through_refusal(struct te *te)
{
	te_write64(te, TE_BLOCK0 + BLOCK_SKIP, ENCLU_SIZE);
	te_write64(te, TE_BLOCK0 + BLOCK_ARG, PATTERN);
	mark_begin();
	te_call(te, ENCLU_EENTER, R_ENCLU, NO_LEAF, 0);
	shared->wants_tick = 0;
	te_call(te, ENCLU_EENTER, R_SKIP, 0, 0);
	shared->wants_tick = 1;
	te_call(te, ENCLU_ERESUME, 0, 0, 0);
	mark_end();
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdi, 1);
	CHECK_EQ(te->regs.rdx, NO_LEAF);
	CHECK_EQ(te->regs.r8, 0xad7 | 0x200);
}

/* A leaf that traps and is served: a handler goes on inside. */
static void through_trap(struct te *te)
{
	static const uint64_t accept[8] = { 0x203 };
	uint64_t args[3] = { TE_DATA, TE_RW, 0 };
	struct enclave_counters before, after;

	te_write(te, TE_DATA, accept, sizeof(accept));
	te_write(te, TE_BLOCK0 + BLOCK_ARG, args, sizeof(args));
	enclave_counters(te->thread, &before);
	mark_begin();
	te_call(te, ENCLU_EENTER, R_ENCLU, ENCLU_EMODPE, 0);
	mark_end();
	enclave_counters(te->thread, &after);
	/* A tick does not execute it once more. */
	CHECK_EQ(after.slow - before.slow, 1);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdx, ENCLU_EMODPE);
	CHECK_EQ(te->regs.r8, 0xad7 | 0x200);
}

static void through_slow_exit(struct te *te)
{
	mark_begin();
	te_call(te, ENCLU_EENTER, R_EXIT_SLOW, 0, 0x77);
	mark_end();
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdi, 1);
	CHECK_EQ(te->regs.rdx, 0x77);
}

/* Pads that were rewritten: one that finds no block, one with a result. */
static void through_pads(struct te *te)
{
	static const uint64_t accept[8] = { 0x20b };
	uint64_t args[2] = { TE_DATA, TE_RW };

	te_write(te, TE_DATA, accept, sizeof(accept));
	te_write(te, TE_BLOCK0 + BLOCK_ARG, args, sizeof(args));
	mark_begin();
	te_call(te, ENCLU_EENTER, R_EXIT_PAD_GS, 0, 0x78);
	te_call(te, ENCLU_EENTER, R_ACCEPT_PAD, 0, 0);
	mark_end();
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdx, SGX_PAGE_ATTRIBUTES_MISMATCH);
	CHECK_EQ(te->regs.r9, 0);
}

/* A rewritten pad whose leaf is refused: the AEX is a later instruction's. */
static void through_refused_pad(struct te *te)
{
	uint64_t args[2] = { TE_DATA + 1, TE_RW }; /* not aligned */

	te_write64(te, TE_BLOCK0 + BLOCK_SKIP, PAD_SIZE);
	te_write(te, TE_BLOCK0 + BLOCK_ARG, args, sizeof(args));
	mark_begin();
	te_call(te, ENCLU_EENTER, R_ACCEPT_PAD, 0, 0);
	shared->wants_tick = 0;
	te_call(te, ENCLU_EENTER, R_SKIP, 0, 0);
	shared->wants_tick = 1;
	te_call(te, ENCLU_ERESUME, 0, 0, 0);
	mark_end();
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdi, 1);
	CHECK_EQ(te->regs.rdx, ENCLU_EACCEPT);
	CHECK_EQ(te->regs.r9, 0);
}

static const struct scenario {
	const char *name;
	void (*run)(struct te *te);
	/* After each of its handlers the enclave goes on, sooner or later. */
	bool comes_back;
} scenarios[] = {
	{ "exception and resume", through_exception, false },
	{ "refused leaf", through_refusal, true },
	{ "trapped leaf", through_trap, true },
	{ "trapped EEXIT", through_slow_exit, false },
	{ "rewritten pads", through_pads, false },
	{ "refused pad", through_refused_pad, true },
};

enum { N_SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

static uint64_t read_fs_word(void)
{
	uint64_t base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static void round_of(struct te *te, const struct scenario *scenario)
{
	struct enclave_counters before, after;
	uint64_t fs = read_fs_word();

	te_failures = 0;
	te_current = scenario->name;
	shared->wants_tick = 1;
	enclave_counters(te->thread, &before);
	scenario->run(te);
	enclave_counters(te->thread, &after);
	CHECK_EQ(read_fs_word(), fs);
	shared->ticks = after.tick - before.tick;
	shared->failures = (uint32_t)te_failures;
}

static void child_main(void)
{
	static const struct te_params params;
	struct te te;

	if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		_exit(77);
	te_setup_signals();
	if (!te_start(&te, &params))
		_exit(1);
	for (;;) {
		raise(SIGSTOP); /* the last round is judged, the next chosen */
		round_of(&te, &scenarios[shared->scenario]);
	}
}

/* ---- the parent -------------------------------------------------------- */

struct step {
	uint64_t rip;
	uint32_t nth; /* time this round comes there, from 1 */
};

static pid_t child;
static struct step steps[STEPS_MAX];

static struct user_regs_struct get_regs(void)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, child, 0, &r) < 0)
		exit(1);
	return r;
}

static uint8_t poke(uint64_t addr, uint8_t byte)
{
	long word = ptrace(PTRACE_PEEKTEXT, child, addr, 0);
	uint8_t old = (uint8_t)word;

	word = (word & ~0xffL) | byte;
	if (ptrace(PTRACE_POKETEXT, child, addr, word) < 0)
		exit(1);
	return old;
}

static uint8_t peek(uint64_t addr)
{
	return (uint8_t)ptrace(PTRACE_PEEKTEXT, child, addr, 0);
}

/* Go on by @request with @sig; the signal at which the child stops next. */
static int go(int request, int sig)
{
	int status;

	if (ptrace(request, child, 0, sig) < 0 ||
	    waitpid(child, &status, 0) != child)
		exit(1);
	if (!WIFSTOPPED(status)) {
		printf("FAIL the child ended: status %#x\n", status);
		exit(1);
	}
	return WSTOPSIG(status);
}

static void set_regs(const struct user_regs_struct *r)
{
	if (ptrace(PTRACE_SETREGS, child, 0, r) < 0)
		exit(1);
}

/*
 * PUSHF must not show that it was stepped.  After a POPF Linux takes TF for the
 * program's own and would leave it set.
 */
static void hide_step(uint8_t opcode)
{
	struct user_regs_struct r = get_regs();

	if (opcode == PUSHF)
		poke(r.rsp + 1, peek(r.rsp + 1) & ~(RFLAGS_TF >> 8));
	if (r.eflags & RFLAGS_TF) {
		r.eflags &= ~(uint64_t)RFLAGS_TF;
		set_regs(&r);
	}
}

/* One instruction, or the entry of @sig's handler. */
static int step(int sig)
{
	uint8_t opcode = peek(get_regs().rip);
	int next = go(PTRACE_SINGLESTEP, sig);

	if (next != SIGTRAP)
		return next;
	if (!sig)
		hide_step(opcode);
	return 0;
}

/* Let signals pass until the child stops at a mark or at @rip, after INT3. */
static uint64_t run(int sig)
{
	for (;;) {
		sig = go(PTRACE_CONT, sig);
		if (sig == SIGTRAP)
			return get_regs().rip;
		if (sig == SIGSTOP)
			return 0;
	}
}

static void run_to_begin(void)
{
	while (run(0) != (uintptr_t)inject_begin)
		;
}

static uint32_t times_before(size_t n, uint64_t rip)
{
	uint32_t times = 0;

	while (n > 0)
		times += steps[--n].rip == rip;
	return times;
}

/* The instructions of one round. */
static size_t record(void)
{
	uint64_t end = (uintptr_t)inject_end - 1;
	size_t n = 0;
	int sig = 0;

	/* The first round also resolves symbols. */
	run_to_begin();
	while (run(0) != 0)
		;
	run_to_begin();
	for (;;) {
		uint64_t rip = get_regs().rip;

		if (rip == end || n == STEPS_MAX)
			break;
		/* A repeated string instruction is one. */
		if (n == 0 || steps[n - 1].rip != rip) {
			steps[n].rip = rip;
			steps[n].nth = times_before(n, rip) + 1;
			n++;
		}
		sig = step(sig);
	}
	while (run(sig) != 0)
		sig = 0;
	return n;
}

static void set_rip(uint64_t rip)
{
	struct user_regs_struct r = get_regs();

	r.rip = rip;
	set_regs(&r);
}

/* Run to @s and stop before it.  False: this round does not come there. */
static bool reach(const struct step *s)
{
	uint8_t old = poke(s->rip, INT3);
	uint32_t left = s->nth;
	int sig = 0;

	while (run(sig) == s->rip + 1) {
		poke(s->rip, old);
		set_rip(s->rip);
		if (--left == 0)
			return true;
		sig = step(0);
		poke(s->rip, INT3);
	}
	poke(s->rip, old);
	return false;
}

static bool is_in_enclave(uint64_t rip)
{
	return rip >= TE_CODE && rip < TE_CODE + 0x2000;
}

/* Where in a slot of the child @addr is; 0: in none. */
static uint64_t offset_in_slot(uint64_t addr)
{
	uint64_t base =
		(uint64_t)ptrace(PTRACE_PEEKDATA, child, &emu_slots_base, 0);
	uint64_t size =
		(uint64_t)ptrace(PTRACE_PEEKDATA, child, &emu_slots_size, 0);

	return addr - base < size ? (addr - base) % EMU_SLOT_SIZE : 0;
}

static bool is_in_handler(uint64_t rsp)
{
	return offset_in_slot(rsp) >= EMU_SLOT_ALT0;
}

/* The registers are the enclave's already, but for RIP. */
static bool is_at_fault(uint64_t rip)
{
	return offset_in_slot(rip) ==
	       EMU_SLOT_CODE + (uint64_t)(emu_commit_fault - emu_commit_code);
}

/* Whether a tick that comes now has to reach the enclave in this round. */
static bool must_be_taken(const struct scenario *scenario)
{
	struct user_regs_struct r = get_regs();

	return shared->wants_tick &&
	       (is_in_enclave(r.rip) || is_at_fault(r.rip) ||
	        (scenario->comes_back && is_in_handler(r.rsp)));
}

static int judge(const char *name, const struct step *s, uint64_t ticks_min)
{
	if (!shared->failures && shared->ticks >= ticks_min &&
	    shared->ticks <= 1)
		return 0;
	printf("FAIL %s: tick at %#lx, time %u: %u registers, %lu ticks\n",
	       name, (unsigned long)s->rip, s->nth, shared->failures,
	       (unsigned long)shared->ticks);
	return 1;
}

static int inject_at(const struct scenario *scenario, const struct step *s,
                     bool *ret_met)
{
	uint64_t ticks_min;

	run_to_begin();
	*ret_met = reach(s);
	if (!*ret_met) {
		while (run(0) != 0)
			;
		return 0;
	}
	ticks_min = must_be_taken(scenario);
	if (run(PLATFORM_TICK_SIGNAL) != 0)
		while (run(0) != 0)
			;
	return judge(scenario->name, s, ticks_min);
}

static int sweep(uint32_t scenario, size_t every)
{
	size_t met = 0, n;
	int failed = 0;

	shared->scenario = scenario;
	n = record();
	for (size_t i = 0; i < n; i += every) {
		bool is_met;

		failed += inject_at(&scenarios[scenario], &steps[i], &is_met);
		met += is_met;
	}
	printf("%-24s %zu instructions, a tick at %zu of them, %d failed\n",
	       scenarios[scenario].name, n, met, failed);
	/* Most rounds go the recorded way, or this tests nothing. */
	return failed || met * 10 < n / every * 9;
}

static int inject(size_t every)
{
	int failed = 0;
	int status;

	shared->is_traced = 1;
	child = fork();
	if (child == 0)
		child_main();
	waitpid(child, &status, 0);
	if (WIFEXITED(status))
		return WEXITSTATUS(status); /* 77: nobody may trace here */
	if (ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL) < 0)
		return 1;
	for (uint32_t i = 0; i < N_SCENARIOS; i++)
		failed += sweep(i, every ? every : 1);
	kill(child, SIGKILL);
	return failed != 0;
}

/* ---- without tracing --------------------------------------------------- */

static volatile bool is_over;

static void *flood(void *te)
{
	while (!is_over)
		enclave_interrupt(((struct te *)te)->thread);
	return NULL;
}

static int storm(time_t seconds)
{
	static const struct te_params params;
	time_t end = time(NULL) + seconds;
	uint64_t rounds = 0, ticks = 0;
	uint32_t failed = 0;
	pthread_t thread;
	struct te te;

	te_setup_signals();
	if (!te_start(&te, &params) ||
	    pthread_create(&thread, NULL, flood, &te) != 0)
		return 1;
	while (time(NULL) < end) {
		round_of(&te, &scenarios[rounds++ % N_SCENARIOS]);
		failed += shared->failures;
		ticks += shared->ticks;
	}
	is_over = true;
	pthread_join(thread, NULL);
	te_stop(&te);
	printf("%lu rounds, %lu ticks, %u failures\n", (unsigned long)rounds,
	       (unsigned long)ticks, failed);
	return failed || ticks == 0;
}

int main(int argc, char **argv)
{
	static char secret[] = "/tmp/emu-secret-XXXXXX";
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	close(mkstemp(secret));
	unlink(secret);
	setenv("EMU_TEST_SECRET", secret, 1);
	if (argc > 2 && strcmp(argv[1], "storm") == 0)
		failed = storm(strtol(argv[2], NULL, 0));
	else
		failed = inject(argc > 1 ? strtoul(argv[1], NULL, 0) : 1);
	unlink(secret);
	return failed;
}
