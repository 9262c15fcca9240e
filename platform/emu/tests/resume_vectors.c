/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_vectors.c - ERESUME.  SDM Vol. 3D, ERESUME in 38.4; 39.7.6.
 */
#include "platform/emu/tests/harness.h"

static void interrupted(struct te *te, uint64_t routine)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, routine);
	struct snapshot out;

	CHECK(te_raw(te, &in, &out) != 0);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
}

/* interrupted(), but by the entry function, so that its EEXIT finds home. */
static void call_interrupted(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	CHECK_EQ(te->run.exception_vector, 6);
}

static void refused(struct te *te, const struct snapshot *in, uint64_t vector)
{
	struct snapshot out;

	CHECK(te_raw(te, in, &out) != 0);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_site);
	CHECK_EQ(te->seen.trapno, vector);
}

/* After an AEX, edit 8 bytes at @addr: ERESUME raises #GP, TCS stays free. */
static void bad_frame(struct te *te, uint64_t addr, uint64_t value)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct tcs tcs;

	interrupted(te, R_UD2);
	te_write64(te, addr, value);
	refused(te, &in, 13);
	te_read(te, TE_TCS0, &tcs, 64); /* R16 */
	CHECK_EQ(tcs.state, SGX_TCS_FREE);
	CHECK_EQ(tcs.cssa, 1);
}

static void r01(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);

	in.rbx += 16;
	refused(te, &in, 13);
	in.rbx = TE_RW;
	refused(te, &in, te_epcm_vector(te));
}

static void r04(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);

	refused(te, &in, 13);
}

static void r08(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct enclave_progress done;

	interrupted(te, R_UD2);
	CHECK_EQ(enclave_restrict(te->e, TE_FRAME(0), 1, SGX_SECINFO_R, &done),
	         0);
	refused(te, &in, 14);
	CHECK_EQ(te->seen.addr, TE_FRAME(0));
}

static void r09(struct te *te)
{
	bad_frame(te, TE_GPRS(0) + 136, 0x800000000000);
}

static void r10(struct te *te)
{
	call_interrupted(te);
	te_write64(te, TE_GPRS(0) + 136, 0x7000000000);
	CHECK_EQ(te_call(te, ENCLU_ERESUME, 0, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 13);
	CHECK_EQ(te_gprs(te, 0).rip, 0x7000000000);
}

static void r11(struct te *te)
{
	bad_frame(te, TE_GPRS(0) + 168, 0x800000000000);
}

static void r12(struct te *te)
{
	bad_frame(te, TE_FRAME(0) + 512, 1ull << 40);
}

static void r13(struct te *te)
{
	bad_frame(te, TE_FRAME(0) + 528, 1);
}

static void r14(struct te *te)
{
	bad_frame(te, TE_FRAME(0) + 520, 1ull << 63);
}

static void r15(struct te *te)
{
	bad_frame(te, TE_FRAME(0) + 24, 0x80000000);
}

/* Step over the UD2 and go on; returns what the enclave found. */
static struct snapshot go_on(struct te *te)
{
	te_write64(te, TE_GPRS(0) + 136, TE_ADDR(te_ud2) + 2);
	CHECK_EQ(te_call(te, ENCLU_ERESUME, 0, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	return te_after(te);
}

static void r17(struct te *te)
{
	struct snapshot s;

	call_interrupted(te);
	te_write64(te, TE_FRAME(0) + 512, 0);
	s = go_on(te);
	CHECK_EQ(s.xmm0[0] | s.xmm0[1] | s.xmm15[0], 0);
	CHECK_EQ(s.fcw, 0x37f);
}

static void r18(struct te *te)
{
	struct snapshot s;

	call_interrupted(te);
	s = go_on(te);
	CHECK_EQ(s.rax, PATTERN * 1);
	CHECK_EQ(s.rcx, PATTERN * 2);
	CHECK_EQ(s.rdx, PATTERN * 3);
	CHECK_EQ(s.rbx, PATTERN * 4);
	CHECK_EQ(s.rsp, PATTERN * 5);
	CHECK_EQ(s.rbp, PATTERN * 6);
	CHECK_EQ(s.rsi, PATTERN * 7);
	CHECK_EQ(s.rdi, PATTERN * 8);
	CHECK_EQ(s.r8, PATTERN * 9);
	CHECK_EQ(s.r9, PATTERN * 10);
	CHECK_EQ(s.r10, PATTERN * 11);
	CHECK_EQ(s.r11, PATTERN * 12);
	CHECK_EQ(s.r12, PATTERN * 13);
	CHECK_EQ(s.r13, PATTERN * 14);
	CHECK_EQ(s.r14, PATTERN * 15);
	CHECK_EQ(s.r15, PATTERN * 16);
	CHECK_EQ(s.xmm0[0], ~0ull);
	CHECK_EQ(s.xmm15[1], 0x0fff0fff0fff0fff);
	CHECK_EQ(s.mxcsr, 0x1f40);
}

static void r19(struct te *te)
{
	struct tcs tcs;

	call_interrupted(te);
	go_on(te);
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.cssa, 0);
}

static void r20(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct snapshot out;
	uint64_t rsp;

	interrupted(te, R_UD2);
	rsp = te_gprs(te, 0).ursp;
	in.rbp = 0x1234;
	CHECK(te_raw(te, &in, &out) != 0); /* the same #UD again: R29 */
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_ud2));
	CHECK_EQ(te_gprs(te, 0).ursp, rsp);
	CHECK_EQ(te->seen.regs.rbp, PATTERN * 6);
}

