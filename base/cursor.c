/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.c - all reads go through cursor_bytes(), the one bounds check.
 */
#include "base/cursor.h"

#include "base/endian.h"
#include "base/string.h"

void cursor_init(struct cursor *c, struct cspan bytes)
{
	c->pos = bytes.data;
	c->end = bytes.size ? bytes.data + bytes.size : bytes.data;
	c->failed = false;
}

const uint8_t *cursor_bytes(struct cursor *c, size_t n)
{
	const uint8_t *p = c->pos;

	if (c->failed || n > (size_t)(c->end - c->pos)) {
		c->failed = true;
		return NULL;
	}
	if (n)
		c->pos += n;
	return p;
}

uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 1);

	return p ? *p : 0;
}

uint16_t cursor_u16le(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, sizeof(uint16_t));

	return p ? get_le16(p) : 0;
}

uint32_t cursor_u32le(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, sizeof(uint32_t));

	return p ? get_le32(p) : 0;
}

uint64_t cursor_u64le(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, sizeof(uint64_t));

	return p ? get_le64(p) : 0;
}

void cursor_copy(struct cursor *c, void *dst, size_t n)
{
	const uint8_t *p = cursor_bytes(c, n);

	if (n == 0)
		return;
	if (p)
		memcpy(dst, p, n);
	else
		memset(dst, 0, n);
}

void cursor_skip(struct cursor *c, size_t n)
{
	cursor_bytes(c, n);
}

size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : (size_t)(c->end - c->pos);
}

bool cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

bool cursor_done(const struct cursor *c)
{
	return !c->failed && c->pos == c->end;
}
