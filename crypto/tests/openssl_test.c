/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every primitive against OpenSSL's: each length from 0 to 600, the input cut
 * into random pieces, at random alignments.
 *
 *	test-crypto-openssl portable|sha-ni
 */
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "crypto/cmac.h"
#include "crypto/drbg.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "crypto/sha256.h"
#include "crypto/tests/paths.h"

enum {
	LENGTH_MAX = 600,
	SPLITS = 4, /* ways to cut each length */
};

static int failures;
static uint64_t sequence;

/* Reproducible "random" numbers. */
static uint64_t next_number(void)
{
	return hash_u64(++sequence);
}

static void fill(uint8_t *dst, size_t size)
{
	for (size_t i = 0; i < size; i++)
		dst[i] = (uint8_t)next_number();
}

/* @ok is OpenSSL's opinion: its failure would make every comparison vain. */
static void must(int ok, const char *what)
{
	if (ok == 1)
		return;
	fprintf(stderr, "OpenSSL: %s\n", what);
	exit(1);
}

static void expect_equal(const char *what, size_t length, const void *want,
                         const void *got, size_t size)
{
	if (memcmp(want, got, size) == 0)
		return;
	printf("FAIL: %s of %zu bytes\n", what, length);
	failures++;
}

/* Feed @data in random pieces, empty ones included. */
static void feed(void (*update)(void *ctx, const void *data, size_t size),
                 void *ctx, const uint8_t *data, size_t size)
{
	while (size) {
		size_t n = next_number() % (MIN(size, (size_t)150) + 1);

		update(ctx, data, n);
		data += n;
		size -= n;
	}
}

static void feed_sha256(void *ctx, const void *data, size_t size)
{
	sha256_update(ctx, data, size);
}

static void feed_hmac(void *ctx, const void *data, size_t size)
{
	hmac_update(ctx, data, size);
}

static void feed_cmac(void *ctx, const void *data, size_t size)
{
	cmac_update(ctx, data, size);
}

static void compare_sha256(const uint8_t *data, size_t size)
{
	uint8_t want[32], got[32];
	struct sha256 h;

	must(EVP_Digest(data, size, want, NULL, EVP_sha256(), NULL), "sha256");
	sha256_init(&h);
	feed(feed_sha256, &h, data, size);
	sha256_final(&h, got);
	expect_equal("sha256", size, want, got, sizeof(want));
}

static void openssl_sha256(const void *data, size_t size, uint8_t want[32])
{
	must(EVP_Digest(data, size, want, NULL, EVP_sha256(), NULL), "sha256");
}

/* By its definition. */
static void compare_halves(const uint8_t *data, size_t size)
{
	size_t half = size / 2 - size / 2 % 64;
	uint8_t digests[64], want[32], got[32];

	openssl_sha256(data, half, digests);
	openssl_sha256(data + half, size - half, digests + 32);
	openssl_sha256(digests, sizeof(digests), want);
	sha256_halves(data, size, got);
	expect_equal("halves", size, want, got, sizeof(want));
}

static void compare_hmac(const uint8_t *data, size_t size)
{
	uint8_t key[200], want[32], got[32];
	size_t key_size = next_number() % (sizeof(key) + 1);
	struct hmac m;

	fill(key, key_size);
	must(HMAC(EVP_sha256(), key, (int)key_size, data, size, want, NULL) !=
	             NULL,
	     "hmac");
	hmac_init(&m, cspan_make(key, key_size));
	feed(feed_hmac, &m, data, size);
	hmac_final(&m, got);
	expect_equal("hmac", size, want, got, sizeof(want));
}

static void openssl_cmac(struct cspan key, const uint8_t *data, size_t size,
                         uint8_t want[16])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	char cipher[16];
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	size_t n;

	snprintf(cipher, sizeof(cipher), "AES-%zu-CBC", key.size * 8);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER,
	                                             cipher, 0);
	must(EVP_MAC_init(ctx, key.data, key.size, params), "cmac init");
	must(EVP_MAC_update(ctx, data, size), "cmac update");
	must(EVP_MAC_final(ctx, want, &n, 16), "cmac final");
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

