/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gcm_lanes.h - AES-GCM over vectors of LANES blocks.
 *
 * Included by one file for each vector width, which has defined before:
 *
 *	vec                     LANES blocks of 16 bytes
 *	v_load, v_store         at any alignment
 *	v_xor, v_add32          lane by lane
 *	v_swap                  reverse the bytes of each block
 *	v_aesenc, v_aesenclast  one round of each block, with v_all's key
 *	v_all(p)                the block at p in every lane
 *	v_low(x)                x in the first lane, zeros in the others
 *	v_each(n)               n in the lowest 32 bits of each lane
 *	v_count()               the same with 0 to LANES-1, one to a lane
 *	v_clmul(a, b, which)    carry-less product of two halves of each lane
 *	v_fold(x)               the exclusive or of all lanes
 *
 * and then calls gcm_run().
 *
 * GHASH is computed on byte-reversed blocks.  A block is then a polynomial with
 * its coefficients in reverse order, and the product of two such is one bit
 * short of aligned; the powers of H have been multiplied by x to make up for it
 * (see gcm_ni.c).  Products of many blocks are summed unreduced, and reduced
 * once: with q = 0xc2 << 56, x^128 = x^127 + x^126 + x^121 + 1 turns in this
 * representation into: adding p * (2^128 + q * 2^64 + 1) changes nothing but
 * the length, so p = the lowest 64 bits makes these zero.  Twice is enough.
 *
 * Encryption runs a chunk ahead of the hash, so that the two kinds of
 * instructions, which the CPU executes on different units, are interleaved.
 */
#include "base/endian.h"
#include "base/string.h"
#include "crypto/gcm_internal.h"

enum {
	WIDTH = LANES * AES_BLOCK_SIZE,
	/* Vectors in a chunk: as many as hide the latency of AESENC. */
	CHUNK = 8,
	CHUNK_BLOCKS = CHUNK * LANES,
	CHUNK_SIZE = CHUNK * WIDTH,
};

static_assert((int)CHUNK_BLOCKS <= (int)GCM_POWERS, "powers for a chunk");
static_assert(LANES <= 4, "zeros beyond the powers for a last vector");

/* The compiler can't load @v again from where it came: see single-touch. */
#define PIN(v) __asm__ volatile("" : "+x"(v))

/* Unreduced products; mid counts from bit 64. */
struct sums {
	vec lo, mid, hi;
};

struct state {
	const struct gcm_key *key;
	vec counter; /* byte-reversed: the number is in the lowest bits */
	__m128i hash;
	/* Ciphertext that waits to be hashed, byte-reversed. */
	uint8_t waiting[CHUNK_SIZE] __aligned(64);
};

static __always_inline __m128i load128(const void *p)
{
	return _mm_loadu_si128(p);
}

static __always_inline __m128i swap128(__m128i x)
{
	return _mm_shuffle_epi8(x, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
	                                        10, 11, 12, 13, 14, 15));
}

static __always_inline void multiply_add(struct sums *s, vec x, vec h)
{
	s->lo = v_xor(s->lo, v_clmul(x, h, 0x00));
	s->hi = v_xor(s->hi, v_clmul(x, h, 0x11));
	s->mid = v_xor(s->mid, v_clmul(x, h, 0x01));
	s->mid = v_xor(s->mid, v_clmul(x, h, 0x10));
}

static __always_inline __m128i reduce(const struct sums *s)
{
	const __m128i q = _mm_set_epi64x(0, (long long)(0xc2ull << 56));
	__m128i lo = v_fold(s->lo);
	__m128i mid = v_fold(s->mid);
	__m128i hi = v_fold(s->hi);

	mid = _mm_xor_si128(mid, _mm_clmulepi64_si128(lo, q, 0x00));
	mid = _mm_xor_si128(mid, _mm_shuffle_epi32(lo, 0x4e));
	hi = _mm_xor_si128(hi, _mm_clmulepi64_si128(mid, q, 0x00));
	return _mm_xor_si128(hi, _mm_shuffle_epi32(mid, 0x4e));
}

