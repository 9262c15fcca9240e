/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - heap memory for a command-line program.
 *
 * A command that runs out of memory has nothing to save: these functions say
 * so and exit with 125, and therefore never return NULL.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* @count zeroed elements of @size bytes; freed with free(). */
void *mem_alloc(size_t count, size_t size);

/* Room for one more element of @size bytes behind @count of them: @p as it
 * was, or moved.  Grows by doubling whenever @count is a power of two. */
void *mem_grow(void *p, size_t count, size_t size);

char *mem_string(const char *s);
char *mem_substring(const char *s, size_t size);
__printf(1, 2) char *mem_format(const char *fmt, ...);

/* A list of strings of its own; all zero is the empty list. */
struct strings {
	char **item;
	size_t count;
};

void strings_add(struct strings *list, const char *s);
void strings_take(struct strings *list, char *s); /* takes ownership of @s */
void strings_fini(struct strings *list);
int strings_has(const struct strings *list, const char *s);

/* Bytes that grow; all zero is empty. */
struct bytes {
	uint8_t *data;
	size_t size;
	size_t capacity;
};

/* Append @size bytes of @src; NULL appends zeros. */
void bytes_add(struct bytes *b, const void *src, size_t size);
void bytes_fini(struct bytes *b);
