/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aes_ni.c - AES with AES-NI.
 *
 * Key expansion follows FIPS 197 5.2: AESKEYGENASSIST supplies SubWord and
 * RotWord, the running xor of four words is three shifted xors.
 */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/aes.h"
#include "crypto/crypto_internal.h"

static __always_inline __m128i load(const void *p)
{
	return _mm_loadu_si128(p);
}

static __always_inline void store(void *p, __m128i v)
{
	_mm_storeu_si128(p, v);
}

/* {a, a^b, a^b^c, a^b^c^d} for the words a..d of @v. */
static __always_inline __m128i running_xor(__m128i v)
{
	v = _mm_xor_si128(v, _mm_slli_si128(v, 4));
	return _mm_xor_si128(v, _mm_slli_si128(v, 8));
}

/* The next four words: @sub holds the substituted word in every place. */
static __always_inline __m128i next_words(__m128i prev, __m128i sub)
{
	return _mm_xor_si128(running_xor(prev), sub);
}

/* SubWord(RotWord(w)) ^ rcon, and SubWord(w), of the last word of @v. */
#define ROT_SUB(v, rcon)                                                       \
	_mm_shuffle_epi32(_mm_aeskeygenassist_si128(v, rcon), 0xff)
#define SUB(v) _mm_shuffle_epi32(_mm_aeskeygenassist_si128(v, 0), 0xaa)

static __always_inline void expand128(struct aes_key *key, __m128i k)
{
	store(key->round[0], k);
	/* The round constant is part of the instruction, so: no loop. */
#define STEP(i, rcon)                                                          \
	k = next_words(k, ROT_SUB(k, rcon));                                   \
	store(key->round[i], k)
	STEP(1, 0x01);
	STEP(2, 0x02);
	STEP(3, 0x04);
	STEP(4, 0x08);
	STEP(5, 0x10);
	STEP(6, 0x20);
	STEP(7, 0x40);
	STEP(8, 0x80);
	STEP(9, 0x1b);
	STEP(10, 0x36);
#undef STEP
	key->nrounds = 10;
}

static __always_inline void expand256(struct aes_key *key, __m128i k0,
                                      __m128i k1)
{
	store(key->round[0], k0);
	store(key->round[1], k1);
#define STEP(i, rcon)                                                          \
	k0 = next_words(k0, ROT_SUB(k1, rcon));                                \
	store(key->round[i], k0);                                              \
	k1 = next_words(k1, SUB(k0));                                          \
	store(key->round[(i) + 1], k1)
	STEP(2, 0x01);
	STEP(4, 0x02);
	STEP(6, 0x04);
	STEP(8, 0x08);
	STEP(10, 0x10);
	STEP(12, 0x20);
#undef STEP
	store(key->round[14], next_words(k0, ROT_SUB(k1, 0x40)));
	key->nrounds = 14;
}

void aes_ni_expand_simd(struct aes_key *key, const uint8_t *bytes, size_t size)
{
	if (size == AES_128_KEY_SIZE)
		expand128(key, load(bytes));
	else
		expand256(key, load(bytes), load(bytes + 16));
}

static __always_inline __m128i encrypt1(const struct aes_key *key, __m128i x)
{
	uint32_t i;

	x = _mm_xor_si128(x, load(key->round[0]));
	for (i = 1; i < key->nrounds; i++)
		x = _mm_aesenc_si128(x, load(key->round[i]));
	return _mm_aesenclast_si128(x, load(key->round[i]));
}

/* Four at once: AESENC takes several cycles but one can start in each. */
static __always_inline void encrypt4(const struct aes_key *key, uint8_t *dst,
                                     const uint8_t *src)
{
	__m128i k = load(key->round[0]);
	__m128i a = _mm_xor_si128(load(src), k);
	__m128i b = _mm_xor_si128(load(src + 16), k);
	__m128i c = _mm_xor_si128(load(src + 32), k);
	__m128i d = _mm_xor_si128(load(src + 48), k);
	uint32_t i;

	for (i = 1; i < key->nrounds; i++) {
		k = load(key->round[i]);
		a = _mm_aesenc_si128(a, k);
		b = _mm_aesenc_si128(b, k);
		c = _mm_aesenc_si128(c, k);
		d = _mm_aesenc_si128(d, k);
	}
	k = load(key->round[i]);
	store(dst, _mm_aesenclast_si128(a, k));
	store(dst + 16, _mm_aesenclast_si128(b, k));
	store(dst + 32, _mm_aesenclast_si128(c, k));
	store(dst + 48, _mm_aesenclast_si128(d, k));
}

void aes_ni_encrypt_simd(const struct aes_key *key, uint8_t *dst,
                         const uint8_t *src, size_t nblocks)
{
	for (; nblocks >= 4; nblocks -= 4, src += 64, dst += 64)
		encrypt4(key, dst, src);
	for (; nblocks; nblocks--, src += 16, dst += 16)
		store(dst, encrypt1(key, load(src)));
}

void aes_ni_cbc_mac_simd(const struct aes_key *key, uint8_t mac[16],
                         const uint8_t *data, size_t nblocks)
{
	__m128i x = load(mac);

	for (; nblocks; nblocks--, data += 16)
		x = encrypt1(key, _mm_xor_si128(x, load(data)));
	store(mac, x);
}
