/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tick_cases.c - ticks: where they are taken, and where not.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "platform/sgx/tests/backend.h"

/* ---- ticks ------------------------------------------------------------- */

static uint64_t ticks(void)
{
	struct enclave_counters counters;

	enclave_counters(t.thread, &counters);
	return counters.tick;
}

/* Until three ticks have been taken, then lets the enclave go on. */
static void *interrupter(void *arg)
{
	const struct timespec pause = { .tv_nsec = 200000 };
	const uint64_t go = 1;

	for (int i = 0; i < 20000 && ticks() < 3; i++) {
		enclave_interrupt(t.thread);
		nanosleep(&pause, NULL);
	}
	CHECK_EQ(enclave_debug_write(t.e, TE_BLOCK0 + BLOCK_GO, &go, 8), 0);
	return arg;
}

static void tick_inside(void)
{
	struct snapshot s = { 0 };
	pthread_t thread;

	start(PLATFORM_ISA_BEST);
	CHECK_EQ(pthread_create(&thread, NULL, interrupter, NULL), 0);
	CHECK_EQ(enter(ENCLU_EENTER, R_SPIN, 0), 0);
	CHECK_EQ(t.run.function, ENCLU_EEXIT);
	CHECK_EQ(t.regs.rdi, 1);
	pthread_join(thread, NULL);
	CHECK(ticks() >= 3);
	CHECK_EQ(enclave_debug_read(t.e, TE_BLOCK0 + BLOCK_ENTRY + 0x400, &s,
	                            sizeof(s)),
	         0);
	CHECK_EQ(s.rax, 1); /* CSSA */
	CHECK_EQ(s.rdi, 0);
	CHECK_EQ(s.rsi, 0);
	CHECK_EQ(s.rbx, TE_TCS0);
	/* The loop never noticed. */
	CHECK_EQ(
		enclave_debug_read(t.e, TE_BLOCK0 + BLOCK_AFTER, &s, sizeof(s)),
		0);
	CHECK_EQ(s.r15, PATTERN * 16);
	CHECK_EQ(s.rsi, PATTERN * 7);
	take_apart();
}

/* What only looks like the vDSO's ENCLU. */
static void tick_elsewhere(void)
{
	static const uint8_t code[][3] = { { 0x0f, 0x01, 0xd7 },
		                           { 0x90, 0x01, 0xd7 },
		                           { 0x0f, 0x90, 0xd7 },
		                           { 0x0f, 0x01, 0x90 } };

	start(PLATFORM_ISA_BEST);
	for (size_t i = 0; i < ARRAY_SIZE(code); i++) {
		ucontext_t uc = { .uc_flags = 0 };
		greg_t *gregs = uc.uc_mcontext.gregs;

		gregs[REG_RIP] = (greg_t)(uintptr_t)code[i];
		gregs[REG_RCX] = gregs[REG_RIP] + (i == 0);
		gregs[REG_RAX] = ENCLU_EENTER;
		sgx_on_tick(PLATFORM_TICK_SIGNAL, NULL, &uc);
		CHECK_EQ(sgx_self->missed, 0);
	}
	take_apart();
}

/* One signal at a time: a thread that is busy must not find a queue of them. */
static void ticks_in_a_row(void)
{
	sigset_t tick;

	start(PLATFORM_ISA_BEST);
	sigemptyset(&tick);
	sigaddset(&tick, PLATFORM_TICK_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &tick, NULL);
	for (int i = 0; i < SGX_TICK_PATIENCE; i++)
		enclave_interrupt(t.thread);
	CHECK_EQ(fake_ticks_sent(t.fake), 1);
	/* It may be lost after all. */
	enclave_interrupt(t.thread);
	CHECK_EQ(fake_ticks_sent(t.fake), 2);
	pthread_sigmask(SIG_UNBLOCK, &tick, NULL);
	enclave_interrupt(t.thread);
	CHECK_EQ(fake_ticks_sent(t.fake), 3);
	/* One that could not be sent is not waited for. */
	fake_trouble(t.fake)->tick_error = -EAGAIN;
	enclave_interrupt(t.thread);
	fake_trouble(t.fake)->tick_error = 0;
	enclave_interrupt(t.thread);
	CHECK_EQ(fake_ticks_sent(t.fake), 4);
	take_apart();
}

