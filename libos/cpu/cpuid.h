/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid.h - what programs are told the CPU can do.
 *
 * CPUID is illegal in an enclave, so the answers come from a table that the
 * host hands over at boot.  It is only advice: a lie costs speed or a SIGILL.
 * Before it is believed it is bounded, and then cut: what XFRM does not enable
 * is not offered, nor what the kernel does not support (FSGSBASE for programs,
 * protection keys, SGX itself, CET, user interrupts, transactional memory).
 */
#pragma once

#include "abi/shared.h"
#include "base/compiler.h"
#include "base/types.h"

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

#define CPUID_TABLE_MAX 256

/*
 * Take @count entries from the host, cut to @xfrm.  -EINVAL: too many, or a
 * leaf that every SGX CPU has is missing.
 */
int __must_check cpuid_setup(const struct host_cpuid *table, size_t count,
                             uint64_t xfrm);

/* The answer to CPUID with EAX = @leaf, ECX = @subleaf; zeros if unknown. */
void cpuid_lookup(uint32_t leaf, uint32_t subleaf, struct cpuid_regs *ret);
