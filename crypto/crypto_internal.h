/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_internal.h - the chosen features and the entries of simd.S.
 */
#pragma once

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "crypto/sha256.h"

/* Read-only after crypto_init(); all false before. */
extern struct crypto_features crypto_cpu;

/*
 * Brackets around the functions of the same name plus _simd: registers and
 * stack as crypto.h promises.  One bracket costs some 25 ns, so pass many
 * blocks.  No pointer needs alignment but that of its type.
 */
void sha256_ni_blocks(uint32_t state[8], const uint8_t *data, size_t nblocks);
void sha256_ni_pairs(uint32_t state[2][8], const uint8_t *first,
                     const uint8_t *second, size_t nblocks);
void aes_ni_expand(struct aes_key *key, const uint8_t *bytes, size_t size);
void aes_ni_encrypt(const struct aes_key *key, uint8_t *dst, const uint8_t *src,
                    size_t nblocks);
void aes_ni_cbc_mac(const struct aes_key *key, uint8_t mac[16],
                    const uint8_t *data, size_t nblocks);

/* The code inside the brackets.  Only simd.S calls these. */
void sha256_ni_blocks_simd(uint32_t state[8], const uint8_t *data,
                           size_t nblocks);
void sha256_ni_pairs_simd(uint32_t state[2][8], const uint8_t *first,
                          const uint8_t *second, size_t nblocks);
void aes_ni_expand_simd(struct aes_key *key, const uint8_t *bytes, size_t size);
void aes_ni_encrypt_simd(const struct aes_key *key, uint8_t *dst,
                         const uint8_t *src, size_t nblocks);
void aes_ni_cbc_mac_simd(const struct aes_key *key, uint8_t mac[16],
                         const uint8_t *data, size_t nblocks);
