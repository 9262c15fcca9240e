/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry_vectors.c - EENTER, EEXIT.  SDM Vol. 3D, EENTER and EEXIT in 38.4.
 */
#include <pthread.h>
#include <unistd.h>

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
	refused(te, &in, 14, TE_RW);
	in.rbx = 0x7f0000000000;
	refused(te, &in, 14, 0x7f0000000000);
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
	refused(te, &in, 14, TE_SSA0);
}

static void n14(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct enclave_progress done;

	CHECK_EQ(enclave_modify(te->e, TE_SSA0 + 0x3000, 1, SGX_PT_TRIM, &done),
	         0);
	refused(te, &in, 14, TE_SSA0 + 0x3000);
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

	refused(te, &in, 14, TE_HOLE);
}

struct spinner {
	struct te *te;
	struct enclave_regs regs;
	struct sgx_enclave_run run;
	int result;
};

static void *spin(void *arg)
{
	struct spinner *s = arg;
	struct enclave_thread *t;

	s->result = enclave_attach(s->te->e, &t, NULL);
	if (s->result < 0)
		return NULL;
	s->regs.rdi = R_SPIN;
	enclave_run_init(&s->run, TE_TCS0, &s->regs);
	s->result = enclave_call(s->te->e, &s->regs, ENCLU_EENTER, &s->run);
	enclave_detach(t);
	return NULL;
}

static void n17(struct te *te)
{
	struct spinner s = { .te = te };
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_EXIT);
	struct tcs tcs = { 0 };
	pthread_t thread;

	pthread_create(&thread, NULL, spin, &s);
	while (tcs.state != SGX_TCS_BUSY)
		te_read(te, TE_TCS0, &tcs, 64);
	refused(te, &in, 13, 0);
	te_write64(te, TE_BLOCK0 + BLOCK_GO, 1);
	pthread_join(thread, NULL);
	CHECK_EQ(s.result, 0);
	CHECK_EQ(s.run.function, ENCLU_EEXIT);
}

static void n18(struct te *te)
{
	te_write64(te, TE_BLOCK0 + BLOCK_ARG, TE_TCS0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_ENCLU, ENCLU_EENTER, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 13);
	CHECK_EQ(te_gprs(te, 0).exitinfo, 0x8000030d);
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
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_addr, TE_RW);
}

const struct vector entry_vectors[] = {
	{ "N01", "RBX not 4096-aligned", n01, { 0 } },
	{ "N02", "RBX outside EPC, or a REG page", n02, { 0 } },
	{ "N04", "AEP not canonical", n04, { 0 } },
	{ "N05", "OSSA misaligned", bad_tcs, { .edit_tcs = edit_ossa } },
	{ "N06", "OGSBASE misaligned", bad_tcs, { .edit_tcs = edit_ogsbase } },
	{ "N07", "TCS.FLAGS bit 2", bad_tcs, { .edit_tcs = edit_flags } },
	{ "N08", "not initialized", bad_tcs, { .no_init = true } },
	{ "N10", "AEXNOTIFY differs", bad_tcs, { .edit_tcs = edit_notify } },
	{ "N11", "CSSA = NSSA", n11, { .edit_tcs = edit_nssa } },
	{ "N13", "SSA page read-only", n13, { 0 } },
	{ "N13", "SSA page missing", n13_hole, { .edit_tcs = edit_ossa_hole } },
	{ "N14", "GPRSGX page trimmed", n14, { 0 } },
	{ "N15", "page between trimmed: enters", n15, { .plain_xfrm = true } },
	{ "N16", "OENTRY not canonical", bad_tcs, { .edit_tcs = edit_oentry } },
	{ "N17", "TCS busy", n17, { 0 } },
	{ "N18", "EENTER inside", n18, { 0 } },
	{ "N19", "inside leaves outside; leaf 100", n19, { 0 } },
	{ "N20", "RAX = CSSA, RCX = next RIP", n20, { 0 } },
	{ "N21", "other registers unchanged", n21, { 0 } },
	{ "N22", "RSP, RBP unchanged, in URSP, URBP", n22, { 0 } },
	{ "N23", "DF, AC stay", n23, { 0 } },
	{ "N24", "MXCSR, FCW, XMM unchanged", n24, { 0 } },
	{ "N25", "FS, GS base", n25, { 0 } },
	{ "N28", "POPF TF, opt-out", n28, { 0 } },
	{ "N30", "EENTER at CSSA = 1", n30, { 0 } },
	{ "N31", "EEXIT: RCX = AEP, others kept", n31, { 0 } },
	{ "N31", "the same by trap", n31, { .no_pads = true } },
	{ "N31",
	  "the same with modelled cost",
	  n31,
	  { .model = { 8000, 8000, 10000 } } },
	{ "N32", "EEXIT: RSP RBP DF MXCSR not restored", n32, { 0 } },
	{ "N32", "the same by trap", n32, { .no_pads = true } },
	{ "N32",
	  "the same with modelled cost",
	  n32,
	  { .model = { 8000, 8000, 10000 } } },
	{ "N33", "WRFSBASE, EEXIT", n33, { 0 } },
	{ "N35", "EEXIT RBX not canonical", n35, { 0 } },
	{ "N35", "the same by trap", n35, { .no_pads = true } },
	{ "N36", "EEXIT into ELRANGE", n36, { 0 } },
	{ "N37", "EEXIT at CSSA = 1", n37, { 0 } },
	{ "N38", "pads, unlisted ENCLU, foreign GS base", n38, { 0 } },
	{ "N39",
	  "without pads text stays as measured",
	  n39,
	  { .no_pads = true } },
	{ "L26", "function 4, or reserved set", n40, { 0 } },
	{ "L28", "bad TCS: result 0, function 2", n41, { 0 } },
	{ 0 },
};
