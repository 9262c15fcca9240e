/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rng.h - random bytes that keys may be made of.
 *
 * Eight words from the CPU -> HKDF-SHA256 -> CTR_DRBG, again after every
 * RNG_RESEED_REQUESTS requests.  The host cannot influence RDRAND, but a broken
 * one has shipped before, so words that are stuck, all zeros or all ones are
 * refused.  Fails closed: after any refusal the generator gives no more bytes,
 * ever, and callers must not go on without them.
 *
 *	struct rng r;                      // one per vCPU or under a lock
 *	int err = rng_init(&r, &rng_rdrand);
 *
 *	if (err == 0)
 *		err = rng_fill(&r, key, sizeof(key));
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "crypto/drbg.h"

enum {
	RNG_SEED_WORDS = 8,
	/* Far below the 2^48 that SP 800-90A allows; a reseed costs 1 us. */
	RNG_RESEED_REQUESTS = 4096,
};

/*
 * Where raw words come from: rng_rdrand, or a test's own.  @word gives 0, or
 * -EIO if the source has none.
 */
struct rng_source {
	const char *name;
	int (*word)(void *arg, uint64_t *ret_word);
	void *arg;
};

/* The RDRAND instruction; the caller has seen to it that it exists. */
extern const struct rng_source rng_rdrand;

/* A secret: wipe it with rng_fini(). */
struct rng {
	struct drbg drbg;
	const struct rng_source *source;
	uint64_t last_word;
	uint32_t requests_left; /* until the next reseed */
	bool failed;
};

/*
 * rng_init - seed from @source, which must outlive @r.
 *
 * -EIO if the source fails or looks broken, -ENOSYS without AES-NI.  After an
 * error rng_fill() fails too.
 */
__must_check int rng_init(struct rng *r, const struct rng_source *source);
void rng_fini(struct rng *r);

/*
 * rng_fill - @size random bytes at @dst, any size; dst in enclave memory.
 *
 * -EIO if the source has failed, now or before: @dst then holds zeros.
 */
__must_check int rng_fill(struct rng *r, void *dst, size_t size);
