/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcs_vectors.c - pages that become a TCS or cease to be one; EDBGRD, EDBGWR.
 * SDM Vol. 3D 38.3, 38.4.
 */
#include "platform/emu/tests/page.h"

static void new_tcs(struct te *te, uint32_t cssa, uint32_t nssa, uint64_t aep)
{
	struct tcs tcs = {
		.ossa = TE_SSA0,
		.cssa = cssa,
		.nssa = nssa,
		.oentry = TE_ADDR(te_entry),
		.aep = aep,
		.ofsbase = TE_BLOCK0,
		.ogsbase = TE_BLOCK0,
	};

	te_write(te, TE_RW, &tcs, 64);
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TCS), 0);
}

static void p24(struct te *te)
{
	new_tcs(te, 0, 3, 0);
	CHECK_EQ(accept(te, 0x110, TE_RW), 0);
	te->run.tcs = TE_RW;
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	went_well(te);
	CHECK_EQ(te_entry_snapshot(te, 0).rbx, TE_RW);
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TCS), -22); /* P27 */
}

static void p25(struct te *te)
{
	new_tcs(te, 3, 3, 0);
	accept(te, 0x110, TE_RW);
	faulted(te, 13, 0);
}

static void p26(struct te *te)
{
	new_tcs(te, 0, 3, 0x1000);
	accept(te, 0x110, TE_RW);
	faulted(te, 13, 0);
}

static void p26_with(struct te *te, uint64_t offset, uint64_t value)
{
	struct tcs tcs = { .ossa = TE_SSA0, .nssa = 3 };

	te_write(te, TE_RW, &tcs, 64);
	te_write64(te, TE_RW + offset, value);
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TCS), 0);
	accept(te, 0x110, TE_RW);
	faulted(te, 13, 0);
}

static void p26_state(struct te *te)
{
	p26_with(te, 0, SGX_TCS_BUSY);
}

static void p26_optin(struct te *te)
{
	p26_with(te, 8, SGX_TCS_DBGOPTIN);
}

static void p26_flags(struct te *te)
{
	p26_with(te, 8, 4);
}

static void p26_reserved(struct te *te)
{
	p26_with(te, 4088, 1);
}

/* A TCS that was trimmed is none any more. */
static void p24_trim(struct te *te)
{
	CHECK_EQ(modified(te, TE_TCS1, SGX_PT_TRIM), 0);
	CHECK_EQ(accept(te, 0x410, TE_TCS1), 0);
	te->run.tcs = TE_TCS1;
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EENTER);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_addr, TE_TCS1);
}

static void p29(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(modified(te, TE_RW, SGX_PT_TCS), 0);
	CHECK_EQ(enclave_modify(te->e, TE_RW, 1, SGX_PT_TRIM, &done), -14);
	CHECK_EQ(done.code, 20);
}

static void p37_pending(struct te *te)
{
	uint64_t word = 0;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	CHECK_EQ(enclave_debug_read(te->e, TE_HOLE, &word, 8), -14);
	CHECK_EQ(enclave_debug_write(te->e, TE_HOLE, &word, 8), -14);
	CHECK_EQ(enclave_debug_read(te->e, TE_HOLE + 4096, &word, 8), -14);
	CHECK_EQ(enclave_debug_read(te->e, TE_SIZE - 4, &word, 8), -14);
}

static void p37_tcs(struct te *te)
{
	uint64_t word = SGX_TCS_DBGOPTIN;

	CHECK_EQ(enclave_debug_write(te->e, TE_TCS0 + 16, &word, 8), -14);
	CHECK_EQ(enclave_debug_write(te->e, TE_TCS0, &word, 8), -14);
	CHECK_EQ(enclave_debug_write(te->e, TE_TCS0 + 8, &word, 8), 0);
	CHECK_EQ(te_read64(te, TE_TCS0 + 8), SGX_TCS_DBGOPTIN);
	CHECK_EQ(te_read64(te, TE_TCS0 + 16), TE_SSA0);
	CHECK_EQ(te_read64(te, TE_TCS0 + 32), TE_ADDR(te_entry));
	CHECK_EQ(te_read64(te, TE_TCS0 + 48), TE_BLOCK0);
	CHECK_EQ(te_read64(te, TE_TCS0 + 56), TE_BLOCK0);
}

static void p37_production(struct te *te)
{
	uint64_t word = 0;

	CHECK_EQ(enclave_debug_read(te->e, TE_RW, &word, 8), -1);
	CHECK_EQ(enclave_debug_write(te->e, TE_RW, &word, 8), -1);
}

/* A TCS that was, and is to be again, but not accepted yet. */
static void n03_again(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(modified(te, TE_TCS1, SGX_PT_TRIM), 0);
	CHECK_EQ(accept(te, 0x410, TE_TCS1), 0);
	CHECK_EQ(enclave_remove(te->e, TE_TCS1, 1, &done), 0);
	CHECK_EQ(accept(te, 0x20b, TE_TCS1), 0);
	CHECK_EQ(modified(te, TE_TCS1, SGX_PT_TCS), 0);
	te->run.tcs = TE_TCS1;
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EENTER);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_addr, TE_TCS1);
}

const struct vector tcs_vectors[] = {
	{ "N03",
	  "38.4 EENTER",
	  "TCS once, now MODIFIED",
	  n03_again,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P24",
	  "38.3 EMODT",
	  "REG to TCS; P27",
	  p24,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P25",
	  "38.4 EACCEPT",
	  "new TCS, CSSA >= NSSA",
	  p25,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P26",
	  "38.4 EACCEPT",
	  "new TCS, AEP set",
	  p26,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P26",
	  "38.4 EACCEPT",
	  "new TCS, STATE",
	  p26_state,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P26",
	  "38.4 EACCEPT",
	  "new TCS, DBGOPTIN",
	  p26_optin,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P26",
	  "38.4 EACCEPT",
	  "new TCS, FLAGS bit 2",
	  p26_flags,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P26",
	  "38.4 EACCEPT",
	  "new TCS, reserved byte",
	  p26_reserved,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P24",
	  "38.3 EMODT",
	  "TCS to TRIM",
	  p24_trim,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P29", "38.3 EMODT", "MODIFIED", p29, { .isa = PLATFORM_ISA_SGX2 } },
	{ "P37",
	  "38.3 EDBGRD",
	  "PENDING, missing, past the end",
	  p37_pending,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P37", "38.3 EDBGWR", "of a TCS only FLAGS", p37_tcs, { 0 } },
	{ "P37",
	  "38.3 EDBGRD",
	  "not a debug enclave",
	  p37_production,
	  { .no_debug = true } },
	{ 0 },
};
