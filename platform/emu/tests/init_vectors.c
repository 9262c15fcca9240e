/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init_vectors.c - EINIT and SIGSTRUCT.  SDM Vol. 3D 38.3; errno values are the
 * Linux driver's.
 */
#include <string.h>

#include "platform/emu/tests/harness.h"
#include "platform/rsa/rsa3072.h"

static void i01(struct te *te)
{
	CHECK_EQ(te->init_result, 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
}

static void refused(struct te *te, uint32_t code)
{
	CHECK_EQ(te->init_result, -1);
	CHECK_EQ(te->err.code, code);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.exception_vector, 13);
}

static void code_1(struct te *te)
{
	refused(te, 1);
}

static void code_2(struct te *te)
{
	refused(te, 2);
}

static void code_4(struct te *te)
{
	refused(te, 4);
}

static void code_8(struct te *te)
{
	refused(te, 8);
}

static void code_16(struct te *te)
{
	refused(te, 16);
}

static void i06(struct te *te)
{
	CHECK_EQ(te->init_result, -22); /* L12: the driver looks first */
}

#define EDIT(name, statement)                                                  \
	static void name(struct sigstruct *sig)                                \
	{                                                                      \
		statement;                                                     \
	}
EDIT(header, sig->header[0] ^= 1)
EDIT(header2, sig->header2[15] ^= 1)
EDIT(vendor_1, sig->vendor = 1)
EDIT(vendor_intel, sig->vendor = 0x8086)
EDIT(exponent, sig->exponent = 65537)
EDIT(reserved_44, ((uint8_t *)sig)[44] = 1)
EDIT(reserved_910, ((uint8_t *)sig)[910] = 1)
EDIT(reserved_992, ((uint8_t *)sig)[992] = 1)
EDIT(reserved_1028, ((uint8_t *)sig)[1028] = 1)
EDIT(swdefined, sig->swdefined = 0xdeadbeef)
EDIT(family, sig->isvfamilyid[3] = 1)
EDIT(signature, sig->signature[100] ^= 4)
EDIT(modulus, sig->modulus[383] ^= 1)
EDIT(q1, sig->q1[0] += 1)
EDIT(q2, sig->q2[0] += 1)
EDIT(body, sig->isvsvn += 1)
EDIT(hash, sig->enclavehash[0] ^= 1)
EDIT(pin_debug, sig->attributemask.flags |= SGX_ATTR_DEBUG)
EDIT(pin_xfrm, (sig->attributemask.xfrm = SGX_XFRM_AVX))
EDIT(pin_misc, sig->miscmask = SGX_MISC_EXINFO)

static void hash_and_signature(struct sigstruct *sig)
{
	sig->enclavehash[0] ^= 1;
}

static const uint8_t other_signer[32] = { 1, 2, 3 };

EDIT(reserved_127, ((uint8_t *)sig)[127] = 1)
EDIT(reserved_1039, ((uint8_t *)sig)[1039] = 1)
EDIT(cet, sig->cet_attributes = 1)
EDIT(date, sig->date = 0x20200229)
EDIT(pin_mode, sig->attributes.flags = 0)
EDIT(pin_absent, (sig->attributes.flags |= SGX_ATTR_AEXNOTIFY))
EDIT(signed_hash, sig->enclavehash[31] ^= 0x80)
EDIT(extprodid, sig->isvextprodid[0] = 0x77)

static void pin_same_xfrm(struct sigstruct *sig)
{
	sig->attributemask.xfrm = SGX_XFRM_LEGACY;
	sig->attributes.xfrm = SGX_XFRM_LEGACY;
}

static void pin_same_misc(struct sigstruct *sig)
{
	sig->miscmask = SGX_MISC_EXINFO;
	sig->miscselect = SGX_MISC_EXINFO;
}

static void reversed(uint8_t number[384])
{
	for (int i = 0; i < 192; i++) {
		uint8_t byte = number[i];

		number[i] = number[383 - i];
		number[383 - i] = byte;
	}
}

static void big_endian(struct sigstruct *sig)
{
	reversed(sig->modulus);
	reversed(sig->signature);
	reversed(sig->q1);
	reversed(sig->q2);
}

static void header_and_signature(struct sigstruct *sig)
{
	sig->header[15] ^= 1;
	sig->signature[0] ^= 1;
}

static void i31(struct te *te)
{
	CHECK_EQ(te->init_result, 0);
	CHECK_EQ(enclave_init(te->e, &te_sig, &te->err), -22);
}

