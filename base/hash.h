/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - spread keys over the buckets of a table.
 *
 * Fast and well mixed, and no more than that: whoever chooses the keys can
 * make them collide.  Tables whose keys an attacker chooses need a bound on
 * the chain length or a tree.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Mix 64 bits: each input bit changes each output bit about half the time. */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	return x;
}

/* Hash @size bytes; another @seed gives an unrelated function. */
uint64_t hash_bytes(const void *data, size_t size, uint64_t seed);
