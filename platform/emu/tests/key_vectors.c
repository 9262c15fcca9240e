/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_vectors.c - EREPORT, EGETKEY.  SDM Vol. 3D 38.4, Table 38-66.
 */
#include <string.h>

#include "crypto/cmac.h"
#include "platform/emu/tests/harness.h"

#define IN_AT TE_DATA              /* TARGETINFO or KEYREQUEST */
#define DATA_AT (TE_DATA + 0x1000) /* REPORTDATA */
#define OUT_AT (TE_DATA + 0x2000)

static struct sgx_report report(struct te *te, const struct targetinfo *target)
{
	struct sgx_report r = { 0 };
	uint8_t data[64];

	memset(data, 0x5a, sizeof(data));
	te_write(te, IN_AT, target, sizeof(*target));
	te_write(te, DATA_AT, data, sizeof(data));
	te_leaf(te, ENCLU_EREPORT, IN_AT, DATA_AT, OUT_AT, NULL);
	te_read(te, OUT_AT, &r, sizeof(r));
	return r;
}

static uint64_t getkey(struct te *te, const struct keyrequest *req,
                       uint8_t key[16])
{
	uint64_t code;

	te_write(te, IN_AT, req, sizeof(*req));
	code = te_leaf(te, ENCLU_EGETKEY, IN_AT, 0x100 + OUT_AT, 0, NULL);
	te_read(te, 0x100 + OUT_AT, key, 16);
	return code;
}

static void k01(struct te *te)
{
	struct targetinfo target = { 0 };
	struct sgx_report r = report(te, &target);
	struct keyrequest req = { .keyname = SGX_KEY_REPORT };
	uint8_t key[16], mac[16];

	targetinfo_from_report(&target, &r.body);
	r = report(te, &target);
	memcpy(req.keyid, r.keyid, sizeof(req.keyid));
	CHECK_EQ(getkey(te, &req, key), 0);
	CHECK_EQ(
		cmac_aes(cspan_make(key, 16), cspan_make((void *)&r, 384), mac),
		0);
	CHECK(memcmp(mac, r.mac, 16) == 0);
	target.measurement[0] ^= 1; /* K03 */
	r = report(te, &target);
	CHECK(memcmp(mac, r.mac, 16) != 0);
}

static void k02(struct te *te)
{
	struct targetinfo target = { 0 };
	struct sgx_report r = report(te, &target);

	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(r.body.attributes.flags,
	         SGX_ATTR_INIT | SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT);
	CHECK_EQ(r.body.isvprodid, 7);
	CHECK_EQ(r.body.isvsvn, 3);
	CHECK_EQ(r.body.miscselect, platform_caps(te->platform)->sgx2);
	CHECK_EQ(r.body.reportdata[63], 0x5a);
	CHECK_EQ(r.body.cpusvn[0], 1);
	CHECK_EQ(te->regs.r8 & 0x8d5, 0x8d5); /* K08 */
}

/* The leaf with these operands raises @vector. */
static void faults(struct te *te, unsigned int leaf, uint64_t rbx, uint64_t rcx,
                   uint64_t rdx, unsigned int vector)
{
	te_leaf(te, leaf, rbx, rcx, rdx, NULL);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, vector);
}

static void k04(struct te *te)
{
	faults(te, ENCLU_EREPORT, IN_AT + 256, DATA_AT, OUT_AT, 13);
}

static void k04_reserved(struct te *te)
{
	te_write64(te, IN_AT + 504, 1);
	faults(te, ENCLU_EREPORT, IN_AT, DATA_AT, OUT_AT, 13);
}

static void k05(struct te *te)
{
	faults(te, ENCLU_EREPORT, IN_AT, DATA_AT + 64, OUT_AT, 13);
}

/* Alignments are looked at before any page. */
static void k05_order(struct te *te)
{
	faults(te, ENCLU_EREPORT, TE_TCS0, DATA_AT + 64, OUT_AT, 13);
}

static void k06(struct te *te)
{
	faults(te, ENCLU_EREPORT, IN_AT, DATA_AT, TE_SIZE, 13);
}

static void k07(struct te *te)
{
	faults(te, ENCLU_EREPORT, IN_AT, DATA_AT, TE_RO, te_epcm_vector(te));
}

