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
