/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.c - start, enter, serve, leave.
 */
#include "host/vcpu.h"

#include <errno.h>
#include <linux/prctl.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/log.h"
#include "host/service.h"
#include "host/supervisor.h"
#include "sgx/leaf.h"

#include "base/banned.h"

enum {
	/* The enclave runs on stacks of its own; ours only serves. */
	STACK_SIZE = 256 * 1024,
	/* Default is 50 us, which the program's timers would add to theirs. */
	TIMER_SLACK_NS = 1000,
};

/* How long vcpu_join_all() waits, and how often it interrupts meanwhile. */
#define LEAVE_TIMEOUT_NS 1000000000ull
#define LEAVE_POLL_NS 200000ull

void vcpu_init(struct runtime *rt, uint32_t index)
{
	struct vcpu *v = &rt->vcpu[index];

	v->rt = rt;
	v->index = index;
	v->state = VCPU_NEW;
	v->shared = shared_memory_vcpu(&rt->memory, index);
	rt->ops->run_init(&v->run, VCPU_BASE + index * VCPU_STRIDE + VCPU_TCS,
	                  &v->regs);
}

void vcpu_interrupt(struct vcpu *v)
{
	struct enclave_thread *t =
		__atomic_load_n(&v->thread, __ATOMIC_SEQ_CST);

	if (t)
		v->rt->ops->interrupt(t);
}

/*
 * A tick that meets the thread between two instructions around an ENCLU may be
 * lost (platform/sgx/tick.c), and nobody asks for another one after a kick.
 */
enum {
	KICK_REPEATS = 2,
};

void vcpu_kick(struct vcpu *v)
{
	int ret;

	if (__atomic_load_n(&v->state, __ATOMIC_SEQ_CST) == VCPU_NEW) {
		ret = vcpu_start(v);
		if (ret < 0)
			log_warn("vCPU %u has no thread: error %d", v->index,
			         -ret);
		return;
	}
	if (park_wake(&v->park))
		return;
	__atomic_store_n(&v->kick_repeats, KICK_REPEATS, __ATOMIC_RELAXED);
	vcpu_interrupt(v);
}

/* The enclave can't go on, and the kernel did not say so itself. */
static void lose(struct vcpu *v, enum host_lost why)
{
	struct host_result result = {
		.kind = HOST_RESULT_LOST,
		.lost = why,
		.vcpu = v->index,
		.vector = v->run.exception_vector,
		.addr = v->run.exception_addr,
	};

	runtime_finish(v->rt, &result);
}

static int enter(struct vcpu *v, unsigned int leaf, uint64_t reason)
{
	const struct runtime *rt = v->rt;

	v->regs = (struct enclave_regs){ .rdi = reason };
	if (reason == ENTER_BOOT)
		v->regs.rsi = (uintptr_t)rt->memory.shared;
	return rt->ops->call(rt->enclave, &v->regs, leaf, &v->run);
}

/*
 * An exception inside: EXINFO isn't there on SGX1, so the kernel hears from us
 * what the platform saw, and trusts it accordingly.  Its handler runs at
 * CSSA = 1 and has no exceptions of its own.
 */
static bool serve_exception(struct vcpu *v)
{
	struct vcpu_shared *shared = v->shared;

	WRITE_ONCE(shared->trap_vector, v->run.exception_vector);
	WRITE_ONCE(shared->trap_addr, v->run.exception_addr);
	if (enter(v, ENCLU_EENTER, 0) < 0 || v->run.function != ENCLU_EEXIT) {
		lose(v, HOST_LOST_IN_HANDLER);
		return false;
	}
	WRITE_ONCE(shared->trap_vector, 0);
	return v->regs.rdi == LEAVE_TRAP;
}

/* After an EEXIT: false if the vCPU is through. */
static bool serve_exit(struct vcpu *v)
{
	if (v->regs.rdi != LEAVE_HOSTCALL)
		return false;
	service_call(v);
	hostclock_refresh(&v->rt->clock);
	return !runtime_is_finished(v->rt);
}

static void run_loop(struct vcpu *v)
{
	uint64_t reason = v->index ? ENTER_VCPU : ENTER_BOOT;
	unsigned int leaf = ENCLU_EENTER;

	for (;;) {
		if (enter(v, leaf, reason) < 0) {
			lose(v, HOST_LOST_ENTRY);
			return;
		}
		switch (v->run.function) {
		case ENCLU_EEXIT:
			if (!serve_exit(v))
				return;
			leaf = ENCLU_EENTER;
			reason = ENTER_RETURN;
			break;
		case ENCLU_ERESUME:
			if (!serve_exception(v))
				return;
			leaf = ENCLU_ERESUME;
			break;
		default:
			lose(v, HOST_LOST_ENTRY);
			return;
		}
	}
}

