/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.c - S^3 mod M without a division.
 *
 * Q1 = floor(S^2 / M) and Q2 = floor((S^3 - Q1 S M) / M) come with the
 * signature.  They are right if and only if
 *
 *	R1 = S S - Q1 M   lies in [0, M)
 *	R2 = R1 S - Q2 M  lies in [0, M)
 *
 * and R2 then is S^3 mod M, which has to be the padded digest.
 */
#include "platform/rsa/verify.h"

#include <string.h>

enum {
	LIMBS = SGX_RSA_SIZE / 8,
};

/* Little-endian, as SIGSTRUCT has them and as this CPU stores them. */
struct number {
	uint64_t limb[LIMBS];
};

struct product {
	uint64_t limb[2 * LIMBS];
};

static struct number load(const uint8_t le[SGX_RSA_SIZE])
{
	struct number n;

	memcpy(n.limb, le, sizeof(n.limb));
	return n;
}

static struct product multiply(const struct number *a, const struct number *b)
{
	struct product p = { 0 };

	for (size_t i = 0; i < LIMBS; i++) {
		unsigned __int128 sum = 0;

		for (size_t k = 0; k < LIMBS; k++) {
			sum += (unsigned __int128)a->limb[i] * b->limb[k] +
			       p.limb[i + k];
			p.limb[i + k] = (uint64_t)sum;
			sum >>= 64;
		}
		p.limb[i + LIMBS] = (uint64_t)sum;
	}
	return p;
}

/* @a -= @b; the borrow that is left, 0 or 1. */
static uint64_t subtract(struct product *a, const struct product *b)
{
	uint64_t borrow = 0;

	for (size_t i = 0; i < ARRAY_SIZE(a->limb); i++) {
		unsigned __int128 difference =
			(unsigned __int128)a->limb[i] - b->limb[i] - borrow;

		a->limb[i] = (uint64_t)difference;
		borrow = (uint64_t)(difference >> 64) & 1;
	}
	return borrow;
}

static bool is_below(const struct number *a, const struct number *b)
{
	for (size_t i = LIMBS; i-- > 0;)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i];
	return false;
}

static bool is_short(const struct product *p)
{
	uint64_t high = 0;

	for (size_t i = LIMBS; i < ARRAY_SIZE(p->limb); i++)
		high |= p->limb[i];
	return !high;
}

/* *@ret_rest = @a @b - @q @m; false unless that lies in [0, @m). */
static bool reduce(struct number *ret_rest, const struct number *a,
                   const struct number *b, const struct number *q,
                   const struct number *m)
{
	struct product rest = multiply(a, b);
	struct product multiple = multiply(q, m);

	if (subtract(&rest, &multiple) || !is_short(&rest))
		return false;
	memcpy(ret_rest->limb, rest.limb, sizeof(ret_rest->limb));
	return is_below(ret_rest, m);
}

/* DER of DigestInfo{sha256, 32 bytes} up to the digest (RFC 8017, 9.2). */
static const uint8_t digest_info[] = {
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
	0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
};

/* EMSA-PKCS1-v1_5: 00 01 FF..FF 00 DigestInfo digest, as a number. */
static struct number padded_digest(const struct sigstruct *sig)
{
	const size_t info_at =
		SGX_RSA_SIZE - SGX_HASH_SIZE - sizeof(digest_info);
	uint8_t em[SGX_RSA_SIZE];

	memset(em, 0xff, sizeof(em));
	em[0] = 0;
	em[1] = 1;
	em[info_at - 1] = 0;
	memcpy(em + info_at, digest_info, sizeof(digest_info));
	sigstruct_digest(sig, em + SGX_RSA_SIZE - SGX_HASH_SIZE);
	sigstruct_swap_bytes(em, em, sizeof(em));
	return load(em);
}

enum sgx_error rsa3072_verify_sigstruct(const struct sigstruct *sig)
{
	struct number m = load(sig->modulus), s = load(sig->signature);
	struct number q1 = load(sig->q1), q2 = load(sig->q2);
	struct number wanted, r1, r2;

	/* 3072 bits, no less. */
	if (!(m.limb[LIMBS - 1] >> 63) || !is_below(&s, &m) ||
	    !reduce(&r1, &s, &s, &q1, &m) || !reduce(&r2, &r1, &s, &q2, &m))
		return SGX_INVALID_SIGNATURE;
	wanted = padded_digest(sig);
	return memcmp(&r2, &wanted, sizeof(r2)) ? SGX_INVALID_SIGNATURE
	                                        : SGX_SUCCESS;
}
