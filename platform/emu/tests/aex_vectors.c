/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aex_vectors.c - Asynchronous Enclave Exit.  SDM Vol. 3D 37.3, 37.4, EXITINFO
 * 35.9.1.
 */
#include <pthread.h>
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

/* By the entry function: the exception as the vDSO reports it. */
static void excepted(struct te *te, uint64_t routine, uint64_t rsi,
                     unsigned int vector, uint32_t exitinfo)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, routine, rsi, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, vector);
	CHECK_EQ(te_gprs(te, 0).exitinfo, exitinfo);
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

static void a23(struct te *te)
{
	excepted(te, R_UD2, 0, 6, 0x80000306);
}

static void a24(struct te *te)
{
	excepted(te, R_DIV0, 0, 0, 0x80000300);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_div));
}

static void a25(struct te *te)
{
	excepted(te, R_AC, 0, 17, 0x80000311);
}

static void a26(struct te *te)
{
	excepted(te, R_INT3, 0, 6, 0x80000306);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_int3));
}

static void a27(struct te *te)
{
	struct snapshot in = te_raw_in(ENCLU_EENTER, R_INT3);
	struct snapshot out;

	te_write64(te, TE_TCS0 + 8, SGX_TCS_DBGOPTIN);
	CHECK_EQ(te_raw(te, &in, &out), 5); /* SIGTRAP */
	CHECK_EQ(te->seen.rip, (uintptr_t)raw_aep);
	CHECK_EQ(te_gprs(te, 0).exitinfo, 0x80000603);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_int3));
}

static void a28(struct te *te)
{
	excepted(te, R_STORE, TE_RO + 0x128, 14, 0x8000030e);
	CHECK_EQ(te_exinfo(te, 0).maddr, TE_RO + 0x128);
	CHECK_EQ(te_exinfo(te, 0).errcd, 0x8007);
	/* A31: the host sees the page. */
	CHECK_EQ(te->run.exception_addr, TE_RO);
	CHECK_EQ(te->run.exception_error_code, 0x8007);
}

static void a28_outside(struct te *te)
{
	excepted(te, R_LOAD, 0x7000000123, 14, 0x8000030e);
	CHECK_EQ(te_exinfo(te, 0).maddr, 0x7000000123);
	CHECK_EQ(te_exinfo(te, 0).errcd, 4);
	CHECK_EQ(te->run.exception_addr, 0x7000000000);
}

static void a28_null(struct te *te)
{
	excepted(te, R_LOAD, 8, 14, 0x8000030e);
	CHECK_EQ(te_exinfo(te, 0).errcd, 4);
}

static void a28_fetch(struct te *te)
{
	excepted(te, R_JUMP, TE_RW, 14, 0x8000030e);
	CHECK_EQ(te_exinfo(te, 0).errcd, 0x8015);
	CHECK_EQ(te_gprs(te, 0).rip, TE_RW);
}

static void a29(struct te *te)
{
	struct exinfo x;
	uint64_t fill[2] = { 0x1111, 0x2222 };

	te_write(te, TE_GPRS(0) - 16, fill, sizeof(fill));
	/* SGX1: an EPCM refusal is #GP, and neither is told. */
	excepted(te, R_STORE, TE_RO, 13, 0);
	x = te_exinfo(te, 0);
	CHECK_EQ(x.maddr, 0x1111);
}

static void a29_outside(struct te *te)
{
	excepted(te, R_LOAD, 0x7000000123, 14, 0);
	CHECK_EQ(te->run.exception_addr, 0x7000000000);
}

static void a30(struct te *te)
{
	te_write64(te, TE_GPRS(0) - 16, 0x1111);
	excepted(te, R_GP_LOAD, 0, 13, 0x8000030d);
	CHECK_EQ(te_exinfo(te, 0).maddr, 0);
	CHECK_EQ(te_exinfo(te, 0).errcd, 0);
}

static void a30_hlt(struct te *te)
{
	excepted(te, R_HLT, 0, 13, 0x8000030d);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_hlt));
}

