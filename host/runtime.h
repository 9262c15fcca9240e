/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime.h - one running instance, as the files of host/ share it.
 *
 * Who does what:
 *
 *   supervisor   the thread that called host_run(): signals, readiness, ticks
 *   vCPU         one thread each: enters the enclave, serves what it asks
 *
 * There is no big lock.  What two threads touch is either atomic (vCPU state,
 * park, bits in shared memory, the result) or has its own lock (descriptors,
 * clock).  Order of initialisation: everything is in place before the first
 * vCPU starts, and nothing is taken down before all have left.
 *
 * A vCPU's life:
 *
 *   NEW -> STARTING -> RUNNING -> LEFT
 *                   \-> ABSENT
 *
 * vCPU 0 is started by host_run(), while the enclave is still being measured,
 * and boots the kernel.  Another one is started when the kernel kicks it for the
 * first time, or when a tick has been wanted for a whole round, which means that
 * a thread waits for a CPU: a program with one thread never pays for the others.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi/layout.h"
#include "abi/shared.h"
#include "host/descriptor.h"
#include "host/hostclock.h"
#include "host/park.h"
#include "host/run.h"
#include "host/shared_memory.h"
#include "platform/platform.h"

enum vcpu_state {
	VCPU_NEW,
	VCPU_STARTING, /* its thread is being made */
	VCPU_RUNNING,
	VCPU_LEFT,  /* its thread enters no more */
	VCPU_ABSENT /* no thread could be made for it */
};

/* Threads that are made early wait until the enclave can be entered. */
enum runtime_gate {
	GATE_CLOSED,
	GATE_OPEN,     /* EINIT is done           */
	GATE_ABANDONED /* and will never be done  */
};

struct runtime;

struct vcpu {
	struct runtime *rt;
	uint32_t index;
	uint32_t state; /* enum vcpu_state; atomic */
	struct vcpu_shared *shared;
	struct park park;
	pthread_t pthread;
	struct enclave_thread *thread; /* NULL before attach; atomic */

	/* Its own thread only. */
	struct sgx_enclave_run run;
	struct enclave_regs regs; /* RDI: reason of entry, then of exit */

	/* Supervisor only. */
	uint64_t tick_due_ns; /* 0: no tick was wanted last round */
	uint64_t deadline_ns; /* the last one that was ticked for */
	/* Ticks to come after a kick: see vcpu_kick().  Set by any thread. */
	uint32_t kick_repeats;
	uint64_t deadline_retry_ns;
};

/*
 * What a vCPU does with the enclave: platform.h's functions in production, a
 * fake enclave in unit tests.  No slot is NULL.
 */
struct enclave_ops {
	int (*attach)(struct enclave *e, struct enclave_thread **ret_thread,
	              struct platform_error *err);
	void (*detach)(struct enclave_thread *t);
	void (*run_init)(struct sgx_enclave_run *run, uint64_t tcs,
	                 struct enclave_regs *regs);
	int (*call)(const struct enclave *e, struct enclave_regs *regs,
	            unsigned int function, struct sgx_enclave_run *run);
	void (*interrupt)(struct enclave_thread *t);
	int (*restrict_pages)(struct enclave *e, uint64_t offset,
	                      uint64_t npages, uint32_t rwx,
	                      struct enclave_progress *ret);
	int (*modify_pages)(struct enclave *e, uint64_t offset, uint64_t npages,
	                    uint32_t page_type, struct enclave_progress *ret);
	int (*remove_pages)(struct enclave *e, uint64_t offset, uint64_t npages,
	                    struct enclave_progress *ret);
};

enum { SIGNALS_FORWARDED = 10 };

struct supervisor {
	int epoll_fd;
	int control_fd;        /* eventfd: look at rt->finished, or at vCPUs */
	uint32_t is_asleep;    /* waits without timeout; atomic              */
	uint32_t quiet_rounds; /* in which no vCPU was awake                 */
	uint64_t
		signal_since_ns[65]; /* since when the kernel hasn't taken it */
	sigset_t signals;
	sigset_t saved_mask;
	struct sigaction saved_sigpipe;
	struct sigaction saved[SIGNALS_FORWARDED];
};

struct runtime {
	const struct enclave_ops *ops;
	struct enclave *enclave;
	bool can_change_pages; /* the platform has SGX2 */
	struct shared_memory memory;
	struct hostclock clock;
	struct descriptor_table descriptors;
	struct supervisor supervisor;

	uint32_t gate;         /* enum runtime_gate; atomic */
	struct park gate_park; /* vCPU 0's, until the gate is decided */
	uint32_t finished; /* 1: @result is being written, 2: it is; atomic */
	struct host_result result;
	uint32_t
		is_joining; /* 1: threads that left may detach and end; atomic */

	uint32_t nvcpus;
	struct vcpu vcpu[VCPU_MAX];
};

/*
 * runtime_finish - the run is over, for the reason in @result.  The first
 * caller wins; wakes everybody.
 */
void runtime_finish(struct runtime *rt, const struct host_result *result);

static inline bool runtime_is_finished(const struct runtime *rt)
{
	return __atomic_load_n(&rt->finished, __ATOMIC_SEQ_CST) != 0;
}

/*
 * runtime_notify - a bit of host_shared.ready or .signals has been set: have
 * some vCPU look.  Wakes a sleeper, else interrupts one that runs.
 */
void runtime_notify(struct runtime *rt);

/* There is news in shared memory that no vCPU has taken. */
bool runtime_has_news(const struct runtime *rt);
