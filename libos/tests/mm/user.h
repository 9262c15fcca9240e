/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user.h - what a program does: touches memory, and takes faults.
 */
#pragma once

#include "libos/mm/mm.h"
#include "libos/sched/thread.h"
#include "libos/tests/fake/fake.h"

static inline struct mm *own_mm(void)
{
	return fake_thread()->mm;
}

/*
 * Touch a byte as a program would: a fault goes to mm_fault(), and the access
 * is tried again.  0, or the signal.
 */
static inline int user_touch(uint64_t addr, uint8_t *value, uint32_t access)
{
	int tries, sig, code;

	for (tries = 0; tries < 8; tries++) {
		if (access == PROT_READ && fake_peek(addr, value) == 0)
			return 0;
		if (access == PROT_WRITE && fake_poke(addr, *value) == 0)
			return 0;
		sig = mm_fault(own_mm(), addr, access, &code);
		if (sig)
			return sig;
	}
	return -1;
}

static inline int user_read(uint64_t addr, uint8_t *ret)
{
	return user_touch(addr, ret, PROT_READ);
}

static inline int user_write(uint64_t addr, uint8_t value)
{
	return user_touch(addr, &value, PROT_WRITE);
}

/* mm_map() in one line; the address or -errno. */
static inline int64_t user_map(uint64_t addr, uint64_t size, uint32_t prot,
                               uint32_t flags)
{
	const struct mm_map req = {
		.addr = addr,
		.size = size,
		.prot = prot,
		.flags = flags | MAP_ANONYMOUS |
		         (flags & MAP_TYPE ? 0 : MAP_PRIVATE),
	};
	uint64_t at;
	int ret = mm_map(own_mm(), &req, &at);

	return ret < 0 ? ret : (int64_t)at;
}

static inline int64_t user_map_file(struct vm_object *obj, uint64_t offset,
                                    uint64_t addr, uint64_t size, uint32_t prot,
                                    uint32_t flags)
{
	const struct mm_map req = {
		.addr = addr,
		.size = size,
		.prot = prot,
		.flags = flags,
		.object = obj,
		.offset = offset,
		.may_write = true,
	};
	uint64_t at;
	int ret = mm_map(own_mm(), &req, &at);

	return ret < 0 ? ret : (int64_t)at;
}
