/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build_vectors.c - ECREATE, EADD, EEXTEND.  SDM Vol. 3D
 * 38.3; errno values are the Linux driver's.
 */
#include <string.h>

#include "platform/emu/tests/harness.h"
#include "platform/rsa/rsa3072.h"

/* ---- ECREATE ----------------------------------------------------------- */

/* Another enclave beside the vector's, elsewhere; the errno of ECREATE. */
static int create(struct te *te, const struct secs *secs)
{
	struct enclave *e;
	int ret = enclave_create(te->platform, secs, NULL, 0, &e, &te->err);

	if (ret == 0)
		enclave_destroy(e);
	return ret;
}

static struct secs good_secs(const struct te *te)
{
	struct secs secs;

	te_fill_secs(te, &secs);
	secs.baseaddr = 0x40000000;
	secs.size = 0x100000;
	return secs;
}

struct secs_case {
	const char *what;
	void (*edit)(struct secs *secs);
	int ret;
};

static void size_small(struct secs *s)
{
	s->size = 4096;
	s->baseaddr = 0x40000000;
}

static void size_odd(struct secs *s)
{
	s->size = 0x180000;
}

static void size_large(struct secs *s)
{
	s->size = 1ull << 36;
	s->baseaddr = 0;
}

static void base_odd(struct secs *s)
{
	s->baseaddr = 0x40080000;
}

static void base_bad(struct secs *s)
{
	s->baseaddr = 1ull << 47;
}

static void xfrm_x87(struct secs *s)
{
	s->attributes.xfrm = 1;
}

static void xfrm_zmm(struct secs *s)
{
	s->attributes.xfrm = 3 | SGX_XFRM_AVX512;
}

static void xfrm_63(struct secs *s)
{
	s->attributes.xfrm |= 1ull << 63;
}

static void frame_none(struct secs *s)
{
	s->ssaframesize = 0;
}

static void misc_bit(struct secs *s)
{
	s->miscselect |= 1u << 31;
}

static void attr_init(struct secs *s)
{
	s->attributes.flags |= SGX_ATTR_INIT;
}

static void attr_3(struct secs *s)
{
	s->attributes.flags |= 8;
}

static void reserved_24(struct secs *s)
{
	((uint8_t *)s)[24] = 1;
}

static void reserved_96(struct secs *s)
{
	((uint8_t *)s)[96] = 1;
}

static void reserved_262(struct secs *s)
{
	((uint8_t *)s)[262] = 1;
}

static void reserved_4095(struct secs *s)
{
	((uint8_t *)s)[4095] = 1;
}

static void configid(struct secs *s)
{
	s->configid[63] = 1;
}

static void nothing(struct secs *s)
{
	(void)s;
}

static const struct secs_case secs_cases[] = {
	{ "C05 good", nothing, 0 },
	{ "C02 SIZE 4096", size_small, -5 },
	{ "C02 SIZE not 2^n", size_odd, -22 },
	{ "C03 SIZE 2^EDX", size_large, -5 },
	{ "C04 BASEADDR no multiple", base_odd, -5 },
	{ "C04 BASEADDR not canonical", base_bad, -5 },
	{ "C06 XFRM 1", xfrm_x87, -5 },
	{ "C06 ZMM without AVX", xfrm_zmm, -5 },
	{ "C06 XFRM bit 63", xfrm_63, -5 },
	{ "C07 SSAFRAMESIZE 0", frame_none, -5 },
	{ "C09 MISCSELECT", misc_bit, -5 },
	{ "C10 ATTRIBUTES.INIT", attr_init, -5 },
	{ "C10 ATTRIBUTES bit 3", attr_3, -5 },
	{ "C11 byte 24", reserved_24, -5 },
	{ "C11 byte 96", reserved_96, -5 },
	{ "C11 byte 262", reserved_262, -5 },
	{ "C11 byte 4095", reserved_4095, -5 },
	{ "C12 CONFIGID without KSS", configid, -5 },
};

