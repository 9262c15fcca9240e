/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256_ni.c - the compression function with SHA-NI.
 *
 * SHA256RNDS2 (SDM Vol. 2) wants the state as {A,B,E,F} and {C,D,G,H}, most
 * significant first, and does two rounds; four message words at a time live in
 * one register, and SHA256MSG1/MSG2 make the next four from the last sixteen.
 */
#include <immintrin.h>

#include "base/compiler.h"
#include "crypto/crypto_internal.h"
#include "crypto/sha256_internal.h"

static __always_inline __m128i load(const void *p)
{
	return _mm_loadu_si128(p);
}

static __always_inline void store(void *p, __m128i v)
{
	_mm_storeu_si128(p, v);
}

/* Rounds 4i to 4i+3; @w holds words 4i to 4i+3. */
static __always_inline void rounds4(__m128i *abef, __m128i *cdgh, __m128i w,
                                    unsigned int i)
{
	__m128i kw = _mm_add_epi32(w, load(&sha256_k[4 * i]));

	*cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, kw);
	*abef = _mm_sha256rnds2_epu32(*abef, *cdgh,
	                              _mm_shuffle_epi32(kw, 0x0e));
}

/* The four words after w3, from the sixteen in w0 to w3. */
static __always_inline __m128i next4(__m128i w0, __m128i w1, __m128i w2,
                                     __m128i w3)
{
	__m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1),
	                            _mm_alignr_epi8(w3, w2, 4));

	return _mm_sha256msg2_epu32(sum, w3);
}

static __always_inline void block(__m128i *abef, __m128i *cdgh,
                                  const uint8_t *data)
{
	const __m128i swap =
		_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i w0 = _mm_shuffle_epi8(load(data), swap);
	__m128i w1 = _mm_shuffle_epi8(load(data + 16), swap);
	__m128i w2 = _mm_shuffle_epi8(load(data + 32), swap);
	__m128i w3 = _mm_shuffle_epi8(load(data + 48), swap);
	unsigned int i;

	for (i = 0; i < 12; i += 4) {
		rounds4(abef, cdgh, w0, i);
		w0 = next4(w0, w1, w2, w3);
		rounds4(abef, cdgh, w1, i + 1);
		w1 = next4(w1, w2, w3, w0);
		rounds4(abef, cdgh, w2, i + 2);
		w2 = next4(w2, w3, w0, w1);
		rounds4(abef, cdgh, w3, i + 3);
		w3 = next4(w3, w0, w1, w2);
	}
	rounds4(abef, cdgh, w0, 12);
	rounds4(abef, cdgh, w1, 13);
	rounds4(abef, cdgh, w2, 14);
	rounds4(abef, cdgh, w3, 15);
}

void sha256_ni_blocks_simd(uint32_t state[8], const uint8_t *data,
                           size_t nblocks)
{
	/* Memory order a..h becomes words {b,a,d,c} and {e,f,g,h}. */
	__m128i badc = _mm_shuffle_epi32(load(state), 0xb1);
	__m128i efgh = _mm_shuffle_epi32(load(state + 4), 0x1b);
	__m128i abef = _mm_alignr_epi8(badc, efgh, 8);
	__m128i cdgh = _mm_blend_epi16(efgh, badc, 0xf0);

	for (; nblocks; nblocks--, data += SHA256_BLOCK_SIZE) {
		__m128i abef0 = abef;
		__m128i cdgh0 = cdgh;

		block(&abef, &cdgh, data);
		abef = _mm_add_epi32(abef, abef0);
		cdgh = _mm_add_epi32(cdgh, cdgh0);
	}

	abef = _mm_shuffle_epi32(abef, 0x1b);
	cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
	store(state, _mm_blend_epi16(abef, cdgh, 0xf0));
	store(state + 4, _mm_alignr_epi8(cdgh, abef, 8));
}
