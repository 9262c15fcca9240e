/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal_test.c - sending, choosing a thread, queues, default actions, system
 * calls that are interrupted and restarted.
 */
#include <string.h>

#include "base/errno.h"
#include "libos/libos_errno.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/sched.h"
#include "libos/signal/frame.h"
#include "libos/signal/signal.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/fake/fake.h"
#include "libos/tests/proc/cpu.h"

enum { NTHREADS = 3, STACK_SIZE = 65536 };

static struct signal_group group;
static struct thread threads[NTHREADS];
static struct thread_signal states[NTHREADS];
static struct regs regs;
static int fatal_sig;

static void note_fatal(struct thread *self, const struct regs *r,
                       const struct siginfo *info)
{
	(void)self, (void)r;
	fatal_sig = info->signo;
}

static const struct signal_ops ops = { .fatal = note_fatal };

static void set_up(void)
{
	uint64_t sp = user_addr(fake_user_alloc(STACK_SIZE)) + STACK_SIZE;
	int i;

	signal_set_ops(&ops);
	fatal_sig = 0;
	signal_group_init(&group, sighand_create());
	for (i = 0; i < NTHREADS; i++) {
		fake_thread_init(&threads[i], fake_thread()->mm, i + 1);
		thread_signal_init(&states[i], &group);
		threads[i].sig = &states[i];
		threads[i].fpu = cpu_area_create();
		threads[i].regs = &regs;
		CHECK(signal_group_add(&group, &threads[i]));
	}
	regs = (struct regs){ .rip = 0x400102,
		              .rsp = sp,
		              .orig_rax = NOT_A_SYSCALL,
		              .source = REGS_FAULT };
}

static void tear_down(void)
{
	int i;

	for (i = 0; i < NTHREADS; i++) {
		thread_signal_fini(&states[i]);
		cpu_area_destroy(threads[i].fpu);
	}
	signal_group_fini(&group);
}

static void set_action(int sig, uint64_t handler, uint64_t flags)
{
	const struct sigaction_user a = {
		.handler = handler,
		.flags = flags | SA_RESTORER,
		.restorer = 0x402000,
	};
	struct sigaction_user old;

	signal_swap_action(&threads[0], sig, &a, &old);
}

static int send(int sig, int code)
{
	struct siginfo info;

	siginfo_init_user(&info, sig, code, 1, 0);
	return signal_send_group(&group, &info);
}

static int send_to(int thread, int sig)
{
	struct siginfo info;

	siginfo_init_user(&info, sig, SI_TKILL, 1, 0);
	return signal_send_thread(&threads[thread], &info);
}

static bool told(int i)
{
	return (threads[i].work & WORK_SIGNAL) != 0;
}

/* --- who takes it --- */

static void goes_to_one_that_takes_it(void)
{
	set_up();
	set_action(SIGUSR1, 0x401000, 0);
	signal_set_mask(&threads[0], sig_bit(SIGUSR1));
	CHECK_EQ(send(SIGUSR1, SI_USER), 0);
	CHECK(!told(0) && told(1) && !told(2));
	tear_down();
}

static void moves_on_when_blocked_or_gone(void)
{
	set_up();
	set_action(SIGUSR1, 0x401000, 0);
	signal_set_mask(&threads[2], sig_bit(SIGUSR1));
	CHECK_EQ(send(SIGUSR1, SI_USER), 0);
	CHECK(told(0) && !told(1));
	signal_set_mask(&threads[0], sig_bit(SIGUSR1));
	CHECK(told(1));
	CHECK_EQ(signal_group_remove(&group, &threads[1]), 2);
	CHECK(!told(2));
	signal_set_mask(&threads[2], 0);
	CHECK(told(2));
	tear_down();
}

