/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing and EINIT's verification of SIGSTRUCT: what is signed is accepted,
 * anything else is not.
 */
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "platform/rsa/rsa3072.h"
#include "platform/rsa/verify.h"

static EVP_PKEY *key;

static const struct sigstruct_params params = {
	.date = 0x20261122,
	.attributes = { SGX_ATTR_MODE64BIT, SGX_XFRM_LEGACY },
	.attributemask = { ~0ull & ~SGX_ATTR_DEBUG, SGX_XFRM_LEGACY },
	.isvprodid = 7,
	.isvsvn = 3,
	.enclavehash = { 0x11, 0x22, 0x33 },
};

static void make_signed(struct sigstruct *sig)
{
	assert_int_equal(sigstruct_fill(sig, &params), 0);
	assert_int_equal(rsa3072_sign_sigstruct(key, sig), 0);
}

static void signed_is_accepted(void **state)
{
	struct sigstruct sig;

	(void)state;
	make_signed(&sig);
	assert_int_equal(sigstruct_check_header(&sig), SGX_SUCCESS);
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_SUCCESS);
}

/* What the RSA equations depend on, byte by byte; else SIGSTRUCT is open. */
static bool is_covered(size_t at)
{
	return at < 512 || (at >= 516 && at < 1028) || at >= 1040;
}

static void every_covered_byte_counts(void **state)
{
	struct sigstruct sig, bad;
	uint8_t *bytes = (uint8_t *)&bad;

	(void)state;
	make_signed(&sig);
	for (size_t at = 0; at < sizeof(sig); at++) {
		bad = sig;
		bytes[at] ^= (uint8_t)(1 << at % 8);
		assert_int_equal(rsa3072_verify_sigstruct(&bad),
		                 is_covered(at) ? SGX_INVALID_SIGNATURE
		                                : SGX_SUCCESS);
	}
}

static void add_one(uint8_t le[SGX_RSA_SIZE])
{
	for (size_t i = 0; i < SGX_RSA_SIZE && ++le[i] == 0; i++)
		;
}

static void q_off_by_one(void **state)
{
	struct sigstruct sig, bad;

	(void)state;
	make_signed(&sig);
	bad = sig;
	add_one(bad.q1);
	assert_int_equal(rsa3072_verify_sigstruct(&bad), SGX_INVALID_SIGNATURE);
	bad = sig;
	add_one(bad.q2);
	assert_int_equal(rsa3072_verify_sigstruct(&bad), SGX_INVALID_SIGNATURE);
}

static void reverse(uint8_t number[SGX_RSA_SIZE])
{
	sigstruct_swap_bytes(number, number, SGX_RSA_SIZE);
}

static void big_endian_is_refused(void **state)
{
	struct sigstruct sig;

	(void)state;
	make_signed(&sig);
	reverse(sig.modulus);
	reverse(sig.signature);
	reverse(sig.q1);
	reverse(sig.q2);
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_INVALID_SIGNATURE);
}

/*
 * q1 and q2 from S and M by their definition, not by the signer's shortcut.
 * False if they do not fit, which is so for some S beyond M only.
 */
static bool q_by_definition(struct sigstruct *sig)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *m = BN_lebin2bn(sig->modulus, SGX_RSA_SIZE, NULL);
	BIGNUM *s = BN_lebin2bn(sig->signature, SGX_RSA_SIZE, NULL);
	BIGNUM *q1 = BN_new(), *q2 = BN_new(), *t = BN_new(), *u = BN_new();
	bool fits;

	assert_true(BN_mul(t, s, s, ctx) && BN_div(q1, NULL, t, m, ctx));
	assert_true(BN_mul(t, t, s, ctx) && BN_mul(u, q1, s, ctx) &&
	            BN_mul(u, u, m, ctx) && BN_sub(t, t, u) &&
	            BN_div(q2, NULL, t, m, ctx));
	fits = BN_bn2lebinpad(q1, sig->q1, SGX_RSA_SIZE) == SGX_RSA_SIZE &&
	       BN_bn2lebinpad(q2, sig->q2, SGX_RSA_SIZE) == SGX_RSA_SIZE;
	BN_free(m);
	BN_free(s);
	BN_free(q1);
	BN_free(q2);
	BN_free(t);
	BN_free(u);
	BN_CTX_free(ctx);
	return fits;
}

static void q_matches_definition(void **state)
{
	struct sigstruct sig, again;

	(void)state;
	make_signed(&sig);
	again = sig;
	memset(again.q1, 0, sizeof(again.q1));
	memset(again.q2, 0, sizeof(again.q2));
	assert_true(q_by_definition(&again));
	assert_memory_equal(&sig, &again, sizeof(sig));
}

/* Sign the padded block @em as it is, and put all four numbers in @sig. */
static void sign_block(struct sigstruct *sig, const uint8_t em[SGX_RSA_SIZE])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t out[SGX_RSA_SIZE];
	size_t n = sizeof(out);

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, out, &n, em, SGX_RSA_SIZE), 1);
	EVP_PKEY_CTX_free(ctx);
	sigstruct_swap_bytes(sig->signature, out, SGX_RSA_SIZE);
	assert_true(q_by_definition(sig));
}

/* DigestInfo up to the digest: SHA-256's, and SHA-1's (RFC 8017, 9.2). */
static const char sha256_info[] =
	"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
	"\x04\x20";
static const char sha1_info[] =
	"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14";
static const char sha256_no_null_info[] =
	"\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20";

