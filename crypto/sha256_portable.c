/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256_portable.c - the compression function in plain C (FIPS 180-4, 6.2.2).
 *
 * For CPUs without SHA-NI: among those with SGX, most client parts.
 */
#include "base/endian.h"
#include "base/string.h"
#include "crypto/sha256.h"
#include "crypto/sha256_internal.h"

static uint32_t ror(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

/* Word @t of the message schedule, t >= 16. */
static uint32_t schedule(const uint32_t *w, unsigned int t)
{
	uint32_t w15 = w[t - 15];
	uint32_t w2 = w[t - 2];

	return w[t - 16] + (ror(w15, 7) ^ ror(w15, 18) ^ w15 >> 3) + w[t - 7] +
	       (ror(w2, 17) ^ ror(w2, 19) ^ w2 >> 10);
}

/*
 * One round.  The eight variables change roles instead of places: what was
 * @d is the next e, what was @h the next a.
 */
static __always_inline void round_step(uint32_t a, uint32_t b, uint32_t c,
                                       uint32_t *d, uint32_t e, uint32_t f,
                                       uint32_t g, uint32_t *h, uint32_t kw)
{
	uint32_t t1 = *h + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +
	              (g ^ (e & (f ^ g))) + kw;
	uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +
	              ((a & b) | (c & (a | b)));

	*d += t1;
	*h = t1 + t2;
}

/* Eight rounds, after which everyone has its first role again. */
static __always_inline void round_eight(uint32_t s[8], const uint32_t *k,
                                        const uint32_t *w)
{
	uint32_t a = s[0], b = s[1], c = s[2], d = s[3];
	uint32_t e = s[4], f = s[5], g = s[6], h = s[7];

	round_step(a, b, c, &d, e, f, g, &h, k[0] + w[0]);
	round_step(h, a, b, &c, d, e, f, &g, k[1] + w[1]);
	round_step(g, h, a, &b, c, d, e, &f, k[2] + w[2]);
	round_step(f, g, h, &a, b, c, d, &e, k[3] + w[3]);
	round_step(e, f, g, &h, a, b, c, &d, k[4] + w[4]);
	round_step(d, e, f, &g, h, a, b, &c, k[5] + w[5]);
	round_step(c, d, e, &f, g, h, a, &b, k[6] + w[6]);
	round_step(b, c, d, &e, f, g, h, &a, k[7] + w[7]);

	s[0] = a, s[1] = b, s[2] = c, s[3] = d;
	s[4] = e, s[5] = f, s[6] = g, s[7] = h;
}

void sha256_portable_blocks(uint32_t state[8], const uint8_t *data,
                            size_t nblocks)
{
	uint32_t s[8];
	uint32_t w[64];
	unsigned int t;

	for (; nblocks; nblocks--, data += SHA256_BLOCK_SIZE) {
		memcpy(s, state, sizeof(s));
		for (t = 0; t < 16; t++)
			w[t] = get_be32(data + 4 * t);
		for (; t < 64; t++)
			w[t] = schedule(w, t);
		for (t = 0; t < 64; t += 8)
			round_eight(s, &sha256_k[t], &w[t]);
		for (t = 0; t < 8; t++)
			state[t] += s[t];
	}
	memzero_explicit(s, sizeof(s));
	memzero_explicit(w, sizeof(w));
}
