/* SPDX-License-Identifier: Apache-2.0 */
/*
 * span.h - a pointer that knows how far it reaches.
 *
 * Buffers travel as one value.  A span owns nothing: it is valid as long as
 * the bytes it was made from.  An empty span may have any pointer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct span {
	uint8_t *data;
	size_t size;
};

struct cspan {
	const uint8_t *data;
	size_t size;
};

/* A span over a whole array or object, not over what a pointer points to. */
#define SPAN_OF(object) span_make(&(object), sizeof(object))
#define CSPAN_OF(object) cspan_make(&(object), sizeof(object))

static inline struct span span_make(void *data, size_t size)
{
	return (struct span){ .data = data, .size = size };
}

static inline struct cspan cspan_make(const void *data, size_t size)
{
	return (struct cspan){ .data = data, .size = size };
}

/* The characters of @s, without the NUL. */
static inline struct cspan cspan_str(const char *s)
{
	return cspan_make(s, __builtin_strlen(s));
}

/* The same bytes, read only. */
static inline struct cspan span_const(struct span s)
{
	return cspan_make(s.data, s.size);
}

/*
 * span_sub, cspan_sub - the @size bytes from @off.
 *
 * False, and *ret_sub untouched, where they are not all inside @s.
 */
__must_check static inline bool span_sub(struct span s, size_t off, size_t size,
                                         struct span *ret_sub)
{
	if (off > s.size || size > s.size - off)
		return false;
	*ret_sub = span_make(s.data + off, size);
	return true;
}

__must_check static inline bool cspan_sub(struct cspan s, size_t off,
                                          size_t size, struct cspan *ret_sub)
{
	if (off > s.size || size > s.size - off)
		return false;
	*ret_sub = cspan_make(s.data + off, size);
	return true;
}

/* Same length, same bytes?  Takes longer the more they agree: no secrets. */
static inline bool cspan_equal(struct cspan a, struct cspan b)
{
	return a.size == b.size &&
	       (a.size == 0 || __builtin_memcmp(a.data, b.data, a.size) == 0);
}
