/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_vectors.c - EEXIT.  SDM Vol. 3D, EEXIT in 38.4.
 */
#include "platform/emu/tests/harness.h"

static struct snapshot enter(struct te *te, uint64_t routine)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, routine);
	struct snapshot out;

	CHECK_EQ(te_raw(te, &in, &out), 0);
	return out;
}

static void n31(struct te *te)
{
	struct snapshot out = enter(te, R_PATTERN_EXIT);

	CHECK_EQ(out.rip, (uintptr_t)raw_after);
	CHECK_EQ(out.rax, 4);
	CHECK_EQ(out.rbx, (uintptr_t)raw_after);
	CHECK_EQ(out.rcx, (uintptr_t)raw_aep);
	CHECK_EQ(out.rdx, PATTERN * 3);
	CHECK_EQ(out.rsi, PATTERN * 7);
	CHECK_EQ(out.rdi, PATTERN * 8);
	CHECK_EQ(out.r8, PATTERN * 9);
	CHECK_EQ(out.r9, PATTERN * 10);
	CHECK_EQ(out.r10, PATTERN * 11);
	CHECK_EQ(out.r11, PATTERN * 12);
	CHECK_EQ(out.r12, PATTERN * 13);
	CHECK_EQ(out.r13, PATTERN * 14);
	CHECK_EQ(out.r14, PATTERN * 15);
	CHECK_EQ(out.r15, PATTERN * 16);
}

static void n32(struct te *te)
{
	struct snapshot out = enter(te, R_PATTERN_EXIT);

	CHECK_EQ(out.rsp, PATTERN * 5);
	CHECK_EQ(out.rbp, PATTERN * 6);
	CHECK_EQ(out.mxcsr, 0x9fc0);
	CHECK_EQ(out.rflags & 0xcd5, 0xc01); /* OF DF CF */
}

static void n33(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_WRFSBASE);
	struct snapshot out;
	uint64_t fs;

	__asm__("rdfsbase %0" : "=r"(fs));
	in.rsi = 0x123456000;
	CHECK_EQ(te_raw(te, &in, &out), 0);
	CHECK_EQ(out.fsbase, fs);
	CHECK_EQ(out.gsbase, 0);
}

static void n35(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT_TO, 0x8000000000000000, 0),
	         0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 13);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_pad_exit));
	CHECK_EQ(te_gprs(te, 0).rbx, 0x8000000000000000);
	CHECK_EQ(te_gprs(te, 0).rax, 4);
}

static void n36(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT_TO);
	struct snapshot out;
	struct tcs tcs;

	in.rsi = TE_ADDR(te_entry);
	CHECK_EQ(te_raw(te, &in, &out), 4); /* SIGILL */
	CHECK_EQ(te->seen.rip, TE_ADDR(te_entry));
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.state, SGX_TCS_FREE);
}

static void n37(struct te *te)
{
	struct tcs tcs;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->regs.rdi, 2);
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.cssa, 1);
	CHECK_EQ(tcs.state, SGX_TCS_FREE);
}

/* The three ways an EEXIT can be served, told apart by the counter. */
static void n38(struct te *te)
{
	struct enclave_counters before, after;

	enclave_counters(te->thread, &before);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	enclave_counters(te->thread, &after);
	CHECK_EQ(after.slow - before.slow, 0);
	CHECK_EQ(after.eexit - before.eexit, 1);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT_SLOW, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	enclave_counters(te->thread, &after);
	CHECK_EQ(after.slow - before.slow, 1);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT_PAD_GS, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	enclave_counters(te->thread, &after);
	CHECK_EQ(after.slow - before.slow, 2);
	CHECK_EQ(after.eexit - before.eexit, 3);
}

static void n39(struct te *te)
{
	uint8_t bytes[3];

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	te_read(te, TE_ADDR(te_pad_exit), bytes, 3);
	CHECK_EQ(bytes[0], 0x0f);
	CHECK_EQ(bytes[2], 0xd7);
}

static void n40(struct te *te)
{
	enclave_enter_fn *enter_fn = enclave_entry(te->e);

	CHECK_EQ(enter_fn(0, 0, 0, 4, 0, 0, &te->run), -22);
	te->run.reserved[215] = 1;
	CHECK_EQ(enter_fn(0, 0, 0, 2, 0, 0, &te->run), -22);
}

static void n41(struct te *te)
{
	te->run.tcs = TE_RW;
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EENTER);
	CHECK_EQ(te->run.exception_vector, te_epcm_vector(te));
	if (te_epcm_vector(te) == 14)
		CHECK_EQ(te->run.exception_addr, TE_RW);
}

/* Opt-out: TF is back after EEXIT, and its #DB comes at once. */
static void n34(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct snapshot out;

	in.rflags = 0x302;
	CHECK_EQ(te_raw(te, &in, &out), 5);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_after);
	CHECK_EQ(te->seen.trapno, 1);
	CHECK_EQ(te->seen.regs.rflags & 0x100, 0x100);
	if (!te->params.no_debug)
		CHECK_EQ(te_entry_snapshot(te, 0).rflags & 0x100, 0);
}

/* R_EXIT comes to its ENCLU with all of them clear. */
static void n32_clear(struct te *te)
{
	CHECK_EQ(enter(te, R_EXIT).rflags & 0x8d5, 0);
}

static void n32_ac(struct te *te)
{
	struct snapshot out = enter(te, R_AC_EXIT);

	CHECK_EQ(out.rip, (uintptr_t)raw_after);
	CHECK_EQ(out.rflags & 0x408d5, 0x40000);
}

