/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usercopy.c - usercopy_asm.h in C.  A fault is a fault: what calls this has
 * made sure that there will be none.
 */
#include <string.h>

#include "libos/mm/usercopy_asm.h"

size_t usercopy_bytes(void *dst, const void *src, size_t size)
{
	memcpy(dst, src, size);
	return 0;
}

size_t usercopy_clear(void *dst, size_t size)
{
	memset(dst, 0, size);
	return 0;
}

int usercopy_load_u32(const uint32_t *p, uint32_t *ret)
{
	*ret = __atomic_load_n(p, __ATOMIC_RELAXED);
	return 0;
}

int usercopy_cmpxchg_u32(uint32_t *p, uint32_t *seen, uint32_t desired)
{
	__atomic_compare_exchange_n(p, seen, desired, 0, __ATOMIC_SEQ_CST,
	                            __ATOMIC_SEQ_CST);
	return 0;
}
