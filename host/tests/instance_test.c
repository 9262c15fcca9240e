/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instance_test.c - vCPU threads and the supervisor around a kernel that is a C
 * function: the order of entries, wake-ups, ticks, signals, the end.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/hostclock.h"
#include "host/tests/fake_instance.h"
#include "host/vcpu.h"

#define MS 1000000ull

static struct host_result run(uint32_t nvcpus, fake_kernel *kernel)
{
	struct fake_instance *fake = fake_create(nvcpus, kernel);
	struct host_result result;

	alarm(30); /* a lost wake-up hangs */
	result = fake_run(fake);
	alarm(0);
	assert_int_equal(fake->attached, 0);
	fake_destroy(fake);
	return result;
}

static void assert_exits(struct host_result result, int code)
{
	assert_int_equal(result.kind, HOST_RESULT_PROGRAM);
	assert_int_equal(host_result_exit_code(&result), code);
}

static uint64_t take(uint64_t *bits)
{
	return __atomic_exchange_n(bits, 0, __ATOMIC_SEQ_CST);
}

/* ---- entries ----------------------------------------------------------- */

static uint64_t exit_at_once(struct fake_entry *e)
{
	bool as_expected =
		e->count == 0 && e->leaf == 2 && e->reason == ENTER_BOOT;

	return fake_exit(e, W_EXITCODE(as_expected ? 5 : 99, 0));
}

static void test_exit(void **state)
{
	(void)state;
	assert_exits(run(4, exit_at_once), 5);
}

/* Its thread gets ready, and enters only when EINIT is done, or never. */
static void test_gate(void **state)
{
	struct fake_instance *fake;

	(void)state;
	for (int i = 0; i < 20; i++) {
		fake = fake_create(2, exit_at_once);
		assert_int_equal(vcpu_start(&fake->rt.vcpu[0]), 0);
		while (i % 2 &&
		       !__atomic_load_n(&fake->attached, __ATOMIC_SEQ_CST))
			sched_yield();
		vcpu_dismiss(&fake->rt.vcpu[0]);
		assert_int_equal(fake->attached, 0);
		assert_int_equal(fake->entries[0], 0);
		fake_destroy(fake);
	}
	fake = fake_create(2, exit_at_once);
	assert_int_equal(vcpu_start(&fake->rt.vcpu[0]), 0);
	usleep(1000);
	assert_int_equal(fake->entries[0], 0);
	assert_exits(fake_run(fake), 5);
	fake_destroy(fake);
}

/* Boot, a fault, its handler, resume, a call, its return. */
static uint64_t fault_once(struct fake_entry *e)
{
	const struct vcpu_shared *s = e->shared;

	switch (e->count) {
	case 0:
		return FAKE_FAULT;
	case 1:
		assert_int_equal(e->leaf, 2);
		assert_int_equal(s->trap_vector, 14);
		assert_int_equal(s->trap_addr, FAKE_FAULT_ADDR);
		return LEAVE_TRAP;
	case 2:
		assert_int_equal(e->leaf, 3);
		assert_int_equal(s->trap_vector, 0);
		return fake_idle(e, 1);
	case 3:
		assert_int_equal(e->leaf, 2);
		assert_int_equal(e->reason, ENTER_RETURN);
		assert_int_equal(s->result, 0);
		return fake_exit(e, 0);
	default:
		return LEAVE_DEAD;
	}
}

static void test_exception(void **state)
{
	(void)state;
	assert_exits(run(1, fault_once), 0);
}

static uint64_t fault_in_handler(struct fake_entry *e)
{
	(void)e;
	return FAKE_FAULT;
}

static uint64_t fail_to_enter(struct fake_entry *e)
{
	return e->count ? FAKE_ENTRY_FAULT : fake_idle(e, 1);
}

static uint64_t leave_dead(struct fake_entry *e)
{
	(void)e;
	return LEAVE_DEAD;
}

