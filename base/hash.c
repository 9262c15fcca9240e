/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.c - a chain of hash_u64() over 8-byte words and a padded last one.
 */
#include "base/hash.h"

#include "base/endian.h"
#include "base/string.h"

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t h = hash_u64(seed ^ size);
	uint8_t tail[8] = { 0 };

	for (; size >= sizeof(tail); size -= sizeof(tail), p += sizeof(tail))
		h = hash_u64(h ^ get_le64(p));
	if (size) {
		memcpy(tail, p, size);
		h = hash_u64(h ^ get_le64(tail));
	}
	return h;
}