static void waits_until_unblocked(void)
{
	int i;

	set_up();
	set_action(SIGUSR1, 0x401000, 0);
	for (i = 0; i < NTHREADS; i++)
		signal_set_mask(&threads[i], UINT64_MAX);
	CHECK_EQ(states[0].blocked & SIGSET_UNBLOCKABLE, 0);
	CHECK_EQ(send(SIGUSR1, SI_USER), 0);
	CHECK(!told(0) && !told(1) && !told(2));
	CHECK_EQ(signal_pending_set(&threads[1]), sig_bit(SIGUSR1));
	signal_set_mask(&threads[1], 0);
	CHECK(!told(0) && told(1));
	tear_down();
}

static void to_a_thread_alone(void)
{
	set_up();
	set_action(SIGUSR1, 0x401000, 0);
	CHECK_EQ(send_to(2, SIGUSR1), 0);
	CHECK(!told(0) && told(2));
	CHECK_EQ(signal_pending_set(&threads[0]), 0);
	CHECK_EQ(signal_pending_set(&threads[2]), sig_bit(SIGUSR1));
	tear_down();
}

/* --- queues --- */

static void queueing(void)
{
	struct siginfo info;
	int i;

	set_up();
	signal_set_mask(&threads[0], UINT64_MAX);
	signal_set_mask(&threads[1], UINT64_MAX);
	signal_set_mask(&threads[2], UINT64_MAX);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(send(SIGUSR1, SI_USER), 0);
		CHECK_EQ(send(SIGRTMIN + 3, SI_QUEUE), 0);
	}
	CHECK_EQ(group.nqueued, 1 + 3);
	CHECK(signal_dequeue(&threads[0], UINT64_MAX, &info));
	CHECK_EQ(info.signo, SIGUSR1);
	for (i = 0; i < 3; i++) {
		CHECK(signal_dequeue(&threads[0], UINT64_MAX, &info));
		CHECK_EQ(info.signo, SIGRTMIN + 3);
		CHECK_EQ(info.rt.pid, 1);
	}
	CHECK(!signal_dequeue(&threads[0], UINT64_MAX, &info));
	CHECK_EQ(group.nqueued, 0);
	tear_down();
}

static void queue_is_bounded(void)
{
	int i, ret = 0;

	set_up();
	for (i = 0; i < NTHREADS; i++)
		signal_set_mask(&threads[i], UINT64_MAX);
	for (i = 0; ret == 0 && i < SIGQUEUE_MAX + 10; i++)
		ret = send(SIGRTMIN, SI_QUEUE);
	CHECK_EQ(ret, -EAGAIN);
	CHECK_EQ(group.nqueued, SIGQUEUE_MAX);
	/* kill(2) gets through, without information. */
	CHECK_EQ(send(SIGUSR2, SI_USER), 0);
	CHECK(signal_pending_set(&threads[0]) & sig_bit(SIGUSR2));
	tear_down();
}

static void no_memory(void)
{
	struct siginfo info;

	set_up();
	signal_set_mask(&threads[0], UINT64_MAX);
	signal_set_mask(&threads[1], UINT64_MAX);
	signal_set_mask(&threads[2], UINT64_MAX);
	fake_fault_alloc(1);
	CHECK_EQ(send(SIGRTMIN, SI_QUEUE), -EAGAIN);
	fake_fault_alloc(1);
	CHECK_EQ(send(SIGTERM, SI_USER), 0);
	CHECK(signal_dequeue(&threads[0], UINT64_MAX, &info));
	CHECK_EQ(info.signo, SIGTERM);
	CHECK_EQ(info.rt.pid, 0);
	tear_down();
}

static void faults_come_first(void)
{
	struct siginfo info;

	set_up();
	set_action(SIGHUP, 0x401000, 0);
	set_action(SIGSEGV, 0x401000, 0);
	CHECK_EQ(send_to(0, SIGHUP), 0);
	signal_fault(&threads[0], SIGSEGV, SEGV_MAPERR, 0x1234);
	CHECK(signal_dequeue(&threads[0], UINT64_MAX, &info));
	CHECK_EQ(info.signo, SIGSEGV);
	CHECK_EQ(info.fault.addr, 0x1234);
	tear_down();
}

