/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_instance.h - a runtime whose enclave is a C function of the test.
 *
 * The function plays the kernel: it is called for every EENTER and ERESUME and
 * returns how the enclave is left.  Everything around it (threads, supervisor,
 * services, shared memory) is the real thing.
 *
 *	static uint64_t kernel(struct fake_entry *e)
 *	{
 *		return fake_exit(e, 0);
 *	}
 *
 *	struct fake_instance *fake = fake_create(2, kernel);
 *	struct host_result result = fake_run(fake);
 *	fake_destroy(fake);
 */
#pragma once

#include <stdint.h>

#include "host/runtime.h"

/* One entry, as the kernel sees it. */
struct fake_entry {
	struct fake_instance *fake;
	uint32_t vcpu;
	unsigned int leaf; /* 2: EENTER, 3: ERESUME */
	uint64_t reason;
	uint64_t count; /* entries of this vCPU before this one */
	struct vcpu_shared *shared;
};

/* Result of a kernel function: LEAVE_*, or one of these. */
enum {
	FAKE_FAULT = 100,      /* an exception inside: #PF at FAKE_FAULT_ADDR */
	FAKE_ENTRY_FAULT = 101 /* EENTER itself faults */
};
#define FAKE_FAULT_ADDR 0x1234000ull

typedef uint64_t fake_kernel(struct fake_entry *e);

struct fake_instance {
	struct runtime rt;
	fake_kernel *kernel;
	uint64_t entries[VCPU_MAX];
	uint32_t interrupts[VCPU_MAX]; /* by enclave_interrupt() */
	uint32_t attached;
	uint64_t pages_done; /* how many pages a page call gets done at most */
};

struct fake_instance *fake_create(uint32_t nvcpus, fake_kernel *kernel);

/* Start vCPU 0 and supervise until the end; joins all threads. */
struct host_result fake_run(struct fake_instance *fake);

void fake_destroy(struct fake_instance *fake);

/* Leave by HC_EXIT with wait status @status. */
uint64_t fake_exit(struct fake_entry *e, uint32_t status);
/* Leave by HC_IDLE until @deadline_ns, HC_KICK of @vcpu. */
uint64_t fake_idle(struct fake_entry *e, uint64_t deadline_ns);
uint64_t fake_kick(struct fake_entry *e, uint32_t vcpu);
