/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGSTRUCT without RSA: EINIT's codes in EINIT's order (vectors I04-I12,
 * I21-I29), what is signed, and what a signer may not ask for.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/sha256.h"
#include "sgx/sigstruct.h"

static const struct sigstruct_params good_params = {
	.vendor = SGX_VENDOR_NONE,
	.date = 0x20261122,
	.swdefined = 0xdeadbeef,
	.miscselect = 0,
	.miscmask = ~1u,
	.attributes = { SGX_ATTR_MODE64BIT, SGX_XFRM_LEGACY },
	.attributemask = { ~0ull, SGX_XFRM_LEGACY },
	.isvprodid = 0x1234,
	.isvsvn = 5,
	.enclavehash = { 1, 2, 3 },
};

static struct sigstruct good(void)
{
	struct sigstruct sig;

	assert_int_equal(sigstruct_fill(&sig, &good_params), 0);
	memset(sig.modulus, 0x77, sizeof(sig.modulus));
	return sig;
}

/* An enclave that good() fits, but for INIT, which EINIT sets later. */
static struct secs fitting(void)
{
	struct secs secs = {
		.attributes = { SGX_ATTR_MODE64BIT,
		                SGX_XFRM_LEGACY | SGX_XFRM_AVX },
		.miscselect = SGX_MISC_EXINFO,
		.mrenclave = { 1, 2, 3 },
	};

	return secs;
}

/* The literal bytes of SDM 35.14, and where the fields went. */
static void filled(void **state)
{
	static const uint8_t header[] = { 6, 0, 0, 0, 0xe1, 0, 0, 0,
		                          0, 0, 1, 0, 0,    0, 0, 0 };
	static const uint8_t header2[] = { 1,    1, 0, 0, 0x60, 0, 0, 0,
		                           0x60, 0, 0, 0, 1,    0, 0, 0 };
	struct sigstruct sig = good();
	const uint8_t *bytes = (const uint8_t *)&sig;

	(void)state;
	assert_memory_equal(bytes, header, 16);
	assert_memory_equal(bytes + 20, "\x22\x11\x26\x20", 4);
	assert_memory_equal(bytes + 24, header2, 16);
	assert_memory_equal(bytes + 40, "\xef\xbe\xad\xde", 4);
	assert_memory_equal(bytes + 512, "\x03\0\0\0", 4);
	assert_memory_equal(bytes + 904, "\xfe\xff\xff\xff", 4);
	assert_memory_equal(bytes + 928, "\x04\0\0\0\0\0\0\0\x03", 9);
	assert_memory_equal(bytes + 960, "\x01\x02\x03\0", 4);
	assert_memory_equal(bytes + 1024, "\x34\x12\x05\x00", 4);
	assert_int_equal(sigstruct_check_header(&sig), SGX_SUCCESS);
}

/* Bytes that EINIT's first row looks at; VENDOR apart. */
static bool header_covers(size_t at)
{
	return at < 20 || (at >= 24 && at < 40) || (at >= 44 && at < 128) ||
	       (at >= 512 && at < 516) || (at >= 908 && at < 912) ||
	       (at >= 992 && at < 1008) || (at >= 1028 && at < 1040);
}

static void each_header_bit(void **state)
{
	struct sigstruct sig;

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(sig); bit++) {
		sig = good();
		((uint8_t *)&sig)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(sigstruct_check_header(&sig),
		                 header_covers(bit / 8) ? SGX_INVALID_SIG_STRUCT
		                                        : SGX_SUCCESS);
	}
	sig = good();
	sig.vendor = SGX_VENDOR_INTEL;
	assert_int_equal(sigstruct_check_header(&sig), SGX_SUCCESS);
	sig.vendor = 1;
	assert_int_equal(sigstruct_check_header(&sig), SGX_INVALID_SIG_STRUCT);
	sig = good();
	sig.exponent = 65537;
	assert_int_equal(sigstruct_check_header(&sig), SGX_INVALID_SIG_STRUCT);
}

static enum sgx_error identity(const struct sigstruct *sig,
                               const struct secs *secs)
{
	uint8_t signer[32];

	sigstruct_mrsigner(sig, signer);
	return sigstruct_check_identity(sig, secs, signer);
}

static void identity_codes(void **state)
{
	struct sigstruct sig = good();
	struct secs secs = fitting();

	(void)state;
	assert_int_equal(identity(&sig, &secs), SGX_SUCCESS);

	secs.mrenclave[31] = 1;
	assert_int_equal(identity(&sig, &secs), SGX_INVALID_MEASUREMENT);

	secs = fitting();
	secs.attributes.flags |= SGX_ATTR_DEBUG; /* pinned to 0 */
	assert_int_equal(identity(&sig, &secs), SGX_INVALID_ATTRIBUTE);
	sig.attributemask.flags &= ~(uint64_t)SGX_ATTR_DEBUG; /* open */
	assert_int_equal(identity(&sig, &secs), SGX_SUCCESS);

	sig = good();
	secs = fitting();
	sig.attributemask.xfrm = ~0ull; /* AVX pinned to 0 */
	assert_int_equal(identity(&sig, &secs), SGX_INVALID_ATTRIBUTE);

	sig = good();
	sig.miscmask = ~0u; /* EXINFO pinned to 0 */
	assert_int_equal(identity(&sig, &secs), SGX_INVALID_ATTRIBUTE);

	/* A value beyond its mask can never match. */
	sig = good();
	sig.miscselect = SGX_MISC_EXINFO;
	assert_int_equal(identity(&sig, &secs), SGX_INVALID_ATTRIBUTE);
}