static void ignored_is_dropped(void)
{
	set_up();
	CHECK_EQ(send(SIGCHLD, SI_USER), 0);
	CHECK_EQ(signal_pending_set(&threads[0]), 0);
	set_action(SIGTERM, SIG_IGN, 0);
	CHECK_EQ(send(SIGTERM, SI_USER), 0);
	CHECK_EQ(signal_pending_set(&threads[0]), 0);
	/* Blocked: it may be wanted later. */
	signal_set_mask(&threads[0], sig_bit(SIGTERM));
	CHECK_EQ(send(SIGTERM, SI_USER), 0);
	CHECK_EQ(signal_pending_set(&threads[0]), sig_bit(SIGTERM));
	signal_discard(&threads[0], sig_bit(SIGTERM));
	CHECK_EQ(signal_pending_set(&threads[0]), 0);
	CHECK_EQ(group.nqueued, 0);
	tear_down();
}

/* --- the end of a process --- */

static void killed_at_once(void)
{
	int i;

	set_up();
	for (i = 0; i < NTHREADS; i++)
		signal_set_mask(&threads[i], UINT64_MAX);
	CHECK_EQ(send(SIGKILL, SI_USER), 0);
	CHECK(signal_group_is_exiting(&group));
	CHECK_EQ(group.exit_status, SIGKILL);
	for (i = 0; i < NTHREADS; i++)
		CHECK(threads[i].work & WORK_KILL);
	CHECK(!signal_group_add(&group, &threads[0]));
	tear_down();
}

static void first_end_decides(void)
{
	set_up();
	signal_group_exit(&group, 0x300);
	CHECK_EQ(send(SIGKILL, SI_USER), 0);
	CHECK_EQ(group.exit_status, 0x300);
	tear_down();
}

/* A core dump's worth of a report needs the thread's registers. */
static void core_signals_report(void)
{
	set_up();
	CHECK_EQ(send_to(0, SIGABRT), 0);
	CHECK(!signal_group_is_exiting(&group) && told(0));
	signal_deliver(&threads[0], &regs);
	CHECK_EQ(fatal_sig, SIGABRT);
	CHECK_EQ(group.exit_status, SIGABRT | 0x80);
	tear_down();
}

static void blocked_fault_ends(void)
{
	set_up();
	set_action(SIGSEGV, 0x401000, 0);
	signal_set_mask(&threads[0], sig_bit(SIGSEGV));
	signal_fault(&threads[0], SIGSEGV, SEGV_MAPERR, 8);
	signal_deliver(&threads[0], &regs);
	CHECK(signal_group_is_exiting(&group));
	CHECK_EQ(fatal_sig, SIGSEGV);
	tear_down();
}

static void no_stack_ends(void)
{
	set_up();
	set_action(SIGSEGV, 0x401000, 0);
	set_action(SIGUSR1, 0x401000, 0);
	regs.rsp = 100;
	CHECK_EQ(send_to(0, SIGUSR1), 0);
	signal_deliver(&threads[0], &regs);
	CHECK(signal_group_is_exiting(&group));
	CHECK_EQ(group.exit_status & 0x7f, SIGSEGV);
	tear_down();
}

/* --- interrupted calls --- */

struct restart {
	long result;
	uint64_t flags; /* of the action */
	bool has_handler;
	uint64_t want_rax; /* in the frame or the registers */
	bool want_back;    /* rip at the syscall instruction */
};

#define NR 35

static const struct restart restarts[] = {
	{ -ERESTARTSYS, 0, true, (uint64_t)-EINTR, false },
	{ -ERESTARTSYS, SA_RESTART, true, NR, true },
	{ -ERESTARTSYS, 0, false, NR, true },
	{ -ERESTARTNOINTR, 0, true, NR, true },
	{ -ERESTARTNOINTR, 0, false, NR, true },
	{ -ERESTARTNOHAND, SA_RESTART, true, (uint64_t)-EINTR, false },
	{ -ERESTARTNOHAND, 0, false, NR, true },
	{ -ERESTART_BLOCK, SA_RESTART, true, (uint64_t)-EINTR, false },
	{ -ERESTART_BLOCK, 0, false, 219, true },
	{ -EINTR, SA_RESTART, true, (uint64_t)-EINTR, false },
	{ 17, SA_RESTART, true, 17, false },
	{ 17, 0, false, 17, false },
};