/*
 * A thread that nobody runs for a while: whatever has been sent meanwhile lands
 * on its signal stack at once, one frame upon the other.
 */
static void ticks_for_a_starved_thread(void)
{
	sigset_t tick;

	start(PLATFORM_ISA_BEST);
	sigemptyset(&tick);
	sigaddset(&tick, PLATFORM_TICK_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &tick, NULL);
	for (int i = 0; i < 100000; i++)
		enclave_interrupt(t.thread);
	pthread_sigmask(SIG_UNBLOCK, &tick, NULL);
	/* The first; then after 64, 512, 4096, 32768 in vain. */
	CHECK_EQ(fake_ticks_sent(t.fake), 5);
	enclave_interrupt(t.thread);
	CHECK_EQ(fake_ticks_sent(t.fake), 6);
	check_enters();
	take_apart();
}

/* More often than a host does, with exceptions and entries between them. */
static void *shower(void *arg)
{
	const struct timespec pause = { .tv_nsec = 20000 };

	while (!__atomic_load_n((bool *)arg, __ATOMIC_RELAXED)) {
		enclave_interrupt(t.thread);
		nanosleep(&pause, NULL);
	}
	return arg;
}

static void ticks_among_exceptions(void)
{
	bool is_over = false;
	pthread_t thread;

	start(PLATFORM_ISA_BEST);
	CHECK_EQ(pthread_create(&thread, NULL, shower, &is_over), 0);
	for (int i = 0; i < 1000; i++) {
		uint64_t rip = TE_ADDR(te_ud2) + 2;

		CHECK_EQ(enter(ENCLU_EENTER, R_UD2, 0), 0);
		CHECK_EQ(t.run.exception_vector, 6);
		CHECK_EQ(enclave_debug_write(t.e, TE_GPRS(0) + 136, &rip, 8),
		         0);
		CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
		CHECK_EQ(t.run.function, ENCLU_EEXIT);
	}
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	take_apart();
}

static bool is_blocked(int sig)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, sig);
}

/* Ticks and exceptions only, and as before when it is over. */
static void signal_masks(void)
{
	CHECK(!is_blocked(SIGTERM));
	start(PLATFORM_ISA_BEST);
	CHECK(is_blocked(SIGTERM) && is_blocked(SIGALRM));
	CHECK(!is_blocked(SIGSEGV) && !is_blocked(SIGILL));
	CHECK(!is_blocked(SIGBUS) && !is_blocked(SIGFPE));
	CHECK(!is_blocked(SIGTRAP) && !is_blocked(SIGSYS));
	CHECK(!is_blocked(PLATFORM_TICK_SIGNAL));
	take_apart();
	CHECK(!is_blocked(SIGTERM));
}

static void tick_outside(void)
{
	start(PLATFORM_ISA_BEST);
	enclave_interrupt(t.thread);
	CHECK_EQ(ticks(), 0);
	check_enters();
	CHECK_EQ(ticks(), 0);
	take_apart();
}

/* The signal's handler as if the thread stood at an ENCLU with RAX = @rax. */
static void signal_at_enclu(uint64_t rax)
{
	static const uint8_t enclu[] = { 0x0f, 0x01, 0xd7 };
	ucontext_t uc = { .uc_flags = 0 };
	greg_t *gregs = uc.uc_mcontext.gregs;

	gregs[REG_RIP] = gregs[REG_RCX] = (greg_t)(uintptr_t)enclu;
	gregs[REG_RAX] = (greg_t)rax;
	sgx_on_tick(PLATFORM_TICK_SIGNAL, NULL, &uc);
	CHECK_EQ(gregs[REG_RIP], (uintptr_t)enclu);
	CHECK_EQ(gregs[REG_RAX], rax);
}