static void r22(struct te *te)
{
	struct snapshot s;

	call_interrupted(te);
	te_write64(te, TE_GPRS(0) + 128, 0x2440d7); /* ID AC NT, no DF OF */
	s = go_on(te);
	CHECK_EQ(s.rflags & ~0x200ull, 0x2440d7);
}

static void r23(struct te *te)
{
	struct snapshot s;

	call_interrupted(te);
	te_write64(te, TE_GPRS(0) + 128, 0x23002); /* VM, RF, IOPL 3; no IF */
	s = go_on(te);
	CHECK_EQ(s.rflags, 0x202);
}

static void r24(struct te *te)
{
	struct snapshot s;

	call_interrupted(te);
	te_write64(te, TE_GPRS(0) + 128, 0x302); /* TF */
	s = go_on(te);
	CHECK_EQ(s.rflags, 0x202);
}

static void r25(struct te *te)
{
	struct snapshot s;

	call_interrupted(te);
	te_write64(te, TE_GPRS(0) + 168, 0x5000);
	s = go_on(te);
	CHECK_EQ(s.fsbase, 0x5000);
	CHECK_EQ(s.gsbase, TE_BLOCK0);
}

static void r26(struct te *te)
{
	call_interrupted(te);
	te_write64(te, TE_BLOCK0 + BLOCK_SKIP, 2);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_SKIP, 0, 0), 0);
	CHECK_EQ(te->regs.rdi, 2);
	CHECK_EQ(te_call(te, ENCLU_ERESUME, 0, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te_after(te).r15, PATTERN * 16);
}

static void r28(struct te *te)
{
	call_interrupted(te);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	CHECK_EQ(te_entry_snapshot(te, 1).rax, 1);
	CHECK_EQ(te_read64(te, TE_TCS0 + 24) & 0xffffffff, 2);
	te_write64(te, TE_GPRS(1) + 136, 0x7000000000);
	CHECK_EQ(te_call(te, ENCLU_ERESUME, 0, 0, 0), 0);
	CHECK_EQ(te_gprs(te, 1).rip, 0x7000000000);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_ud2));
}

static void r02(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);

	interrupted(te, R_UD2);
	in.rbx = TE_HOLE;
	refused(te, &in, te_epcm_vector(te));
	if (te_epcm_vector(te) == 14)
		CHECK_EQ(te->seen.addr, TE_HOLE);
}

static void r03(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);

	interrupted(te, R_UD2);
	in.rcx = 0x800000000000;
	refused(te, &in, 13);
	CHECK_EQ(te_read64(te, TE_TCS0 + 24) & 0xffffffff, 1);
}

static void r04_called(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_ERESUME, 0, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 13);
}

static void r05(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct te_spinner s;
	struct snapshot first;

	interrupted(te, R_UD2);
	te_occupy(te, &s);
	while (!(te_read64(te, TE_BLOCK0 + BLOCK_SPUN) & 1))
		;
	refused(te, &in, 13);
	/* It leaves to where the first snapshot says. */
	first = te_entry_snapshot(te, 1);
	te_write(te, TE_BLOCK0 + BLOCK_ENTRY, &first, sizeof(first));
	te_vacate(te, &s);
}

static void r06(struct te *te)
{
	te_leaf(te, ENCLU_ERESUME, TE_TCS0, (uintptr_t)raw_aep, 0, NULL);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 13);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_enclu));
}

static void r08_gprs(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct enclave_progress done;

	interrupted(te, R_UD2);
	CHECK_EQ(enclave_modify(te->e, TE_FRAME(0) + 0x3000, 1, SGX_PT_TRIM,
	                        &done),
	         0);
	refused(te, &in, 14);
	CHECK_EQ(te->seen.addr, TE_FRAME(0) + 0x3000);
}

