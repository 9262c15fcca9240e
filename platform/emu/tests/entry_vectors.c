/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry_vectors.c - EENTER.  SDM Vol. 3D, EENTER in 38.4.
 */
#include <string.h>

#include "platform/emu/tests/harness.h"

static struct snapshot enter(struct te *te, uint64_t routine)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, routine);
	struct snapshot out;

	CHECK_EQ(te_raw(te, &in, &out), 0);
	return out;
}

/* EENTER with @in must raise @vector at the ENCLU. */
static void refused(struct te *te, const struct snapshot *in, uint64_t vector,
                    uint64_t addr)
{
	struct snapshot out;

	CHECK(te_raw(te, in, &out) != 0);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_site);
	CHECK_EQ(te->seen.trapno, vector);
	if (vector == 14)
		CHECK_EQ(te->seen.addr, addr);
	CHECK_EQ(te->seen.regs.rbx, in->rbx);
}

static void n01(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);

	in.rbx = TE_TCS0 + 8;
	refused(te, &in, 13, 0);
}

static void n02(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);

	in.rbx = TE_RW;
	refused(te, &in, te_epcm_vector(te), TE_RW);
	in.rbx = 0x7f0000000000;
	refused(te, &in, te_epcm_vector(te), 0x7f0000000000);
}

static void n04(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);

	in.rcx = 0x8000000000000000;
	refused(te, &in, 13, 0);
}

/* The TCS was made malformed by its vector's params. */
static void bad_tcs(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);

	refused(te, &in, 13, 0);
}

static void edit_ossa(struct tcs *tcs)
{
	tcs->ossa += 8;
}

static void edit_ogsbase(struct tcs *tcs)
{
	tcs->ogsbase += 16;
}

static void edit_flags(struct tcs *tcs)
{
	tcs->flags = 4;
}

static void edit_notify(struct tcs *tcs)
{
	tcs->flags = SGX_TCS_AEXNOTIFY;
}

static void edit_nssa(struct tcs *tcs)
{
	tcs->nssa = 1;
}

static void edit_oentry(struct tcs *tcs)
{
	tcs->oentry = 0x800000000000;
}

static void edit_ossa_hole(struct tcs *tcs)
{
	tcs->ossa = TE_HOLE;
}

static void n11(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_UD2);
	struct snapshot out;

	CHECK(te_raw(te, &in, &out) != 0); /* AEX: CSSA is 1 = NSSA */
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	refused(te, &in, 13, 0);
}

static void n13(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct enclave_progress done;

	CHECK_EQ(enclave_restrict(te->e, TE_SSA0, 1, SGX_SECINFO_R, &done), 0);
	refused(te, &in, te_epcm_vector(te), TE_SSA0);
}

static void n14(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct enclave_progress done;

	CHECK_EQ(enclave_modify(te->e, TE_SSA0 + 0x3000, 1, SGX_PT_TRIM, &done),
	         0);
	refused(te, &in, te_epcm_vector(te), TE_SSA0 + 0x3000);
}

static void n15(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(enclave_modify(te->e, TE_SSA0 + 0x2000, 1, SGX_PT_TRIM, &done),
	         0);
	enter(te, R_EXIT);
}

static void n13_hole(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);

	refused(te, &in, te_epcm_vector(te), TE_HOLE);
}

static void n17(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct te_spinner s;

	te_occupy(te, &s);
	refused(te, &in, 13, 0);
	te_vacate(te, &s);
}

static void n18(struct te *te)
{
	te_write64(te, TE_BLOCK0 + BLOCK_ARG, TE_TCS0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_ENCLU, ENCLU_EENTER, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 13);
	CHECK_EQ(te_gprs(te, 0).exitinfo, te_exitinfo(te, 0x8000030d));
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_enclu));
}

static void n19(struct te *te)
{
	static const uint64_t leaves[] = { 4, 5, 100 };

	for (size_t i = 0; i < 3; i++) {
		struct snapshot in = te_raw_in(leaves[i], 0);

		refused(te, &in, 13, 0);
	}
}

static void n19_more(struct te *te)
{
	static const uint64_t leaves[] = { 0, 1, 6, 7, 8, 9 };

	for (size_t i = 0; i < 6; i++) {
		struct snapshot in = te_raw_in(leaves[i], 0);

		refused(te, &in, 13, 0);
	}
}

