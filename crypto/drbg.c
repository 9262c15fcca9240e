/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/drbg.h"

#include "base/endian.h"
#include "base/errno.h"
#include "base/string.h"
#include "crypto/crypto_internal.h"

/* V = V + 1 mod 2^128. */
static void increment(uint8_t v[AES_BLOCK_SIZE])
{
	uint64_t lo = get_be64(v + 8) + 1;

	put_be64(v, get_be64(v) + (lo == 0));
	put_be64(v + 8, lo);
}

/* The next @nblocks blocks: the counters first, then all in one bracket. */
static void keystream(struct drbg *d, uint8_t *dst, size_t nblocks)
{
	size_t i;

	for (i = 0; i < nblocks; i++) {
		increment(d->v);
		memcpy(dst + i * AES_BLOCK_SIZE, d->v, AES_BLOCK_SIZE);
	}
	aes_encrypt(&d->key, dst, dst, nblocks);
}

/* CTR_DRBG_Update, 10.2.1.2. */
static void update(struct drbg *d, const uint8_t provided[DRBG_SEED_SIZE])
{
	uint8_t temp[DRBG_SEED_SIZE];
	size_t i;

	keystream(d, temp, sizeof(temp) / AES_BLOCK_SIZE);
	for (i = 0; i < sizeof(temp); i++)
		temp[i] ^= provided[i];
	aes_ni_expand(&d->key, temp, AES_256_KEY_SIZE);
	memcpy(d->v, temp + AES_256_KEY_SIZE, sizeof(d->v));
	memzero_explicit(temp, sizeof(temp));
}

int drbg_init(struct drbg *d, const uint8_t seed[DRBG_SEED_SIZE])
{
	static const uint8_t zero_key[AES_256_KEY_SIZE];
	int err;

	err = aes_key_init(&d->key, zero_key, sizeof(zero_key));
	if (err < 0)
		return err;
	memset(d->v, 0, sizeof(d->v));
	update(d, seed);
	return 0;
}

void drbg_fini(struct drbg *d)
{
	memzero_explicit(d, sizeof(*d));
}

void drbg_reseed(struct drbg *d, const uint8_t seed[DRBG_SEED_SIZE])
{
	update(d, seed);
}

int drbg_generate(struct drbg *d, void *dst, size_t size)
{
	static const uint8_t nothing[DRBG_SEED_SIZE];
	size_t nblocks = size / AES_BLOCK_SIZE;
	size_t tail = size % AES_BLOCK_SIZE;
	uint8_t block[AES_BLOCK_SIZE];

	if (size > DRBG_REQUEST_MAX)
		return -EINVAL;
	if (nblocks)
		keystream(d, dst, nblocks);
	if (tail) {
		keystream(d, block, 1);
		memcpy((uint8_t *)dst + size - tail, block, tail);
		memzero_explicit(block, sizeof(block));
	}
	update(d, nothing);
	return 0;
}
