/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h - read a format field by field, ask once whether it was all there.
 *
 * A read past the end yields zero (or NULL) and marks the cursor as failed;
 * from then on every read does.  So a parser reads all it needs and then asks:
 *
 *	cursor_init(&c, bytes);
 *	h.version = cursor_u32le(&c);
 *	h.count = cursor_u16le(&c);
 *	name = cursor_bytes(&c, 32);
 *	if (!cursor_ok(&c))
 *		return -EBADMSG;
 *
 * A length that was read is only worth what cursor_ok() says: check before
 * it is used for anything but another cursor call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct cursor {
	const uint8_t *pos;
	const uint8_t *end;
	bool failed;
};

void cursor_init(struct cursor *c, struct cspan bytes);

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16le(struct cursor *c);
uint32_t cursor_u32le(struct cursor *c);
uint64_t cursor_u64le(struct cursor *c);

/* The next @n bytes, in place; NULL where there are fewer. */
const uint8_t *cursor_bytes(struct cursor *c, size_t n);

/* Copy the next @n bytes to @dst; @dst is zeroed where there are fewer. */
void cursor_copy(struct cursor *c, void *dst, size_t n);

void cursor_skip(struct cursor *c, size_t n);

/* Bytes not read yet; 0 after a failure. */
size_t cursor_left(const struct cursor *c);

/* Was every read so far inside the bytes? */
bool cursor_ok(const struct cursor *c);

/* Was every read inside, and is nothing left over? */
bool cursor_done(const struct cursor *c);
