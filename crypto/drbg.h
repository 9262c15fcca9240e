/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drbg.h - CTR_DRBG with AES-256, no derivation function (SP 800-90A Rev. 1,
 * 10.2.1).
 *
 * Without the derivation function the seed must be 48 bytes of full entropy;
 * rng.h sees to that, and is what callers want.  This is the bare algorithm, so
 * that it can be tested against another one.
 */
#pragma once

#include "base/compiler.h"
#include "crypto/aes.h"

enum {
	DRBG_SEED_SIZE = AES_256_KEY_SIZE + AES_BLOCK_SIZE,
	DRBG_REQUEST_MAX = 1 << 16, /* 2^19 bits, table 3 */
};

/* A secret: wipe it with drbg_fini(). */
struct drbg {
	struct aes_key key;
	uint8_t v[AES_BLOCK_SIZE];
};

/* Start from @seed.  Errors as aes_key_init(). */
__must_check int drbg_init(struct drbg *d, const uint8_t seed[DRBG_SEED_SIZE]);
void drbg_fini(struct drbg *d);

/* Mix in a fresh @seed. */
void drbg_reseed(struct drbg *d, const uint8_t seed[DRBG_SEED_SIZE]);

/*
 * drbg_generate - @size random bytes, at most DRBG_REQUEST_MAX, else -EINVAL.
 *
 * The state moves on before the return, so that its later capture does not
 * tell these bytes.  @dst must not be memory the host can read or write.
 */
__must_check int drbg_generate(struct drbg *d, void *dst, size_t size);
