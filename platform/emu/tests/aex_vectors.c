/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aex_vectors.c - Asynchronous Enclave Exit: what is saved, and what the host
 * finds.  SDM Vol. 3D 37.3, 37.4.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "platform/emu/tests/harness.h"

/* EENTER that ends in an AEX seen at raw_aep, with @sig. */
static struct seen aex(struct te *te, uint64_t routine, uint64_t rsi, int sig)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, routine);
	struct snapshot out;

	in.rsi = rsi;
	CHECK_EQ(te_raw(te, &in, &out), sig);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	return te->seen;
}

static void a01(struct te *te)
{
	struct seen s = aex(te, R_UD2, 0, 4);

	CHECK_EQ(s.regs.rax, 3);
	CHECK_EQ(s.regs.rbx, TE_TCS0);
	CHECK_EQ(s.regs.rcx, (uintptr_t)raw_aep);
}

static void a02(struct te *te)
{
	struct seen s = aex(te, R_UD2, 0, 4);

	CHECK_EQ(s.regs.rdx | s.regs.rsi | s.regs.rdi | s.regs.r8, 0);
	CHECK_EQ(s.regs.r9 | s.regs.r10 | s.regs.r11 | s.regs.r12, 0);
	CHECK_EQ(s.regs.r13 | s.regs.r14 | s.regs.r15, 0);
}

static void a03(struct te *te)
{
	struct seen s = aex(te, R_UD2, 0, 4);

	/* The enclave runs with PATTERN * 5 and * 6. */
	CHECK_EQ(s.regs.rsp, te_entry_snapshot(te, 0).rsp);
	CHECK_EQ(s.regs.rbp, PATTERN * 6);
	CHECK_EQ(te_gprs(te, 0).rsp, PATTERN * 5);
	CHECK_EQ(te_gprs(te, 0).ursp, s.regs.rsp);
}

static void a04(struct te *te)
{
	struct seen s = aex(te, R_UD2, 0, 4);

	CHECK_EQ(s.regs.rflags & 0x108d5, 0);
	CHECK_EQ(s.regs.rflags & 0x240400, 0x240400); /* ID AC DF */
}

static void a06(struct te *te)
{
	struct seen s = aex(te, R_UD2, 0, 4);

	CHECK_EQ(s.regs.mxcsr, 0x1fb0);
	CHECK_EQ(s.regs.fcw, 0x37f);
	CHECK_EQ(s.fsw, 0);
}

static void a08(struct te *te)
{
	struct seen s = aex(te, R_MF, 0, 8);

	CHECK_EQ(s.regs.fcw, 0x37e);
	CHECK_EQ(s.fsw, 0x8081);
	CHECK_EQ(te_gprs(te, 0).exitinfo, 0x80000310);
}

static void a09(struct te *te)
{
	struct seen s = aex(te, R_XM, 0, 8);

	CHECK_EQ(s.regs.mxcsr, 0x1f01);
	CHECK_EQ(te_gprs(te, 0).exitinfo, 0x80000313);
}

static void a10(struct te *te)
{
	struct seen s = aex(te, R_UD2, 0, 4);
	uint64_t xmm[2];

	CHECK_EQ(s.regs.xmm0[0] | s.regs.xmm0[1], 0);
	CHECK_EQ(s.regs.xmm15[0] | s.regs.xmm15[1], 0);
	CHECK_EQ(s.xstate_bv & ~3ull, 0);
	te_read(te, TE_FRAME(0) + 160, xmm, sizeof(xmm));
	CHECK_EQ(xmm[0], ~0ull);
	te_read(te, TE_FRAME(0) + 160 + 15 * 16, xmm, sizeof(xmm));
	CHECK_EQ(xmm[1], 0x0fff0fff0fff0fff);
}

