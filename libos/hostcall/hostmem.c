/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/hostcall/hostmem.h"

#include "abi/layout.h"
#include "base/errno.h"

#define ADDRESS_END 0x800000000000ull /* user half of 48-bit addresses */

/* hostmem_copy.S: bytes not copied. */
size_t hostmem_copy(void *dst, const void *src, size_t size);

bool host_range_ok(uint64_t addr, uint64_t size)
{
	return addr >= ELRANGE_SIZE_DEFAULT && addr <= ADDRESS_END &&
	       size <= ADDRESS_END - addr;
}

int copy_from_host(void *dst, const void __host *src, size_t size)
{
	return hostmem_copy(dst, (const void __force *)src, size) ? -EFAULT : 0;
}

int copy_to_host(void __host *dst, const void *src, size_t size)
{
	return hostmem_copy((void __force *)dst, src, size) ? -EFAULT : 0;
}

uint64_t host_load64(const uint64_t __host *p)
{
	return *(const volatile uint64_t __force *)p;
}

void host_store64(uint64_t __host *p, uint64_t value)
{
	*(volatile uint64_t __force *)p = value;
}

void host_store32(uint32_t __host *p, uint32_t value)
{
	*(volatile uint32_t __force *)p = value;
}

uint64_t host_swap64(uint64_t __host *p, uint64_t value)
{
	return __atomic_exchange_n((uint64_t __force *)p, value,
	                           __ATOMIC_ACQ_REL);
}