static void a33(struct te *te)
{
	excepted(te, R_SYSCALL, 0, 6, 0x80000306);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_syscall));
	CHECK_EQ(te_gprs(te, 0).rax, 39);
}

static void a33_int80(struct te *te)
{
	excepted(te, R_INT80, 0, 6, 0x80000306);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_int80));
	CHECK_EQ(te_gprs(te, 0).rax, 20);
}

static void a34_sgx1(struct te *te)
{
	excepted(te, R_RDTSC, 0, 6, 0x80000306);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_rdtsc));
	/* The host's own goes on. */
	CHECK(__builtin_ia32_rdtsc() > 0);
}

static void a34_sgx2(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_RDTSC, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
}

static void a35(struct te *te)
{
	excepted(te, R_JUMP, 0x7000000000, 13, 0x8000030d);
	CHECK_EQ(te_exinfo(te, 0).maddr, 0);
	CHECK_EQ(te_gprs(te, 0).rip, 0x7000000000);
}

static void a37(struct te *te)
{
	excepted(te, R_LOAD, TE_TCS0, 14, 0x8000030e);
	CHECK_EQ(te_exinfo(te, 0).errcd, 0x8005);
}

/* Registers of the host that C relies on survive an enclave that does not care. */
static void a38(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	CHECK_EQ(te->regs.rdi, 6);
	CHECK_EQ(te->regs.rsi, 0);
}

const struct vector aex_vectors[] = {
	{ "A01", "RAX = 3, RBX = TCS, RCX = AEP", a01, { 0 } },
	{ "A02", "other registers 0", a02, { 0 } },
	{ "A03", "RSP, RBP from URSP, URBP", a03, { 0 } },
	{ "A04", "arithmetic flags 0; A05 DF AC ID stay", a04, { 0 } },
	{ "A06", "MXCSR 1FB0H; A07 FCW 037FH", a06, { 0 } },
	{ "A08", "#MF", a08, { 0 } },
	{ "A09", "#XM", a09, { 0 } },
	{ "A10", "vector registers 0 outside, saved inside", a10, { 0 } },
	{ "A13", "GPRSGX", a13, { 0 } },
	{ "A17", "bytes 520-535 become 0", a17, { 0 } },
	{ "A18", "XSTATE_BV within XFRM", a18, { .plain_xfrm = true } },
	{ "A19", "CSSA 0 to 1, then frame 1", a19, { 0 } },
	{ "A22", "timer: EXITINFO 0", a22, { 0 } },
	{ "A23", "UD2", a23, { 0 } },
	{ "A24", "DIV by 0", a24, { 0 } },
	{ "A25", "#AC", a25, { 0 } },
	{ "A26", "INT3 after opt-out", a26, { 0 } },
	{ "A27", "INT3 after opt-in", a27, { 0 } },
	{ "A28", "#PF with EXINFO; A31", a28, { 0 } },
	{ "A28", "#PF outside ELRANGE", a28_outside, { 0 } },
	{ "A28", "#PF of a null pointer", a28_null, { 0 } },
	{ "A28", "#PF of a fetch", a28_fetch, { 0 } },
	{ "A29", "no EXINFO: EPCM refusal", a29, { .isa = PLATFORM_ISA_SGX1 } },
	{ "A29",
	  "no EXINFO: #PF outside",
	  a29_outside,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ "A30", "#GP: MADDR 0", a30, { 0 } },
	{ "A30", "HLT", a30_hlt, { 0 } },
	{ "A33", "SYSCALL", a33, { 0 } },
	{ "A33", "INT 80H", a33_int80, { 0 } },
	{ "A34", "RDTSC on SGX1", a34_sgx1, { .isa = PLATFORM_ISA_SGX1 } },
	{ "A34", "RDTSC on SGX2", a34_sgx2, { 0 } },
	{ "A35", "jump out of ELRANGE", a35, { 0 } },
	{ "A37", "read of the own TCS", a37, { 0 } },
	{ "L27", "the vDSO's registers after an exception", a38, { 0 } },
	{ 0 },
};