/* No such leaf inside either. */
static void n19_inside(struct te *te)
{
	static const uint32_t leaves[] = { 8, 10, 100 };
	struct te_params params = te->params;

	for (size_t i = 0; i < 3; i++) {
		te_leaf(te, leaves[i], 0, 0, 0, NULL);
		CHECK_EQ(te->run.function, ENCLU_ERESUME);
		CHECK_EQ(te->run.exception_vector, 13);
		te_stop(te);
		CHECK(te_start(te, &params));
	}
}

/* The leaf is in EAX. */
static void n19_upper(struct te *te)
{
	struct snapshot in = te_raw_in(0x100000000 | ENCLU_EENTER, R_EXIT);
	struct snapshot out;

	CHECK_EQ(te_raw(te, &in, &out), 0);
	CHECK_EQ(te_entry_snapshot(te, 0).rax, 0);
}

/* A TCS on its way to TRIM, and a page on its way to TCS. */
static void n03(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct enclave_progress done;

	CHECK_EQ(enclave_modify(te->e, TE_TCS1, 1, SGX_PT_TRIM, &done), 0);
	in.rbx = TE_TCS1;
	refused(te, &in, 14, TE_TCS1);
	CHECK_EQ(enclave_modify(te->e, TE_RW, 1, SGX_PT_TCS, &done), 0);
	in.rbx = TE_RW;
	refused(te, &in, 14, TE_RW);
}

/* AEP is looked at before the EPCM. */
static void n04_order(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);

	in.rbx = TE_RW;
	in.rcx = 0x800000000000;
	refused(te, &in, 13, 0);
}

static void edit_ofsbase(struct tcs *tcs)
{
	tcs->ofsbase += 0x800;
}

static void edit_ofsbase_far(struct tcs *tcs)
{
	tcs->ofsbase = 0x800000000000;
}

static void edit_ogsbase_far(struct tcs *tcs)
{
	tcs->ogsbase = 0x800000000000;
}

static void edit_nssa_2(struct tcs *tcs)
{
	tcs->nssa = 2;
}

static void n12(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_UD2);
	struct snapshot out;

	CHECK_EQ(te_raw(te, &in, &out), 4);
	enter(te, R_EXIT);
	CHECK_EQ(te_entry_snapshot(te, 1).rax, 1);
}

/* Whatever refuses leaves the TCS as it was. */
static void n17_free(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct tcs tcs;

	in.rcx = 0x8000000000000000;
	refused(te, &in, 13, 0);
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.state, SGX_TCS_FREE);
	CHECK_EQ(tcs.cssa, 0);
	CHECK_EQ(tcs.aep, 0);
	enter(te, R_EXIT);
}

static void n20_aep(struct te *te)
{
	struct tcs tcs;

	enter(te, R_EXIT);
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.aep, (uintptr_t)raw_aep);
	CHECK_EQ(tcs.cssa, 0);
	CHECK_EQ(tcs.state, SGX_TCS_FREE);
}

/* Of the frame EENTER writes URSP and URBP only. */
static void n22_frame(struct te *te)
{
	uint8_t fill[200], got[200];

	memset(fill, 0xee, sizeof(fill));
	te_write(te, TE_GPRS(0) - 16, fill, sizeof(fill));
	enter(te, R_EXIT);
	te_read(te, TE_GPRS(0) - 16, got, sizeof(got));
	CHECK(memcmp(got, fill, 160) == 0);
	CHECK(memcmp(got + 160, fill, 16) != 0);
	CHECK(memcmp(got + 176, fill, 24) == 0);
}

/* Each TCS has its own state: this one enters while the other waits. */
static void n25_other(struct te *te)
{
	struct tcs tcs;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	te->run.tcs = TE_TCS1;
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	te_read(te, TE_TCS1, &tcs, 64);
	CHECK_EQ(tcs.cssa, 0);
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.cssa, 1);
}

/* After an opt-in entry the #DB of TF comes before the first instruction. */
static void n27_opt_in(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct snapshot out;

	te_write64(te, TE_TCS0 + 8, SGX_TCS_DBGOPTIN);
	in.rflags = 0x302;
	CHECK_EQ(te_raw(te, &in, &out), 5);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_entry));
	CHECK_EQ(te_gprs(te, 0).exitinfo, 0x80000301);
	CHECK_EQ(te_gprs(te, 0).rflags & 0x100, 0);
}

static void n20(struct te *te)
{
	struct snapshot s;

	enter(te, R_EXIT);
	s = te_entry_snapshot(te, 0);
	CHECK_EQ(s.rax, 0);
	CHECK_EQ(s.rcx, (uintptr_t)raw_after);
	CHECK_EQ(s.rbx, TE_TCS0);
}