static void compare_cmac(const uint8_t *data, size_t size)
{
	uint8_t key[32], want[16], got[16];
	struct cspan k = cspan_make(key, next_number() & 1 ? 16 : 32);
	struct cmac m;

	fill(key, sizeof(key));
	openssl_cmac(k, data, size, want);
	must(cmac_init(&m, k) == 0, "our cmac_init");
	feed(feed_cmac, &m, data, size);
	cmac_final(&m, got);
	expect_equal("cmac", size, want, got, sizeof(want));
}

static void compare_aes(const uint8_t *data, size_t size)
{
	uint8_t key[32], want[LENGTH_MAX + 16], got[LENGTH_MAX + 16];
	size_t key_size = next_number() & 1 ? 16 : 32;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct aes_key k;
	int n;

	size -= size % 16;
	fill(key, sizeof(key));
	must(EVP_EncryptInit_ex(ctx,
	                        key_size == 16 ? EVP_aes_128_ecb()
	                                       : EVP_aes_256_ecb(),
	                        NULL, key, NULL),
	     "aes init");
	must(EVP_EncryptUpdate(ctx, want, &n, data, (int)size), "aes");
	EVP_CIPHER_CTX_free(ctx);
	must(aes_key_init(&k, key, key_size) == 0, "our aes_key_init");
	memcpy(got, data, size);
	aes_encrypt(&k, got, got, size / 16);
	expect_equal("aes", size, want, got, size);
}

static void openssl_hkdf(struct cspan salt, struct cspan secret,
                         struct cspan info, struct span want)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	size_t n = want.size;

	must(EVP_PKEY_derive_init(ctx), "hkdf init");
	must(EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()), "hkdf md");
	must(EVP_PKEY_CTX_set1_hkdf_salt(ctx, salt.data, (int)salt.size),
	     "hkdf salt");
	must(EVP_PKEY_CTX_set1_hkdf_key(ctx, secret.data, (int)secret.size),
	     "hkdf key");
	must(EVP_PKEY_CTX_add1_hkdf_info(ctx, info.data, (int)info.size),
	     "hkdf info");
	must(EVP_PKEY_derive(ctx, want.data, &n), "hkdf");
	EVP_PKEY_CTX_free(ctx);
}

static void compare_hkdf(const uint8_t *data, size_t size)
{
	uint8_t want[LENGTH_MAX], got[LENGTH_MAX];
	struct cspan secret = cspan_make(data, 1 + size / 3);
	struct cspan salt = cspan_make(data + 100, size / 2);
	struct cspan info = cspan_make(data + 50, size / 4);
	size_t n = MAX(size, (size_t)1);

	openssl_hkdf(salt, secret, info, span_make(want, n));
	must(hkdf_sha256(span_make(got, n), salt, secret, info) == 0,
	     "our hkdf");
	expect_equal("hkdf", size, want, got, n);
}

/* OpenSSL's CTR-DRBG over a parent whose entropy we choose. */
struct openssl_drbg {
	EVP_RAND_CTX *parent;
	EVP_RAND_CTX *drbg;
};

static void set_entropy(EVP_RAND_CTX *parent, uint8_t seed[DRBG_SEED_SIZE])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY,
		                                  seed, DRBG_SEED_SIZE),
		OSSL_PARAM_END,
	};

	must(EVP_RAND_CTX_set_params(parent, params), "test entropy");
}

static void openssl_drbg_init(struct openssl_drbg *o,
                              uint8_t seed[DRBG_SEED_SIZE])
{
	EVP_RAND *test = EVP_RAND_fetch(NULL, "TEST-RAND", NULL);
	EVP_RAND *ctr = EVP_RAND_fetch(NULL, "CTR-DRBG", NULL);
	unsigned int strength = 256;
	int use_df = 0;
	OSSL_PARAM test_params[] = {
		OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
		OSSL_PARAM_END,
	};
	OSSL_PARAM ctr_params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_CIPHER,
		                                 (char *)"AES-256-CTR", 0),
		OSSL_PARAM_construct_int(OSSL_DRBG_PARAM_USE_DF, &use_df),
		OSSL_PARAM_END,
	};

	o->parent = EVP_RAND_CTX_new(test, NULL);
	must(EVP_RAND_CTX_set_params(o->parent, test_params), "strength");
	set_entropy(o->parent, seed);
	must(EVP_RAND_instantiate(o->parent, 256, 0, NULL, 0, NULL), "parent");
	o->drbg = EVP_RAND_CTX_new(ctr, o->parent);
	/* Not NULL: that would stand for a string of OpenSSL's own. */
	must(EVP_RAND_instantiate(o->drbg, 256, 0, (const uint8_t *)"", 0,
	                          ctr_params),
	     "drbg");
	EVP_RAND_free(test);
	EVP_RAND_free(ctr);
}

