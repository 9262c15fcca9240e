/* SPDX-License-Identifier: Apache-2.0 */
/* EINIT's view of a SIGSTRUCT; OpenSSL has to agree with each signature. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#include "platform/rsa/verify.h"
#include "sgx/secs.h"
#include "tests/fuzz/fuzz.h"

enum { RSA_SIZE = 384 };

static EVP_PKEY *public_key(const struct sigstruct *sig)
{
	BIGNUM *n = BN_lebin2bn(sig->modulus, RSA_SIZE, NULL), *e = BN_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	BN_set_word(e, 3);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_fromdata_init(ctx);
	EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return key;
}

static bool openssl_verifies(const struct sigstruct *sig)
{
	uint8_t signature[RSA_SIZE], bytes[SGX_SIGSTRUCT_SIGNED_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *key = public_key(sig);
	bool ok;

	sigstruct_signed_bytes(sig, bytes);
	sigstruct_swap_bytes(signature, sig->signature, sizeof(signature));
	ok = key &&
	     EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, signature, sizeof(signature), bytes,
	                      sizeof(bytes)) == 1;
	EVP_PKEY_free(key);
	EVP_MD_CTX_free(ctx);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t lepubkeyhash[32];
	struct sigstruct sig;
	struct secs secs;

	if (size < sizeof(sig))
		return 0;
	memcpy(&sig, data, sizeof(sig));
	memset(&secs, 0, sizeof(secs));
	memcpy(secs.mrenclave, sig.enclavehash, sizeof(secs.mrenclave));
	secs.attributes = sig.attributes;
	secs.miscselect = sig.miscselect;
	sigstruct_mrsigner(&sig, lepubkeyhash);
	if (sigstruct_check_header(&sig) != SGX_SUCCESS)
		return 0;
	if (rsa3072_verify_sigstruct(&sig) == SGX_SUCCESS)
		MUST(openssl_verifies(&sig));
	(void)sigstruct_check_identity(&sig, &secs, lepubkeyhash);
	MUST(sigstruct_check_launch(&sig, lepubkeyhash) == SGX_SUCCESS);
	return 0;
}
