/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-GCM: NIST's vectors, OpenSSL's opinion of every length, each bit turned
 * once, and memory that changes while it is read.
 *
 *	test-crypto-gcm gcm-ni|gcm-vaes256|gcm-vaes512 DIRECTORY
 */
#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "crypto/crypto_internal.h"
#include "crypto/gcm_internal.h"
#include "crypto/tests/paths.h"
#include "crypto/tests/vectors.h"

enum {
	LENGTH_MAX = 600,
	TEXT_MAX = 70000,
	BLOCK = 4096,
	RACES = 15000,
};

static int failures;
static uint64_t sequence;

static uint64_t next_number(void)
{
	return hash_u64(++sequence);
}

static void fill(uint8_t *dst, size_t size)
{
	for (size_t i = 0; i < size; i++)
		dst[i] = (uint8_t)next_number();
}

static void fail(const char *what, size_t size)
{
	printf("FAIL: %s, %zu bytes\n", what, size);
	failures++;
}

static void expect(bool ok, const char *what, size_t size)
{
	if (!ok)
		fail(what, size);
}

static void must(int ok, const char *what)
{
	if (ok == 1)
		return;
	fprintf(stderr, "%s fails\n", what);
	exit(1);
}

/* One message with its key, as OpenSSL seals it too. */
struct sample {
	uint8_t key_bytes[32];
	size_t key_size;
	struct gcm_key key;
	struct gcm_message m;
	uint8_t *plain, *sealed, *out; /* m.size bytes each */
	uint8_t *aad;
	uint8_t tag[GCM_TAG_SIZE];
};

static void openssl_seal(struct sample *s)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *cipher =
		s->key_size == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
	int n;

	must(EVP_EncryptInit_ex(ctx, cipher, NULL, s->key_bytes, s->m.nonce),
	     "OpenSSL: init");
	must(EVP_EncryptUpdate(ctx, NULL, &n, s->aad, (int)s->m.aad.size),
	     "OpenSSL: aad");
	must(EVP_EncryptUpdate(ctx, s->sealed, &n, s->plain, (int)s->m.size),
	     "OpenSSL: text");
	must(EVP_EncryptFinal_ex(ctx, s->out, &n), "OpenSSL: final");
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, GCM_TAG_SIZE,
	                         s->tag),
	     "OpenSSL: tag");
	EVP_CIPHER_CTX_free(ctx);
}

/* At any alignment. */
static uint8_t *place(uint8_t *buffer)
{
	return buffer + next_number() % 64;
}

static void sample_make(struct sample *s, size_t size, size_t aad_size)
{
	static uint8_t plain[TEXT_MAX + 64], sealed[TEXT_MAX + 64],
		out[TEXT_MAX + 64], aad[LENGTH_MAX + 64];

	s->plain = place(plain);
	s->sealed = place(sealed);
	s->out = place(out);
	s->aad = place(aad);
	s->key_size = next_number() & 1 ? 16 : 32;
	fill(s->key_bytes, sizeof(s->key_bytes));
	fill(s->plain, size);
	fill(s->aad, aad_size);
	fill(s->m.nonce, GCM_NONCE_SIZE);
	s->m.aad = cspan_make(s->aad, aad_size);
	s->m.size = size;
	must(gcm_key_init(&s->key, s->key_bytes, s->key_size) == 0,
	     "gcm_key_init");
	openssl_seal(s);
}

static int sample_open(struct sample *s)
{
	s->m.src = s->sealed;
	s->m.dst = s->out;
	return gcm_open(&s->key, &s->m, s->tag);
}

static void compare(size_t size, size_t aad_size)
{
	uint8_t tag[GCM_TAG_SIZE];
	struct sample s;

	sample_make(&s, size, aad_size);
	s.m.src = s.plain;
	s.m.dst = s.out;
	s.out[size] = 0x77;
	must(gcm_seal(&s.key, &s.m, tag) == 0, "gcm_seal");
	expect(memcmp(s.out, s.sealed, size) == 0, "sealed text", size);
	expect(memcmp(tag, s.tag, sizeof(tag)) == 0, "tag", size);
	expect(s.out[size] == 0x77, "seal writes too far", size);

	expect(sample_open(&s) == 0, "open", size);
	expect(memcmp(s.out, s.plain, size) == 0, "opened text", size);
	expect(s.out[size] == 0x77, "open writes too far", size);

	s.m.src = s.m.dst = s.sealed;
	expect(gcm_open(&s.key, &s.m, s.tag) == 0, "open in place", size);
	expect(memcmp(s.sealed, s.plain, size) == 0, "in place", size);
}

