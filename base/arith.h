/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arith.h - integer arithmetic that tells when it overflows.
 *
 * Each macro stores the wrapped result through @r and is true when the
 * mathematical result did not fit into the type of *@r:
 *
 *	if (add_overflow(off, size, &end))
 *		return -EOVERFLOW;
 *
 * Types may differ: the operation is done in infinite precision and only the
 * last step, the fit into *@r, is checked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define add_overflow(a, b, r) __builtin_add_overflow(a, b, r)
#define sub_overflow(a, b, r) __builtin_sub_overflow(a, b, r)
#define mul_overflow(a, b, r) __builtin_mul_overflow(a, b, r)

/* Is [@off, @off + @size) inside [0, @limit)?  An empty range may touch it. */
static inline bool range_within(uint64_t off, uint64_t size, uint64_t limit)
{
	return off <= limit && size <= limit - off;
}

/* Do the ranges at @a and @b share a byte?  Neither may wrap. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b,
                                  uint64_t b_size)
{
	return a_size && b_size && (a < b ? b - a < a_size : a - b < b_size);
}

/* Is @x a power of two?  0 is none. */
static inline bool is_power_of_two(uint64_t x)
{
	return x && !(x & (x - 1));
}
