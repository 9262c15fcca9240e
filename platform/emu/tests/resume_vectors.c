/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_vectors.c - ERESUME.  SDM Vol. 3D, ERESUME in 38.4; 39.7.6.
 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

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
	refused(te, &in, 14);
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

/* A tick: the enclave is entered at CSSA = 1 and then goes on by itself. */
static void *tick_and_release(void *arg)
{
	struct te *te = arg;
	struct tcs tcs = { 0 };
	struct enclave_counters c = { 0 };

	while (tcs.state != SGX_TCS_BUSY)
		te_read(te, TE_TCS0, &tcs, 64);
	usleep(1000);
	for (int i = 0; i < 50; i++) {
		uint64_t seen = c.eresume;

		enclave_interrupt(te->thread);
		while (c.eresume == seen)
			enclave_counters(te->thread, &c);
	}
	te_write64(te, TE_BLOCK0 + BLOCK_GO, 1);
	return NULL;
}

static void t01(struct te *te)
{
	struct enclave_counters c;
	struct snapshot s;
	pthread_t thread;

	pthread_create(&thread, NULL, tick_and_release, te);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_SPIN, 0, 0), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdi, 1);
	enclave_counters(te->thread, &c);
	/* A tick that meets the handler at CSSA = 1 is not an entry. */
	CHECK_EQ(c.tick, 50);
	CHECK(c.eenter >= 2 && c.eenter <= 51);
	CHECK_EQ(c.eexit, c.eenter);
	CHECK(c.eresume >= 50);
	CHECK_EQ(te_entry_snapshot(te, 1).rax, 1);
	CHECK_EQ(te_entry_snapshot(te, 1).rdi, 0);
	s = te_after(te);
	CHECK_EQ(s.rax, PATTERN * 1);
	CHECK_EQ(s.rbx, PATTERN * 4);
	CHECK_EQ(s.r15, PATTERN * 16);
}

/* Ticks as fast as they come, against entries, exits and resumes. */
static volatile bool storm_over;

static void *storm(void *arg)
{
	struct te *te = arg;
	unsigned int pause = 1;

	/* At odd moments, but never so often that nothing else runs. */
	while (!storm_over) {
		enclave_interrupt(te->thread);
		pause = pause * 1103515245 + 12345;
		for (unsigned int i = 0; i < 2000 + (pause >> 16) % 4000; i++)
			__builtin_ia32_pause();
	}
	return NULL;
}

static void t02(struct te *te)
{
	pthread_t thread;
	uint64_t fs, now;

	__asm__("rdfsbase %0" : "=r"(fs));
	storm_over = false;
	pthread_create(&thread, NULL, storm, te);
	for (int i = 0; i < 20000; i++) {
		if (te_call(te, ENCLU_EENTER, i & 1 ? R_LOAD : R_EXIT, TE_RW,
		            0) != 0 ||
		    te->run.function != ENCLU_EEXIT || te->regs.rdi != 1) {
			CHECK_EQ(te->run.function, ENCLU_EEXIT);
			CHECK_EQ(te->run.exception_vector, 0);
			CHECK_EQ(te->regs.rdi, 1);
			break;
		}
		if (i == 19999)
			storm_over = true;
	}
	CHECK(storm_over);
	storm_over = true;
	pthread_join(thread, NULL);
	__asm__("rdfsbase %0" : "=r"(now));
	CHECK_EQ(now, fs);
}

/*
 * A host handler that an AEX led to enters the same TCS, twice deep, and meets
 * an exception there: its signal needs another stack than the handler's.
 */
static void enter_again(struct te *te)
{
	te->in_handler = NULL;
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	CHECK_EQ(te->run.exception_vector, 6);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_EXIT, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te_entry_snapshot(te, 2).rax, 2);
}

static void t03(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_INT3);
	struct snapshot out;

	te_write64(te, TE_TCS0 + 8, SGX_TCS_DBGOPTIN);
	te->in_handler = enter_again;
	CHECK_EQ(te_raw(te, &in, &out), 5);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	CHECK_EQ(te->seen.regs.rbp, PATTERN * 6);
	CHECK(te->in_handler == NULL);
	/* The first stack is armed again: #UD of frame 1, once more. */
	CHECK_EQ(te_call(te, ENCLU_ERESUME, 0, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 6);
}

const struct vector resume_vectors[] = {
	{ "R01", "RBX misaligned; R02 not a TCS", r01, { 0 } },
	{ "R04", "CSSA = 0", r04, { 0 } },
	{ "R08", "frame page without W", r08, { 0 } },
	{ "R09", "RIP not canonical; R16", r09, { 0 } },
	{ "R10", "RIP outside ELRANGE: resumes, then #GP", r10, { 0 } },
	{ "R11", "FSBASE not canonical", r11, { 0 } },
	{ "R12", "XSTATE_BV bit outside XFRM", r12, { 0 } },
	{ "R13", "byte 528 not 0", r13, { 0 } },
	{ "R14", "XCOMP_BV[63]", r14, { 0 } },
	{ "R15", "reserved MXCSR bit", r15, { 0 } },
	{ "R17", "XSTATE_BV = 0: INIT state", r17, { 0 } },
	{ "R18", "16 GPRs, XMM, MXCSR", r18, { 0 } },
	{ "R19", "CSSA - 1", r19, { 0 } },
	{ "R20", "URSP not written; R29 same #UD again", r20, { 0 } },
	{ "R22", "DF AC ID NT from the frame", r22, { 0 } },
	{ "R23", "IF, IOPL, VM ignored", r23, { 0 } },
	{ "R24", "TF ignored after opt-out", r24, { 0 } },
	{ "R25", "FS, GS of the frame", r25, { 0 } },
	{ "R26", "RIP edited at CSSA = 1", r26, { 0 } },
	{ "R28", "two AEXs", r28, { 0 } },
	{ "T01", "ticks enter at CSSA = 1 and resume", t01, { 0 } },
	{ "T02", "a storm of ticks", t02, { 0 } },
	{ "T03", "a handler enters and meets an exception", t03, { 0 } },
	{ "T02", "the same by trap", t02, { .no_pads = true } },
	{ 0 },
};
