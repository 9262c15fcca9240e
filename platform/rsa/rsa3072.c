/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/rsa/rsa3072.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>

#include "platform/rsa/verify.h"

enum {
	RSA_BITS = SGX_RSA_SIZE * 8,
};

/* The numbers of one SIGSTRUCT; what q1 and q2 are for, verify.c says. */
struct numbers {
	BN_CTX *ctx;
	BIGNUM *m;
	BIGNUM *s;
	BIGNUM *q1;
	BIGNUM *q2;
	BIGNUM *r;
};

static void numbers_fini(struct numbers *n)
{
	BN_CTX_end(n->ctx);
	BN_CTX_free(n->ctx);
}

static int numbers_init(struct numbers *n)
{
	n->ctx = BN_CTX_new();
	if (!n->ctx)
		return -ENOMEM;
	BN_CTX_start(n->ctx);
	n->m = BN_CTX_get(n->ctx);
	n->s = BN_CTX_get(n->ctx);
	n->q1 = BN_CTX_get(n->ctx);
	n->q2 = BN_CTX_get(n->ctx);
	n->r = BN_CTX_get(n->ctx);
	if (!n->r) { /* once one fails, all later ones do */
		numbers_fini(n);
		return -ENOMEM;
	}
	return 0;
}

/* q1 and q2 from s and m, which is not zero. */
static int numbers_solve(struct numbers *n)
{
	BIGNUM *product;
	int err = -EIO;

	BN_CTX_start(n->ctx);
	product = BN_CTX_get(n->ctx);
	if (!product)
		goto out;
	/* S^2 = q1 M + r1; S^3 - q1 S M = r1 S = q2 M + r. */
	if (!BN_sqr(product, n->s, n->ctx) ||
	    !BN_div(n->q1, n->r, product, n->m, n->ctx) ||
	    !BN_mul(product, n->r, n->s, n->ctx) ||
	    !BN_div(n->q2, n->r, product, n->m, n->ctx))
		goto out;
	err = 0;
out:
	BN_CTX_end(n->ctx);
	return err;
}

bool rsa3072_key_is_usable(const EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool ok;

	ok = EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == RSA_BITS &&
	     EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) &&
	     BN_is_word(e, SGX_RSA_EXPONENT);
	BN_free(e);
	return ok;
}

/* The signature over the signed bytes, most significant byte first. */
static int sign_body(EVP_PKEY *key, const struct sigstruct *sig,
                     uint8_t ret_signature[SGX_RSA_SIZE])
{
	uint8_t body[SGX_SIGSTRUCT_SIGNED_SIZE];
	size_t size = SGX_RSA_SIZE;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	int err = -EIO;

	if (!ctx)
		return -ENOMEM;
	sigstruct_signed_bytes(sig, body);
	if (EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL, key) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_DigestSign(ctx, ret_signature, &size, body, sizeof(body)) ==
	            1 &&
	    size == SGX_RSA_SIZE)
		err = 0;
	EVP_MD_CTX_free(ctx);
	return err;
}

static int put_le(const BIGNUM *bn, uint8_t dst[SGX_RSA_SIZE])
{
	return BN_bn2lebinpad(bn, dst, SGX_RSA_SIZE) == SGX_RSA_SIZE ? 0 : -EIO;
}

static int sign_numbers(struct numbers *n, EVP_PKEY *key, struct sigstruct *sig)
{
	uint8_t signature[SGX_RSA_SIZE];
	int err;

	err = sign_body(key, sig, signature);
	if (err < 0)
		return err;
	if (!BN_bin2bn(signature, sizeof(signature), n->s) ||
	    !EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n->m))
		return -EIO;
	err = numbers_solve(n);
	if (err < 0)
		return err;
	if (put_le(n->m, sig->modulus) < 0 ||
	    put_le(n->s, sig->signature) < 0 || put_le(n->q1, sig->q1) < 0 ||
	    put_le(n->q2, sig->q2) < 0)
		return -EIO;
	return 0;
}

int rsa3072_sign_sigstruct(EVP_PKEY *key, struct sigstruct *sig)
{
	struct sigstruct signed_sig = *sig;
	struct numbers n;
	int err;

	if (!rsa3072_key_is_usable(key))
		return -EINVAL;
	err = numbers_init(&n);
	if (err < 0)
		return err;
	err = sign_numbers(&n, key, &signed_sig);
	numbers_fini(&n);
	if (err < 0)
		return err;
	/* A fault in the signing machine must not leave this function. */
	if (rsa3072_verify_sigstruct(&signed_sig) != SGX_SUCCESS)
		return -EIO;
	*sig = signed_sig;
	return 0;
}

EVP_PKEY *rsa3072_generate(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	if (!ctx || !e || !BN_set_word(e, SGX_RSA_EXPONENT) ||
	    EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, RSA_BITS) != 1 ||
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) != 1 ||
	    EVP_PKEY_generate(ctx, &key) != 1)
		key = NULL;
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return key;
}
