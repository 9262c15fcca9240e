/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_vectors.c - EAUG, EMODPR, EMODT, EREMOVE as the driver issues them, and
 * EACCEPT of what they did.  SDM Vol. 3D 38.3.
 */
#include "platform/emu/tests/page.h"

static void p01(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_error_code, 0x8005);
	CHECK_EQ(te_exinfo(te, 0).errcd, 0x8005);
}

static void p12(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RW, 1), 0);
	went_well(te);
	CHECK_EQ(restricted(te, TE_RW, SGX_SECINFO_R), 0);
	CHECK_EQ(accept(te, 0x221, TE_RW), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RW, 1), 0);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_error_code, 0x8007);
}

static void p13(struct te *te)
{
	CHECK_EQ(restricted(te, TE_RO, 7), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RO, 1), 0);
	CHECK_EQ(te->run.exception_error_code, 0x8007);
}

static void p14(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	CHECK_EQ(enclave_restrict(te->e, TE_HOLE, 1, 1, &done), -14);
	CHECK_EQ(done.code, 20);
	CHECK_EQ(done.npages, 0);
}

static void p15(struct te *te)
{
	CHECK_EQ(restricted(te, TE_TCS0, 0), -22);
	CHECK_EQ(restricted(te, TE_RW, SGX_SECINFO_W), -22); /* P16 */
	CHECK_EQ(restricted(te, TE_HOLE + 0x1000, 1), -14);
}

static void p15_partial(struct te *te)
{
	struct enclave_progress done;

	/* Two RW pages, TE_RO, then a hole. */
	CHECK_EQ(enclave_restrict(te->e, TE_RW + 62 * 4096, 5, 1, &done), -14);
	CHECK_EQ(done.npages, 3);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RW + 63 * 4096, 1), 0);
	CHECK_EQ(te->run.exception_error_code, 0x8007);
}

static void p22(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RW, 77), 0);
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(enclave_remove(te->e, TE_RW, 1, &done), -1); /* L25 */
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), -22);
	CHECK_EQ(accept(te, 0x410, TE_RW), 0); /* P23 */
	CHECK_EQ(enclave_remove(te->e, TE_RW, 1, &done), 0);
	CHECK_EQ(done.npages, 1);
	CHECK_EQ(accept(te, 0x20b, TE_RW), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_RW, 0), 0);
	went_well(te);
	CHECK_EQ(te->regs.rdx, 0); /* the old bytes are gone */
}

static void p22_access(struct te *te)
{
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_RW, 0), 0);
	CHECK_EQ(te->run.exception_error_code, 0x8005);
}

static void p28(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(modified(te, TE_RW, SGX_PT_REG), -22);
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(enclave_modify(te->e, TE_RW, 1, SGX_PT_TCS, &done), -22);
	CHECK_EQ(modified(te, TE_RO, SGX_PT_TCS), -1); /* L24 */
}

static void p35(struct te *te)
{
	struct enclave_progress done;

	accept(te, 0x20b, TE_HOLE);
	faulted(te, 13, 0);
	CHECK_EQ(enclave_restrict(te->e, TE_RW, 1, 1, &done), -19); /* L19 */
}

/* The EPC holds the ordinary enclave and three pages more. */
static void p36(struct te *te)
{
	for (uint64_t i = 0; i < 3; i++)
		CHECK_EQ(accept(te, 0x20b, TE_HOLE + i * 4096), 0);
	accept(te, 0x20b, TE_HOLE + 3 * 4096);
	faulted(te, 14, TE_HOLE + 3 * 4096);
}

#define TE_PAGES (1 + 2 + 4 + 2 * (1 + 12 + 2 + 2) + 64 + 1)

/* What is left after EMODPR works before any EACCEPT. */
static void p12_at_once(struct te *te)
{
	te_write64(te, TE_RW, 0xabc);
	CHECK_EQ(restricted(te, TE_RW, SGX_SECINFO_R), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_RW, 0), 0);
	went_well(te);
	CHECK_EQ(te->regs.rdx, 0xabc);
}

static void p12_nothing(struct te *te)
{
	CHECK_EQ(restricted(te, TE_RW, 0), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_RW, 0), 0);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_error_code, 0x8005);
}

/* A host that has not done it can't have it accepted. */
static void p12_lied(struct te *te)
{
	CHECK_EQ(accept(te, 0x221, TE_RW), 19);
	went_well(te);
}

static void p16(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(enclave_restrict(te->e, TE_RW, 1, 8, &done), -22);
	CHECK_EQ(enclave_restrict(te->e, TE_RW + 1, 1, 1, &done), -22);
	CHECK_EQ(enclave_restrict(te->e, TE_RW, 0, 1, &done), -22);
	CHECK_EQ(enclave_restrict(te->e, TE_SIZE, 1, 1, &done), -22);
	CHECK_EQ(enclave_restrict(te->e, TE_SIZE - 4096, 2, 1, &done), -22);
	CHECK_EQ(enclave_modify(te->e, TE_RW + 1, 1, SGX_PT_TRIM, &done), -22);
	CHECK_EQ(enclave_remove(te->e, TE_RW + 1, 1, &done), -22);
	CHECK_EQ(done.npages, 0);
}