static void r08_tcs(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct enclave_progress done;

	interrupted(te, R_UD2);
	CHECK_EQ(enclave_modify(te->e, TE_TCS0, 1, SGX_PT_TRIM, &done), 0);
	refused(te, &in, 14);
	CHECK_EQ(te->seen.addr, TE_TCS0);
}

/* CSSA = NSSA keeps EENTER out, not ERESUME. */
static void r08_nssa(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct snapshot out;

	interrupted(te, R_UD2);
	CHECK_EQ(te_raw(te, &in, &out), 4);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
}

static void edit_nssa(struct tcs *tcs)
{
	tcs->nssa = 1;
}

static void r10_page(struct te *te)
{
	call_interrupted(te);
	te_write64(te, TE_GPRS(0) + 136, TE_RW);
	CHECK_EQ(te_call(te, ENCLU_ERESUME, 0, 0, 0), 0);
	CHECK_EQ(te->run.exception_vector, te_epcm_vector(te));
	CHECK_EQ(te_gprs(te, 0).rip, TE_RW);
	CHECK_EQ(te_gprs(te, 0).r15, PATTERN * 16);
}

static void r11_gsbase(struct te *te)
{
	bad_frame(te, TE_GPRS(0) + 176, 0x800000000000);
}

static void r12_avx(struct te *te)
{
	bad_frame(te, TE_FRAME(0) + 512, SGX_XFRM_LEGACY | SGX_XFRM_AVX);
}

static void r13_last(struct te *te)
{
	bad_frame(te, TE_FRAME(0) + 528, 1ull << 63);
}

static void r14_low(struct te *te)
{
	bad_frame(te, TE_FRAME(0) + 520, 1);
}

/* After one that was refused the frame still resumes. */
static void r16(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct snapshot out;

	bad_frame(te, TE_FRAME(0) + 528, 1);
	te_write64(te, TE_FRAME(0) + 528, 0);
	CHECK_EQ(te_raw(te, &in, &out), 4);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	CHECK_EQ(te_gprs(te, 0).r15, PATTERN * 16);
}

static void r17_words(struct te *te)
{
	struct snapshot s;
	uint16_t fcw = 0x27f;
	uint32_t mxcsr = 0x9fc0;

	call_interrupted(te);
	te_write(te, TE_FRAME(0), &fcw, sizeof(fcw));
	te_write(te, TE_FRAME(0) + 24, &mxcsr, sizeof(mxcsr));
	s = go_on(te);
	CHECK_EQ(s.fcw, 0x27f);
	CHECK_EQ(s.mxcsr, 0x9fc0);
}

static void r21(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct snapshot out;

	interrupted(te, R_UD2);
	in.rcx = (uintptr_t)raw_stop;
	CHECK_EQ(te_raw(te, &in, &out), 4);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_stop);
	CHECK_EQ(te->seen.regs.rcx, (uintptr_t)raw_stop);
}

static void r22_all(struct te *te)
{
	struct snapshot s;

	call_interrupted(te);
	te_write64(te, TE_GPRS(0) + 128, 0xcd7); /* OF DF SF ZF AF PF CF */
	s = go_on(te);
	CHECK_EQ(s.rflags, 0xed7);
}

/* The frame's GS base, seen in the frame of the next AEX. */
static void r25_gsbase(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_ERESUME, 0);
	struct snapshot out;

	interrupted(te, R_UD2);
	te_write64(te, TE_GPRS(0) + 176, 0x7000);
	CHECK_EQ(te_raw(te, &in, &out), 4);
	CHECK_EQ(te_gprs(te, 0).gsbase, 0x7000);
	CHECK_EQ(te_gprs(te, 0).fsbase, TE_BLOCK0);
}

static void r27(struct te *te)
{
	call_interrupted(te);
	te_write64(te, TE_GPRS(0) + 160, 0x80000313);
	go_on(te);
	CHECK_EQ(te_read64(te, TE_GPRS(0) + 160) & 0xffffffff, 0x80000313);
}

/* By the host's next AEX: FS and GS are those of this ERESUME's caller. */
static void r30(struct te *te)
{
	struct snapshot in, out;
	uint64_t fs, now;

	__asm__("rdfsbase %0" : "=r"(fs));
	in = te_raw_in(ENCLU_EENTER, R_WRFSBASE_UD2);
	in.rsi = 0x123456000;
	CHECK_EQ(te_raw(te, &in, &out), 4);
	in = te_raw_in(ENCLU_ERESUME, 0);
	CHECK_EQ(te_raw(te, &in, &out), 4);
	__asm__("rdfsbase %0" : "=r"(now));
	CHECK_EQ(now, fs);
	CHECK_EQ(te_gprs(te, 0).fsbase, 0x123456000);
}