/* The power for block @i of @n that are hashed together: H^(n-i). */
static __always_inline vec power(const struct gcm_key *key, size_t n, size_t i)
{
	return v_load(key->powers[GCM_POWERS - n + i]);
}

static __always_inline vec waiting(const struct state *s, size_t i)
{
	return v_load(s->waiting + i * WIDTH);
}

/* Vector @i of the @n blocks that wait. */
static __always_inline void hash_vector(const struct state *s, struct sums *sum,
                                        size_t n, size_t i)
{
	vec x = waiting(s, i);

	if (i == 0)
		x = v_xor(x, v_low(s->hash));
	multiply_add(sum, x, power(s->key, n, i * LANES));
}

static __always_inline struct sums sums_none(void)
{
	vec zero = v_low(_mm_setzero_si128());

	return (struct sums){ zero, zero, zero };
}

/* Hash the first @n blocks that wait; beyond them there are zeros. */
static __always_inline void hash_waiting(struct state *s, size_t n)
{
	struct sums sum = sums_none();
	size_t i;

	for (i = 0; i * LANES < n; i++)
		hash_vector(s, &sum, n, i);
	s->hash = reduce(&sum);
}

static __always_inline void swap_waiting(struct state *s)
{
	size_t i;

	for (i = 0; i < CHUNK; i++)
		v_store(s->waiting + i * WIDTH, v_swap(waiting(s, i)));
}

/* Hash any number of bytes, the last block filled up with zeros (6.4). */
static __noinline void hash_bytes(struct state *s, struct cspan data)
{
	while (data.size) {
		size_t n = MIN(data.size, (size_t)CHUNK_SIZE);

		memcpy(s->waiting, data.data, n);
		memset(s->waiting + n, 0, CHUNK_SIZE - n);
		swap_waiting(s);
		hash_waiting(s, (n + AES_BLOCK_SIZE - 1) / AES_BLOCK_SIZE);
		data = cspan_make(data.data + n, data.size - n);
	}
}

/* A macro because the vectors have to stay in registers: no loop, no array. */
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

#define FIRST(i)                                                               \
	x##i = v_xor(v_swap(s->counter), k);                                   \
	s->counter = v_add32(s->counter, step);
#define ROUND(i) x##i = v_aesenc(x##i, k);
#define LAST(i) x##i = v_aesenclast(x##i, k);

/*
 * The key stream of one chunk into x0 to x7 of the caller's; while at it, hash
 * the chunk that waits if @hashing.
 */
#define KEY_STREAM(hashing)                                                    \
	do {                                                                   \
		const vec step = v_each(LANES);                                \
		struct sums sum = sums_none();                                 \
		vec k = v_all(s->key->aes.round[0]);                           \
		uint32_t r;                                                    \
                                                                               \
		EACH(FIRST)                                                    \
		for (r = 1; r <= CHUNK; r++) {                                 \
			k = v_all(s->key->aes.round[r]);                       \
			EACH(ROUND)                                            \
			if (hashing)                                           \
				hash_vector(s, &sum, CHUNK_BLOCKS, r - 1);     \
		}                                                              \
		for (; r < s->key->aes.nrounds; r++) {                         \
			k = v_all(s->key->aes.round[r]);                       \
			EACH(ROUND)                                            \
		}                                                              \
		k = v_all(s->key->aes.round[r]);                               \
		EACH(LAST)                                                     \
		if (hashing)                                                   \
			s->hash = reduce(&sum);                                \
	} while (0)