static void n21(struct te *te)
{
	struct snapshot s;

	enter(te, R_EXIT);
	s = te_entry_snapshot(te, 0);
	CHECK_EQ(s.rdx, PATTERN * 3);
	CHECK_EQ(s.rsi, PATTERN * 7);
	CHECK_EQ(s.rdi, R_EXIT);
	CHECK_EQ(s.r8, PATTERN * 9);
	CHECK_EQ(s.r9, PATTERN * 10);
	CHECK_EQ(s.r10, PATTERN * 11);
	CHECK_EQ(s.r11, PATTERN * 12);
	CHECK_EQ(s.r12, PATTERN * 13);
	CHECK_EQ(s.r13, PATTERN * 14);
	CHECK_EQ(s.r14, PATTERN * 15);
	CHECK_EQ(s.r15, PATTERN * 16);
}

static void n22(struct te *te)
{
	struct snapshot out = enter(te, R_EXIT);
	struct snapshot s = te_entry_snapshot(te, 0);
	struct gprsgx g = te_gprs(te, 0);

	CHECK_EQ(s.rbp, PATTERN * 6);
	CHECK_EQ(s.rsp, out.rsp); /* the routine puts RSP back */
	CHECK_EQ(g.ursp, s.rsp);
	CHECK_EQ(g.urbp, s.rbp);
}

static void n23(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct snapshot out;

	in.rflags = 0x40ad7; /* AC OF IF SF ZF AF PF CF */
	CHECK_EQ(te_raw(te, &in, &out), 0);
	CHECK_EQ(te_entry_snapshot(te, 0).rflags, 0x40ad7);
	in.rflags = 0x602; /* DF */
	CHECK_EQ(te_raw(te, &in, &out), 0);
	CHECK_EQ(te_entry_snapshot(te, 0).rflags, 0x602);
}

static void n24(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct snapshot out, s;

	in.mxcsr = 0x9fc0;
	in.fcw = 0x27f;
	in.xmm0[0] = 0x1122334455667788;
	in.xmm15[1] = 0x99aabbccddeeff00;
	CHECK_EQ(te_raw(te, &in, &out), 0);
	s = te_entry_snapshot(te, 0);
	CHECK_EQ(s.mxcsr, 0x9fc0);
	CHECK_EQ(s.fcw, 0x27f);
	CHECK_EQ(s.xmm0[0], 0x1122334455667788);
	CHECK_EQ(s.xmm15[1], 0x99aabbccddeeff00);
	CHECK_EQ(out.xmm15[1], 0x99aabbccddeeff00);
}

static void n25(struct te *te)
{
	struct snapshot s;

	enter(te, R_EXIT);
	s = te_entry_snapshot(te, 0);
	CHECK_EQ(s.fsbase, TE_BLOCK0);
	CHECK_EQ(s.gsbase, TE_BLOCK0);
}

static void n28(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_POPF_TF, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdx & 0x100, 0);
}

static void n30(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_UD2);
	struct snapshot out, s;

	CHECK(te_raw(te, &in, &out) != 0);
	in = te_raw_in(ENCLU_EENTER, R_EXIT);
	in.rbp = 0x5a5a;
	CHECK_EQ(te_raw(te, &in, &out), 0);
	s = te_entry_snapshot(te, 1);
	CHECK_EQ(s.rax, 1);
	CHECK_EQ(te_gprs(te, 1).ursp, s.rsp);
	CHECK_EQ(te_gprs(te, 1).urbp, 0x5a5a);
	CHECK_EQ(te_gprs(te, 0).urbp, PATTERN * 6);
}

static void edit_ofsbase_other(struct tcs *tcs)
{
	tcs->ofsbase = TE_RW;
}

static void n25_bases(struct te *te)
{
	struct snapshot s;

	enter(te, R_EXIT);
	s = te_entry_snapshot(te, 0);
	CHECK_EQ(s.fsbase, TE_RW);
	CHECK_EQ(s.gsbase, TE_BLOCK0);
}