/* Refused for its signature, then given the right one. */
static void i32(struct te *te)
{
	CHECK_EQ(te->init_result, -1);
	CHECK_EQ(te->err.code, 8);
	te_sig.signature[100] ^= 4;
	CHECK_EQ(enclave_init(te->e, &te_sig, &te->err), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
}

/* What EINIT has made of SIGSTRUCT, as EREPORT tells it. */
static struct sgx_report report(struct te *te)
{
	struct sgx_report r = { 0 };

	CHECK_EQ(te->init_result, 0);
	te_leaf(te, ENCLU_EREPORT, TE_DATA, TE_DATA + 0x1000, TE_DATA + 0x2000,
	        NULL);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	te_read(te, TE_DATA + 0x2000, &r, sizeof(r));
	return r;
}

static void i29(struct te *te)
{
	struct sgx_report r = report(te);
	uint8_t signer[32];

	te_mrsigner(&te_sig, signer);
	CHECK(memcmp(r.body.mrsigner, signer, 32) == 0);
	CHECK(memcmp(r.body.mrenclave, te_sig.enclavehash, 32) == 0);
	CHECK_EQ(r.body.isvprodid, 7);
	CHECK_EQ(r.body.isvsvn, 3);
}

static void i33(struct te *te)
{
	struct sgx_report r = report(te);

	CHECK_EQ(r.body.isvfamilyid[3], 1);
	CHECK_EQ(r.body.attributes.flags, 0x87); /* KSS MODE64BIT DEBUG INIT */
}

static void i34(struct te *te)
{
	CHECK_EQ(report(te).body.isvextprodid[0], 0x77);
}

static void not_asked(struct te *te)
{
	CHECK_EQ(te->init_result, -22); /* the driver looks first */
	CHECK_EQ(te->err.code, 0);
}

static void not_allowed(struct te *te)
{
	CHECK_EQ(te->init_result, -13);
}

const struct vector init_vectors[] = {
	{ "I01", "38.3 EINIT", "good", i01, { 0 } },
	{ "I04", "38.3 EINIT", "HEADER byte", code_1, { .edit_sig = header } },
	{ "I05",
	  "38.3 EINIT",
	  "HEADER2 byte",
	  code_1,
	  { .edit_sig = header2 } },
	{ "I06", "38.3 EINIT", "VENDOR 1", i06, { .edit_sig = vendor_1 } },
	{ "I07",
	  "38.3 EINIT",
	  "VENDOR 8086H",
	  i01,
	  { .edit_sig = vendor_intel } },
	{ "I08",
	  "38.3 EINIT",
	  "EXPONENT 65537",
	  code_1,
	  { .edit_signed_sig = exponent } },
	{ "I09",
	  "38.3 EINIT",
	  "reserved 44",
	  code_1,
	  { .edit_sig = reserved_44 } },
	{ "I09",
	  "38.3 EINIT",
	  "reserved 910",
	  code_1,
	  { .edit_sig = reserved_910 } },
	{ "I09",
	  "38.3 EINIT",
	  "reserved 992",
	  code_1,
	  { .edit_sig = reserved_992 } },
	{ "I10",
	  "38.3 EINIT",
	  "reserved 1028",
	  code_1,
	  { .edit_sig = reserved_1028 } },
	{ "I11", "38.3 EINIT", "SWDEFINED", i01, { .edit_sig = swdefined } },
	{ "I12",
	  "38.3 EINIT",
	  "ISVFAMILYID without KSS",
	  code_1,
	  { .edit_sig = family } },
	{ "I13",
	  "38.3 EINIT",
	  "SIGNATURE bit",
	  code_8,
	  { .edit_signed_sig = signature } },
	{ "I14",
	  "38.3 EINIT",
	  "MODULUS bit",
	  code_8,
	  { .edit_signed_sig = modulus } },
	{ "I15", "38.3 EINIT", "Q1 + 1", code_8, { .edit_signed_sig = q1 } },
	{ "I16", "38.3 EINIT", "Q2 + 1", code_8, { .edit_signed_sig = q2 } },
	{ "I17",
	  "38.3 EINIT",
	  "signed body changed",
	  code_8,
	  { .edit_signed_sig = body } },
	{ "I21",
	  "38.3 EINIT",
	  "ENCLAVEHASH other",
	  code_4,
	  { .edit_sig = hash } },
	{ "I22",
	  "38.3 EINIT",
	  "bad hash and signature",
	  code_8,
	  { .edit_sig = hash_and_signature, .edit_signed_sig = signature } },
	{ "I23",
	  "38.3 EINIT",
	  "DEBUG pinned to 0",
	  code_2,
	  { .edit_sig = pin_debug } },
	{ "I24",
	  "38.3 EINIT",
	  "no DEBUG",
	  i01,
	  { .edit_sig = pin_debug, .no_debug = true } },
	{ "I25",
	  "38.3 EINIT",
	  "XFRM pinned, differs",
	  code_2,
	  { .edit_sig = pin_xfrm } },
	{ "I26",
	  "38.3 EINIT",
	  "MISCSELECT pinned, differs",
	  code_2,
	  { .isa = PLATFORM_ISA_SGX2, .edit_sig = pin_misc } },
	{ "I27",
	  "38.3 EINIT",
	  "other LEPUBKEYHASH",
	  code_16,
	  { .lepubkeyhash = other_signer } },
	{ "I09",
	  "38.3 EINIT",
	  "reserved 127",
	  code_1,
	  { .edit_sig = reserved_127 } },
	{ "I09", "38.3 EINIT", "CET_ATTRIBUTES", code_1, { .edit_sig = cet } },
	{ "I10",
	  "38.3 EINIT",
	  "reserved 1039",
	  code_1,
	  { .edit_signed_sig = reserved_1039 } },
	{ "I11", "38.3 EINIT", "another DATE", i01, { .edit_sig = date } },
	{ "I12",
	  "38.3 EINIT",
	  "ISVFAMILYID with KSS",
	  i33,
	  { .edit_sig = family, .attributes = SGX_ATTR_KSS } },
	{ "I12",
	  "38.3 EINIT",
	  "ISVEXTPRODID is reported",
	  i34,
	  { .edit_sig = extprodid } },
	{ "I18",
	  "35.14",
	  "big-endian numbers",
	  code_8,
	  { .edit_signed_sig = big_endian } },
	{ "I21",
	  "38.3 EINIT",
	  "ENCLAVEHASH, its last bit",
	  code_4,
	  { .edit_sig = signed_hash } },
	{ "I22",
	  "38.3 EINIT",
	  "bad header and signature",
	  code_1,
	  { .edit_signed_sig = header_and_signature } },
	{ "I23",
	  "38.3 EINIT",
	  "MODE64BIT pinned to 0",
	  code_2,
	  { .edit_sig = pin_mode } },
	{ "I25",
	  "38.3 EINIT",
	  "XFRM pinned to what it is",
	  i01,
	  { .edit_sig = pin_same_xfrm } },
	{ "I26",
	  "38.3 EINIT",
	  "MISCSELECT pinned to what it is",
	  i01,
	  { .isa = PLATFORM_ISA_SGX2, .edit_sig = pin_same_misc } },
	{ "I26",
	  "38.3 EINIT",
	  "MISCSELECT pinned, not there",
	  not_asked,
	  { .isa = PLATFORM_ISA_SGX1, .edit_sig = pin_same_misc } },
	{ "I27",
	  "38.3 EINIT",
	  "the same LEPUBKEYHASH",
	  i01,
	  { .launches_own = true } },
	{ "I28",
	  "38.3 EINIT",
	  "EINITTOKEN_KEY, other signer",
	  code_2,
	  { .attributes = SGX_ATTR_EINITTOKEN_KEY,
	    .lepubkeyhash = other_signer } },
	{ "I28",
	  "38.3 EINIT",
	  "EINITTOKEN_KEY, own signer",
	  i01,
	  { .attributes = SGX_ATTR_EINITTOKEN_KEY, .launches_own = true } },
	{ "I28",
	  "38.3 EINIT",
	  "EINITTOKEN_KEY: not this driver's",
	  not_allowed,
	  { .attributes = SGX_ATTR_EINITTOKEN_KEY } },
	{ "I29",
	  "38.3 EINIT",
	  "MRSIGNER, MRENCLAVE, ISVPRODID, ISVSVN",
	  i29,
	  { 0 } },
	{ "I31", "38.3 EINIT", "twice", i31, { 0 } },
	{ "I32",
	  "38.3 EINIT",
	  "again after one that was refused",
	  i32,
	  { .edit_signed_sig = signature } },
	{ "I35",
	  "38.3 EINIT",
	  "AEXNOTIFY pinned, not there",
	  not_asked,
	  { .edit_sig = pin_absent } },
	{ 0 },
};
