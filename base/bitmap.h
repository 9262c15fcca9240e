/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bitmap.h - sets of small numbers, one bit each, in unsigned long words.
 *
 *	unsigned long used[BITMAP_WORDS(1024)] = { 0 };
 *
 *	i = bitmap_find_next_zero(used, 1024, 0);
 *	if (i == 1024)
 *		return -EMFILE;
 *	bitmap_set(used, i);
 *
 * Bits at and behind @nbits in the last word are never looked at by the
 * searches.  Nothing here is atomic.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define BITMAP_WORD_BITS (8 * sizeof(unsigned long))
#define BITMAP_WORDS(nbits)                                                    \
	(((nbits) + BITMAP_WORD_BITS - 1) / BITMAP_WORD_BITS)

static inline unsigned long bitmap_mask(size_t bit)
{
	return 1UL << (bit % BITMAP_WORD_BITS);
}

static inline void bitmap_set(unsigned long *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] |= bitmap_mask(bit);
}

static inline void bitmap_clear(unsigned long *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] &= ~bitmap_mask(bit);
}

static inline bool bitmap_test(const unsigned long *map, size_t bit)
{
	return (map[bit / BITMAP_WORD_BITS] & bitmap_mask(bit)) != 0;
}

/* Set or clear the @n bits from @start. */
void bitmap_set_range(unsigned long *map, size_t start, size_t n);
void bitmap_clear_range(unsigned long *map, size_t start, size_t n);

/* The first set or clear bit in [@start, @nbits), or @nbits. */
size_t bitmap_find_next_set(const unsigned long *map, size_t nbits,
                            size_t start);
size_t bitmap_find_next_zero(const unsigned long *map, size_t nbits,
                             size_t start);

/*
 * The first bit at or behind @start where @n clear bits follow one another
 * inside @nbits, or @nbits.  A run of none is found at @start.
 */
size_t bitmap_find_zero_run(const unsigned long *map, size_t nbits,
                            size_t start, size_t n);

/* How many of the first @nbits are set. */
size_t bitmap_count(const unsigned long *map, size_t nbits);
