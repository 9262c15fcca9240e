/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shadow.c - which bytes of the kernel's memory may be touched.
 */
#include "abi/bootcfg.h"
#include "abi/layout.h"
#include "base/arith.h"
#include "base/units.h"
#include "libos/checked/checked.h"

#define GRANULE 8

/* meson.build tells the compiler the same number. */
_Static_assert(SHADOW_BASE - KERNEL_BASE / GRANULE == SHADOW_OFFSET, "shadow");

static uint64_t heap_end = HEAP_BASE;
static uint64_t vcpu_end = VCPU_BASE;

static uint8_t *shadow_at(uint64_t addr)
{
	return (uint8_t *)(addr / GRANULE + SHADOW_OFFSET);
}

uint8_t shadow_of(uint64_t addr)
{
	return *shadow_at(addr);
}

/* memset() comes here to ask; so no memset() here. */
static void fill(uint64_t addr, uint64_t end, uint8_t value)
{
	uint8_t *at = shadow_at(addr);
	size_t n = (size_t)(shadow_at(end + GRANULE - 1) - at);

	__asm__ volatile("rep stosb"
	                 : "+D"(at), "+c"(n)
	                 : "a"(value)
	                 : "memory");
}

void shadow_init(uint64_t heap_size)
{
	const struct bootcfg_header *h = (const void *)CONFIG_BASE;

	heap_end = HEAP_BASE + heap_size;
	vcpu_end = VCPU_BASE + h->max_vcpus * VCPU_STRIDE;
	fill(KERNEL_BASE, KERNEL_BASE + KERNEL_IMAGE_MAX, 0);
	fill(VCPU_BASE, vcpu_end, 0);
	fill(HEAP_BASE, heap_end, SHADOW_HEAP_UNUSED);
}

int shadow_extend(uint64_t end, int (*add)(uint64_t addr))
{
	uint64_t have = ALIGN_UP((uint64_t)shadow_at(heap_end), PAGE_SIZE);
	uint64_t want = ALIGN_UP((uint64_t)shadow_at(end), PAGE_SIZE);

	for (; have < want; have += PAGE_SIZE) {
		int err = add(have);

		if (err < 0)
			return err;
	}
	fill(heap_end, end, SHADOW_HEAP_UNUSED);
	heap_end = end;
	return 0;
}

enum region shadow_region(uint64_t addr)
{
	if (addr < USER_BASE)
		return REGION_NULL;
	if (addr < USER_END)
		return REGION_USER;
	if (addr >= ELRANGE_SIZE_DEFAULT)
		return REGION_HOST;
	if (addr >= HEAP_BASE)
		return addr < heap_end ? REGION_SHADOWED : REGION_NOTHING;
	if (addr >= VCPU_BASE)
		return addr < vcpu_end ? REGION_SHADOWED : REGION_NOTHING;
	if (addr >= CONFIG_BASE)
		return REGION_CONFIG;
	return addr < KERNEL_BASE + KERNEL_IMAGE_MAX ? REGION_SHADOWED
	                                             : REGION_NOTHING;
}

void shadow_poison(uint64_t addr, size_t size, enum shadow_poison why)
{
	fill(addr, addr + size, (uint8_t)why);
}

void shadow_allow(uint64_t addr, size_t size)
{
	uint64_t end = addr + size;

	fill(addr, end, 0);
	if (end % GRANULE)
		*shadow_at(end) = end % GRANULE;
}

/* How many bytes of @addr's granule, from the first, may be touched. */
static uint32_t allowed(uint64_t addr)
{
	uint8_t s = *shadow_at(addr);

	if (!s)
		return GRANULE;
	return s < GRANULE ? s : 0;
}

uint64_t shadow_first_bad(uint64_t addr, size_t size)
{
	uint64_t end = addr + size;

	while (addr < end) {
		uint64_t stop = ALIGN_DOWN(addr, GRANULE) + allowed(addr);

		if (addr >= stop)
			return addr;
		addr = stop;
	}
	return end;
}