static void c_secs(struct te *te)
{
	for (size_t i = 0; i < sizeof(secs_cases) / sizeof(secs_cases[0]);
	     i++) {
		struct secs secs = good_secs(te);

		te_current = secs_cases[i].what;
		secs_cases[i].edit(&secs);
		CHECK_EQ(create(te, &secs), secs_cases[i].ret);
	}
}

/* ---- EADD, the measurement --------------------------------------------- */

static uint8_t page[4096] __attribute__((aligned(4096)));

static int add(struct te *te, uint64_t offset, const void *src, uint64_t flags)
{
	return enclave_add_pages(te->e, offset, src, 1, flags, 0, &te->err);
}

static void c14(struct te *te)
{
	CHECK_EQ(add(te, TE_HOLE, page + 16, 0x203), -22);
	CHECK_EQ(add(te, TE_HOLE + 16, page, 0x203), -22);
	CHECK_EQ(add(te, TE_HOLE, page, 0x20b), -22); /* C15 */
	CHECK_EQ(add(te, TE_HOLE, page, 0x403), -22); /* TRIM */
	CHECK_EQ(add(te, TE_HOLE, page, 0x10203), -22);
	CHECK_EQ(add(te, TE_HOLE, page, 0x202), -22); /* C16 */
	CHECK_EQ(add(te, TE_HOLE, page, 0x101), -22); /* L06 */
	CHECK_EQ(add(te, TE_SIZE, page, 0x203), -22); /* C17 */
	CHECK_EQ(enclave_add_pages(te->e, TE_HOLE, page, 0, 0x203, 0, NULL),
	         -22);
	CHECK_EQ(add(te, TE_RW, page, 0x203), -16); /* C18 */
	memset(page, 0, sizeof(page));
	page[100] = 1;
	CHECK_EQ(add(te, TE_HOLE, page, 0x100), -5); /* C20 */
	page[100] = 0;
	CHECK_EQ(add(te, TE_HOLE, page, 0x203), 0);
}

static void c19(struct te *te)
{
	CHECK_EQ(te->init_result, 0);
	CHECK_EQ(add(te, TE_HOLE, page, 0x203), -22);
}

/*
 * The SHA-256 that a few lines of another language compute over the records
 * of this layout, SSAFRAMESIZE 1, SIZE 1 MiB:
 *   EADD+EEXTEND 0x11000 RX, byte i = i * 7 + i / 256
 *   EADD+EEXTEND 0x12000 TCS, as loaded
 *   EADD 0x13000, 0x14000 RW without EEXTEND
 *   EADD+EEXTEND 0x20000 RW, zeros
 */
static const uint8_t literal[32] = {
	0x69, 0xdf, 0x93, 0x4c, 0xff, 0x8d, 0x78, 0x41, 0x36, 0xfa, 0x1b,
	0x65, 0xb9, 0xa1, 0x11, 0xc3, 0x7d, 0xba, 0xf9, 0xfc, 0x8f, 0x56,
	0xb9, 0xb0, 0x0e, 0x6d, 0x03, 0x18, 0x14, 0xbe, 0x62, 0xf5,
};

/* EINIT's measurement check is how an enclave shows its MRENCLAVE outside. */
static uint32_t init_code(struct enclave *e, const uint8_t hash[32]);