static void kss_and_launch(void **state)
{
	static const uint8_t other[32] = { 9 };
	struct sigstruct sig = good();
	struct secs secs = fitting();
	uint8_t signer[32];

	(void)state;
	sig.isvfamilyid[15] = 1;
	assert_int_equal(identity(&sig, &secs), SGX_INVALID_SIG_STRUCT);
	secs.mrenclave[0] ^= 1; /* the family ID is looked at first */
	assert_int_equal(identity(&sig, &secs), SGX_INVALID_SIG_STRUCT);
	secs.mrenclave[0] ^= 1;
	secs.attributes.flags |= SGX_ATTR_KSS;
	sig.attributemask.flags &= ~(uint64_t)SGX_ATTR_KSS;
	assert_int_equal(identity(&sig, &secs), SGX_SUCCESS);

	sig = good();
	secs = fitting();
	secs.attributes.flags |= SGX_ATTR_EINITTOKEN_KEY;
	sig.attributemask.flags &= ~(uint64_t)SGX_ATTR_EINITTOKEN_KEY;
	assert_int_equal(identity(&sig, &secs), SGX_SUCCESS);
	assert_int_equal(sigstruct_check_identity(&sig, &secs, other),
	                 SGX_INVALID_ATTRIBUTE);

	sigstruct_mrsigner(&sig, signer);
	assert_int_equal(sigstruct_check_launch(&sig, signer), SGX_SUCCESS);
	assert_int_equal(sigstruct_check_launch(&sig, other),
	                 SGX_INVALID_EINITTOKEN);
}

static void signed_range(void **state)
{
	struct sigstruct sig = good();
	uint8_t *bytes = (uint8_t *)&sig;
	uint8_t body[SGX_SIGSTRUCT_SIGNED_SIZE], digest[32], want[32];
	uint8_t signer[32];

	(void)state;
	for (size_t i = 0; i < sizeof(sig); i++)
		bytes[i] = (uint8_t)(i % 251);
	sigstruct_signed_bytes(&sig, body);
	assert_memory_equal(body, bytes, 128);
	assert_memory_equal(body + 128, bytes + 900, 128);
	sigstruct_digest(&sig, digest);
	sha256(body, sizeof(body), want);
	assert_memory_equal(digest, want, sizeof(want));
	sigstruct_mrsigner(&sig, signer);
	sha256(bytes + 128, 384, want);
	assert_memory_equal(signer, want, sizeof(want));
}

static void refuse(struct sigstruct_params params)
{
	struct sigstruct sig, before;

	memset(&sig, 0x3c, sizeof(sig));
	before = sig;
	assert_int_equal(sigstruct_fill(&sig, &params), -EINVAL);
	assert_memory_equal(&sig, &before, sizeof(sig));
}

static void senseless_params(void **state)
{
	static const uint32_t bad_dates[] = {
		0,          0x20260022, 0x20261322, 0x20261100, 0x20261132,
		0x2026112a, 0x2026a122, 0xa0261122, 0x202f1122,
	};
	struct sigstruct_params p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_dates) / sizeof(bad_dates[0]); i++) {
		p = good_params;
		p.date = bad_dates[i];
		refuse(p);
	}
	p = good_params;
	p.attributes.flags |= SGX_ATTR_INIT;
	refuse(p);
	p = good_params;
	p.attributes.xfrm |= SGX_XFRM_AVX; /* outside its mask */
	refuse(p);
	p = good_params;
	p.attributemask.flags = 0;
	refuse(p);
	p = good_params;
	p.miscselect = SGX_MISC_EXINFO;
	refuse(p);
}

static void swap(void **state)
{
	uint8_t odd[] = { 1, 2, 3, 4, 5 };
	uint8_t to[4];

	(void)state;
	sigstruct_swap_bytes(odd, odd, sizeof(odd)); /* in place */
	assert_memory_equal(odd, "\5\4\3\2\1", 5);
	sigstruct_swap_bytes(to, odd, sizeof(to));
	assert_memory_equal(to, "\2\3\4\5", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filled),
		cmocka_unit_test(each_header_bit),
		cmocka_unit_test(identity_codes),
		cmocka_unit_test(kss_and_launch),
		cmocka_unit_test(signed_range),
		cmocka_unit_test(senseless_params),
		cmocka_unit_test(swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
