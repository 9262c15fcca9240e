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

/* One message on its way: the state, and sixteen words of the schedule. */
struct chain {
	__m128i abef, cdgh;
	__m128i w[4];
};

static __always_inline void chain_load(struct chain *c, const uint8_t *data)
{
	const __m128i swap =
		_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);

	c->w[0] = _mm_shuffle_epi8(load(data), swap);
	c->w[1] = _mm_shuffle_epi8(load(data + 16), swap);
	c->w[2] = _mm_shuffle_epi8(load(data + 32), swap);
	c->w[3] = _mm_shuffle_epi8(load(data + 48), swap);
}

/* Rounds 4i to 4i+3, and the schedule's words for 4i+16 to 4i+19. */
static __always_inline void chain_step(struct chain *c, unsigned int i)
{
	__m128i *w = c->w;

	rounds4(&c->abef, &c->cdgh, w[i % 4], i);
	if (i < 12)
		w[i % 4] = next4(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4],
		                 w[(i + 3) % 4]);
}

struct saved {
	__m128i abef, cdgh;
};

static __always_inline struct saved block_begin(struct chain *c,
                                                const uint8_t *data)
{
	chain_load(c, data);
	return (struct saved){ c->abef, c->cdgh };
}

static __always_inline void block_end(struct chain *c, const struct saved *s)
{
	c->abef = _mm_add_epi32(c->abef, s->abef);
	c->cdgh = _mm_add_epi32(c->cdgh, s->cdgh);
}

static __always_inline void block(struct chain *c, const uint8_t *data)
{
	struct saved s = block_begin(c, data);

#pragma GCC unroll 16
	for (unsigned int i = 0; i < 16; i++)
		chain_step(c, i);
	block_end(c, &s);
}

static __always_inline void pair(struct chain *a, struct chain *b,
                                 const uint8_t *first, const uint8_t *second)
{
	struct saved sa = block_begin(a, first);
	struct saved sb = block_begin(b, second);

#pragma GCC unroll 16
	for (unsigned int i = 0; i < 16; i++) {
		chain_step(a, i);
		chain_step(b, i);
	}
	block_end(a, &sa);
	block_end(b, &sb);
}

/* Memory order a..h is words {b,a,d,c} and {e,f,g,h} of a load. */
static __always_inline void chain_begin(struct chain *c,
                                        const uint32_t state[8])
{
	__m128i badc = _mm_shuffle_epi32(load(state), 0xb1);
	__m128i efgh = _mm_shuffle_epi32(load(state + 4), 0x1b);

	c->abef = _mm_alignr_epi8(badc, efgh, 8);
	c->cdgh = _mm_blend_epi16(efgh, badc, 0xf0);
}

static __always_inline void chain_end(const struct chain *c, uint32_t state[8])
{
	__m128i feba = _mm_shuffle_epi32(c->abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(c->cdgh, 0xb1);

	store(state, _mm_blend_epi16(feba, dchg, 0xf0));
	store(state + 4, _mm_alignr_epi8(dchg, feba, 8));
}

void sha256_ni_blocks_simd(uint32_t state[8], const uint8_t *data,
                           size_t nblocks)
{
	struct chain c;

	chain_begin(&c, state);
	for (; nblocks; nblocks--, data += SHA256_BLOCK_SIZE)
		block(&c, data);
	chain_end(&c, state);
}

void sha256_ni_pairs_simd(uint32_t state[2][8], const uint8_t *first,
                          const uint8_t *second, size_t nblocks)
{
	struct chain a, b;

	chain_begin(&a, state[0]);
	chain_begin(&b, state[1]);
	for (; nblocks; nblocks--) {
		pair(&a, &b, first, second);
		first += SHA256_BLOCK_SIZE;
		second += SHA256_BLOCK_SIZE;
	}
	chain_end(&a, state[0]);
	chain_end(&b, state[1]);
}
