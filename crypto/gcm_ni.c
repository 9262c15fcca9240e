/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gcm_ni.c - AES-GCM with AES-NI and PCLMULQDQ, one block to a vector; and the
 * powers of H, which all paths use.
 */
#include <immintrin.h>

#include "base/compiler.h"

enum {
	LANES = 1,
};

typedef __m128i vec;

#define v_clmul(a, b, which) _mm_clmulepi64_si128(a, b, which)

static __always_inline vec v_load(const void *p)
{
	return _mm_loadu_si128(p);
}

static __always_inline void v_store(void *p, vec x)
{
	_mm_storeu_si128(p, x);
}

static __always_inline vec v_all(const void *p)
{
	return _mm_loadu_si128(p);
}

static __always_inline vec v_low(__m128i x)
{
	return x;
}

static __always_inline vec v_each(int n)
{
	return _mm_set_epi32(0, 0, 0, n);
}

static __always_inline vec v_count(void)
{
	return _mm_setzero_si128();
}

static __always_inline vec v_xor(vec a, vec b)
{
	return _mm_xor_si128(a, b);
}

static __always_inline vec v_add32(vec a, vec b)
{
	return _mm_add_epi32(a, b);
}

static __always_inline vec v_swap(vec x)
{
	return _mm_shuffle_epi8(x, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
	                                        10, 11, 12, 13, 14, 15));
}

static __always_inline vec v_aesenc(vec x, vec k)
{
	return _mm_aesenc_si128(x, k);
}

static __always_inline vec v_aesenclast(vec x, vec k)
{
	return _mm_aesenclast_si128(x, k);
}

static __always_inline __m128i v_fold(vec x)
{
	return x;
}

#include "crypto/gcm_lanes.inc"

void gcm_ni_run_simd(struct gcm_work *w)
{
	gcm_run(w);
}

/* @h times x, modulo the polynomial; no branch on the bit that falls out. */
static __always_inline __m128i times_x(__m128i h)
{
	const __m128i poly = _mm_set_epi32((int)0xc2000000, 0, 0, 1);
	__m128i carry = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xff);
	__m128i up = _mm_slli_si128(_mm_srli_epi64(h, 63), 8);

	h = _mm_or_si128(_mm_slli_epi64(h, 1), up);
	return _mm_xor_si128(h, _mm_and_si128(carry, poly));
}

void gcm_ni_powers_simd(struct gcm_key *key)
{
	__m128i zero = _mm_setzero_si128();
	__m128i h = times_x(swap128(encrypt_block(&key->aes, zero)));
	__m128i p = h;
	size_t i;

	for (i = GCM_POWERS; i < ARRAY_SIZE(key->powers); i++)
		v_store(key->powers[i], zero);
	v_store(key->powers[GCM_POWERS - 1], h);
	for (i = GCM_POWERS - 1; i-- > 0;) {
		struct sums s = sums_none();

		multiply_add(&s, p, h);
		p = reduce(&s);
		v_store(key->powers[i], p);
	}
}