static void openssl_drbg_fini(struct openssl_drbg *o)
{
	EVP_RAND_CTX_free(o->drbg);
	EVP_RAND_CTX_free(o->parent);
}

static void compare_drbg_request(struct openssl_drbg *o, struct drbg *d,
                                 size_t size)
{
	static uint8_t want[DRBG_REQUEST_MAX], got[DRBG_REQUEST_MAX];

	must(EVP_RAND_generate(o->drbg, want, size, 256, 0, NULL, 0),
	     "drbg generate");
	must(drbg_generate(d, got, size) == 0, "our drbg_generate");
	expect_equal("drbg", size, want, got, size);
}

static void compare_drbg(void)
{
	uint8_t seed[DRBG_SEED_SIZE];
	struct openssl_drbg o;
	struct drbg d;

	fill(seed, sizeof(seed));
	openssl_drbg_init(&o, seed);
	must(drbg_init(&d, seed) == 0, "our drbg_init");
	/* From 1: to OpenSSL a request for nothing is none. */
	for (size_t size = 1; size <= LENGTH_MAX; size++) {
		if (size % 100 == 50) {
			fill(seed, sizeof(seed));
			set_entropy(o.parent, seed);
			must(EVP_RAND_reseed(o.drbg, 0, NULL, 0, NULL, 0),
			     "reseed");
			drbg_reseed(&d, seed);
		}
		compare_drbg_request(&o, &d, size);
	}
	compare_drbg_request(&o, &d, DRBG_REQUEST_MAX);
	openssl_drbg_fini(&o);
	if (drbg_generate(&d, seed, DRBG_REQUEST_MAX + 1) != -EINVAL) {
		puts("FAIL: drbg gives more than it may");
		failures++;
	}
}

/* Counters about to carry, within 64 bits, beyond them, and round to zero. */
static void compare_drbg_carry(void)
{
	static const uint8_t zeros[64];
	uint8_t key[32], iv[16], want[64], got[64];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct drbg d;
	int n;

	fill(key, sizeof(key));
	for (size_t ff = 0; ff <= sizeof(iv); ff++) {
		memset(iv, 0x12, sizeof(iv));
		memset(iv + sizeof(iv) - ff, 0xff, ff);
		must(aes_key_init(&d.key, key, sizeof(key)) == 0, "our key");
		memcpy(d.v, iv, sizeof(iv));
		must(drbg_generate(&d, got, 48) == 0, "our drbg_generate");

		/* CTR encrypts V itself first; CTR_DRBG begins at V + 1. */
		must(EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, key, iv),
		     "ctr init");
		must(EVP_EncryptUpdate(ctx, want, &n, zeros, sizeof(zeros)),
		     "ctr");
		expect_equal("drbg carry", ff, want + 16, got, 48);
	}
	EVP_CIPHER_CTX_free(ctx);
}

static void (*const compare[])(const uint8_t *data, size_t size) = {
	compare_sha256, compare_halves, compare_hmac,
	compare_cmac,   compare_aes,    compare_hkdf,
};

int main(int argc, char **argv)
{
	static uint8_t data[LENGTH_MAX + 16];

	if (argc != 2)
		return 2;
	path_use_named(argv[1]);
	for (size_t size = 0; size <= LENGTH_MAX; size++)
		for (size_t i = 0; i < SPLITS * ARRAY_SIZE(compare); i++) {
			fill(data, sizeof(data));
			compare[i % ARRAY_SIZE(compare)](
				data + next_number() % 16, size);
		}
	compare_drbg();
	compare_drbg_carry();
	return failures ? 1 : 0;
}
