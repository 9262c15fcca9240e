/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256.h - SHA-256 (FIPS 180-4), in one go or in pieces.
 *
 *	struct sha256 h;
 *
 *	sha256_init(&h);
 *	sha256_update(&h, data, size);     // as often as wanted
 *	sha256_final(&h, digest);          // wipes h
 *
 *	sha256_halves(data, size, digest); // not the same digest
 *
 * With SHA-NI where crypto_init() was told of it, else portable C.  A copy of
 * struct sha256 is a fork of the computation.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	SHA256_SIZE = 32,
	SHA256_BLOCK_SIZE = 64,
};

struct sha256 {
	uint32_t state[8];
	uint64_t nbytes; /* hashed or in block so far */
	uint8_t block[SHA256_BLOCK_SIZE];
};

void sha256_init(struct sha256 *h);
void sha256_update(struct sha256 *h, const void *data, size_t size);
void sha256_final(struct sha256 *h, uint8_t ret_digest[SHA256_SIZE]);

void sha256(const void *data, size_t size, uint8_t ret_digest[SHA256_SIZE]);

/*
 * sha256_halves - the SHA-256 of the SHA-256s of the two halves of @data.
 *
 * The first half is the largest multiple of 64 bytes that is no more than half
 * of @size.  Who finds two contents of one size with one such digest has found
 * two with one SHA-256.  Each step of SHA-NI waits for the one before it, and
 * two chains fill one another's gaps: 1.8 times as fast as sha256().
 */
void sha256_halves(const void *data, size_t size,
                   uint8_t ret_digest[SHA256_SIZE]);
