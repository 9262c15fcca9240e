/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Table 38-66 once more, written down as which input changes which key, and
 * EGETKEY's codes (vectors K09-K23).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "sgx/keydep.h"

/* All that goes into a key, in one piece, so that a table can name a byte. */
struct world {
	struct key_identity id;
	struct keyrequest req;
	struct key_platform platform;
};

static struct world make_world(uint16_t keyname, uint16_t keypolicy)
{
	struct world w = {
		.id = {
			.attributes = { SGX_ATTR_INIT | SGX_ATTR_MODE64BIT |
			                SGX_ATTR_KSS | SGX_ATTR_PROVISIONKEY |
			                SGX_ATTR_EINITTOKEN_KEY,
			                SGX_XFRM_LEGACY | SGX_XFRM_AVX },
			.miscselect = SGX_MISC_EXINFO,
			.isvprodid = 3,
			.isvsvn = 9,
			.configsvn = 8,
		},
		.req = {
			.keyname = keyname,
			.keypolicy = keypolicy,
			.isvsvn = 4,
			.configsvn = 2,
			.attributemask = { SGX_ATTR_MODE64BIT,
			                   SGX_XFRM_LEGACY },
		},
	};

	memset(w.platform.cpusvn, 7, sizeof(w.platform.cpusvn));
	memset(w.req.cpusvn, 4, sizeof(w.req.cpusvn));
	return w;
}

enum {
	POLICY_NONE = 0,
	POLICY_ALL = SGX_KEYPOLICY_ALL & ~SGX_KEYPOLICY_NOISVPRODID,
};

/*
 * One column of the table under one policy.  Letters name the inputs below: a
 * key depends on exactly these.
 */
static const struct {
	uint16_t keyname;
	uint16_t keypolicy;
	const char *depends;
} columns[] = {
	/* Neither mask nor KEYPOLICY; MRSIGNER whatever the policy. */
	{ SGX_KEY_EINITTOKEN, POLICY_NONE, "aDoCvpSk" },
	{ SGX_KEY_EINITTOKEN, POLICY_ALL, "aDoCvpSk" },
	/* The enclave as it is; no number that an update changes but CPUSVN. */
	{ SGX_KEY_REPORT, POLICY_NONE, "axXDmocEgGk" },
	{ SGX_KEY_REPORT, POLICY_ALL, "axXDmocEgGk" },
	{ SGX_KEY_SEAL, POLICY_NONE, "aDAMoCvpk" },
	{ SGX_KEY_SEAL, SGX_KEYPOLICY_MRENCLAVE, "aDAMoCvpEk" },
	{ SGX_KEY_SEAL, SGX_KEYPOLICY_MRSIGNER, "aDAMoCvpSk" },
	{ SGX_KEY_SEAL, SGX_KEYPOLICY_NOISVPRODID, "aDAMoCvk" },
	{ SGX_KEY_SEAL, SGX_KEYPOLICY_CONFIGID, "aDAMoCvpgVk" },
	{ SGX_KEY_SEAL, SGX_KEYPOLICY_ISVFAMILYID, "aDAMoCvpfk" },
	{ SGX_KEY_SEAL, SGX_KEYPOLICY_ISVEXTPRODID, "aDAMoCvpek" },
	{ SGX_KEY_SEAL, POLICY_ALL, "aDAMoCvpESgVfek" },
	/* Provisioning keys survive a change of owner. */
	{ SGX_KEY_PROVISION, POLICY_NONE, "aDAMCvpS" },
	{ SGX_KEY_PROVISION, POLICY_ALL, "aDAMCvpS" },
	{ SGX_KEY_PROVISION_SEAL, POLICY_NONE, "aDAMCvpS" },
	{ SGX_KEY_PROVISION_SEAL, POLICY_ALL, "aDAMCvpSgVfe" },
	{ SGX_KEY_PROVISION_SEAL, SGX_KEYPOLICY_NOISVPRODID, "aDAMCvS" },
};

/* Each input as a byte of struct world and a bit to flip in it. */
#define INPUT(letter, member, bit)                                             \
	{                                                                      \
		letter, offsetof(struct world, member), bit                    \
	}