static void a13(struct te *te)
{
	struct gprsgx g;

	aex(te, R_UD2, 0, 4);
	g = te_gprs(te, 0);
	CHECK_EQ(g.rax, PATTERN * 1);
	CHECK_EQ(g.rcx, PATTERN * 2);
	CHECK_EQ(g.rdx, PATTERN * 3);
	CHECK_EQ(g.rbx, PATTERN * 4);
	CHECK_EQ(g.rsp, PATTERN * 5);
	CHECK_EQ(g.rbp, PATTERN * 6);
	CHECK_EQ(g.rsi, PATTERN * 7);
	CHECK_EQ(g.rdi, PATTERN * 8);
	CHECK_EQ(g.r8, PATTERN * 9);
	CHECK_EQ(g.r15, PATTERN * 16);
	CHECK_EQ(g.rip, TE_ADDR(te_ud2));
	/* RF on top of what the enclave set, A15. */
	CHECK_EQ(g.rflags & ~0x200ull, 0x250cd7);
	CHECK_EQ(g.fsbase, TE_BLOCK0);
	CHECK_EQ(g.gsbase, TE_BLOCK0);
}

static void a17(struct te *te)
{
	uint8_t fill[64];
	uint64_t header[8];

	memset(fill, 0xee, sizeof(fill));
	te_write(te, TE_FRAME(0) + 512, fill, sizeof(fill));
	aex(te, R_UD2, 0, 4);
	te_read(te, TE_FRAME(0) + 512, header, sizeof(header));
	CHECK_EQ(header[0] & ~(uint64_t)platform_caps(te->platform)->xfrm, 0);
	CHECK_EQ(header[1], 0);
	CHECK_EQ(header[2], 0);
}

static void a18(struct te *te)
{
	aex(te, R_UD2, 0, 4);
	CHECK_EQ(te_read64(te, TE_FRAME(0) + 512) & ~3ull, 0);
}

static void a19(struct te *te)
{
	struct tcs tcs;

	aex(te, R_UD2, 0, 4);
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.cssa, 1);
	CHECK_EQ(tcs.state, SGX_TCS_FREE);
	CHECK_EQ(te_gprs(te, 1).rip, 0);
	aex(te, R_UD2, 0, 4); /* A20 */
	CHECK_EQ(te_gprs(te, 1).rip, TE_ADDR(te_ud2));
	te_read(te, TE_TCS0, &tcs, 64);
	CHECK_EQ(tcs.cssa, 2);
}

static void *tick_once(void *arg)
{
	struct te *te = arg;

	while (!(te_read64(te, TE_BLOCK0 + BLOCK_SPUN) & 1))
		usleep(100);
	enclave_interrupt(te->thread);
	return NULL;
}

static void a22(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_SPIN);
	struct snapshot out;
	struct gprsgx g;
	pthread_t thread;

	te_write64(te, TE_GPRS(0) + 160, 0xffffffff);
	pthread_create(&thread, NULL, tick_once, te);
	CHECK_EQ(te_raw(te, &in, &out), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(out.rip, (uintptr_t)raw_aep);
	CHECK_EQ(out.rax, 3);
	CHECK_EQ(out.mxcsr, 0x1fb0);
	g = te_gprs(te, 0);
	CHECK_EQ(g.exitinfo, 0);
	CHECK_EQ(g.rdx, PATTERN * 3);
	CHECK(g.rip - TE_ADDR(te_spin) < 32);
}

/* Opt-out: TF outside as at entry, 0 in the frame. */
static void a14(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_UD2);
	struct snapshot out;

	in.rflags = 0x302;
	CHECK_EQ(te_raw(te, &in, &out), 4);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	CHECK_EQ(te->seen.regs.rflags & 0x100, 0x100);
	CHECK_EQ(te_gprs(te, 0).rflags & 0x100, 0);
}

/* A single step of an enclave entered by opt-in. */
static void a14_step(struct te *te)
{
	te_write64(te, TE_TCS0 + 8, SGX_TCS_DBGOPTIN);
	aex(te, R_POPF_TF, 0, 5);
	CHECK_EQ(te_gprs(te, 0).exitinfo, 0x80000301);
	CHECK_EQ(te_gprs(te, 0).rflags & 0x10100, 0);
}

