/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endian.h - numbers as they lie on disk and on the wire.
 *
 * Two views of the same thing.  For structs that mirror a format, wrapper
 * types that cannot be used as a number by mistake and need no alignment:
 *
 *	struct super {
 *		struct le32 magic;
 *		struct le64 epoch;
 *	};
 *	epoch = le64_get(&s->epoch);
 *	le64_put(&s->epoch, epoch + 1);
 *
 * and, for bytes at an address that has no struct, get_le64(p), put_le64(p, v).
 * le64_of(v) makes a wrapper by value, for initialisers.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "get_le and put_le copy bytes as they are");

struct le16 {
	uint8_t bytes[2];
};
struct le32 {
	uint8_t bytes[4];
};
struct le64 {
	uint8_t bytes[8];
};
struct be16 {
	uint8_t bytes[2];
};
struct be32 {
	uint8_t bytes[4];
};
struct be64 {
	uint8_t bytes[8];
};

static inline uint16_t get_le16(const void *p)
{
	uint16_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static inline void put_le16(void *p, uint16_t v)
{
	__builtin_memcpy(p, &v, sizeof(v));
}

static inline uint32_t get_le32(const void *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static inline void put_le32(void *p, uint32_t v)
{
	__builtin_memcpy(p, &v, sizeof(v));
}

static inline uint64_t get_le64(const void *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static inline void put_le64(void *p, uint64_t v)
{
	__builtin_memcpy(p, &v, sizeof(v));
}

static inline uint16_t get_be16(const void *p)
{
	uint16_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline void put_be16(void *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	__builtin_memcpy(p, &v, sizeof(v));
}

static inline uint32_t get_be32(const void *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline void put_be32(void *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	__builtin_memcpy(p, &v, sizeof(v));
}

static inline uint64_t get_be64(const void *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

static inline void put_be64(void *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	__builtin_memcpy(p, &v, sizeof(v));
}

/* The wrappers. */

static inline uint16_t le16_get(const struct le16 *w)
{
	return get_le16(w->bytes);
}

static inline void le16_put(struct le16 *w, uint16_t v)
{
	put_le16(w->bytes, v);
}

static inline struct le16 le16_of(uint16_t v)
{
	struct le16 w;

	put_le16(w.bytes, v);
	return w;
}

static inline uint32_t le32_get(const struct le32 *w)
{
	return get_le32(w->bytes);
}

static inline void le32_put(struct le32 *w, uint32_t v)
{
	put_le32(w->bytes, v);
}

static inline struct le32 le32_of(uint32_t v)
{
	struct le32 w;

	put_le32(w.bytes, v);
	return w;
}

static inline uint64_t le64_get(const struct le64 *w)
{
	return get_le64(w->bytes);
}

static inline void le64_put(struct le64 *w, uint64_t v)
{
	put_le64(w->bytes, v);
}

static inline struct le64 le64_of(uint64_t v)
{
	struct le64 w;

	put_le64(w.bytes, v);
	return w;
}

static inline uint16_t be16_get(const struct be16 *w)
{
	return get_be16(w->bytes);
}

static inline void be16_put(struct be16 *w, uint16_t v)
{
	put_be16(w->bytes, v);
}

static inline struct be16 be16_of(uint16_t v)
{
	struct be16 w;

	put_be16(w.bytes, v);
	return w;
}

static inline uint32_t be32_get(const struct be32 *w)
{
	return get_be32(w->bytes);
}

static inline void be32_put(struct be32 *w, uint32_t v)
{
	put_be32(w->bytes, v);
}

static inline struct be32 be32_of(uint32_t v)
{
	struct be32 w;

	put_be32(w.bytes, v);
	return w;
}

static inline uint64_t be64_get(const struct be64 *w)
{
	return get_be64(w->bytes);
}

static inline void be64_put(struct be64 *w, uint64_t v)
{
	put_be64(w->bytes, v);
}

static inline struct be64 be64_of(uint64_t v)
{
	struct be64 w;

	put_be64(w.bytes, v);
	return w;
}