const struct vector resume_vectors[] = {
	{ "R01", "38.4 ERESUME", "RBX misaligned; R02 not a TCS", r01, { 0 } },
	{ "R04", "38.4 ERESUME", "CSSA = 0", r04, { 0 } },
	{ "R08",
	  "38.4 ERESUME",
	  "frame page without W",
	  r08,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "R09", "38.4 ERESUME", "RIP not canonical; R16", r09, { 0 } },
	{ "R10",
	  "38.4 ERESUME",
	  "RIP outside ELRANGE: resumes, then #GP",
	  r10,
	  { 0 } },
	{ "R11", "38.4 ERESUME", "FSBASE not canonical", r11, { 0 } },
	{ "R12", "39.7.6", "XSTATE_BV bit outside XFRM", r12, { 0 } },
	{ "R13", "39.7.6", "byte 528 not 0", r13, { 0 } },
	{ "R14", "39.7.6", "XCOMP_BV[63]", r14, { 0 } },
	{ "R15", "39.7.6", "reserved MXCSR bit", r15, { 0 } },
	{ "R17", "39.7.6", "XSTATE_BV = 0: INIT state", r17, { 0 } },
	{ "R18", "38.4 ERESUME", "16 GPRs, XMM, MXCSR", r18, { 0 } },
	{ "R19", "38.4 ERESUME", "CSSA - 1", r19, { 0 } },
	{ "R20",
	  "38.4 ERESUME",
	  "URSP not written; R29 same #UD again",
	  r20,
	  { 0 } },
	{ "R22", "38.4 ERESUME", "DF AC ID NT from the frame", r22, { 0 } },
	{ "R23", "38.4 ERESUME", "IF, IOPL, VM ignored", r23, { 0 } },
	{ "R24", "38.4 ERESUME", "TF ignored after opt-out", r24, { 0 } },
	{ "R25", "38.4 ERESUME", "FS, GS of the frame", r25, { 0 } },
	{ "R26", "38.4 ERESUME", "RIP edited at CSSA = 1", r26, { 0 } },
	{ "R28", "38.4 ERESUME", "two AEXs", r28, { 0 } },
	{ "R02", "38.4 ERESUME", "no page", r02, { 0 } },
	{ "R03", "38.4 ERESUME", "AEP not canonical", r03, { 0 } },
	{ "R04",
	  "38.4 ERESUME",
	  "CSSA = 0, by the entry function",
	  r04_called,
	  { 0 } },
	{ "R05", "38.4 ERESUME", "TCS busy", r05, { 0 } },
	{ "R06", "38.4 ERESUME", "inside", r06, { 0 } },
	{ "R08",
	  "38.4 ERESUME",
	  "GPRSGX page trimmed",
	  r08_gprs,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "R08",
	  "38.4 ERESUME",
	  "TCS MODIFIED",
	  r08_tcs,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "R08",
	  "38.4 ERESUME",
	  "CSSA = NSSA: resumes",
	  r08_nssa,
	  { .edit_tcs = edit_nssa } },
	{ "R10",
	  "38.4 ERESUME",
	  "RIP on a page without X: resumes, then #PF",
	  r10_page,
	  { 0 } },
	{ "R11", "38.4 ERESUME", "GSBASE not canonical", r11_gsbase, { 0 } },
	{ "R12",
	  "39.7.6",
	  "XSTATE_BV: AVX outside XFRM",
	  r12_avx,
	  { .plain_xfrm = true } },
	{ "R13", "39.7.6", "byte 535 not 0", r13_last, { 0 } },
	{ "R14", "39.7.6", "XCOMP_BV[0]", r14_low, { 0 } },
	{ "R16", "38.4 ERESUME", "refused, mended, resumed", r16, { 0 } },
	{ "R17", "39.7.6", "FCW and MXCSR of the frame", r17_words, { 0 } },
	{ "R21", "38.4 ERESUME", "another AEP", r21, { 0 } },
	{ "R22",
	  "38.4 ERESUME",
	  "OF DF SF ZF AF PF CF from the frame",
	  r22_all,
	  { 0 } },
	{ "R25", "38.4 ERESUME", "GS base of the frame", r25_gsbase, { 0 } },
	{ "R27", "38.4 ERESUME", "EXITINFO is not looked at", r27, { 0 } },
	{ "R30",
	  "38.4 ERESUME",
	  "host's FS kept for the next AEX",
	  r30,
	  { 0 } },
	{ 0 },
};