/* Where EENTER has not happened yet the tick waits for the next ERESUME. */
static void tick_before_eenter(void)
{
	start(PLATFORM_ISA_BEST);
	CHECK_EQ(enter(ENCLU_EENTER, R_UD2, 0), 0);
	CHECK_EQ(t.run.exception_vector, 6);
	signal_at_enclu(4);
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
	CHECK_EQ(ticks(), 0);
	signal_at_enclu(ENCLU_EENTER);
	CHECK_EQ(ticks(), 0);
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
	CHECK_EQ(ticks(), 1);
	CHECK_EQ(t.run.function, ENCLU_ERESUME);
	CHECK_EQ(t.run.exception_vector, 6);
	CHECK_EQ(enter(ENCLU_ERESUME, 0, 0), 0);
	CHECK_EQ(ticks(), 1);
	take_apart();
}

/* A signal at the AEP of an enclave at @tcs; what its handler makes of it. */
static void signal_at_aep(uint64_t tcs, uint32_t last, greg_t *gregs)
{
	static const uint8_t enclu[] = { 0x0f, 0x01, 0xd7 };
	static struct sgx_enclave_run outer;
	/* RBP's frame in the vDSO: RBP, return address, 7th argument. */
	const void *frame[3] = { NULL, NULL, &outer };
	ucontext_t uc = { .uc_flags = 0 };

	outer.function = last;
	uc.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)enclu;
	uc.uc_mcontext.gregs[REG_RCX] = (greg_t)(uintptr_t)enclu;
	uc.uc_mcontext.gregs[REG_RAX] = ENCLU_ERESUME;
	uc.uc_mcontext.gregs[REG_RBX] = (greg_t)tcs;
	uc.uc_mcontext.gregs[REG_RBP] = (greg_t)(uintptr_t)frame;
	sgx_on_tick(PLATFORM_TICK_SIGNAL, NULL, &uc);
	memcpy(gregs, uc.uc_mcontext.gregs, sizeof(uc.uc_mcontext.gregs));
	gregs[REG_RIP] -= (greg_t)(uintptr_t)enclu;
}

/*
 * What the tick's own entry ends with: an exit that is for the interrupted
 * call's caller, or no exit at all.
 */
static void tick_ends(void)
{
	gregset_t gregs;

	start(PLATFORM_ISA_BEST);
	signal_at_aep(TE_TCS0, 0, gregs);
	CHECK_EQ(gregs[REG_RIP], 3);
	CHECK_EQ(gregs[REG_RDI], 1);
	CHECK_EQ(gregs[REG_RAX], ENCLU_ERESUME);
	CHECK_EQ(ticks(), 1);
	/* It was the handler of an exception: never twice in a row. */
	signal_at_aep(TE_TCS0, ENCLU_ERESUME, gregs);
	CHECK_EQ(gregs[REG_RIP], 0);
	CHECK_EQ(ticks(), 1);
	/* No TCS there. */
	signal_at_aep(TE_RW, 0, gregs);
	CHECK_EQ(gregs[REG_RIP], 0);
	CHECK_EQ(gregs[REG_RAX], 0xff);
	check_enters();
	take_apart();
}

static void not_attached(void)
{
	start(PLATFORM_ISA_BEST);
	CHECK_EQ(
		enclave_attach(t.e, &(struct enclave_thread *){ NULL }, &t.err),
		-EBUSY);
	CHECK(says("this thread is attached"));
	enclave_detach(t.thread);
	t.thread = NULL;
	CHECK_EQ(enter(ENCLU_EENTER, R_EXIT, 0), -EINVAL);
	signal_at_enclu(ENCLU_ERESUME);
	take_apart();
}

const struct backend_case tick_cases[] = {
	{ "ticks inside", tick_inside },
	{ "a tick outside", tick_outside },
	{ "a tick elsewhere", tick_elsewhere },
	{ "ticks in a row", ticks_in_a_row },
	{ "ticks for a thread that is not run", ticks_for_a_starved_thread },
	{ "ticks among exceptions", ticks_among_exceptions },
	{ "signal masks", signal_masks },
	{ "a tick before EENTER", tick_before_eenter },
	{ "a tick that ends elsewhere", tick_ends },
	{ "threads that are not attached", not_attached },
	{ NULL, NULL },
};
