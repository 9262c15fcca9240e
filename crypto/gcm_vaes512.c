/* SPDX-License-Identifier: Apache-2.0 */
/* gcm_vaes512.c - AES-GCM with VAES and VPCLMULQDQ, four blocks to a vector. */
#include <immintrin.h>

#include "base/compiler.h"

enum {
	LANES = 4,
};

typedef __m512i vec;

#define v_clmul(a, b, which) _mm512_clmulepi64_epi128(a, b, which)

static __always_inline vec v_load(const void *p)
{
	return _mm512_loadu_si512(p);
}

static __always_inline void v_store(void *p, vec x)
{
	_mm512_storeu_si512(p, x);
}

static __always_inline vec v_all(const void *p)
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128(p));
}

static __always_inline vec v_low(__m128i x)
{
	return _mm512_inserti32x4(_mm512_setzero_si512(), x, 0);
}

static __always_inline vec v_each(int n)
{
	return _mm512_set_epi32(0, 0, 0, n, 0, 0, 0, n, 0, 0, 0, n, 0, 0, 0, n);
}

static __always_inline vec v_count(void)
{
	return _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0);
}

static __always_inline vec v_xor(vec a, vec b)
{
	return _mm512_xor_si512(a, b);
}

static __always_inline vec v_add32(vec a, vec b)
{
	return _mm512_add_epi32(a, b);
}

static __always_inline vec v_swap(vec x)
{
	return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(_mm_set_epi8(
					      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
					      11, 12, 13, 14, 15)));
}

static __always_inline vec v_aesenc(vec x, vec k)
{
	return _mm512_aesenc_epi128(x, k);
}

static __always_inline vec v_aesenclast(vec x, vec k)
{
	return _mm512_aesenclast_epi128(x, k);
}

static __always_inline __m128i v_fold(vec x)
{
	__m256i half = _mm256_xor_si256(_mm512_castsi512_si256(x),
	                                _mm512_extracti64x4_epi64(x, 1));

	return _mm_xor_si128(_mm256_castsi256_si128(half),
	                     _mm256_extracti128_si256(half, 1));
}

#include "crypto/gcm_lanes.inc"

void gcm_vaes512_run_simd(struct gcm_work *w)
{
	gcm_run(w);
}
