/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NIST's and the RFCs' vectors, read from the files of Debian's package
 * python3-cryptography-vectors.
 *
 *	test-crypto-vectors portable|sha-ni DIRECTORY
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/cmac.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "crypto/sha256.h"
#include "crypto/tests/paths.h"
#include "crypto/tests/vectors.h"

static int failures;
static size_t checked;

static void expect(const char *file, struct cspan want, const void *got)
{
	checked++;
	if (want.size && memcmp(want.data, got, want.size) == 0)
		return;
	printf("FAIL: %s, vector %zu\n", file, checked);
	failures++;
}

static void check_sha256(struct vectors *v, const char *file)
{
	uint8_t md[SHA256_SIZE];
	struct cspan msg = vectors_bytes(v, "Msg");

	/* Length 0 is written as one byte of message. */
	sha256(msg.data, vectors_number(v, "Len") / 8, md);
	expect(file, vectors_bytes(v, "MD"), md);
}

/* SHAVS 6.4: a thousand hashes of the last three digests between outputs. */
static void check_sha256_monte(struct vectors *v, const char *file)
{
	static uint8_t seed[SHA256_SIZE];
	uint8_t last[4][SHA256_SIZE];

	if (vectors_number(v, "COUNT") == 0)
		memcpy(seed, vectors_bytes(v, "Seed").data, sizeof(seed));
	for (int i = 0; i < 3; i++)
		memcpy(last[i], seed, sizeof(seed));
	for (int i = 0; i < 1000; i++) {
		sha256(last, 3 * SHA256_SIZE, last[3]);
		memmove(last[0], last[1], 3 * SHA256_SIZE);
	}
	memcpy(seed, last[2], sizeof(seed));
	expect(file, vectors_bytes(v, "MD"), seed);
}

static void check_hmac(struct vectors *v, const char *file)
{
	uint8_t tag[SHA256_SIZE];

	hmac_sha256(vectors_bytes(v, "Key"), vectors_bytes(v, "Msg"), tag);
	expect(file, vectors_bytes(v, "MD"), tag);
}

static void check_cmac(struct vectors *v, const char *file)
{
	uint8_t tag[CMAC_SIZE];

	if (cmac_aes(vectors_bytes(v, "KEY"), vectors_bytes(v, "MESSAGE"),
	             tag) < 0)
		memset(tag, 0, sizeof(tag));
	expect(file, vectors_bytes(v, "OUTPUT"), tag);
}

static void check_hkdf(struct vectors *v, const char *file)
{
	uint8_t okm[2048] = { 0 };

	if (hkdf_sha256(span_make(okm, vectors_number(v, "L")),
	                vectors_bytes(v, "salt"), vectors_bytes(v, "IKM"),
	                vectors_bytes(v, "info")) < 0)
		memset(okm, 0, sizeof(okm));
	expect(file, vectors_bytes(v, "OKM"), okm);
}

static void check_hkdf_prk(struct vectors *v, const char *file)
{
	uint8_t prk[SHA256_SIZE];

	hkdf_extract(vectors_bytes(v, "salt"), vectors_bytes(v, "IKM"), prk);
	expect(file, vectors_bytes(v, "PRK"), prk);
}

static void check_aes(struct vectors *v, const char *file)
{
	struct cspan plain = vectors_bytes(v, "PLAINTEXT");
	struct cspan key = vectors_bytes(v, "KEY");
	uint8_t cipher[256] = { 0 };
	struct aes_key k;

	if (aes_key_init(&k, key.data, key.size) == 0)
		aes_encrypt(&k, cipher, plain.data, plain.size / 16);
	expect(file, vectors_bytes(v, "CIPHERTEXT"), cipher);
}

static const struct suite {
	const char *file;
	const char *last;    /* the field that completes a record */
	const char *section; /* run only records under it; NULL: all */
	size_t count;        /* that many records are in the file */
	void (*check)(struct vectors *v, const char *file);
} suites[] = {
	{ "hashes/SHA2/SHA256ShortMsg.rsp", "MD", NULL, 65, check_sha256 },
	{ "hashes/SHA2/SHA256LongMsg.rsp", "MD", NULL, 64, check_sha256 },
	{ "hashes/SHA2/SHA256Monte.rsp", "MD", NULL, 100, check_sha256_monte },
	{ "HMAC/rfc-4231-sha256.txt", "MD", NULL, 6, check_hmac },
	{ "CMAC/nist-800-38b-aes128.txt", "OUTPUT", NULL, 4, check_cmac },
	{ "CMAC/nist-800-38b-aes256.txt", "OUTPUT", NULL, 4, check_cmac },
	{ "KDF/rfc-5869-HKDF-SHA256.txt", "OKM", NULL, 3, check_hkdf },
	{ "KDF/rfc-5869-HKDF-SHA256.txt", "PRK", NULL, 3, check_hkdf_prk },
	{ "KDF/hkdf-generated.txt", "OKM", NULL, 1, check_hkdf },
#define AES_SUITE(name, n)                                                     \
	{                                                                      \
		"ciphers/AES/ECB/ECB" name ".rsp", "CIPHERTEXT", "ENCRYPT", n, \
			check_aes                                              \
	}
	AES_SUITE("GFSbox128", 7),
	AES_SUITE("GFSbox256", 5),
	AES_SUITE("KeySbox128", 21),
	AES_SUITE("KeySbox256", 16),
	AES_SUITE("MMT128", 10),
	AES_SUITE("MMT256", 10),
	AES_SUITE("VarKey128", 128),
	AES_SUITE("VarKey256", 256),
	AES_SUITE("VarTxt128", 128),
	AES_SUITE("VarTxt256", 128),
};

static void run(const struct suite *s, const char *dir)
{
	struct vectors *v = vectors_open(dir, s->file);

	checked = 0;
	while (vectors_next(v, s->last)) {
		if (!s->section || strcmp(vectors_section(v), s->section) == 0)
			s->check(v, s->file);
	}
	vectors_close(v);
	if (checked != s->count) {
		printf("FAIL: %s has %zu vectors, not %zu\n", s->file, checked,
		       s->count);
		failures++;
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	path_use_named(argv[1]);
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		run(&suites[i], argv[2]);
	return failures ? 1 : 0;
}