/* The last one to leave without a word from the kernel ends the run. */
static void leave(struct vcpu *v)
{
	struct runtime *rt = v->rt;

	__atomic_store_n(&v->state, VCPU_LEFT, __ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < rt->nvcpus; i++) {
		uint32_t state =
			__atomic_load_n(&rt->vcpu[i].state, __ATOMIC_SEQ_CST);

		if (state == VCPU_STARTING || state == VCPU_RUNNING)
			return;
	}
	lose(v, HOST_LOST_ALL_LEFT);
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

/*
 * Others may hold v->thread to interrupt it until all have left, so detaching
 * waits for vcpu_join_all().
 */
static void wait_for_join(struct vcpu *v)
{
	while (__atomic_load_n(&v->rt->is_joining, __ATOMIC_SEQ_CST) == 0)
		park_wait(&v->park, PARK_FOREVER, never, NULL);
}

static bool attach(struct vcpu *v, struct enclave_thread **ret_thread)
{
	struct platform_error err = { .text = "" };

	if (v->rt->ops->attach(v->rt->enclave, ret_thread, &err) < 0) {
		log_error("vCPU %u: %s", v->index, err.text);
		return false;
	}
	__atomic_store_n(&v->thread, *ret_thread, __ATOMIC_SEQ_CST);
	return true;
}

static uint32_t gate_of(const struct vcpu *v)
{
	return __atomic_load_n(&v->rt->gate, __ATOMIC_SEQ_CST);
}

static bool is_gate_decided(void *arg)
{
	return gate_of(arg) != GATE_CLOSED;
}

static bool is_admitted(struct vcpu *v)
{
	while (!is_gate_decided(v))
		park_wait(&v->rt->gate_park, PARK_FOREVER, is_gate_decided, v);
	return gate_of(v) == GATE_OPEN;
}

static void *thread_main(void *arg)
{
	struct vcpu *v = arg;
	struct enclave_thread *thread = NULL;

	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	__atomic_store_n(&v->state, VCPU_RUNNING, __ATOMIC_SEQ_CST);
	if (!runtime_is_finished(v->rt) && attach(v, &thread) &&
	    is_admitted(v)) {
		supervisor_note_awake(&v->rt->supervisor);
		run_loop(v);
	}
	leave(v);
	wait_for_join(v);
	if (thread)
		v->rt->ops->detach(thread);
	return NULL;
}

int vcpu_start(struct vcpu *v)
{
	uint32_t state = VCPU_NEW;
	pthread_attr_t attr;
	int ret;

	if (!__atomic_compare_exchange_n(&v->state, &state, VCPU_STARTING,
	                                 false, __ATOMIC_SEQ_CST,
	                                 __ATOMIC_SEQ_CST))
		return 0;
	ret = pthread_attr_init(&attr);
	if (!ret) {
		pthread_attr_setstacksize(&attr, STACK_SIZE);
		ret = pthread_create(&v->pthread, &attr, thread_main, v);
		pthread_attr_destroy(&attr);
	}
	if (ret)
		__atomic_store_n(&v->state, VCPU_ABSENT, __ATOMIC_SEQ_CST);
	return -ret;
}

static bool has_thread(const struct vcpu *v)
{
	uint32_t state = __atomic_load_n(&v->state, __ATOMIC_SEQ_CST);

	return state != VCPU_NEW && state != VCPU_ABSENT;
}

static void decide_gate(struct vcpu *v, enum runtime_gate gate)
{
	__atomic_store_n(&v->rt->gate, gate, __ATOMIC_SEQ_CST);
	park_wake(&v->rt->gate_park);
}

void vcpu_admit(struct vcpu *v)
{
	decide_gate(v, GATE_OPEN);
}

void vcpu_dismiss(struct vcpu *v)
{
	__atomic_store_n(&v->rt->is_joining, 1, __ATOMIC_SEQ_CST);
	decide_gate(v, GATE_ABANDONED);
	if (has_thread(v))
		pthread_join(v->pthread, NULL);
}

/* True once no vCPU is at work any more; interrupts those that are. */
static bool have_all_left(struct runtime *rt)
{
	bool all = true;

	for (uint32_t i = 0; i < rt->nvcpus; i++) {
		struct vcpu *v = &rt->vcpu[i];

		if (!has_thread(v) ||
		    __atomic_load_n(&v->state, __ATOMIC_SEQ_CST) == VCPU_LEFT)
			continue;
		all = false;
		park_wake(&v->park);
		vcpu_interrupt(v);
	}
	return all;
}

int vcpu_join_all(struct runtime *rt)
{
	uint64_t give_up_ns = hostclock_now_ns() + LEAVE_TIMEOUT_NS;
	struct timespec pause = { .tv_nsec = LEAVE_POLL_NS };

	while (!have_all_left(rt)) {
		if (hostclock_now_ns() > give_up_ns)
			return -ETIMEDOUT;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
	__atomic_store_n(&rt->is_joining, 1, __ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < rt->nvcpus; i++) {
		if (!has_thread(&rt->vcpu[i]))
			continue;
		park_wake(&rt->vcpu[i].park);
		pthread_join(rt->vcpu[i].pthread, NULL);
	}
	return 0;
}