static void a16(struct te *te)
{
	uint64_t fs, now;

	__asm__("rdfsbase %0" : "=r"(fs));
	aex(te, R_WRFSBASE_UD2, 0x123456000, 4);
	CHECK_EQ(te_gprs(te, 0).fsbase, 0x123456000);
	CHECK_EQ(te_gprs(te, 0).gsbase, TE_BLOCK0);
	__asm__("rdfsbase %0" : "=r"(now));
	CHECK_EQ(now, fs);
}

/* What lies between the XSAVE area and MISC is nobody's. */
static void a19_between(struct te *te)
{
	uint64_t fill[4] = { 0x1111, 0x2222, 0x3333, 0x4444 };
	uint64_t got[4];

	te_write(te, TE_FRAME(0) + 0x2000, fill, sizeof(fill));
	te_write(te, TE_GPRS(0) - 16 - 32, fill, sizeof(fill));
	aex(te, R_UD2, 0, 4);
	te_read(te, TE_FRAME(0) + 0x2000, got, sizeof(got));
	CHECK(memcmp(got, fill, sizeof(got)) == 0);
	te_read(te, TE_GPRS(0) - 16 - 32, got, sizeof(got));
	CHECK(memcmp(got, fill, sizeof(got)) == 0);
}

/* The frame's own URSP and URBP, not those of the frame below. */
static void a20(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_UD2);
	struct snapshot out;

	CHECK_EQ(te_raw(te, &in, &out), 4);
	in.rbp = 0x5a5a;
	in.rcx = (uintptr_t)raw_stop;
	CHECK_EQ(te_raw(te, &in, &out), 4);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_stop);
	CHECK_EQ(te->seen.regs.rcx, (uintptr_t)raw_stop);
	CHECK_EQ(te->seen.regs.rbp, 0x5a5a);
	CHECK_EQ(te_gprs(te, 0).urbp, PATTERN * 6);
}

static void a21(struct te *te)
{
	struct gprsgx g;

	aex(te, R_UD2, 0, 4);
	te_read(te, TE_SSA0 + 0x1000 - 184, &g, sizeof(g));
	CHECK_EQ(g.rip, TE_ADDR(te_ud2));
	CHECK_EQ(g.r15, PATTERN * 16);
	aex(te, R_DIV0, 0, 8);
	te_read(te, TE_SSA0 + 0x2000 - 184, &g, sizeof(g));
	CHECK_EQ(g.rip, TE_ADDR(te_div));
}

/* Somebody sends a signal that an exception could have had. */
static void *send_ill(void *arg)
{
	struct te *te = arg;

	while (!(te_read64(te, TE_BLOCK0 + BLOCK_SPUN) & 1))
		usleep(100);
	pthread_kill(te->host, SIGILL);
	return NULL;
}

static void a22_sent(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_SPIN);
	struct snapshot out;
	pthread_t thread;

	te->host = pthread_self();
	pthread_create(&thread, NULL, send_ill, te);
	CHECK_EQ(te_raw(te, &in, &out), 4);
	pthread_join(thread, NULL);
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	CHECK_EQ(te_gprs(te, 0).exitinfo, 0);
	CHECK_EQ(te_gprs(te, 0).rflags & 0x10000, 0); /* A15: no fault */
}

/* The enclave's MXCSR and x87 words are in the frame. */
static void a40(struct te *te)
{
	aex(te, R_UD2, 0, 4);
	CHECK_EQ(te_read64(te, TE_FRAME(0)) & 0xffffffff, 0x37f);
	CHECK_EQ(te_read64(te, TE_FRAME(0) + 24) & 0xffffffff, 0x1f40);
}

static void a40_mf(struct te *te)
{
	aex(te, R_MF, 0, 8);
	/* FCW as loaded; ZE, ES and B in FSW. */
	CHECK_EQ(te_read64(te, TE_FRAME(0)) & 0x8084ffff, 0x8084037b);
}

static void a40_xm(struct te *te)
{
	aex(te, R_XM, 0, 8);
	CHECK_EQ(te_read64(te, TE_FRAME(0) + 24) & 0xffffffff, 0x1d84);
}