#define CRYPT(i)                                                               \
	{                                                                      \
		vec in = v_load(src + i * WIDTH);                              \
                                                                               \
		PIN(in);                                                       \
		x##i = v_xor(x##i, in);                                        \
		v_store(s->waiting + i * WIDTH, v_swap(opening ? in : x##i));  \
		v_store(dst + i * WIDTH, x##i);                                \
	}

/* One whole chunk; hashes the one before it, if there was one. */
static __always_inline void crypt_chunk(struct state *s, uint8_t *dst,
                                        const uint8_t *src, bool opening,
                                        bool hashing)
{
	vec x0, x1, x2, x3, x4, x5, x6, x7;

	KEY_STREAM(hashing);
	EACH(CRYPT)
}

#define KEEP(i) v_store(s->waiting + i * WIDTH, x##i);

/*
 * The last bytes, fewer than a chunk: through waiting[], which is the only
 * copy of them ever made.  Nothing may wait before.
 */
static __noinline void crypt_rest(struct state *s, uint8_t *dst,
                                  const uint8_t *src, size_t size, bool opening)
{
	vec x0, x1, x2, x3, x4, x5, x6, x7;
	uint8_t in;
	size_t i;

	KEY_STREAM(false);
	EACH(KEEP)
	for (i = 0; i < size; i++) {
		in = READ_ONCE(src[i]);
		s->waiting[i] ^= in;
		dst[i] = s->waiting[i];
		if (opening)
			s->waiting[i] = in;
	}
	memset(s->waiting + size, 0, CHUNK_SIZE - size);
	swap_waiting(s);
	hash_waiting(s, (size + AES_BLOCK_SIZE - 1) / AES_BLOCK_SIZE);
}

static __always_inline void
crypt_text(struct state *s, const struct gcm_message *m, bool opening)
{
	const uint8_t *src = m->src;
	uint8_t *dst = m->dst;
	size_t size = m->size;
	bool waits = false;

	for (; size >= CHUNK_SIZE; size -= CHUNK_SIZE) {
		if (waits)
			crypt_chunk(s, dst, src, opening, true);
		else
			crypt_chunk(s, dst, src, opening, false);
		waits = true;
		src += CHUNK_SIZE;
		dst += CHUNK_SIZE;
	}
	if (waits)
		hash_waiting(s, CHUNK_BLOCKS);
	if (size)
		crypt_rest(s, dst, src, size, opening);
}

/* The block of both lengths in bits, which ends the hash (7.1). */
static __always_inline void hash_sizes(struct state *s,
                                       const struct gcm_message *m)
{
	uint8_t sizes[AES_BLOCK_SIZE];

	put_be64(sizes, (uint64_t)m->aad.size * 8);
	put_be64(sizes + 8, (uint64_t)m->size * 8);
	hash_bytes(s, cspan_make(sizes, sizeof(sizes)));
}

static __always_inline __m128i encrypt_block(const struct aes_key *key,
                                             __m128i x)
{
	uint32_t i;

	x = _mm_xor_si128(x, load128(key->round[0]));
	for (i = 1; i < key->nrounds; i++)
		x = _mm_aesenc_si128(x, load128(key->round[i]));
	return _mm_aesenclast_si128(x, load128(key->round[i]));
}

static __always_inline void gcm_run(struct gcm_work *w)
{
	struct state s = { .key = w->key, .hash = _mm_setzero_si128() };
	const struct gcm_message *m = w->message;
	uint8_t first[AES_BLOCK_SIZE] = { 0 };
	__m128i mask;

	/* J0: the nonce and the number 1; the text begins at 2 (7.1). */
	memcpy(first, m->nonce, GCM_NONCE_SIZE);
	first[AES_BLOCK_SIZE - 1] = 1;
	mask = encrypt_block(&w->key->aes, load128(first));
	first[AES_BLOCK_SIZE - 1] = 2;
	s.counter = v_add32(v_swap(v_all(first)), v_count());

	hash_bytes(&s, m->aad);
	if (w->opening)
		crypt_text(&s, m, true);
	else
		crypt_text(&s, m, false);
	hash_sizes(&s, m);
	_mm_storeu_si128((__m128i *)(void *)w->tag,
	                 _mm_xor_si128(swap128(s.hash), mask));
}