static void fill_page(void)
{
	for (unsigned int i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void fill_tcs(void)
{
	/* What EADD has to zero is set: C22. */
	struct tcs tcs = {
		.state = 1,
		.flags = SGX_TCS_DBGOPTIN,
		.ossa = 0x13000,
		.cssa = 1,
		.nssa = 2,
		.oentry = 0x11000,
		.aep = 0x123000,
		.ofsbase = 0x1000,
		.ogsbase = 0x2000,
	};

	memcpy(page, &tcs, sizeof(tcs));
}

static bool lay_out(struct te *te, uint64_t base, struct enclave **ret_e)
{
	struct secs secs = good_secs(te);
	struct enclave *e;

	secs.baseaddr = base;
	secs.ssaframesize = 1;
	secs.attributes.xfrm = 3;
	if (enclave_create(te->platform, &secs, NULL, 0, &e, &te->err) < 0)
		return false;
	*ret_e = e;
	fill_page();
	if (enclave_add_pages(e, 0x11000, page, 1, 0x205, 1, &te->err) < 0)
		return false;
	fill_tcs();
	return enclave_add_pages(e, 0x12000, page, 1, 0x100, 1, &te->err) >=
	               0 &&
	       enclave_add_pages(e, 0x13000, NULL, 2, 0x203, 0, &te->err) >=
	               0 &&
	       enclave_add_pages(e, 0x20000, NULL, 1, 0x203, 1, &te->err) >= 0;
}

static void c28(struct te *te)
{
	static const uint64_t bases[] = { 0x40000000, 0x7ff00000 };

	for (int i = 0; i < 2; i++) { /* C29: another base, the same hash */
		struct enclave *e = NULL;
		uint8_t other[32];

		CHECK(lay_out(te, bases[i], &e));
		memcpy(other, literal, sizeof(other));
		other[31] ^= 1;
		CHECK_EQ(init_code(e, other), SGX_INVALID_MEASUREMENT);
		CHECK_EQ(init_code(e, literal), SGX_SUCCESS);
		enclave_destroy(e);
	}
}

static void c30(struct te *te)
{
	struct secs secs = good_secs(te);
	struct enclave *e;

	CHECK_EQ(enclave_create(te->platform, &secs, NULL, 0, &e, NULL), 0);
	/* One page of EPC is left. */
	CHECK_EQ(enclave_add_pages(e, 0x10000, NULL, 2, 0x203, 0, &te->err),
	         -12);
	CHECK(strstr(te->err.text, "--epc") != NULL);
	CHECK_EQ(enclave_add_pages(e, 0x10000, NULL, 1, 0x203, 0, NULL), 0);
	enclave_destroy(e);
	CHECK_EQ(enclave_create(te->platform, &secs, NULL, 0, &e, NULL), 0);
	enclave_destroy(e);
}

/* ---- EINIT ------------------------------------------------------------- */

static uint32_t init_code(struct enclave *e, const uint8_t hash[32])
{
	static EVP_PKEY *key;
	static struct sigstruct sig;
	struct sigstruct_params p = { .date = 0x20261122 };
	struct platform_error err = { 0 };

	if (!key)
		key = rsa3072_generate();
	memcpy(p.enclavehash, hash, 32);
	if (sigstruct_fill(&sig, &p) < 0 ||
	    rsa3072_sign_sigstruct(key, &sig) < 0)
		return UINT32_MAX;
	return enclave_init(e, &sig, &err) == 0 ? 0 : err.code;
}

static void edit_running(struct tcs *tcs)
{
	tcs->state = 1;
	tcs->flags = SGX_TCS_DBGOPTIN;
	tcs->cssa = 2;
	tcs->aep = 0x123000;
}

/* EADD zeroes what a running thread would have. */
static void c22(struct te *te)
{
	struct tcs tcs;

	CHECK_EQ(te->init_result, 0);
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.state | tcs.flags | tcs.cssa | tcs.aep, 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te_entry_snapshot(te, 0).rax, 0);
}

const struct vector build_vectors[] = {
	{ "C22",
	  "38.3 EADD",
	  "TCS with STATE, DBGOPTIN, CSSA, AEP",
	  c22,
	  { .edit_tcs = edit_running } },
	{ "C02", "38.3 ECREATE", "ECREATE's checks", c_secs, { 0 } },
	{ "C14", "38.3 EADD", "EADD's checks", c14, { .no_init = true } },
	{ "C19", "38.3 EADD", "EADD after EINIT", c19, { 0 } },
	{ "C28",
	  "36.4.1",
	  "the measurement is a literal; C22 C29",
	  c28,
	  { 0 } },
	{ "C30",
	  "38.3 EADD",
	  "the EPC budget",
	  c30,
	  { .epc_size = (106 + 2) * 4096 } },
	{ 0 },
};