static void p23_lied(struct te *te)
{
	CHECK_EQ(accept(te, 0x410, TE_RW), 19);
	went_well(te);
}

static void p22_accepted(struct te *te)
{
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(accept(te, 0x410, TE_RW), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_RW, 0), 0);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_error_code, 0x8005);
}

/* EREMOVE as far as pages are TRIM and accepted. */
static void p23_partial(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(accept(te, 0x410, TE_RW), 0);
	CHECK_EQ(enclave_remove(te->e, TE_RW, 2, &done), -1);
	CHECK_EQ(done.npages, 1);
	CHECK_EQ(enclave_remove(te->e, TE_RW, 1, &done), -14);
	CHECK_EQ(done.npages, 0);
}

/* The EPC is full; a page that goes makes room for one. */
static void p23_room(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(accept(te, 0x410, TE_RW), 0);
	CHECK_EQ(enclave_remove(te->e, TE_RW, 1, &done), 0);
	CHECK_EQ(accept(te, 0x20b, TE_HOLE), 0);
	accept(te, 0x20b, TE_HOLE + 4096);
	faulted(te, 14, TE_HOLE + 4096);
}

static void p29_pending(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	CHECK_EQ(enclave_modify(te->e, TE_HOLE, 1, SGX_PT_TRIM, &done), -14);
	CHECK_EQ(done.code, 20);
}

static void p33(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(enclave_restrict(te->e, TE_RW, 1, 1, &done), -22);
	CHECK_EQ(enclave_modify(te->e, TE_RW, 1, SGX_PT_TRIM, &done), -22);
	CHECK_EQ(enclave_remove(te->e, TE_RW, 1, &done), -22);
}

static void p35_host(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(enclave_modify(te->e, TE_RW, 1, SGX_PT_TRIM, &done), -19);
	CHECK_EQ(enclave_remove(te->e, TE_RW, 1, &done), -19);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te_gprs(te, 0).exitinfo, 0);
}

const struct vector page_vectors[] = {
	{ "P01",
	  "38.3 EAUG",
	  "EAUGed page read",
	  p01,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P12",
	  "38.3 EMODPR",
	  "EMODPR RW to R",
	  p12,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P13",
	  "38.3 EMODPR",
	  "EMODPR gives nothing",
	  p13,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P14",
	  "38.3 EMODPR",
	  "EMODPR on PENDING",
	  p14,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P15",
	  "38.3 EMODPR",
	  "EMODPR on TCS, W without R, nothing",
	  p15,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P15",
	  "38.3 EMODPR",
	  "EMODPR stops midway",
	  p15_partial,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P22",
	  "38.3 EMODT",
	  "TRIM, EACCEPT, EREMOVE, EAUG again",
	  p22,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P22",
	  "38.3 EMODT",
	  "access to a trimmed page",
	  p22_access,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P28",
	  "38.3 EMODT",
	  "EMODT to REG, of a TRIM",
	  p28,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P35",
	  "38 ENCLU",
	  "SGX2 leaves on SGX1",
	  p35,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ "P36",
	  "38.3 EAUG",
	  "EAUG beyond the EPC",
	  p36,
	  { .isa = PLATFORM_ISA_SGX2, .epc_size = (TE_PAGES + 3) * 4096 } },
	{ "P12",
	  "38.3 EMODPR",
	  "what is left works at once",
	  p12_at_once,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P12",
	  "38.3 EMODPR",
	  "RW to nothing",
	  p12_nothing,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P12",
	  "38.4 EACCEPT",
	  "EMODPR not done",
	  p12_lied,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P16",
	  "38.3 EMODPR",
	  "SECINFO and range",
	  p16,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P22",
	  "38.4 EACCEPT",
	  "EMODT not done",
	  p23_lied,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P22",
	  "38.3 EMODT",
	  "access to an accepted TRIM page",
	  p22_accepted,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P23",
	  "38.3 EREMOVE",
	  "as far as pages are TRIM",
	  p23_partial,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P23",
	  "38.3 EREMOVE",
	  "makes room",
	  p23_room,
	  { .isa = PLATFORM_ISA_SGX2, .epc_size = TE_PAGES * 4096 } },
	{ "P29",
	  "38.3 EMODT",
	  "PENDING",
	  p29_pending,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P33",
	  "38.3 EMODPR",
	  "before EINIT",
	  p33,
	  { .isa = PLATFORM_ISA_SGX2, .no_init = true } },
	{ "P35",
	  "38.3 EMODT",
	  "EMODT, EREMOVE, EAUG on SGX1",
	  p35_host,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ 0 },
};