static void test_lost(void **state)
{
	static const struct {
		fake_kernel *kernel;
		enum host_lost why;
	} cases[] = {
		{ fault_in_handler, HOST_LOST_IN_HANDLER },
		{ fail_to_enter, HOST_LOST_ENTRY },
		{ leave_dead, HOST_LOST_ALL_LEFT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct host_result r = run(2, cases[i].kernel);

		assert_int_equal(r.kind, HOST_RESULT_LOST);
		assert_int_equal(r.lost, cases[i].why);
	}
}

/* ---- waking ------------------------------------------------------------ */

/* A token goes round by kicks; everybody else is idle.  vCPU 0 counts laps. */
static uint32_t token;
enum { RING = 3, LAPS = 300 };

static uint64_t ring(struct fake_entry *e)
{
	static uint32_t laps;

	if (__atomic_load_n(&token, __ATOMIC_SEQ_CST) != e->vcpu)
		return fake_idle(e, IDLE_FOREVER);
	if (e->vcpu == 0 && laps++ == LAPS)
		return fake_exit(e, 0);
	__atomic_store_n(&token, (e->vcpu + 1) % RING, __ATOMIC_SEQ_CST);
	return fake_kick(e, (e->vcpu + 1) % RING);
}

static void test_kicks(void **state)
{
	(void)state;
	assert_exits(run(RING, ring), 0);
}

static uint64_t sleep_a_while(struct fake_entry *e)
{
	static uint64_t start_ns;
	uint64_t now_ns = hostclock_now_ns();

	/* Longer than the supervisor stays up for. */
	if (!e->count) {
		start_ns = now_ns;
		return fake_idle(e, now_ns + 30 * MS);
	}
	return fake_exit(e, W_EXITCODE(now_ns - start_ns < 30 * MS, 0));
}

static void test_deadline(void **state)
{
	(void)state;
	assert_exits(run(1, sleep_a_while), 0);
}

/* ---- ticks ------------------------------------------------------------- */

static uint32_t interrupts(struct fake_entry *e)
{
	return __atomic_load_n(&e->fake->interrupts[0], __ATOMIC_SEQ_CST);
}

/* Computes, and counts the ticks that come within @ms. */
static uint32_t count_ticks(struct fake_entry *e, uint64_t ms)
{
	uint64_t end_ns = hostclock_now_ns() + ms * MS;
	uint32_t before = interrupts(e);

	while (hostclock_now_ns() < end_ns)
		__builtin_ia32_pause();
	return interrupts(e) - before;
}

static uint64_t want_ticks(struct fake_entry *e)
{
	uint32_t n;

	if (count_ticks(e, 20))
		return fake_exit(e, W_EXITCODE(1, 0));
	e->shared->want_tick = 1;
	n = count_ticks(e, 100);
	e->shared->want_tick = 0;
	/* 25 at 4 ms each; a busy machine may lose many of them. */
	return fake_exit(e, W_EXITCODE(n < 5 || n > 26, 0));
}

static void test_ticks(void **state)
{
	(void)state;
	assert_exits(run(1, want_ticks), 0);
}

/* After a long sleep by timer, when the supervisor has gone to sleep too. */
static uint64_t tick_after_sleep(struct fake_entry *e)
{
	if (!e->count)
		return fake_idle(e, hostclock_now_ns() + 50 * MS);
	e->shared->deadline_ns = hostclock_now_ns() + 5 * MS;
	return fake_exit(e, W_EXITCODE(!count_ticks(e, 200), 0));
}

static void test_deadline_tick(void **state)
{
	(void)state;
	assert_exits(run(1, tick_after_sleep), 0);
}

/* Work waits on vCPU 0, so vCPU 1 is started without having been kicked. */
static uint64_t share_work(struct fake_entry *e)
{
	static uint32_t helped;
	uint64_t end_ns = hostclock_now_ns() + 5000 * MS;

	if (e->vcpu == 1) {
		assert_int_equal(e->reason, ENTER_VCPU);
		__atomic_store_n(&helped, 1, __ATOMIC_SEQ_CST);
		return LEAVE_DEAD;
	}
	e->shared->want_tick = 1;
	while (!__atomic_load_n(&helped, __ATOMIC_SEQ_CST) &&
	       hostclock_now_ns() < end_ns)
		__builtin_ia32_pause();
	return fake_exit(e, W_EXITCODE(!helped, 0));
}

static void test_further_vcpus(void **state)
{
	(void)state;
	assert_exits(run(2, share_work), 0);
}

/* A tick may meet no enclave, so a kick brings three, and no fourth. */
static uint64_t kick_self(struct fake_entry *e)
{
	uint64_t end_ns = hostclock_now_ns() + 5000 * MS;

	if (!e->count)
		return fake_kick(e, e->vcpu);
	while (interrupts(e) < 3 && hostclock_now_ns() < end_ns)
		__builtin_ia32_pause();
	count_ticks(e, 20);
	return fake_exit(e, W_EXITCODE(interrupts(e) != 3, 0));
}

static void test_kick_repeats(void **state)
{
	(void)state;
	assert_exits(run(1, kick_self), 0);
}

/* ---- signals and readiness --------------------------------------------- */

static void send_signal(int number)
{
	kill(getpid(), number);
}

/* Asleep when the signal comes, and it does not come twice. */
static uint64_t wait_for_signal(struct fake_entry *e)
{
	struct host_shared *shared = e->fake->rt.memory.shared;
	uint64_t bits = take(&shared->signals);

	if (bits)
		return fake_exit(e, W_EXITCODE(bits != 1u << (SIGUSR1 - 1), 0));
	if (!e->count)
		send_signal(SIGUSR1);
	return fake_idle(e, IDLE_FOREVER);
}

static void test_signal_wakes(void **state)
{
	(void)state;
	assert_exits(run(2, wait_for_signal), 0);
}

/* Computing when it comes: interrupted until somebody takes the bit. */
static uint64_t compute_until_signal(struct fake_entry *e)
{
	struct host_shared *shared = e->fake->rt.memory.shared;
	uint32_t n;

	send_signal(SIGTERM);
	n = count_ticks(e, 50);
	take(&shared->signals);
	count_ticks(e, 5);
	if (n < 3 || count_ticks(e, 20) != 0)
		return fake_exit(e, W_EXITCODE(1, 0));
	return fake_exit(e, 0);
}

static void test_signal_interrupts(void **state)
{
	(void)state;
	assert_exits(run(1, compute_until_signal), 0);
}

/* nohup: ignored before the start, never seen inside. */
static uint64_t ignore_hangup(struct fake_entry *e)
{
	struct host_shared *shared = e->fake->rt.memory.shared;

	send_signal(SIGHUP);
	count_ticks(e, 20);
	return fake_exit(e, W_EXITCODE(take(&shared->signals) != 0, 0));
}

static void test_ignored_signal(void **state)
{
	(void)state;
	signal(SIGHUP, SIG_IGN);
	assert_exits(run(1, ignore_hangup), 0);
	signal(SIGHUP, SIG_DFL);
}

/* A kernel that takes no signals can still be interrupted from outside. */
static uint64_t be_deaf(struct fake_entry *e)
{
	if (e->count == 0 || e->count == 2)
		send_signal(SIGINT);
	if (e->count < 2)
		count_ticks(e, 1100);
	return fake_idle(e, IDLE_FOREVER);
}

static void test_deaf_kernel(void **state)
{
	struct host_result r;

	(void)state;
	r = run(1, be_deaf);
	assert_int_equal(r.kind, HOST_RESULT_KILLED);
	assert_int_equal(host_result_exit_code(&r), 128 + SIGINT);
}

static int pipe_end;

static uint64_t wait_for_input(struct fake_entry *e)
{
	struct host_shared *shared = e->fake->rt.memory.shared;

	if (take(&shared->ready) == 1)
		return fake_exit(e, 0);
	if (!e->count) {
		e->shared->number = HC_POLL;
		e->shared->args.poll =
			(struct hc_poll){ .fd = 0, .events = POLLIN };
		return LEAVE_HOSTCALL;
	}
	if (e->count == 1 && write(pipe_end, "x", 1) != 1)
		return fake_exit(e, W_EXITCODE(1, 0));
	return fake_idle(e, IDLE_FOREVER);
}

static void test_readiness_wakes(void **state)
{
	int saved = fcntl(0, F_DUPFD_CLOEXEC, 10), p[2];

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	dup2(p[0], 0);
	pipe_end = p[1];
	assert_exits(run(2, wait_for_input), 0);
	dup2(saved, 0);
	close(saved);
	close(p[0]);
	close(p[1]);
}

/* The signals that were blocked are not blocked afterwards. */
static void test_signal_state_is_put_back(void **state)
{
	sigset_t before, after;

	(void)state;
	sigprocmask(SIG_SETMASK, NULL, &before);
	assert_exits(run(1, exit_at_once), 5);
	sigprocmask(SIG_SETMASK, NULL, &after);
	for (int i = 1; i < 32; i++)
		assert_int_equal(sigismember(&before, i),
		                 sigismember(&after, i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_exception),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_kicks),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_ticks),
		cmocka_unit_test(test_deadline_tick),
		cmocka_unit_test(test_kick_repeats),
		cmocka_unit_test(test_further_vcpus),
		cmocka_unit_test(test_signal_wakes),
		cmocka_unit_test(test_signal_interrupts),
		cmocka_unit_test(test_ignored_signal),
		cmocka_unit_test(test_deaf_kernel),
		cmocka_unit_test(test_readiness_wakes),
		cmocka_unit_test(test_signal_state_is_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