static void every_length(void)
{
	for (size_t size = 0; size <= LENGTH_MAX; size++) {
		compare(size, next_number() % (LENGTH_MAX + 1));
		compare(next_number() % (LENGTH_MAX + 1), size);
		compare(next_number() % TEXT_MAX, size % 40);
	}
	compare(BLOCK, 16);
}

static bool all_zero(const uint8_t *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i])
			return false;
	return true;
}

/* Each bit of @bytes turned once: refused every time, and nothing shown. */
static void turn_bits(struct sample *s, uint8_t *bytes, size_t n,
                      const char *what)
{
	for (size_t bit = 0; bit < n * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		memset(s->out, 0x99, s->m.size);
		expect(sample_open(s) == -EBADMSG, what, s->m.size);
		expect(all_zero(s->out, s->m.size), "forged text shown",
		       s->m.size);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void every_bit(void)
{
	static const size_t sizes[] = { 0, 1, 16, 31, 128, 200, 512, 700 };
	struct sample s;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		sample_make(&s, sizes[i], sizes[i] / 5);
		turn_bits(&s, s.sealed, s.m.size, "forged text");
		turn_bits(&s, s.aad, s.m.aad.size, "forged AAD");
		turn_bits(&s, s.m.nonce, GCM_NONCE_SIZE, "forged nonce");
		turn_bits(&s, s.tag, GCM_TAG_SIZE, "forged tag");
		expect(sample_open(&s) == 0, "the true one", s.m.size);
	}
}

static void errors(void)
{
	struct gcm_message m = { .size = (size_t)GCM_TEXT_MAX + 1 };
	static const struct crypto_features none;
	struct crypto_features now = crypto_cpu;
	uint8_t bytes[32] = { 0 }, tag[GCM_TAG_SIZE];
	struct gcm_key key;

	expect(gcm_key_init(&key, bytes, 24) == -EINVAL, "24-byte key", 0);
	must(gcm_key_init(&key, bytes, 32) == 0, "gcm_key_init");
	expect(gcm_seal(&key, &m, tag) == -EINVAL, "too long", 0);
	expect(gcm_open(&key, &m, tag) == -EINVAL, "too long", 0);
	gcm_key_fini(&key);
	expect(all_zero((uint8_t *)&key, sizeof(key)), "key not wiped", 0);
	expect(crypto_init(&none) == -ENOSYS, "a CPU without AES", 0);
	expect(gcm_key_init(&key, bytes, 32) == -ENOSYS, "no PCLMULQDQ", 0);
	must(crypto_init(&now) == 0, "crypto_init");
}

/* Another thread that writes into @memory all the time. */
struct scribbler {
	uint8_t memory[BLOCK];
	atomic_bool stop;
};

static void *scribble(void *arg)
{
	struct scribbler *s = arg;
	uint64_t x = 1;

	while (!atomic_load_explicit(&s->stop, memory_order_relaxed)) {
		x = hash_u64(x);
		((volatile uint8_t *)s->memory)[x % BLOCK] = (uint8_t)(x >> 32);
	}
	return NULL;
}

static void run(struct gcm_work *w)
{
	if (crypto_cpu.vaes512)
		gcm_vaes512_run(w);
	else if (crypto_cpu.vaes256)
		gcm_vaes256_run(w);
	else
		gcm_ni_run(w);
}

/*
 * Open what changes: the text that came out, sealed again, must have the very
 * tag that was computed.  Had a byte been read twice, now and then it would
 * not.
 */
static void open_changing(struct scribbler *s, struct gcm_key *key)
{
	static uint8_t plain[BLOCK], again[BLOCK];
	struct gcm_message m = { .src = s->memory, .dst = plain };
	struct gcm_work w = { .key = key, .message = &m, .opening = true };
	uint8_t tag[GCM_TAG_SIZE];

	m.size = next_number() & 1 ? BLOCK : next_number() % BLOCK;
	fill(m.nonce, sizeof(m.nonce));
	run(&w);
	m.src = plain;
	m.dst = again;
	must(gcm_seal(key, &m, tag) == 0, "gcm_seal");
	expect(memcmp(tag, w.tag, sizeof(tag)) == 0, "changing src", m.size);
}

/* Seal into what changes: the tag must be that of an undisturbed seal. */
static void seal_changing(struct scribbler *s, struct gcm_key *key)
{
	static uint8_t plain[BLOCK], calm[BLOCK];
	struct gcm_message m = { .src = plain, .dst = s->memory };
	uint8_t tag[GCM_TAG_SIZE], want[GCM_TAG_SIZE];

	m.size = next_number() & 1 ? BLOCK : next_number() % BLOCK;
	fill(m.nonce, sizeof(m.nonce));
	must(gcm_seal(key, &m, tag) == 0, "gcm_seal");
	m.dst = calm;
	must(gcm_seal(key, &m, want) == 0, "gcm_seal");
	expect(memcmp(tag, want, sizeof(tag)) == 0, "changing dst", m.size);
}

static void changing_memory(void)
{
	static struct scribbler s;
	uint8_t bytes[32];
	struct gcm_key key;
	pthread_t thread;

	fill(bytes, sizeof(bytes));
	must(gcm_key_init(&key, bytes, sizeof(bytes)) == 0, "gcm_key_init");
	must(pthread_create(&thread, NULL, scribble, &s) == 0, "thread");
	for (int i = 0; i < RACES; i++) {
		open_changing(&s, &key);
		seal_changing(&s, &key);
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
}

/* A record of NIST's as a sample; false for a nonce we don't offer. */
static bool sample_read(struct sample *s, struct vectors *v)
{
	static uint8_t out[256];
	struct cspan iv = vectors_bytes(v, "IV");
	struct cspan key = vectors_bytes(v, "Key");

	if (iv.size != GCM_NONCE_SIZE)
		return false;
	memcpy(s->m.nonce, iv.data, iv.size);
	must(gcm_key_init(&s->key, key.data, key.size) == 0, "gcm_key_init");
	s->m.aad = vectors_bytes(v, "AAD");
	s->m.dst = s->out = out;
	return true;
}

static size_t encrypt_vector(struct vectors *v)
{
	struct cspan want = vectors_bytes(v, "Tag");
	struct cspan text;
	struct sample s;

	if (!sample_read(&s, v))
		return 0;
	text = vectors_bytes(v, "PT");
	s.m.src = text.data;
	s.m.size = text.size;
	must(gcm_seal(&s.key, &s.m, s.tag) == 0, "gcm_seal");
	text = vectors_bytes(v, "CT");
	expect(memcmp(s.out, text.data, text.size) == 0, "NIST text",
	       text.size);
	/* A shorter tag is the beginning of the whole one (7.1). */
	expect(memcmp(s.tag, want.data, want.size) == 0, "NIST tag", text.size);
	return 1;
}

static size_t decrypt_vector(struct vectors *v)
{
	bool forged = strcmp(vectors_text(v, "PT"), "FAIL") == 0;
	struct cspan tag = vectors_bytes(v, "Tag");
	struct cspan text;
	struct sample s;
	int err;

	if (tag.size != GCM_TAG_SIZE || !sample_read(&s, v))
		return 0;
	text = vectors_bytes(v, "CT");
	s.m.src = text.data;
	s.m.size = text.size;
	err = gcm_open(&s.key, &s.m, tag.data);
	expect(err == (forged ? -EBADMSG : 0), "NIST verdict", text.size);
	if (!forged) {
		text = vectors_bytes(v, "PT");
		expect(memcmp(s.out, text.data, text.size) == 0,
		       "NIST plain text", text.size);
	}
	return 1;
}

static const struct suite {
	const char *file;
	const char *last;
	size_t (*check)(struct vectors *v);
	size_t count; /* with 12-byte nonces, and 16-byte tags to decrypt */
} suites[] = {
	{ "gcmEncryptExtIV128.rsp", "Tag", encrypt_vector, 2625 },
	{ "gcmEncryptExtIV256.rsp", "Tag", encrypt_vector, 2625 },
	{ "gcmDecrypt128.rsp", "PT", decrypt_vector, 375 },
	{ "gcmDecrypt256.rsp", "PT", decrypt_vector, 375 },
};

static void nist(const char *dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		struct vectors *v;
		char path[512];
		size_t n = 0;

		snprintf(path, sizeof(path), "%s/ciphers/AES/GCM", dir);
		v = vectors_open(path, suites[i].file);
		while (vectors_next(v, suites[i].last))
			n += suites[i].check(v);
		vectors_close(v);
		expect(n == suites[i].count, suites[i].file, n);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	path_use_named(argv[1]);
	nist(argv[2]);
	every_length();
	every_bit();
	errors();
	changing_memory();
	return failures ? 1 : 0;
}
