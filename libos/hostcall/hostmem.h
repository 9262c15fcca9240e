/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostmem.h - copies between the kernel and untrusted memory.  Private to
 * hostcall/: nothing else may touch a __host pointer's target.
 *
 * A copy reads each byte of host memory once.  A page that the host took away
 * ends the copy with -EFAULT, not the kernel.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

/* All of [addr, addr+size) is outside ELRANGE and canonical. */
bool host_range_ok(uint64_t addr, uint64_t size);

/* The pointer for an address that passed host_range_ok(). */
static inline void __host *host_ptr(uint64_t addr)
{
	return (void __force __host *)addr;
}

static inline uint64_t host_addr(const void __host *p)
{
	return (uint64_t)(const void __force *)p;
}

int __must_check copy_from_host(void *dst, const void __host *src, size_t size);
int __must_check copy_to_host(void __host *dst, const void *src, size_t size);

/* One aligned 64-bit access each; the page is known to be there. */
uint64_t host_load64(const uint64_t __host *p);
void host_store64(uint64_t __host *p, uint64_t value);
void host_store32(uint32_t __host *p, uint32_t value);
uint64_t host_swap64(uint64_t __host *p, uint64_t value);