/* The upper halves of YMM, whose place is always 576. */
static void a10_ymm(struct te *te)
{
	/* VCMPTRUEPS %ymm0, %ymm0, %ymm0; UD2 */
	static const uint8_t bytes[] = { 0xc5, 0xfc, 0xc2, 0xc0,
		                         0x0f, 0x0f, 0x0b };
	uint64_t upper[2];

	if (!(platform_caps(te->platform)->xfrm & SGX_XFRM_AVX))
		return;
	te_write(te, TE_ADDR(te_bytes), bytes, sizeof(bytes));
	CHECK_EQ(aex(te, R_BYTES, 0, 4).xstate_bv & ~3ull, 0);
	CHECK_EQ(te_read64(te, TE_FRAME(0) + 512) & SGX_XFRM_AVX, SGX_XFRM_AVX);
	te_read(te, TE_FRAME(0) + 576, upper, sizeof(upper));
	CHECK_EQ(upper[0] & upper[1], ~0ull);
}

const struct vector aex_vectors[] = {
	{ "A10", "37.3", "YMM in the frame, INIT outside", a10_ymm, { 0 } },
	{ "A01",
	  "37.4 Table 37-1",
	  "RAX = 3, RBX = TCS, RCX = AEP",
	  a01,
	  { 0 } },
	{ "A02", "37.4 Table 37-1", "other registers 0", a02, { 0 } },
	{ "A03", "37.4 Table 37-1", "RSP, RBP from URSP, URBP", a03, { 0 } },
	{ "A04",
	  "37.4 Table 37-1",
	  "arithmetic flags 0; A05 DF AC ID stay",
	  a04,
	  { 0 } },
	{ "A06", "37.4 Table 37-1", "MXCSR 1FB0H; A07 FCW 037FH", a06, { 0 } },
	{ "A08", "37.4 Table 37-1", "#MF", a08, { 0 } },
	{ "A09", "37.4 Table 37-1", "#XM", a09, { 0 } },
	{ "A10",
	  "37.4 Table 37-1",
	  "vector registers 0 outside, saved inside",
	  a10,
	  { 0 } },
	{ "A13", "37.3", "GPRSGX", a13, { 0 } },
	{ "A17", "37.3", "bytes 520-535 become 0", a17, { 0 } },
	{ "A18", "37.3", "XSTATE_BV within XFRM", a18, { .plain_xfrm = true } },
	{ "A19", "37.3", "CSSA 0 to 1, then frame 1", a19, { 0 } },
	{ "A22", "37.3", "timer: EXITINFO 0", a22, { 0 } },
	{ "A14",
	  "40.2.4",
	  "TF outside as at entry, 0 in the frame",
	  a14,
	  { .is_stepped = true } },
	{ "A14",
	  "40.2.4",
	  "#DB after opt-in: TF, RF 0 in the frame",
	  a14_step,
	  { 0 } },
	{ "A16",
	  "37.3",
	  "WRFSBASE: in the frame, the host's outside",
	  a16,
	  { 0 } },
	{ "A19",
	  "35.9",
	  "between XSAVE and MISC nothing is written",
	  a19_between,
	  { .plain_xfrm = true } },
	{ "A20",
	  "37.4 Table 37-1",
	  "at CSSA = 1: AEP, URBP of that entry",
	  a20,
	  { 0 } },
	{ "A21",
	  "35.9",
	  "SSAFRAMESIZE 1",
	  a21,
	  { .ssaframesize = 1, .plain_xfrm = true } },
	{ "A22",
	  "37.3",
	  "a signal that was sent: EXITINFO 0",
	  a22_sent,
	  { 0 } },
	{ "A13", "37.3", "MXCSR and FCW in the frame", a40, { 0 } },
	{ "A13", "37.3", "#MF: FCW and FSW in the frame", a40_mf, { 0 } },
	{ "A13", "37.3", "#XM: MXCSR in the frame", a40_xm, { 0 } },
	{ 0 },
};
