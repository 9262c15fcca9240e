/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared_memory.h - the untrusted memory that the kernel sees: struct
 * host_shared, one struct vcpu_shared per vCPU, and what is handed over at
 * boot.
 *
 * Around and between them lie pages that can't be touched, so that whoever
 * runs over an end, the host or the kernel, is found out at once:
 *
 *   guard | host_shared | guard | vCPU 0 | guard | vCPU 1 | guard | ...
 *
 * Strings and the CPUID table go into a mapping of their own that becomes
 * read-only; the root's index and body are mapped from their files.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "abi/shared.h"
#include "base/compiler.h"
#include "host/error.h"
#include "host/run.h"

struct shared_memory {
	struct host_shared *shared;
	uint32_t nvcpus;

	/*
	 * What is mapped, for shared_memory_destroy(): the boot block says it
	 * too, but can be overwritten from inside.
	 */
	void *area;
	size_t area_size;
	void *strings;
	size_t strings_size;
	struct host_blob index;
	struct host_blob body;
};

/*
 * shared_memory_create - map for @nvcpus vCPUs and fill the boot block from
 * @options.  0, or -errno with *@err filled in and nothing left behind.
 */
__must_check int shared_memory_create(struct shared_memory *memory,
                                      const struct host_run_options *options,
                                      uint32_t nvcpus, struct host_error *err);
void shared_memory_destroy(struct shared_memory *memory);

struct vcpu_shared *shared_memory_vcpu(const struct shared_memory *memory,
                                       uint32_t index);
