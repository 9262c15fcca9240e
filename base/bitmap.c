/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bitmap.c - ranges and searches, a word at a time.
 */
#include "base/bitmap.h"

#include "base/compiler.h"

/* Ones from bit @lo up to, not including, bit @hi of one word. */
static unsigned long word_mask(size_t lo, size_t hi)
{
	unsigned long below_hi =
		hi == BITMAP_WORD_BITS ? ~0UL : (1UL << hi) - 1;

	return below_hi & (~0UL << lo);
}

/* The part of [@bit, @end) that lies in @bit's word; returns its length. */
static size_t span_in_word(size_t bit, size_t end, unsigned long *ret_mask)
{
	size_t lo = bit % BITMAP_WORD_BITS;
	size_t n = MIN(end - bit, BITMAP_WORD_BITS - lo);

	*ret_mask = word_mask(lo, lo + n);
	return n;
}

void bitmap_set_range(unsigned long *map, size_t start, size_t n)
{
	size_t end = start + n;
	unsigned long mask;

	for (size_t bit = start; bit < end;) {
		size_t word = bit / BITMAP_WORD_BITS;

		bit += span_in_word(bit, end, &mask);
		map[word] |= mask;
	}
}

void bitmap_clear_range(unsigned long *map, size_t start, size_t n)
{
	size_t end = start + n;
	unsigned long mask;

	for (size_t bit = start; bit < end;) {
		size_t word = bit / BITMAP_WORD_BITS;

		bit += span_in_word(bit, end, &mask);
		map[word] &= ~mask;
	}
}

/* The first bit in [@start, @nbits) whose value, xor @flip, is one. */
static size_t find_next(const unsigned long *map, size_t nbits, size_t start,
                        unsigned long flip)
{
	unsigned long mask;

	for (size_t bit = start; bit < nbits;) {
		size_t word = bit / BITMAP_WORD_BITS;
		size_t n = span_in_word(bit, nbits, &mask);
		unsigned long hits = (map[word] ^ flip) & mask;

		if (hits)
			return word * BITMAP_WORD_BITS +
			       (size_t)__builtin_ctzl(hits);
		bit += n;
	}
	return nbits;
}

size_t bitmap_find_next_set(const unsigned long *map, size_t nbits,
                            size_t start)
{
	return find_next(map, nbits, start, 0);
}

size_t bitmap_find_next_zero(const unsigned long *map, size_t nbits,
                             size_t start)
{
	return find_next(map, nbits, start, ~0UL);
}

size_t bitmap_find_zero_run(const unsigned long *map, size_t nbits,
                            size_t start, size_t n)
{
	if (n == 0)
		return MIN(start, nbits);

	while (start < nbits) {
		size_t first = bitmap_find_next_zero(map, nbits, start);

		if (n > nbits - first)
			break;
		start = bitmap_find_next_set(map, first + n, first);
		if (start == first + n)
			return first;
	}
	return nbits;
}

size_t bitmap_count(const unsigned long *map, size_t nbits)
{
	unsigned long mask;
	size_t count = 0;

	for (size_t bit = 0; bit < nbits;) {
		size_t word = bit / BITMAP_WORD_BITS;

		bit += span_in_word(bit, nbits, &mask);
		count += (size_t)__builtin_popcountl(map[word] & mask);
	}
	return count;
}
