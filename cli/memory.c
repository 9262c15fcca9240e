/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - allocation that cannot fail, lists of strings, growing bytes.
 */
#define _GNU_SOURCE
#include "cli/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "cli/error.h"

#include "base/banned.h"

static void *must(void *p)
{
	if (p)
		return p;
	cli_note("out of memory");
	exit(CLI_EXIT_RUN_FAILED);
}

void *mem_alloc(size_t count, size_t size)
{
	return must(calloc(count ? count : 1, size ? size : 1));
}

void *mem_grow(void *p, size_t count, size_t size)
{
	size_t wanted;

	if (p && (count & (count - 1)))
		return p;
	if (mul_overflow(count ? 2 * count : 1, size, &wanted))
		return must(NULL);
	return must(realloc(p, wanted));
}

char *mem_string(const char *s)
{
	return must(strdup(s));
}

char *mem_substring(const char *s, size_t size)
{
	return must(strndup(s, size));
}

char *mem_format(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return must(s);
}

void strings_take(struct strings *list, char *s)
{
	list->item = mem_grow(list->item, list->count, sizeof(*list->item));
	list->item[list->count++] = s;
}

void strings_add(struct strings *list, const char *s)
{
	strings_take(list, mem_string(s));
}

void strings_fini(struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->item[i]);
	free(list->item);
	*list = (struct strings){ 0 };
}

int strings_has(const struct strings *list, const char *s)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->item[i], s))
			return 1;
	return 0;
}

void bytes_add(struct bytes *b, const void *src, size_t size)
{
	size_t need;

	if (add_overflow(b->size, size, &need))
		must(NULL);
	if (need > b->capacity) {
		b->capacity = need < 4096 ? 4096 : need + need / 2;
		b->data = must(realloc(b->data, b->capacity));
	}
	if (src && size)
		memcpy(b->data + b->size, src, size);
	else if (size)
		memset(b->data + b->size, 0, size);
	b->size = need;
}

void bytes_fini(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}
