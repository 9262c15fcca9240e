/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.c - mem and str functions for a kernel without a C library.
 *
 * Only general registers may be used, so large blocks go through the string
 * instructions, which the CPU runs in wide chunks (SDM vol. 1, 7.3.9.3, "fast
 * string operation"), and small ones, where those take dozens of cycles to
 * start, through blocks of four registers.  The direction flag is clear in all
 * C code.
 *
 * The compiler recognises such loops and would replace them by calls of the
 * very function they are in; NO_IDIOM forbids that.
 */
#include "base/string.h"

#include <stdbool.h>
#include <stdint.h>

#if defined(__clang__)
#define NO_IDIOM __attribute__((no_builtin))
#else
#define NO_IDIOM                                                               \
	__attribute__((__optimize__("no-tree-loop-distribute-patterns")))
#endif

/*
 * From this size on the string instructions win.  With fast short strings the
 * two methods meet between 300 and 500 bytes, aligned or not.
 */
enum { REP_MIN = 384 };

/* Eight bytes at any address, whatever type they have. */
struct word {
	uint64_t v;
} __packed __attribute__((__may_alias__));

struct half {
	uint32_t v;
} __packed __attribute__((__may_alias__));

/* What one turn of a loop moves: four general registers full. */
struct block {
	uint64_t v[4];
} __packed __attribute__((__may_alias__));

enum { BLOCK = sizeof(struct block) };

static uint64_t word_at(const uint8_t *p)
{
	return ((const struct word *)p)->v;
}

static void word_set(uint8_t *p, uint64_t v)
{
	((struct word *)p)->v = v;
}

/*
 * Up to 16 bytes: read everything, then write everything, with two accesses
 * that may overlap.  So it is right for overlapping blocks too.
 */
static void move_small(uint8_t *d, const uint8_t *s, size_t n)
{
	if (n >= 8) {
		uint64_t a = word_at(s);
		uint64_t b = word_at(s + n - 8);

		word_set(d, a);
		word_set(d + n - 8, b);
	} else if (n >= 4) {
		uint32_t a = ((const struct half *)s)->v;
		uint32_t b = ((const struct half *)(s + n - 4))->v;

		((struct half *)d)->v = a;
		((struct half *)(d + n - 4))->v = b;
	} else if (n) {
		uint8_t a = s[0];
		uint8_t b = s[n / 2];
		uint8_t c = s[n - 1];

		d[0] = a;
		d[n / 2] = b;
		d[n - 1] = c;
	}
}

static struct block block_at(const uint8_t *p)
{
	return *(const struct block *)p;
}

static void block_set(uint8_t *p, struct block b)
{
	*(struct block *)p = b;
}

/* 17 to 32 bytes; as above. */
static void move_medium(uint8_t *d, const uint8_t *s, size_t n)
{
	uint64_t a = word_at(s);
	uint64_t b = word_at(s + 8);
	uint64_t y = word_at(s + n - 16);
	uint64_t z = word_at(s + n - 8);

	word_set(d, a);
	word_set(d + 8, b);
	word_set(d + n - 16, y);
	word_set(d + n - 8, z);
}

/* More than 32 bytes, upwards; the tail is read before it can be written. */
NO_IDIOM static void move_up(uint8_t *d, const uint8_t *s, size_t n)
{
	struct block tail = block_at(s + n - BLOCK);
	uint8_t *last = d + n - BLOCK;

	for (; n > BLOCK; n -= BLOCK, d += BLOCK, s += BLOCK)
		block_set(d, block_at(s));
	block_set(last, tail);
}

/* More than 32 bytes, downwards; likewise with the first block. */
NO_IDIOM static void move_down(uint8_t *d, const uint8_t *s, size_t n)
{
	struct block head = block_at(s);

	for (; n > BLOCK; n -= BLOCK)
		block_set(d + n - BLOCK, block_at(s + n - BLOCK));
	block_set(d, head);
}

/*
 * Where the destination lies 1 to 15 bytes behind the source, modulo a page,
 * the string instructions of AMD's family 19H go byte by byte.
 */
static bool is_slow_distance(const void *d, const void *s)
{
	return (((uintptr_t)d - (uintptr_t)s - 1) & 4095) < 15;
}

NO_IDIOM void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	void *d = dst;

	if (n <= 16)
		move_small(dst, src, n);
	else if (n <= BLOCK)
		move_medium(dst, src, n);
	else if (n < REP_MIN || is_slow_distance(dst, src))
		move_up(dst, src, n);
	else
		__asm__ volatile("rep movsb"
		                 : "+D"(d), "+S"(src), "+c"(n)
		                 :
		                 : "memory");
	return dst;
}

NO_IDIOM void *memmove(void *dst, const void *src, size_t n)
{
	size_t ahead = (uintptr_t)dst - (uintptr_t)src;

	/* Wraps to something large where dst is below src: upwards is safe. */
	if (n <= 16)
		move_small(dst, src, n);
	else if (n <= BLOCK)
		move_medium(dst, src, n);
	else if (ahead < n)
		move_down(dst, src, n);
	else if (n < REP_MIN || (size_t)-ahead < n)
		move_up(dst, src, n);
	else
		memcpy(dst, src, n);
	return dst;
}

NO_IDIOM void *memset(void *dst, int c, size_t n)
{
	uint64_t fill = 0x0101010101010101u * (uint8_t)c;
	uint8_t *d = dst;

	if (n >= REP_MIN) {
		__asm__ volatile("rep stosb"
		                 : "+D"(d), "+c"(n)
		                 : "a"(c)
		                 : "memory");
		return dst;
	}
	for (; n >= BLOCK; n -= BLOCK, d += BLOCK)
		block_set(d, (struct block){ { fill, fill, fill, fill } });
	for (; n >= 8; n -= 8, d += 8)
		word_set(d, fill);
	for (; n; n--)
		*d++ = (uint8_t)c;
	return dst;
}

NO_IDIOM int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	while (n >= 8 && word_at(x) == word_at(y)) {
		x += 8;
		y += 8;
		n -= 8;
	}
	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

/* The top bit of each byte that is 0; above the lowest of them, of some more. */
static uint64_t zero_bytes(uint64_t x)
{
	const uint64_t ones = UINT64_MAX / UINT8_MAX;

	return (x - ones) & ~x & ones << 7;
}

NO_IDIOM void *memchr(const void *s, int c, size_t n)
{
	uint64_t pattern = UINT64_MAX / UINT8_MAX * (uint8_t)c;
	const uint8_t *p = s;
	uint64_t found;

	for (; n >= 8; n -= 8, p += 8) {
		found = zero_bytes(((const struct word *)p)->v ^ pattern);
		if (found)
			return (void *)(uintptr_t)(p +
			                           __builtin_ctzll(found) / 8);
	}
	for (; n; n--, p++) {
		if (*p == (uint8_t)c)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

NO_IDIOM size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

NO_IDIOM size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

NO_IDIOM int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	}
	return 0;
}

NO_IDIOM int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

NO_IDIOM char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

NO_IDIOM char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (!*s)
			return (char *)(uintptr_t)found;
	}
}
