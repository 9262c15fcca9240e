/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256_portable.c - the compression function in plain C (FIPS 180-4, 6.2.2).
 *
 * For CPUs without SHA-NI, and the reference that the other path is tested
 * against.  The message schedule is a ring of sixteen words.
 */
#include "base/endian.h"
#include "base/string.h"
#include "crypto/sha256.h"
#include "crypto/sha256_internal.h"

static uint32_t ror(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

/* Word @t of the schedule, t >= 16, into the place of word t - 16. */
static uint32_t schedule(uint32_t w[16], unsigned int t)
{
	uint32_t w15 = w[(t - 15) % 16];
	uint32_t w2 = w[(t - 2) % 16];

	w[t % 16] += (ror(w15, 7) ^ ror(w15, 18) ^ w15 >> 3) + w[(t - 7) % 16] +
	             (ror(w2, 17) ^ ror(w2, 19) ^ w2 >> 10);
	return w[t % 16];
}

/* One round; s[0..7] are a..h. */
static void round_step(uint32_t s[8], uint32_t kw)
{
	uint32_t a = s[0];
	uint32_t e = s[4];
	uint32_t t1 = s[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +
	              ((e & s[5]) ^ (~e & s[6])) + kw;
	uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +
	              ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

	s[7] = s[6];
	s[6] = s[5];
	s[5] = s[4];
	s[4] = s[3] + t1;
	s[3] = s[2];
	s[2] = s[1];
	s[1] = s[0];
	s[0] = t1 + t2;
}

void sha256_portable_blocks(uint32_t state[8], const uint8_t *data,
                            size_t nblocks)
{
	uint32_t s[8];
	uint32_t w[16];
	unsigned int t;

	for (; nblocks; nblocks--, data += SHA256_BLOCK_SIZE) {
		memcpy(s, state, sizeof(s));
		for (t = 0; t < 16; t++) {
			w[t] = get_be32(data + 4 * t);
			round_step(s, sha256_k[t] + w[t]);
		}
		for (; t < 64; t++)
			round_step(s, sha256_k[t] + schedule(w, t));
		for (t = 0; t < 8; t++)
			state[t] += s[t];
	}
	memzero_explicit(s, sizeof(s));
	memzero_explicit(w, sizeof(w));
}