/* 00 01 @ff_bytes*FF 00 @info @digest, then junk. */
static void make_block(uint8_t em[SGX_RSA_SIZE], size_t ff_bytes,
                       struct cspan info, struct cspan digest)
{
	size_t at = 2;

	memset(em, 0xcc, SGX_RSA_SIZE);
	em[0] = 0;
	em[1] = 1;
	memset(em + at, 0xff, ff_bytes);
	at += ff_bytes;
	em[at++] = 0;
	memcpy(em + at, info.data, info.size);
	at += info.size;
	memcpy(em + at, digest.data, digest.size);
}

static size_t full_padding(size_t info_size, size_t digest_size)
{
	return SGX_RSA_SIZE - 3 - info_size - digest_size;
}

static void paddings(void **state)
{
	struct cspan info = cspan_make(sha256_info, sizeof(sha256_info) - 1);
	struct cspan no_null = cspan_make(sha256_no_null_info,
	                                  sizeof(sha256_no_null_info) - 1);
	struct cspan info1 = cspan_make(sha1_info, sizeof(sha1_info) - 1);
	uint8_t em[SGX_RSA_SIZE], bytes[SGX_SIGSTRUCT_SIGNED_SIZE], digest[32];
	struct cspan d = CSPAN_OF(digest);
	uint8_t digest1[20];
	struct sigstruct sig;

	(void)state;
	make_signed(&sig);
	sigstruct_digest(&sig, digest);
	sigstruct_signed_bytes(&sig, bytes);
	assert_int_equal(EVP_Digest(bytes, sizeof(bytes), digest1, NULL,
	                            EVP_sha1(), NULL),
	                 1);

	/* The way of testing accepts what it should. */
	make_block(em, full_padding(info.size, 32), info, d);
	sign_block(&sig, em);
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_SUCCESS);

	/* Eight FF and junk behind: Bleichenbacher's 2006 forgery. */
	make_block(em, 8, info, d);
	sign_block(&sig, em);
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_INVALID_SIGNATURE);

	make_block(em, full_padding(info1.size, 20), info1, CSPAN_OF(digest1));
	sign_block(&sig, em);
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_INVALID_SIGNATURE);

	make_block(em, full_padding(no_null.size, 32), no_null, d);
	sign_block(&sig, em);
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_INVALID_SIGNATURE);

	/* Block type 2, as for encryption. */
	make_block(em, full_padding(info.size, 32), info, d);
	em[1] = 2;
	sign_block(&sig, em);
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_INVALID_SIGNATURE);
}

/* Replace S by S + M, which has the same cube mod M.  False if it won't fit. */
static bool add_modulus(struct sigstruct *sig)
{
	BIGNUM *m = BN_lebin2bn(sig->modulus, SGX_RSA_SIZE, NULL);
	BIGNUM *s = BN_lebin2bn(sig->signature, SGX_RSA_SIZE, NULL);
	bool fits;

	assert_true(BN_add(s, s, m));
	fits = BN_bn2lebinpad(s, sig->signature, SGX_RSA_SIZE) == SGX_RSA_SIZE;
	BN_free(m);
	BN_free(s);
	return fits;
}

static void signature_beyond_modulus(void **state)
{
	struct sigstruct sig;
	uint32_t i;

	(void)state;
	for (i = 0; i < 200; i++) {
		assert_int_equal(sigstruct_fill(&sig, &params), 0);
		sig.swdefined = i;
		assert_int_equal(rsa3072_sign_sigstruct(key, &sig), 0);
		if (add_modulus(&sig) && q_by_definition(&sig))
			break;
	}
	if (i == 200)
		skip(); /* the modulus is all but 2^3072: no S is small enough */
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_INVALID_SIGNATURE);
}

static void degenerate_numbers(void **state)
{
	struct sigstruct sig;

	(void)state;
	make_signed(&sig);
	memset(sig.modulus, 0, sizeof(sig.modulus));
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_INVALID_SIGNATURE);
	make_signed(&sig);
	memset(sig.signature, 0, sizeof(sig.signature));
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_INVALID_SIGNATURE);
	memset(&sig, 0xff, sizeof(sig));
	assert_int_equal(rsa3072_verify_sigstruct(&sig), SGX_INVALID_SIGNATURE);
}

static EVP_PKEY *rsa_key(unsigned int bits, unsigned long exponent)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *out = NULL;
	BIGNUM *e = BN_new();

	assert_true(BN_set_word(e, exponent));
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &out), 1);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return out;
}

static void refuse_key(EVP_PKEY *other)
{
	struct sigstruct sig, before;

	assert_int_equal(sigstruct_fill(&sig, &params), 0);
	before = sig;
	assert_false(rsa3072_key_is_usable(other));
	assert_int_equal(rsa3072_sign_sigstruct(other, &sig), -EINVAL);
	assert_memory_equal(&sig, &before, sizeof(sig));
	EVP_PKEY_free(other);
}

static void unfit_keys(void **state)
{
	(void)state;
	refuse_key(rsa_key(2048, 3));
	refuse_key(rsa_key(3072, 65537));
	refuse_key(EVP_EC_gen("P-256"));
}

static int setup(void **state)
{
	(void)state;
	key = rsa3072_generate();
	return key && rsa3072_key_is_usable(key) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_is_accepted),
		cmocka_unit_test(every_covered_byte_counts),
		cmocka_unit_test(q_off_by_one),
		cmocka_unit_test(big_endian_is_refused),
		cmocka_unit_test(q_matches_definition),
		cmocka_unit_test(paddings),
		cmocka_unit_test(signature_beyond_modulus),
		cmocka_unit_test(degenerate_numbers),
		cmocka_unit_test(unfit_keys),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
