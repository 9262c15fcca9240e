/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sha256.h"

#include "base/endian.h"
#include "base/string.h"
#include "crypto/crypto_internal.h"
#include "crypto/sha256_internal.h"

/* Fractions of the square roots of the first eight primes (5.3.3). */
static const uint32_t initial[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* Fractions of the cube roots of the first 64 primes (4.2.2). */
const uint32_t sha256_k[64] __aligned(16) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static void hash_blocks(uint32_t state[8], const uint8_t *data, size_t nblocks)
{
	if (crypto_cpu.sha)
		sha256_ni_blocks(state, data, nblocks);
	else
		sha256_portable_blocks(state, data, nblocks);
}

void sha256_init(struct sha256 *h)
{
	memcpy(h->state, initial, sizeof(h->state));
	h->nbytes = 0;
}

void sha256_update(struct sha256 *h, const void *data, size_t size)
{
	const uint8_t *src = data;
	size_t used = h->nbytes % SHA256_BLOCK_SIZE;
	size_t nblocks;

	/* Nothing may have no address. */
	if (!size)
		return;
	h->nbytes += size;
	if (used) {
		size_t n = MIN(size, SHA256_BLOCK_SIZE - used);

		memcpy(h->block + used, src, n);
		if (used + n < SHA256_BLOCK_SIZE)
			return;
		hash_blocks(h->state, h->block, 1);
		src += n;
		size -= n;
	}
	nblocks = size / SHA256_BLOCK_SIZE;
	if (nblocks)
		hash_blocks(h->state, src, nblocks);
	src += nblocks * SHA256_BLOCK_SIZE;
	size %= SHA256_BLOCK_SIZE;
	if (size)
		memcpy(h->block, src, size);
}

void sha256_final(struct sha256 *h, uint8_t ret_digest[SHA256_SIZE])
{
	size_t used = h->nbytes % SHA256_BLOCK_SIZE;
	size_t i;

	h->block[used++] = 0x80;
	if (used > SHA256_BLOCK_SIZE - 8) {
		memset(h->block + used, 0, SHA256_BLOCK_SIZE - used);
		hash_blocks(h->state, h->block, 1);
		used = 0;
	}
	memset(h->block + used, 0, SHA256_BLOCK_SIZE - 8 - used);
	put_be64(h->block + SHA256_BLOCK_SIZE - 8, h->nbytes * 8);
	hash_blocks(h->state, h->block, 1);

	for (i = 0; i < 8; i++)
		put_be32(ret_digest + 4 * i, h->state[i]);
	memzero_explicit(h, sizeof(*h));
}

static void hash_pairs(uint32_t state[2][8], const uint8_t *first,
                       const uint8_t *second, size_t nblocks)
{
	if (crypto_cpu.sha) {
		sha256_ni_pairs(state, first, second, nblocks);
		return;
	}
	sha256_portable_blocks(state[0], first, nblocks);
	sha256_portable_blocks(state[1], second, nblocks);
}

void sha256_halves(const void *data, size_t size,
                   uint8_t ret_digest[SHA256_SIZE])
{
	size_t nblocks = size / 2 / SHA256_BLOCK_SIZE;
	size_t half = nblocks * SHA256_BLOCK_SIZE;
	const uint8_t *first = data;
	const uint8_t *second = first + half;
	uint8_t digest[2][SHA256_SIZE];
	uint32_t state[2][8];
	struct sha256 h[2];
	size_t i;

	for (i = 0; i < 2; i++)
		memcpy(state[i], initial, sizeof(initial));
	hash_pairs(state, first, second, nblocks);
	for (i = 0; i < 2; i++) {
		memcpy(h[i].state, state[i], sizeof(state[i]));
		h[i].nbytes = half;
	}
	sha256_update(&h[1], second + half, size - 2 * half);
	for (i = 0; i < 2; i++)
		sha256_final(&h[i], digest[i]);
	sha256(digest, sizeof(digest), ret_digest);
}

void sha256(const void *data, size_t size, uint8_t ret_digest[SHA256_SIZE])
{
	struct sha256 h;

	sha256_init(&h);
	sha256_update(&h, data, size);
	sha256_final(&h, ret_digest);
}
