/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aes.h - the AES block cipher, encryption only (FIPS 197), with AES-NI.
 *
 * A building block for modes; nothing outside this folder should need it.
 * There is no table-driven path: it could not be constant time, and every CPU
 * with SGX has AES-NI.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum {
	AES_BLOCK_SIZE = 16,
	AES_128_KEY_SIZE = 16,
	AES_256_KEY_SIZE = 32,
	AES_ROUNDS_MAX = 14,
};

/* A secret: wipe it with aes_key_fini(). */
struct aes_key {
	uint8_t round[AES_ROUNDS_MAX + 1][AES_BLOCK_SIZE];
	uint32_t nrounds;
};

/*
 * aes_key_init - expand @size bytes of key.
 *
 * -EINVAL for a size other than 16 and 32, -ENOSYS if crypto_init() has not
 * found AES-NI; @key is untouched then.
 */
__must_check int aes_key_init(struct aes_key *key, const void *bytes,
                              size_t size);
void aes_key_fini(struct aes_key *key);

/* Encrypt @nblocks blocks, each by itself.  @dst may be @src. */
void aes_encrypt(const struct aes_key *key, void *dst, const void *src,
                 size_t nblocks);

/*
 * aes_cbc_mac - mac = E(mac ^ block) for each block of @data.
 *
 * Not a MAC for messages of varying length by itself: see cmac.h.
 */
void aes_cbc_mac(const struct aes_key *key, uint8_t mac[AES_BLOCK_SIZE],
                 const void *data, size_t nblocks);