static void one_restart(const struct restart *r)
{
	uint64_t rip, rax;
	struct sigframe f;

	set_up();
	regs.orig_rax = NR;
	regs.rax = (uint64_t)r->result;
	if (r->has_handler) {
		set_action(SIGUSR1, 0x401000, r->flags);
		CHECK_EQ(send_to(0, SIGUSR1), 0);
	}
	signal_deliver(&threads[0], &regs);
	rip = regs.rip;
	rax = regs.rax;
	if (r->has_handler) {
		CHECK_EQ(regs.rip, 0x401000);
		CHECK_EQ(copy_from_user(&f, user_ptr(regs.rsp), sizeof(f)), 0);
		rip = f.uc.mcontext.rip;
		rax = f.uc.mcontext.rax;
	}
	CHECK_EQ(rax, r->want_rax);
	CHECK_EQ(rip, r->want_back ? 0x400100 : 0x400102);
	tear_down();
}

static void restarting(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(restarts); i++)
		one_restart(&restarts[i]);
}

/* Two handlers for one interrupted call: it is finished once. */
static void restart_once(void)
{
	struct sigframe outer;

	set_up();
	set_action(SIGUSR1, 0x401000, SA_RESTART);
	set_action(SIGUSR2, 0x401800, SA_RESTART);
	regs.orig_rax = NR;
	regs.rax = (uint64_t)-ERESTARTSYS;
	CHECK_EQ(send_to(0, SIGUSR1), 0);
	CHECK_EQ(send_to(0, SIGUSR2), 0);
	signal_deliver(&threads[0], &regs);
	CHECK_EQ(regs.rip, 0x401800);
	CHECK_EQ(copy_from_user(&outer, user_ptr(regs.rsp), sizeof(outer)), 0);
	CHECK_EQ(outer.uc.mcontext.rip, 0x401000);
	CHECK_EQ(outer.uc.mcontext.rax, 0);
	CHECK_EQ(states[0].blocked, sig_bit(SIGUSR1) | sig_bit(SIGUSR2));
	tear_down();
}

static uint64_t seen_rip;

static bool rewind_site(struct regs *r)
{
	seen_rip = r->rip;
	r->rip = 0x500000;
	return true;
}

static uint64_t to_user(uint64_t rip)
{
	return rip == 0x700010 ? 0x400102 : rip;
}

static uint64_t from_user(uint64_t rip)
{
	return rip == 0x400102 ? 0x700010 : rip;
}

/* Programs see the addresses of their own text only. */
static void rewritten_sites(void)
{
	static const struct signal_site_ops sites = {
		.restart = rewind_site,
		.rip_to_user = to_user,
		.rip_from_user = from_user,
	};
	struct sigframe f;

	signal_set_site_ops(&sites);
	set_up();
	regs.source = REGS_STUB;
	regs.orig_rax = NR;
	regs.rax = (uint64_t)-ERESTARTNOINTR;
	signal_deliver(&threads[0], &regs);
	CHECK_EQ(seen_rip, 0x400102);
	CHECK_EQ(regs.rip, 0x500000);

	set_action(SIGUSR1, 0x401000, 0);
	regs.rip = 0x700010;
	regs.orig_rax = NOT_A_SYSCALL;
	CHECK_EQ(send_to(0, SIGUSR1), 0);
	signal_deliver(&threads[0], &regs);
	CHECK_EQ(copy_from_user(&f, user_ptr(regs.rsp), sizeof(f)), 0);
	CHECK_EQ(f.uc.mcontext.rip, 0x400102);
	regs.rsp += 8;
	CHECK_EQ(sigframe_pop(&threads[0], &regs), 0);
	CHECK_EQ(regs.rip, 0x700010);
	tear_down();
}

