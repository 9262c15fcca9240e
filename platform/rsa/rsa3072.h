/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsa3072.h - signing a SIGSTRUCT, with OpenSSL.
 *
 * RSA-3072, exponent 3, EMSA-PKCS1-v1_5 with SHA-256 over the 256 signed bytes
 * (SDM Vol. 3D 35.14).  Whoever signs calls sigstruct_fill() first.
 *
 * Kept out of sgx/, which is also compiled into the enclave and knows no
 * OpenSSL.  Verifying needs none: platform/rsa/verify.h.
 */
#pragma once

#include <openssl/evp.h>

#include "base/compiler.h"
#include "sgx/sigstruct.h"

/*
 * rsa3072_sign_sigstruct - set MODULUS, SIGNATURE, Q1 and Q2.
 *
 * @key: a private RSA key of 3072 bits and exponent 3, else -EINVAL.  -EIO if
 * OpenSSL fails; @sig is untouched by any error.
 */
__must_check int rsa3072_sign_sigstruct(EVP_PKEY *key, struct sigstruct *sig);

/*
 * rsa3072_generate - a fresh key that the above accepts.  NULL if OpenSSL
 * fails.  EVP_PKEY_free() it.
 */
__must_check EVP_PKEY *rsa3072_generate(void);

/* Whether @key can sign: RSA, 3072 bits, exponent 3. */
__must_check bool rsa3072_key_is_usable(const EVP_PKEY *key);