static void k09(struct te *te)
{
	struct keyrequest req = { .keyname = 5 };
	uint8_t key[16], zero[16] = { 0 };

	CHECK_EQ(getkey(te, &req, key), 256);
	CHECK_EQ(te->regs.r8 & 0x8d5, 0x40); /* K24 */
	CHECK(memcmp(key, zero, 16) == 0);
	req.keyname = SGX_KEY_PROVISION; /* K10 */
	CHECK_EQ(getkey(te, &req, key), 2);
	req.keyname = SGX_KEY_SEAL; /* K11 */
	req.keypolicy = SGX_KEYPOLICY_MRSIGNER;
	req.isvsvn = 4;
	CHECK_EQ(getkey(te, &req, key), 64);
	req.isvsvn = 3;
	req.cpusvn[1] = 1; /* K13 */
	CHECK_EQ(getkey(te, &req, key), 32);
}

static void k12(struct te *te)
{
	struct keyrequest req = { .keyname = SGX_KEY_SEAL,
		                  .keypolicy = SGX_KEYPOLICY_MRENCLAVE };
	uint8_t a[16], b[16];

	req.isvsvn = 3;
	CHECK_EQ(getkey(te, &req, a), 0);
	CHECK_EQ(getkey(te, &req, b), 0);
	CHECK(memcmp(a, b, 16) == 0);
	req.isvsvn = 2;
	CHECK_EQ(getkey(te, &req, b), 0);
	CHECK(memcmp(a, b, 16) != 0);
	req.isvsvn = 3;
	req.keyid[0] = 1; /* K23 */
	CHECK_EQ(getkey(te, &req, b), 0);
	CHECK(memcmp(a, b, 16) != 0);
}

static void k14(struct te *te)
{
	te_write64(te, IN_AT + 504, 1);
	faults(te, ENCLU_EGETKEY, IN_AT, OUT_AT, 0, 13);
}

static void k15(struct te *te)
{
	te_write64(te, IN_AT, SGX_KEY_SEAL | 1ull << 22); /* KEYPOLICY bit 6 */
	faults(te, ENCLU_EGETKEY, IN_AT, OUT_AT, 0, 13);
}

static void k16(struct te *te)
{
	te_write64(te, IN_AT, SGX_KEY_SEAL | 1ull << 19); /* CONFIGID */
	faults(te, ENCLU_EGETKEY, IN_AT, OUT_AT, 0, 13);
}

static void k17(struct te *te)
{
	faults(te, ENCLU_EGETKEY, IN_AT, OUT_AT + 8, 0, 13);
}

/* EREPORT from a pad. */
static void k25(struct te *te)
{
	uint64_t args[3] = { IN_AT, DATA_AT, OUT_AT };
	struct sgx_report r;

	te_write(te, TE_BLOCK0 + BLOCK_ARG, args, sizeof(args));
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_REPORT_PAD, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdx, ENCLU_EREPORT);
	te_read(te, OUT_AT, &r, sizeof(r));
	CHECK_EQ(r.body.isvprodid, 7);
}

const struct vector key_vectors[] = {
	{ "K05",
	  "38.4 EREPORT",
	  "REPORTDATA misaligned, TARGETINFO unreadable",
	  k05_order,
	  { 0 } },
	{ "K01", "38.4 EREPORT", "report to self; K03 to another", k01, { 0 } },
	{ "K02", "38.4 EREPORT", "fields; K08 flags unchanged", k02, { 0 } },
	{ "K04", "38.4 EREPORT", "TARGETINFO misaligned", k04, { 0 } },
	{ "K04", "38.4 EREPORT", "TARGETINFO reserved", k04_reserved, { 0 } },
	{ "K05", "38.4 EREPORT", "REPORTDATA 64-aligned", k05, { 0 } },
	{ "K06", "38.4 EREPORT", "operand outside ELRANGE", k06, { 0 } },
	{ "K07", "38.4 EREPORT", "output page read-only", k07, { 0 } },
	{ "K09",
	  "38.4 EGETKEY",
	  "codes 256, 2, 64, 32; K10 K11 K13 K24",
	  k09,
	  { 0 } },
	{ "K12",
	  "38.4 EGETKEY",
	  "ISVSVN - 1, KEYID: other keys; K23",
	  k12,
	  { 0 } },
	{ "K14", "38.4 EGETKEY", "KEYREQUEST reserved", k14, { 0 } },
	{ "K15", "38.4 EGETKEY", "KEYPOLICY bit 6", k15, { 0 } },
	{ "K16", "38.4 EGETKEY", "CONFIGID policy without KSS", k16, { 0 } },
	{ "K17", "38.4 EGETKEY", "output 8-aligned", k17, { 0 } },
	{ "K02", "38.4 EREPORT", "EREPORT from a pad", k25, { 0 } },
	{ 0 },
};
