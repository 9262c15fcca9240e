/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generator over sources that lie, stick or die: it gives bytes that are
 * good, or none, and never recovers by itself.  Also crypto_equal() and errors.
 */
#include <cpuid.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "crypto/hkdf.h"
#include "crypto/rng.h"
#include "crypto/tests/paths.h"

/* Counts its words, and does something wrong from @bad_from on. */
struct source {
	struct rng_source ops;
	uint64_t count;
	uint64_t bad_from;
	enum {
		BAD_FAILS,
		BAD_ZEROS,
		BAD_ONES,
		BAD_STUCK,
		BAD_ALTERNATES,
		BAD_ONE_ZERO, /* a single word only */
		BAD_ONE_ONES,
		BAD_KINDS,
	} bad;
};

static int word(void *arg, uint64_t *ret_word)
{
	struct source *s = arg;
	uint64_t n = s->count++;

	*ret_word = hash_u64(n + 1);
	if (n < s->bad_from)
		return 0;
	switch (s->bad) {
	case BAD_ZEROS:
		*ret_word = 0;
		return 0;
	case BAD_ONES:
		*ret_word = UINT64_MAX;
		return 0;
	case BAD_STUCK:
		*ret_word = hash_u64(s->bad_from);
		return 0;
	case BAD_ONE_ZERO:
		*ret_word *= n != s->bad_from;
		return 0;
	case BAD_ONE_ONES:
		*ret_word |= n == s->bad_from ? UINT64_MAX : 0;
		return 0;
	case BAD_ALTERNATES:
		*ret_word = hash_u64(n % 2);
		return 0;
	default:
		return -EIO;
	}
}

static void source_init(struct source *s, int bad, uint64_t bad_from)
{
	memset(s, 0, sizeof(*s));
	s->ops = (struct rng_source){ "test", word, s };
	s->bad = bad;
	s->bad_from = bad_from;
}

static void assert_gives_nothing(struct rng *r)
{
	uint8_t bytes[40];

	memset(bytes, 0xaa, sizeof(bytes));
	assert_int_equal(rng_fill(r, bytes, sizeof(bytes)), -EIO);
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0);
}

static void bad_seed_fails_closed(void **state)
{
	struct source s;
	struct rng r;

	(void)state;
	for (int bad = 0; bad < BAD_KINDS; bad++)
		for (uint64_t from = 0; from < RNG_SEED_WORDS - 1; from++) {
			source_init(&s, bad, from);
			assert_int_equal(rng_init(&r, &s.ops), -EIO);
			s.bad_from = UINT64_MAX; /* no recovery */
			assert_gives_nothing(&r);
		}
}

static void good_seed_gives_bytes(void **state)
{
	uint8_t a[100], b[100];
	struct source s;
	struct rng r;

	(void)state;
	source_init(&s, BAD_FAILS, UINT64_MAX);
	assert_int_equal(rng_init(&r, &s.ops), 0);
	assert_int_equal(s.count, RNG_SEED_WORDS);
	assert_int_equal(rng_fill(&r, a, sizeof(a)), 0);
	assert_int_equal(rng_fill(&r, b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	rng_fini(&r);
	assert_gives_nothing(&r);
}

static void reseed_happens_and_may_fail(void **state)
{
	struct source s;
	struct rng r;
	uint8_t byte;

	(void)state;
	for (int bad = 0; bad < BAD_KINDS; bad++) {
		source_init(&s, bad, 2 * RNG_SEED_WORDS);
		assert_int_equal(rng_init(&r, &s.ops), 0);
		for (int i = 0; i < 2 * RNG_RESEED_REQUESTS; i++)
			assert_int_equal(rng_fill(&r, &byte, 1), 0);
		assert_int_equal(s.count, 2 * RNG_SEED_WORDS);
		assert_gives_nothing(&r);
		s.bad_from = UINT64_MAX;
		assert_gives_nothing(&r);
	}
}

/* The last word of one seed must not be the first of the next. */
static void stuck_across_seeds(void **state)
{
	struct source s;
	struct rng r;
	uint8_t byte;

	(void)state;
	source_init(&s, BAD_FAILS, UINT64_MAX);
	assert_int_equal(rng_init(&r, &s.ops), 0);
	for (int i = 0; i < RNG_RESEED_REQUESTS; i++)
		assert_int_equal(rng_fill(&r, &byte, 1), 0);
	s.count = RNG_SEED_WORDS - 1;
	assert_gives_nothing(&r);
}

static void large_request(void **state)
{
	static uint8_t bytes[3 * DRBG_REQUEST_MAX + 7];
	size_t zeros = 0;
	struct source s;
	struct rng r;

	(void)state;
	source_init(&s, BAD_FAILS, UINT64_MAX);
	assert_int_equal(rng_init(&r, &s.ops), 0);
	assert_int_equal(rng_fill(&r, bytes, sizeof(bytes)), 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		zeros += bytes[i] == 0;
	/* 768 expected; 400 and 1200 are 13 standard deviations away. */
	assert_in_range(zeros, 400, 1200);
}

static void rdrand_works(void **state)
{
	uint8_t a[32], b[32];
	unsigned int eax, ebx, ecx, edx;
	struct rng r;

	(void)state;
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_RDRND))
		skip(); /* no RDRAND to test */
	assert_int_equal(rng_init(&r, &rng_rdrand), 0);
	assert_int_equal(rng_fill(&r, a, sizeof(a)), 0);
	assert_int_equal(rng_init(&r, &rng_rdrand), 0);
	assert_int_equal(rng_fill(&r, b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void equal(void **state)
{
	uint8_t a[33] = { 0 }, b[33] = { 0 };

	(void)state;
	assert_true(crypto_equal(a, b, 0));
	for (size_t size = 1; size <= sizeof(a); size++)
		for (size_t bit = 0; bit < 8 * sizeof(a); bit++) {
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(crypto_equal(a, b, size),
			                 bit / 8 >= size);
			b[bit / 8] = 0;
		}
}

static void refusals(void **state)
{
	static uint8_t dst[HKDF_OUTPUT_MAX + 1];
	struct crypto_features none = { 0 };
	struct crypto_features no_sse = { .aesni = true, .sha = true };
	uint8_t prk[32] = { 0 };
	struct aes_key key;
	struct source s;
	struct rng r;

	(void)state;
	assert_int_equal(aes_key_init(&key, dst, 24), -EINVAL);
	assert_int_equal(aes_key_init(&key, dst, 0), -EINVAL);
	assert_int_equal(hkdf_expand(SPAN_OF(dst), prk, cspan_str("")),
	                 -EINVAL);
	assert_int_equal(hkdf_expand(span_make(dst, HKDF_OUTPUT_MAX), prk,
	                             cspan_str("")),
	                 0);

	assert_int_equal(crypto_init(&no_sse), -ENOSYS);
	assert_int_equal(crypto_init(&none), -ENOSYS);
	assert_int_equal(aes_key_init(&key, dst, 16), -ENOSYS);
	source_init(&s, BAD_FAILS, UINT64_MAX);
	assert_int_equal(rng_init(&r, &s.ops), -ENOSYS);
	assert_gives_nothing(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_seed_fails_closed),
		cmocka_unit_test(good_seed_gives_bytes),
		cmocka_unit_test(reseed_happens_and_may_fail),
		cmocka_unit_test(stuck_across_seeds),
		cmocka_unit_test(large_request),
		cmocka_unit_test(rdrand_works),
		cmocka_unit_test(equal),
		cmocka_unit_test(refusals), /* last: it undoes path_use() */
	};

	path_use(PATH_PORTABLE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
