/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rng.h"

#include "base/errno.h"
#include "base/span.h"
#include "base/string.h"
#include "crypto/hkdf.h"

enum {
	/* SDM Vol. 1, 7.3.17.1: ten tries, then RDRAND is broken. */
	RDRAND_TRIES = 10,
};

static int rdrand_word(void *arg, uint64_t *ret_word)
{
	uint64_t word;
	bool ok;
	int i;

	(void)arg;
	for (i = 0; i < RDRAND_TRIES; i++) {
		__asm__ volatile("rdrand %0" : "=r"(word), "=@ccc"(ok));
		if (ok) {
			*ret_word = word;
			return 0;
		}
	}
	return -EIO;
}

const struct rng_source rng_rdrand = {
	.name = "rdrand",
	.word = rdrand_word,
};

/*
 * Whether @words could come from a working source.  A good one fails this once
 * in 2^58 seeds.
 */
static bool looks_random(const uint64_t words[RNG_SEED_WORDS],
                         uint64_t last_word)
{
	size_t i, j;

	for (i = 0; i < RNG_SEED_WORDS; i++) {
		if (words[i] == 0 || words[i] == UINT64_MAX ||
		    words[i] == last_word)
			return false;
		for (j = 0; j < i; j++)
			if (words[i] == words[j])
				return false;
	}
	return true;
}

static int draw_words(struct rng *r, uint64_t ret_words[RNG_SEED_WORDS])
{
	size_t i;
	int err;

	for (i = 0; i < RNG_SEED_WORDS; i++) {
		err = r->source->word(r->source->arg, &ret_words[i]);
		if (err < 0)
			return -EIO;
	}
	if (!looks_random(ret_words, r->last_word))
		return -EIO;
	r->last_word = ret_words[RNG_SEED_WORDS - 1];
	return 0;
}

static int draw_seed(struct rng *r, uint8_t ret_seed[DRBG_SEED_SIZE])
{
	static const char info[] = "sofaenclave rng seed v1";
	uint64_t words[RNG_SEED_WORDS];
	int err;

	err = draw_words(r, words);
	if (err == 0)
		err = hkdf_sha256(span_make(ret_seed, DRBG_SEED_SIZE),
		                  cspan_make(NULL, 0), CSPAN_OF(words),
		                  cspan_make(info, sizeof(info) - 1));
	memzero_explicit(words, sizeof(words));
	return err;
}

/* Nothing of the old state may serve again. */
static int fail(struct rng *r, int err)
{
	drbg_fini(&r->drbg);
	r->failed = true;
	return err;
}

int rng_init(struct rng *r, const struct rng_source *source)
{
	uint8_t seed[DRBG_SEED_SIZE];
	int err;

	memset(r, 0, sizeof(*r));
	r->source = source;
	err = draw_seed(r, seed);
	if (err == 0)
		err = drbg_init(&r->drbg, seed);
	memzero_explicit(seed, sizeof(seed));
	if (err < 0)
		return fail(r, err);
	r->requests_left = RNG_RESEED_REQUESTS;
	return 0;
}

void rng_fini(struct rng *r)
{
	memzero_explicit(r, sizeof(*r));
	r->failed = true;
}

static int reseed(struct rng *r)
{
	uint8_t seed[DRBG_SEED_SIZE];
	int err;

	err = draw_seed(r, seed);
	if (err < 0)
		return fail(r, err);
	drbg_reseed(&r->drbg, seed);
	memzero_explicit(seed, sizeof(seed));
	r->requests_left = RNG_RESEED_REQUESTS;
	return 0;
}

static int fill_piece(struct rng *r, void *dst, size_t size)
{
	int err;

	if (r->failed)
		return -EIO;
	if (r->requests_left == 0) {
		err = reseed(r);
		if (err < 0)
			return err;
	}
	r->requests_left--;
	return drbg_generate(&r->drbg, dst, size);
}

int rng_fill(struct rng *r, void *dst, size_t size)
{
	uint8_t *p = dst;
	size_t off, n;
	int err;

	for (off = 0; off < size; off += n) {
		n = MIN(size - off, (size_t)DRBG_REQUEST_MAX);
		err = fill_piece(r, p + off, n);
		if (err < 0) {
			memzero_explicit(dst, size);
			return err;
		}
	}
	return 0;
}