const struct vector entry_vectors[] = {
	{ "N10",
	  "38.4 EENTER",
	  "not MODE64BIT",
	  bad_tcs,
	  { .no_mode64 = true } },
	{ "N25",
	  "38.4 EENTER",
	  "FS and GS base differ",
	  n25_bases,
	  { .edit_tcs = edit_ofsbase_other } },
	{ "N01", "38.4 EENTER", "RBX not 4096-aligned", n01, { 0 } },
	{ "N02", "38.4 EENTER", "RBX outside EPC, or a REG page", n02, { 0 } },
	{ "N04", "38.4 EENTER", "AEP not canonical", n04, { 0 } },
	{ "N05",
	  "38.4 EENTER",
	  "OSSA misaligned",
	  bad_tcs,
	  { .edit_tcs = edit_ossa } },
	{ "N06",
	  "38.4 EENTER",
	  "OGSBASE misaligned",
	  bad_tcs,
	  { .edit_tcs = edit_ogsbase } },
	{ "N07",
	  "38.4 EENTER",
	  "TCS.FLAGS bit 2",
	  bad_tcs,
	  { .edit_tcs = edit_flags } },
	{ "N08",
	  "38.4 EENTER",
	  "not initialized",
	  bad_tcs,
	  { .no_init = true } },
	{ "N10",
	  "38.4 EENTER",
	  "AEXNOTIFY differs",
	  bad_tcs,
	  { .edit_tcs = edit_notify } },
	{ "N11", "38.4 EENTER", "CSSA = NSSA", n11, { .edit_tcs = edit_nssa } },
	{ "N13",
	  "38.4 EENTER",
	  "SSA page read-only",
	  n13,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "N13",
	  "38.4 EENTER",
	  "SSA page missing",
	  n13_hole,
	  { .edit_tcs = edit_ossa_hole } },
	{ "N14",
	  "38.4 EENTER",
	  "GPRSGX page trimmed",
	  n14,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "N15",
	  "38.4 EENTER",
	  "page between trimmed: enters",
	  n15,
	  { .isa = PLATFORM_ISA_SGX2, .plain_xfrm = true } },
	{ "N16",
	  "38.4 EENTER",
	  "OENTRY not canonical",
	  bad_tcs,
	  { .edit_tcs = edit_oentry } },
	{ "N17", "38.4 EENTER", "TCS busy", n17, { 0 } },
	{ "N18", "38.4 EENTER", "EENTER inside", n18, { 0 } },
	{ "N19", "38 ENCLU", "inside leaves outside; leaf 100", n19, { 0 } },
	{ "N20", "38.4 EENTER", "RAX = CSSA, RCX = next RIP", n20, { 0 } },
	{ "N21", "38.4 EENTER", "other registers unchanged", n21, { 0 } },
	{ "N22",
	  "38.4 EENTER",
	  "RSP, RBP unchanged, in URSP, URBP",
	  n22,
	  { 0 } },
	{ "N23", "38.4 EENTER", "DF, AC stay", n23, { 0 } },
	{ "N24", "38.4 EENTER", "MXCSR, FCW, XMM unchanged", n24, { 0 } },
	{ "N25", "38.4 EENTER", "FS, GS base", n25, { 0 } },
	{ "N28", "40.2.5", "POPF TF, opt-out", n28, { 0 } },
	{ "N30", "38.4 EENTER", "EENTER at CSSA = 1", n30, { 0 } },
	{ "N03",
	  "38.4 EENTER",
	  "TCS MODIFIED",
	  n03,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "N04",
	  "38.4 EENTER",
	  "AEP not canonical, not a TCS",
	  n04_order,
	  { 0 } },
	{ "N06",
	  "38.4 EENTER",
	  "OFSBASE misaligned",
	  bad_tcs,
	  { .edit_tcs = edit_ofsbase } },
	{ "N12",
	  "38.4 EENTER",
	  "CSSA = NSSA - 1: enters",
	  n12,
	  { .edit_tcs = edit_nssa_2 } },
	{ "N16",
	  "38.4 EENTER",
	  "new FS base not canonical",
	  bad_tcs,
	  { .edit_tcs = edit_ofsbase_far } },
	{ "N16",
	  "38.4 EENTER",
	  "new GS base not canonical",
	  bad_tcs,
	  { .edit_tcs = edit_ogsbase_far } },
	{ "N17", "38.4 EENTER", "refused: TCS as before", n17_free, { 0 } },
	{ "N19", "38 ENCLU", "other inside leaves outside", n19_more, { 0 } },
	{ "N19", "38 ENCLU", "leaves 8, 10, 100 inside", n19_inside, { 0 } },
	{ "N19", "38 ENCLU", "the leaf is in EAX", n19_upper, { 0 } },
	{ "N20", "38.4 EENTER", "TCS.AEP = RCX, CSSA stays", n20_aep, { 0 } },
	{ "N22",
	  "38.4 EENTER",
	  "rest of GPRSGX not written",
	  n22_frame,
	  { 0 } },
	{ "N25", "38.4 EENTER", "another TCS meanwhile", n25_other, { 0 } },
	{ "N27",
	  "38.4 EENTER",
	  "TF = 1, opt-in: #DB at once",
	  n27_opt_in,
	  { .is_stepped = true } },
	{ 0 },
};
