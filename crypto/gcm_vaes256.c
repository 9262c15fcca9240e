/* SPDX-License-Identifier: Apache-2.0 */
/* gcm_vaes256.c - AES-GCM with VAES and VPCLMULQDQ, two blocks to a vector. */
#include <immintrin.h>

#include "base/compiler.h"

enum {
	LANES = 2,
};

typedef __m256i vec;

#define v_clmul(a, b, which) _mm256_clmulepi64_epi128(a, b, which)

static __always_inline vec v_load(const void *p)
{
	return _mm256_loadu_si256(p);
}

static __always_inline void v_store(void *p, vec x)
{
	_mm256_storeu_si256(p, x);
}

static __always_inline vec v_all(const void *p)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128(p));
}

static __always_inline vec v_low(__m128i x)
{
	return _mm256_inserti128_si256(_mm256_setzero_si256(), x, 0);
}

static __always_inline vec v_each(int n)
{
	return _mm256_set_epi32(0, 0, 0, n, 0, 0, 0, n);
}

static __always_inline vec v_count(void)
{
	return _mm256_set_epi32(0, 0, 0, 1, 0, 0, 0, 0);
}

static __always_inline vec v_xor(vec a, vec b)
{
	return _mm256_xor_si256(a, b);
}

static __always_inline vec v_add32(vec a, vec b)
{
	return _mm256_add_epi32(a, b);
}

static __always_inline vec v_swap(vec x)
{
	return _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(_mm_set_epi8(
					      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
					      11, 12, 13, 14, 15)));
}

static __always_inline vec v_aesenc(vec x, vec k)
{
	return _mm256_aesenc_epi128(x, k);
}

static __always_inline vec v_aesenclast(vec x, vec k)
{
	return _mm256_aesenclast_epi128(x, k);
}

static __always_inline __m128i v_fold(vec x)
{
	return _mm_xor_si128(_mm256_castsi256_si128(x),
	                     _mm256_extracti128_si256(x, 1));
}

#include "crypto/gcm_lanes.inc"

void gcm_vaes256_run_simd(struct gcm_work *w)
{
	gcm_run(w);
}
