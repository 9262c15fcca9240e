/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cause_vectors.c - what makes an AEX, and how EXITINFO and EXINFO tell.  SDM
 * Vol. 3D 35.9.1, 35.9.2; instructions that are illegal inside 36.6.1.
 */
#include <sys/mman.h>

#include "platform/emu/tests/harness.h"

/* By the entry function: the exception as the vDSO reports it. */
static void excepted(struct te *te, uint64_t routine, uint64_t rsi,
                     unsigned int vector, uint32_t exitinfo)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, routine, rsi, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, vector);
	CHECK_EQ(te_gprs(te, 0).exitinfo, exitinfo);
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
	CHECK_EQ(te_gprs(te, 0).rflags & 0x10000, 0x10000); /* a fault */
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
	excepted(te, R_HLT, 0, 13, te_exitinfo(te, 0x8000030d));
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_hlt));
}

static void put_bytes(struct te *te, const void *bytes, size_t size)
{
	te_write(te, TE_ADDR(te_bytes), bytes, size);
}

/* One vector for each of these instructions. */
#define ILLEGAL(name, ...)                                                     \
	static void name(struct te *te)                                        \
	{                                                                      \
		static const uint8_t bytes[] = { __VA_ARGS__ };                \
                                                                               \
		put_bytes(te, bytes, sizeof(bytes));                           \
		excepted(te, R_BYTES, 0, 6, 0x80000306);                       \
		CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_bytes));               \
	}
ILLEGAL(in_dx, 0xec)
ILLEGAL(out_imm, 0xe6, 0x80)
ILLEGAL(in_66, 0x66, 0xed)
ILLEGAL(ins, 0x6c)
ILLEGAL(rep_outs, 0xf3, 0x6f)
ILLEGAL(rdpmc, 0x0f, 0x33)
ILLEGAL(getsec, 0x0f, 0x37)
ILLEGAL(int_21, 0xcd, 0x21)
ILLEGAL(int_3, 0xcd, 0x03)
ILLEGAL(lock_enclu, 0xf0, 0x0f, 0x01, 0xd7)
ILLEGAL(enclu_66, 0x66, 0x0f, 0x01, 0xd7)
ILLEGAL(rdtscp, 0x0f, 0x01, 0xf9)

/* #GP anywhere at this privilege stays #GP. */
#define PRIVILEGED(name, ...)                                                  \
	static void name(struct te *te)                                        \
	{                                                                      \
		static const uint8_t bytes[] = { __VA_ARGS__ };                \
                                                                               \
		put_bytes(te, bytes, sizeof(bytes));                           \
		excepted(te, R_BYTES, 0, 13, te_exitinfo(te, 0x8000030d));     \
		CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_bytes));               \
	}
PRIVILEGED(cli, 0xfa)
PRIVILEGED(wrmsr, 0x0f, 0x30)
PRIVILEGED(mov_cr, 0x0f, 0x20, 0xc0)

static void legal_xgetbv(struct te *te)
{
	static const uint8_t bytes[] = { 0x31, 0xc9, 0x0f, 0x01, 0xd0 };

	put_bytes(te, bytes, sizeof(bytes));
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_BYTES, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdx, 0x600d);
}

static void a32(struct te *te)
{
	excepted(te, R_SS, 0, 12, 0);
	CHECK_EQ(te_gprs(te, 0).rbp, 0x8000000000000000);
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

/* The next after ELRANGE's last is not ELRANGE's. */
static void a35_end(struct te *te)
{
	excepted(te, R_JUMP, TE_SIZE, 13, te_exitinfo(te, 0x8000030d));
	CHECK_EQ(te_gprs(te, 0).rip, TE_SIZE);
}

/* Host memory may be read and written. */
static void a36_host(struct te *te)
{
	volatile uint64_t word = 0x1234;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, (uintptr_t)&word, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdx, 0x1234);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, (uintptr_t)&word, 9), 0);
	CHECK_EQ(word, 9);
}

/* A load half in the last page of ELRANGE, half in the host's next. */
static void a36(struct te *te)
{
	uint64_t *next = mmap((void *)TE_SIZE, 4096, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(next == (void *)TE_SIZE);
	*next = 0x55667788;
	te_write64(te, TE_DATA, 0x20b);
	CHECK_EQ(te_leaf(te, ENCLU_EACCEPT, TE_DATA, TE_SIZE - 4096, 0, NULL),
	         0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_SIZE - 8,
	                 0x1122334400000000),
	         0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_SIZE - 4, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->regs.rdx, 0x5566778811223344);
	munmap(next, 4096);
}

static void a37_write(struct te *te)
{
	excepted(te, R_STORE, TE_TCS0, 14, 0x8000030e);
	CHECK_EQ(te_exinfo(te, 0).errcd, 0x8007);
}

static void a37_sgx1(struct te *te)
{
	excepted(te, R_LOAD, TE_TCS0, 13, 0);
}

/* MISCSELECT without EXINFO where the CPU has it. */
static void a29_deselected(struct te *te)
{
	uint64_t fill[2] = { 0x1111, 0x2222 };

	te_write(te, TE_GPRS(0) - 16, fill, sizeof(fill));
	excepted(te, R_STORE, TE_RO, 14, 0);
	CHECK_EQ(te_exinfo(te, 0).maddr, 0x1111);
	CHECK_EQ(te->run.exception_error_code, 0x8007);
}