/* The last canonical address: EEXIT completes, the fetch is the host's. */
static void n35_last(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT_TO);
	struct snapshot out;
	struct tcs tcs;

	in.rsi = 0x7ffffffff000;
	CHECK_EQ(te_raw(te, &in, &out), 11);
	CHECK_EQ(te->seen.rip, 0x7ffffffff000);
	CHECK_EQ(te->seen.regs.rcx, (uintptr_t)raw_aep);
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.state, SGX_TCS_FREE);
}

static void n35_first(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT_TO, 0x800000000000, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 13);
}

/* ELRANGE's last byte is the abort page's, the next is not. */
static void n36_end(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT_TO);
	struct snapshot out;

	in.rsi = TE_SIZE - 1;
	CHECK_EQ(te_raw(te, &in, &out), 4);
	CHECK_EQ(te->seen.rip, TE_SIZE - 1);
	in.rsi = TE_SIZE;
	CHECK_EQ(te_raw(te, &in, &out), 11);
	CHECK_EQ(te->seen.rip, TE_SIZE);
}

/* EDECCSSA: at CSSA = 0. */
static void d01(struct te *te)
{
	te_leaf(te, ENCLU_EDECCSSA, 0, 0, 0, NULL);
	CHECK_EQ(te->run.exception_vector, 13);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_enclu));
}

static void d02(struct te *te)
{
	struct tcs tcs;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	CHECK_EQ(te_leaf(te, ENCLU_EDECCSSA, 0, 0, 0, NULL), ENCLU_EDECCSSA);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.r8 & 0x8d5, 0x8d5);
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.cssa, 0);
	/* The next AEX takes the frame that was given up. */
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_DIV0, 0, 0), 0);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_div));
}

static void d03(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	CHECK_EQ(enclave_restrict(te->e, TE_FRAME(0), 1, SGX_SECINFO_R, &done),
	         0);
	te_leaf(te, ENCLU_EDECCSSA, 0, 0, 0, NULL);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_addr, TE_FRAME(0));
}

const struct vector exit_vectors[] = {
	{ "N32",
	  "38.4 EEXIT",
	  "arithmetic flags clear stay clear",
	  n32_clear,
	  { 0 } },
	{ "N31", "38.4 EEXIT", "EEXIT: RCX = AEP, others kept", n31, { 0 } },
	{ "N31", "38.4 EEXIT", "the same by trap", n31, { .no_pads = true } },
	{ "N31",
	  "38.4 EEXIT",
	  "the same with modelled cost",
	  n31,
	  { .model = { 8000, 8000, 10000 } } },
	{ "N32",
	  "38.4 EEXIT",
	  "EEXIT: RSP RBP DF MXCSR not restored",
	  n32,
	  { 0 } },
	{ "N32", "38.4 EEXIT", "the same by trap", n32, { .no_pads = true } },
	{ "N32",
	  "38.4 EEXIT",
	  "the same with modelled cost",
	  n32,
	  { .model = { 8000, 8000, 10000 } } },
	{ "N33", "38.4 EEXIT", "WRFSBASE, EEXIT", n33, { 0 } },
	{ "N35", "38.4 EEXIT", "EEXIT RBX not canonical", n35, { 0 } },
	{ "N35", "38.4 EEXIT", "the same by trap", n35, { .no_pads = true } },
	{ "N36", "38.4 EEXIT", "EEXIT into ELRANGE", n36, { 0 } },
	{ "N37", "38.4 EEXIT", "EEXIT at CSSA = 1", n37, { 0 } },
	{ "N38",
	  "38.4 EEXIT",
	  "pads, unlisted ENCLU, foreign GS base",
	  n38,
	  { 0 } },
	{ "N39",
	  "38.4 EEXIT",
	  "without pads text stays as measured",
	  n39,
	  { .no_pads = true } },
	{ "L26", "<asm/sgx.h>", "function 4, or reserved set", n40, { 0 } },
	{ "L28", "<asm/sgx.h>", "bad TCS: result 0, function 2", n41, { 0 } },
	{ "N32", "38.4 EEXIT", "AC not restored", n32_ac, { 0 } },
	{ "N32",
	  "38.4 EEXIT",
	  "the same by trap",
	  n32_ac,
	  { .no_pads = true } },
	{ "N34",
	  "40.2.3",
	  "TF = 1, opt-out: as before entry",
	  n34,
	  { .is_stepped = true } },
	{ "N34",
	  "40.2.3",
	  "the same by trap",
	  n34,
	  { .is_stepped = true, .no_pads = true } },
	{ "N29",
	  "40.2.3",
	  "the same without DEBUG",
	  n34,
	  { .is_stepped = true, .no_debug = true } },
	{ "N35",
	  "38.4 EEXIT",
	  "the first address not canonical",
	  n35_first,
	  { 0 } },
	{ "N35",
	  "38.4 EEXIT",
	  "canonical, not mapped: completes",
	  n35_last,
	  { 0 } },
	{ "N36", "38.4 EEXIT", "to ELRANGE's end", n36_end, { 0 } },
	{ "N41",
	  "38.4 EDECCSSA",
	  "CSSA = 0",
	  d01,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "N42",
	  "38.4 EDECCSSA",
	  "CSSA - 1, flags unchanged",
	  d02,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "N43",
	  "38.4 EDECCSSA",
	  "frame without W",
	  d03,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ 0 },
};