static const struct {
	char letter;
	size_t at;
	uint8_t flip;
} inputs[] = {
	INPUT('a', id.attributes.flags, SGX_ATTR_MODE64BIT), /* masked in */
	INPUT('x', id.attributes.flags, SGX_ATTR_CET),       /* masked out */
	INPUT('X', id.attributes.xfrm, SGX_XFRM_AVX),        /* masked out */
	INPUT('D', id.attributes.flags, SGX_ATTR_DEBUG),     /* never out */
	INPUT('A', req.attributemask.xfrm, 0x20), /* a bit the enclave lacks */
	INPUT('m', id.miscselect, SGX_MISC_EXINFO), /* masked out */
	INPUT('M', req.miscmask, 2),
	INPUT('o', platform.ownerepoch, 1),
	INPUT('c', platform.cpusvn, 8), /* upwards: still not beyond */
	INPUT('C', req.cpusvn, 1),
	INPUT('v', req.isvsvn, 1),
	INPUT('-', id.isvsvn, 2),
	INPUT('p', id.isvprodid, 1),
	INPUT('e', id.isvextprodid, 1),
	INPUT('f', id.isvfamilyid, 1),
	INPUT('E', id.mrenclave, 1),
	INPUT('S', id.mrsigner, 1),
	INPUT('g', id.configid, 1),
	INPUT('G', id.configsvn, 2),
	INPUT('V', req.configsvn, 1),
	INPUT('k', req.keyid, 1),
};

static struct keydep fill(const struct world *w)
{
	struct keydep dep;

	assert_true(keyrequest_is_legal(&w->req, w->id.attributes.flags));
	assert_int_equal(keydep_fill(&dep, &w->id, &w->req, &w->platform),
	                 SGX_SUCCESS);
	return dep;
}

static bool changes(const struct world *w, size_t at, uint8_t flip)
{
	struct world other = *w;
	struct keydep a, b;

	((uint8_t *)&other)[at] ^= flip;
	a = fill(w);
	b = fill(&other);
	return memcmp(&a, &b, sizeof(a)) != 0;
}

static void table(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(columns); c++) {
		struct world w =
			make_world(columns[c].keyname, columns[c].keypolicy);

		for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
			if (changes(&w, inputs[i].at, inputs[i].flip) !=
			    !!strchr(columns[c].depends, inputs[i].letter))
				fail_msg("column %zu, input %c", c,
				         inputs[i].letter);
		}
	}
}

/* KEYPOLICY itself enters SEAL and PROV_SEAL, even where its bits do nothing. */
static void policy_enters(void **state)
{
	struct world a, b;
	struct keydep x, y;

	(void)state;
	for (uint16_t name = 0; name <= SGX_KEY_SEAL; name++) {
		bool enters =
			name == SGX_KEY_SEAL || name == SGX_KEY_PROVISION_SEAL;

		/* All-zero families and IDs: the policy has nothing to add. */
		a = make_world(name, 0);
		b = make_world(name, SGX_KEYPOLICY_ISVFAMILYID);
		x = fill(&a);
		y = fill(&b);
		assert_int_equal(memcmp(&x, &y, sizeof(x)) != 0, enters);
	}
}

/* Keys of different names never coincide. */
static void names_differ(void **state)
{
	(void)state;
	for (uint16_t i = 0; i <= SGX_KEY_SEAL; i++)
		for (uint16_t j = 0; j < i; j++) {
			struct world a = make_world(i, 0);
			struct world b = make_world(j, 0);
			struct keydep x = fill(&a), y = fill(&b);

			assert_memory_not_equal(&x, &y, sizeof(x));
		}
}

/* EREPORT's key is the one that its target gets from EGETKEY. */
static void report_key_of_target(void **state)
{
	struct world w = make_world(SGX_KEY_REPORT, 0);
	struct sgx_report_body body = {
		.attributes = w.id.attributes,
		.miscselect = w.id.miscselect,
		.configsvn = w.id.configsvn,
		.mrenclave = { 1, 2 },
		.configid = { 3 },
	};
	struct keydep from_target, own;
	struct targetinfo target;

	(void)state;
	memcpy(w.id.mrenclave, body.mrenclave, sizeof(w.id.mrenclave));
	memcpy(w.id.configid, body.configid, sizeof(w.id.configid));
	w.req.keyid[5] = 0x55;
	targetinfo_from_report(&target, &body);
	assert_true(targetinfo_is_canonical(&target));
	keydep_report(&from_target, &target, w.req.keyid, &w.platform);
	own = fill(&w);
	assert_memory_equal(&from_target, &own, sizeof(own));

	target.measurement[0] ^= 1;
	keydep_report(&from_target, &target, w.req.keyid, &w.platform);
	assert_memory_not_equal(&from_target, &own, sizeof(own));
}