/* --- masks for the length of a call --- */

static void temporary_mask(void)
{
	struct sigframe f;

	set_up();
	set_action(SIGUSR1, 0x401000, 0);
	signal_set_mask(&threads[0], sig_bit(SIGUSR1));
	CHECK_EQ(send_to(0, SIGUSR1), 0);
	CHECK(!told(0));
	signal_begin_mask(&threads[0], 0);
	CHECK(told(0));
	signal_deliver(&threads[0], &regs);
	CHECK_EQ(copy_from_user(&f, user_ptr(regs.rsp), sizeof(f)), 0);
	CHECK_EQ(f.uc.sigmask, sig_bit(SIGUSR1));

	/* Nothing came: the old one is back after delivery. */
	signal_set_mask(&threads[0], sig_bit(SIGUSR2));
	signal_begin_mask(&threads[0], 0);
	signal_deliver(&threads[0], &regs);
	CHECK_EQ(states[0].blocked, sig_bit(SIGUSR2));
	tear_down();
}

static void one_shot(void)
{
	struct sigaction_user now;

	set_up();
	set_action(SIGUSR1, 0x401000, SA_RESETHAND | SA_NODEFER);
	CHECK_EQ(send_to(0, SIGUSR1), 0);
	signal_deliver(&threads[0], &regs);
	signal_swap_action(&threads[0], SIGUSR1, NULL, &now);
	CHECK_EQ(now.handler, SIG_DFL);
	CHECK_EQ(states[0].blocked, 0);
	tear_down();
}

static void over_exec(void)
{
	struct sigaction_user now;

	set_up();
	set_action(SIGUSR1, 0x401000, SA_RESTART);
	set_action(SIGUSR2, SIG_IGN, SA_RESTART);
	states[0].altstack = (struct sigaltstack_user){ .size = 8192 };
	signal_exec(&threads[0], NULL);
	signal_swap_action(&threads[0], SIGUSR1, NULL, &now);
	CHECK_EQ(now.handler, SIG_DFL);
	CHECK_EQ(now.flags, 0);
	signal_swap_action(&threads[0], SIGUSR2, NULL, &now);
	CHECK_EQ(now.handler, SIG_IGN);
	CHECK_EQ(states[0].altstack.flags, SS_DISABLE);
	tear_down();
}

static void solo_needs_the_others_gone(void)
{
	set_up();
	/* Nobody ends here: the fake says so instead of sleeping for ever. */
	CHECK_EQ(signal_group_solo(&threads[0]), -EAGAIN);
	CHECK(!(threads[0].work & WORK_KILL));
	CHECK(threads[1].work & WORK_KILL);
	CHECK_EQ(signal_group_remove(&group, &threads[1]), 2);
	CHECK_EQ(signal_group_remove(&group, &threads[2]), 1);
	CHECK_EQ(signal_group_solo(&threads[0]), 0);
	CHECK(!signal_group_add(&group, &threads[1]));
	CHECK_EQ(signal_group_solo(&threads[0]), -EAGAIN);
	signal_group_unsolo(&threads[0]);
	CHECK(signal_group_add(&group, &threads[1]));
	tear_down();
}

int main(void)
{
	fake_init(&fake_default);
	goes_to_one_that_takes_it();
	moves_on_when_blocked_or_gone();
	waits_until_unblocked();
	to_a_thread_alone();
	queueing();
	queue_is_bounded();
	no_memory();
	faults_come_first();
	ignored_is_dropped();
	killed_at_once();
	first_end_decides();
	core_signals_report();
	blocked_fault_ends();
	no_stack_ends();
	restarting();
	restart_once();
	rewritten_sites();
	temporary_mask();
	one_shot();
	over_exec();
	solo_needs_the_others_gone();
	CHECK_EQ(fake_fini(), 0);
	return check_result();
}