/* #UD is no business of EXINFO's. */
static void a29_other(struct te *te)
{
	uint64_t fill[2] = { 0x1111, 0x2222 };

	te_write(te, TE_GPRS(0) - 16, fill, sizeof(fill));
	excepted(te, R_UD2, 0, 6, 0x80000306);
	CHECK_EQ(te_exinfo(te, 0).maddr, 0x1111);
	CHECK_EQ(te_exinfo(te, 0).errcd, 0x2222);
}

/* Registers of the host that C relies on survive an enclave that does not care. */
static void a38(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_UD2, 0, 0), 0);
	CHECK_EQ(te->regs.rdi, 6);
	CHECK_EQ(te->regs.rsi, 0);
}

/* The entry function has no fix-up for #BP: the host's handler gets it. */
static void step_over_int3(struct te *te)
{
	te_write64(te, TE_GPRS(0) + 136, TE_ADDR(te_int3) + 1);
}

static void a27_called(struct te *te)
{
	te_write64(te, TE_TCS0 + 8, SGX_TCS_DBGOPTIN);
	te->in_handler = step_over_int3;
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_INT3, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
	CHECK_EQ(te->seen.sig, 5);
	CHECK_EQ(te->seen.trapno, 3);
	te->in_handler = NULL;
}

const struct vector cause_vectors[] = {
	{ "L27",
	  "<asm/sgx.h>",
	  "#BP is not reported: SIGTRAP",
	  a27_called,
	  { 0 } },
	{ "A23", "35.9.1", "UD2", a23, { 0 } },
	{ "A24", "35.9.1", "DIV by 0", a24, { 0 } },
	{ "A25", "35.9.1", "#AC", a25, { 0 } },
	{ "A26", "35.9.1", "INT3 after opt-out", a26, { 0 } },
	{ "A27", "35.9.1", "INT3 after opt-in", a27, { 0 } },
	{ "A28",
	  "35.9.2",
	  "#PF with EXINFO; A31",
	  a28,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "A28",
	  "35.9.2",
	  "#PF outside ELRANGE",
	  a28_outside,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "A28",
	  "35.9.2",
	  "#PF of a null pointer",
	  a28_null,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "A28",
	  "35.9.2",
	  "#PF of a fetch",
	  a28_fetch,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "A29",
	  "35.9.2",
	  "no EXINFO: EPCM refusal",
	  a29,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ "A29",
	  "35.9.2",
	  "no EXINFO: #PF outside",
	  a29_outside,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ "A30", "35.9.2", "#GP: MADDR 0", a30, { .isa = PLATFORM_ISA_SGX2 } },
	{ "A30", "35.9.2", "HLT", a30_hlt, { 0 } },
	{ "A33", "36.6.1", "SYSCALL", a33, { 0 } },
	{ "A33", "36.6.1", "INT 80H", a33_int80, { 0 } },
	{ "A34",
	  "36.6.1",
	  "RDTSC on SGX1",
	  a34_sgx1,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ "A34",
	  "36.6.1",
	  "RDTSC on SGX2",
	  a34_sgx2,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "A35",
	  "35.3",
	  "jump out of ELRANGE",
	  a35,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "A37",
	  "35.3",
	  "read of the own TCS",
	  a37,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "L27",
	  "<asm/sgx.h>",
	  "the vDSO's registers after an exception",
	  a38,
	  { 0 } },
	{ "A29",
	  "35.9.2",
	  "EXINFO not selected",
	  a29_deselected,
	  { .isa = PLATFORM_ISA_SGX2, .no_exinfo = true } },
	{ "A29", "35.9.2", "#UD: MISC untouched", a29_other, { 0 } },
	{ "A30", "36.6.1", "CLI", cli, { 0 } },
	{ "A30", "36.6.1", "WRMSR", wrmsr, { 0 } },
	{ "A30", "36.6.1", "MOV from CR0", mov_cr, { 0 } },
	{ "A32", "35.9.1", "#SS: EXITINFO 0", a32, { 0 } },
	{ "A33", "36.6.1", "IN", in_dx, { 0 } },
	{ "A33", "36.6.1", "IN with a prefix", in_66, { 0 } },
	{ "A33", "36.6.1", "OUT", out_imm, { 0 } },
	{ "A33", "36.6.1", "INS", ins, { 0 } },
	{ "A33", "36.6.1", "REP OUTS", rep_outs, { 0 } },
	{ "A33", "36.6.1", "RDPMC", rdpmc, { 0 } },
	{ "A33", "36.6.1", "GETSEC", getsec, { 0 } },
	{ "A33", "36.6.1", "INT 21H", int_21, { 0 } },
	{ "A33", "36.6.1", "INT 3 of two bytes", int_3, { 0 } },
	{ "A33", "38 ENCLU", "LOCK ENCLU", lock_enclu, { 0 } },
	{ "A33", "38 ENCLU", "66H ENCLU", enclu_66, { 0 } },
	{ "A33", "36.6.1", "XGETBV is legal", legal_xgetbv, { 0 } },
	{ "A34",
	  "36.6.1",
	  "RDTSCP on SGX1",
	  rdtscp,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ "A35", "35.3", "jump to ELRANGE's end", a35_end, { 0 } },
	{ "A36", "35.3", "host memory read and written", a36_host, { 0 } },
	{ "A36",
	  "35.5.2",
	  "load split over ELRANGE's end",
	  a36,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "A37",
	  "35.3",
	  "write to the own TCS",
	  a37_write,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "A37",
	  "35.3",
	  "read of the own TCS on SGX1",
	  a37_sgx1,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ 0 },
};