static enum sgx_error code(const struct world *w)
{
	struct keydep dep, before;
	enum sgx_error err;

	memset(&dep, 0x99, sizeof(dep));
	before = dep;
	err = keydep_fill(&dep, &w->id, &w->req, &w->platform);
	if (err != SGX_SUCCESS)
		assert_memory_equal(&dep, &before, sizeof(dep));
	return err;
}

static void codes(void **state)
{
	struct world w;

	(void)state;
	w = make_world(5, 0);
	assert_int_equal(code(&w), SGX_INVALID_KEYNAME);
	w = make_world(0xffff, 0);
	assert_int_equal(code(&w), SGX_INVALID_KEYNAME);

	w = make_world(SGX_KEY_PROVISION, 0);
	w.id.attributes.flags &= ~(uint64_t)SGX_ATTR_PROVISIONKEY;
	assert_int_equal(code(&w), SGX_INVALID_ATTRIBUTE);
	w.req.keyname = SGX_KEY_PROVISION_SEAL;
	assert_int_equal(code(&w), SGX_INVALID_ATTRIBUTE);
	w.req.keyname = SGX_KEY_SEAL;
	assert_int_equal(code(&w), SGX_SUCCESS);
	w = make_world(SGX_KEY_EINITTOKEN, 0);
	w.id.attributes.flags &= ~(uint64_t)SGX_ATTR_EINITTOKEN_KEY;
	assert_int_equal(code(&w), SGX_INVALID_ATTRIBUTE);

	w = make_world(SGX_KEY_SEAL, 0);
	w.req.cpusvn[15] = 8;
	assert_int_equal(code(&w), SGX_INVALID_CPUSVN);
	w.req.cpusvn[15] = 7;
	assert_int_equal(code(&w), SGX_SUCCESS);
	w.req.isvsvn = w.id.isvsvn;
	assert_int_equal(code(&w), SGX_SUCCESS);
	w.req.isvsvn++;
	assert_int_equal(code(&w), SGX_INVALID_ISVSVN);
	w = make_world(SGX_KEY_SEAL, 0);
	w.req.configsvn = w.id.configsvn + 1;
	assert_int_equal(code(&w), SGX_INVALID_ISVSVN);

	/* A report key takes the current numbers and asks for none. */
	w = make_world(SGX_KEY_REPORT, 0);
	memset(w.req.cpusvn, 0xff, sizeof(w.req.cpusvn));
	w.req.isvsvn = 0xffff;
	assert_int_equal(code(&w), SGX_SUCCESS);
}

/* EGETKEY's #GP(0): reserved bytes, policy bits, KSS without KSS. */
static void illegal_requests(void **state)
{
	struct keyrequest req;

	(void)state;
	for (size_t at = 0; at < sizeof(req); at++) {
		bool reserved = at == 3 || at == 6 || at == 7 || at >= 78;

		memset(&req, 0, sizeof(req));
		((uint8_t *)&req)[at] = 1;
		assert_int_equal(keyrequest_is_legal(&req, SGX_ATTR_KSS),
		                 !reserved);
	}
	for (int bit = 0; bit < 16; bit++) {
		memset(&req, 0, sizeof(req));
		req.keypolicy = (uint16_t)(1 << bit);
		assert_int_equal(keyrequest_is_legal(&req, SGX_ATTR_KSS),
		                 bit <= 5);
		assert_int_equal(keyrequest_is_legal(&req, 0), bit <= 1);
	}
	memset(&req, 0, sizeof(req));
	req.configsvn = 1;
	assert_true(keyrequest_is_legal(&req, SGX_ATTR_KSS));
	assert_false(keyrequest_is_legal(&req, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(policy_enters),
		cmocka_unit_test(names_differ),
		cmocka_unit_test(report_key_of_target),
		cmocka_unit_test(codes),
		cmocka_unit_test(illegal_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
