/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.h - the C library's mem and str functions, wherever we run.
 *
 * Host programs get them from their C library; the kernel, which has none,
 * from base/string.c.  What is declared here is all a shared file may use.
 */
#pragma once

#include <stddef.h>

#include "base/compiler.h"
#include "base/errno.h"

#if __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
#endif

/* Zero @n bytes at @dst even if nobody reads them again: for secrets. */
static inline void memzero_explicit(void *dst, size_t n)
{
	memset(dst, 0, n);
	/* The empty asm may read *dst, so the stores have to happen. */
	__asm__ volatile("" : : "r"(dst) : "memory");
}

/*
 * str_copy - copy the string @src with its NUL into @dst of @size bytes.
 *
 * 0, or -ENAMETOOLONG with @dst untouched where it does not fit.
 */
__must_check static inline int str_copy(char *dst, size_t size, const char *src)
{
	size_t n = strnlen(src, size);

	if (n == size)
		return -ENAMETOOLONG;
	memcpy(dst, src, n + 1);
	return 0;
}
