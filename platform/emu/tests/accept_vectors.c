/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept_vectors.c - EACCEPT, EACCEPTCOPY, EMODPE.  SDM Vol. 3D 38.4.
 */
#include "platform/emu/tests/page.h"

static void p02(struct te *te)
{
	CHECK_EQ(accept(te, 0x20b, TE_HOLE), 0); /* P11: as first touch */
	went_well(te);
	CHECK_EQ(te->regs.r8 & FLAGS_ALL, 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	went_well(te);
	CHECK_EQ(te->regs.rdx, 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_HOLE, 5), 0);
	went_well(te);
}

static void p02_pad(struct te *te)
{
	uint64_t args[2] = { SECINFO_AT, TE_HOLE };

	te_write64(te, SECINFO_AT, 0x20b);
	te_write(te, TE_BLOCK0 + BLOCK_ARG, args, sizeof(args));
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_ACCEPT_PAD, 0, 0), 0);
	went_well(te);
	CHECK_EQ(te->regs.rdx, 0);
	CHECK_EQ(te->regs.r8 & FLAGS_ALL, 0);
	CHECK_EQ(te->regs.r9, 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_ACCEPT_PAD, 0, 0), 0);
	CHECK_EQ(te->regs.rdx, SGX_PAGE_ATTRIBUTES_MISMATCH);
	CHECK_EQ(te->regs.r8 & FLAGS_ALL, FLAG_ZF);
	CHECK_EQ(te->regs.r9, 0);
	args[1] = TE_HOLE + 8; /* P10 */
	te_write(te, TE_BLOCK0 + BLOCK_ARG, args, sizeof(args));
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_ACCEPT_PAD, 0, 0), 0);
	CHECK_EQ(te->run.exception_vector, 13);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_pad_accept));
	CHECK_EQ(te_gprs(te, 0).rcx, TE_HOLE + 8);
	CHECK_EQ(te_gprs(te, 0).rax, ENCLU_EACCEPT);
}

static void p03(struct te *te)
{
	uint64_t flags;

	CHECK_EQ(accept(te, 0x209, TE_HOLE), 19);
	flags = te->regs.r8;
	CHECK_EQ(flags & FLAGS_ALL, FLAG_ZF);
}

static void p04(struct te *te)
{
	CHECK_EQ(accept(te, 0x20b, TE_HOLE), 0);
	CHECK_EQ(accept(te, 0x20b, TE_HOLE), 19);
}

static void p05(struct te *te)
{
	accept(te, 0x203, TE_RW);
	faulted(te, 13, 0);
}

static void p06(struct te *te)
{
	te_leaf(te, ENCLU_EACCEPT, SECINFO_AT + 32, TE_HOLE, 0, NULL);
	faulted(te, 13, 0);
}

static void p07(struct te *te)
{
	te_leaf(te, ENCLU_EACCEPT, TE_SIZE + 0x1000, TE_HOLE, 0, NULL);
	faulted(te, 13, 0);
}

static void p08(struct te *te)
{
	accept(te, 0x20b | 1 << 6, TE_HOLE);
	faulted(te, 13, 0);
}

static void p09(struct te *te)
{
	te_leaf(te, ENCLU_EACCEPT, TE_TCS0, TE_HOLE, 0, NULL);
	faulted(te, 14, TE_TCS0);
}

static void p10(struct te *te)
{
	accept(te, 0x20b, TE_SIZE);
	faulted(te, 13, 0);
}

static void p18(struct te *te)
{
	uint64_t page = TE_RO;

	te_write64(te, TE_RO, 0x90909090e0ff9090); /* nop nop jmp *%rax */
	with_secinfo(te, ENCLU_EMODPE, 0x207, page, 0);
	went_well(te);
	CHECK_EQ(te->regs.rdx, ENCLU_EMODPE); /* P21: RAX, flags unchanged */
	CHECK_EQ(te->regs.r8 & FLAGS_ALL, 0x8d5); /* as before */
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RO + 64, 1), 0);
	went_well(te);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_JUMP, TE_RO, 0), 0);
	went_well(te);
	CHECK_EQ(te->regs.rdx, 0x600d);
}

static void p19(struct te *te)
{
	CHECK_EQ(restricted(te, TE_RW, 0), 0);
	CHECK_EQ(accept(te, 0x220, TE_RW), 0);
	with_secinfo(te, ENCLU_EMODPE, 0x202, TE_RW, 0);
	faulted(te, 13, 0);
}

static void p20(struct te *te)
{
	with_secinfo(te, ENCLU_EMODPE, 0x203, TE_TCS0, 0);
	faulted(te, 14, TE_TCS0);
}

static void p30(struct te *te)
{
	te_write64(te, TE_RW, 0xfeed);
	CHECK_EQ(with_secinfo(te, ENCLU_EACCEPTCOPY, 0x205, TE_HOLE, TE_RW), 0);
	went_well(te);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	CHECK_EQ(te->regs.rdx, 0xfeed);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_HOLE, 0), 0);
	CHECK_EQ(te->run.exception_error_code, 0x8007);
}

static void p31(struct te *te)
{
	CHECK_EQ(with_secinfo(te, ENCLU_EACCEPTCOPY, 0x203, TE_RW,
	                      TE_RW + 0x1000),
	         19);
}

static void p03_x(struct te *te)
{
	CHECK_EQ(accept(te, 0x20f, TE_HOLE), 19);
	CHECK_EQ(accept(te, 0x20a, TE_HOLE), 19);
	CHECK_EQ(accept(te, 0x20b, TE_HOLE), 0);
}

static void p03_type(struct te *te)
{
	CHECK_EQ(accept(te, 0x410, TE_RW), 19);
	CHECK_EQ(accept(te, 0x110, TE_RW), 19);
	went_well(te);
}

static void p03_pending(struct te *te)
{
	CHECK_EQ(accept(te, 0x22b, TE_RW), 19);
	went_well(te);
}

/* PR is what the enclave says of itself. */
static void p05_pr(struct te *te)
{
	CHECK_EQ(accept(te, 0x223, TE_RW), 0);
	went_well(te);
	CHECK_EQ(accept(te, 0x221, TE_RW), 19);
}

static void p05_reg(struct te *te)
{
	accept(te, 0x213, TE_RW);
	faulted(te, 13, 0);
}

static void p05_trim(struct te *te)
{
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	accept(te, 0x430, TE_RW);
	faulted(te, 13, 0);
}

static void p05_tcs(struct te *te)
{
	accept(te, 0x100, TE_TCS1);
	faulted(te, 13, 0);
}

static void p05_secs(struct te *te)
{
	accept(te, 0x00b, TE_HOLE);
	faulted(te, 13, 0);
}

static void p06_copy(struct te *te)
{
	te_leaf(te, ENCLU_EACCEPTCOPY, SECINFO_AT + 8, TE_HOLE, TE_RW, NULL);
	faulted(te, 13, 0);
}

static void p06_extend(struct te *te)
{
	te_leaf(te, ENCLU_EMODPE, SECINFO_AT + 8, TE_RW, 0, NULL);
	faulted(te, 13, 0);
}

static void p08_bytes(struct te *te)
{
	te_write64(te, SECINFO_AT + 56, 1ull << 63);
	accept(te, 0x20b, TE_HOLE);
	faulted(te, 13, 0);
}

static void p08_upper(struct te *te)
{
	accept(te, 0x1000020b, TE_HOLE);
	faulted(te, 13, 0);
}

static void p08_extend(struct te *te)
{
	with_secinfo(te, ENCLU_EMODPE, 0x283, TE_RW, 0);
	faulted(te, 13, 0);
}

static void p09_pending(struct te *te)
{
	te_leaf(te, ENCLU_EACCEPT, TE_HOLE, TE_HOLE, 0, NULL);
	faulted(te, 14, TE_HOLE);
}

static void p09_no_r(struct te *te)
{
	CHECK_EQ(restricted(te, TE_RW, 0), 0);
	te_leaf(te, ENCLU_EACCEPT, TE_RW, TE_HOLE, 0, NULL);
	faulted(te, 14, TE_RW);
}

static void p10_odd(struct te *te)
{
	accept(te, 0x20b, TE_HOLE + 64);
	faulted(te, 13, 0);
}

static void p20_pending(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	CHECK_EQ(te->run.exception_vector, 14);
	te_write64(te, SECINFO_AT, 0x203);
	te_leaf(te, ENCLU_EMODPE, SECINFO_AT, TE_HOLE, 0, NULL);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_addr, TE_HOLE);
}

static void p20_trim(struct te *te)
{
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	with_secinfo(te, ENCLU_EMODPE, 0x203, TE_RW, 0);
	faulted(te, 14, TE_RW);
}

static void p20_outside(struct te *te)
{
	with_secinfo(te, ENCLU_EMODPE, 0x203, TE_SIZE, 0);
	faulted(te, 13, 0);
}

static void p30_type(struct te *te)
{
	with_secinfo(te, ENCLU_EACCEPTCOPY, 0x103, TE_HOLE, TE_RW);
	faulted(te, 13, 0);
}

static void p30_w(struct te *te)
{
	with_secinfo(te, ENCLU_EACCEPTCOPY, 0x202, TE_HOLE, TE_RW);
	faulted(te, 13, 0);
}

static void p30_odd(struct te *te)
{
	with_secinfo(te, ENCLU_EACCEPTCOPY, 0x203, TE_HOLE, TE_RW + 64);
	faulted(te, 13, 0);
}

static void p30_outside(struct te *te)
{
	with_secinfo(te, ENCLU_EACCEPTCOPY, 0x203, TE_SIZE, TE_RW);
	faulted(te, 13, 0);
}

static void p30_source(struct te *te)
{
	with_secinfo(te, ENCLU_EACCEPTCOPY, 0x203, TE_HOLE, TE_TCS0);
	faulted(te, 14, TE_TCS0);
}

static void p31_twice(struct te *te)
{
	CHECK_EQ(with_secinfo(te, ENCLU_EACCEPTCOPY, 0x203, TE_HOLE, TE_RW), 0);
	CHECK_EQ(with_secinfo(te, ENCLU_EACCEPTCOPY, 0x203, TE_HOLE, TE_RW),
	         19);
	CHECK_EQ(te->regs.r8 & FLAGS_ALL, FLAG_ZF);
}

static void p31_trim(struct te *te)
{
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(with_secinfo(te, ENCLU_EACCEPTCOPY, 0x203, TE_RW,
	                      TE_RW + 0x1000),
	         19);
}

static void p35_leaf(struct te *te, unsigned int leaf)
{
	with_secinfo(te, leaf, 0x203, TE_RW, TE_RW + 0x1000);
	faulted(te, 13, 0);
	CHECK_EQ(te_gprs(te, 0).exitinfo, 0);
}

static void p35_copy(struct te *te)
{
	p35_leaf(te, ENCLU_EACCEPTCOPY);
}

static void p35_extend(struct te *te)
{
	p35_leaf(te, ENCLU_EMODPE);
}

static void p35_decssa(struct te *te)
{
	p35_leaf(te, ENCLU_EDECCSSA);
}

static void p04_trim(struct te *te)
{
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(accept(te, 0x110, TE_RW), 19); /* P03: the host's other type */
	CHECK_EQ(accept(te, 0x410, TE_RW), 0);
	CHECK_EQ(accept(te, 0x410, TE_RW), 19);
	went_well(te);
}

/* EACCEPT from a pad with these operands and @flags raises #GP there. */
static void pad_refuses(struct te *te, uint64_t flags, uint64_t rbx,
                        uint64_t rcx)
{
	uint64_t args[2] = { rbx, rcx };

	te_write64(te, SECINFO_AT, flags);
	te_write(te, TE_BLOCK0 + BLOCK_ARG, args, sizeof(args));
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_ACCEPT_PAD, 0, 0), 0);
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, 13);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_pad_accept));
}

static void p05_pad(struct te *te)
{
	pad_refuses(te, 0x203, SECINFO_AT, TE_RW);
}

static void p06_pad(struct te *te)
{
	te_write64(te, SECINFO_AT + 32, 0x223);
	pad_refuses(te, 0x223, SECINFO_AT + 32, TE_RW);
}

static void p08_pad(struct te *te)
{
	pad_refuses(te, 0x263, SECINFO_AT, TE_RW);
}

static void p08_pad_bytes(struct te *te)
{
	te_write64(te, SECINFO_AT + 56, 1);
	pad_refuses(te, 0x223, SECINFO_AT, TE_RW);
}

static void p10_pad(struct te *te)
{
	pad_refuses(te, 0x223, SECINFO_AT, TE_RW + 8);
}

static void p35_pad(struct te *te)
{
	pad_refuses(te, 0x223, SECINFO_AT, TE_RW);
}

const struct vector accept_vectors[] = {
	{ "P10",
	  "38.4 EACCEPT",
	  "RCX misaligned, from a pad",
	  p10_pad,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P04",
	  "38.4 EACCEPT",
	  "TRIM: other type, twice",
	  p04_trim,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P05",
	  "38.4 EACCEPT",
	  "no state bit, from a pad",
	  p05_pad,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P06",
	  "38.4 EACCEPT",
	  "SECINFO misaligned, from a pad",
	  p06_pad,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P08",
	  "38.4 EACCEPT",
	  "SECINFO reserved bit, from a pad",
	  p08_pad,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P08",
	  "38.4 EACCEPT",
	  "SECINFO byte 56, from a pad",
	  p08_pad_bytes,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P35",
	  "38 ENCLU",
	  "EACCEPT from a pad on SGX1",
	  p35_pad,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ "P02",
	  "38.4 EACCEPT",
	  "EACCEPT of an EAUGed page; P11",
	  p02,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P02",
	  "38.4 EACCEPT",
	  "the same from a pad; vectors kept; P10",
	  p02_pad,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P02",
	  "38.4 EACCEPT",
	  "from a pad that is not rewritten",
	  p02_pad,
	  { .isa = PLATFORM_ISA_SGX2, .no_pads = true } },
	{ "P03",
	  "38.4 EACCEPT",
	  "EACCEPT R only of an RW page",
	  p03,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P04",
	  "38.4 EACCEPT",
	  "EACCEPT twice",
	  p04,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P05",
	  "38.4 EACCEPT",
	  "EACCEPT without a state bit",
	  p05,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P06",
	  "38.4 EACCEPT",
	  "SECINFO misaligned",
	  p06,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P07",
	  "38.4 EACCEPT",
	  "SECINFO outside ELRANGE",
	  p07,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P08",
	  "38.4 EACCEPT",
	  "SECINFO reserved bit",
	  p08,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P09",
	  "38.4 EACCEPT",
	  "SECINFO page unreadable",
	  p09,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P10",
	  "38.4 EACCEPT",
	  "RCX outside ELRANGE",
	  p10,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P18",
	  "38.4 EMODPE",
	  "EMODPE R to RWX; P21",
	  p18,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P19",
	  "38.4 EMODPE",
	  "EMODPE W, no R anywhere",
	  p19,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P20",
	  "38.4 EMODPE",
	  "EMODPE on TCS",
	  p20,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P30",
	  "38.4 EACCEPTCOPY",
	  "EACCEPTCOPY",
	  p30,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P31",
	  "38.4 EACCEPTCOPY",
	  "EACCEPTCOPY to an accepted page",
	  p31,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P03",
	  "38.4 EACCEPT",
	  "W or X beside what the page has",
	  p03_x,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P03",
	  "38.4 EACCEPT",
	  "TRIM or TCS of a REG page",
	  p03_type,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P03",
	  "38.4 EACCEPT",
	  "PENDING of a settled page",
	  p03_pending,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P05",
	  "38.4 EACCEPT",
	  "PR is not compared",
	  p05_pr,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P05",
	  "38.4 EACCEPT",
	  "REG with MODIFIED",
	  p05_reg,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P05",
	  "38.4 EACCEPT",
	  "TRIM with PR",
	  p05_trim,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P05",
	  "38.4 EACCEPT",
	  "TCS without MODIFIED",
	  p05_tcs,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P05",
	  "38.4 EACCEPT",
	  "PT_SECS",
	  p05_secs,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P06",
	  "38.4 EACCEPTCOPY",
	  "SECINFO misaligned",
	  p06_copy,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P06",
	  "38.4 EMODPE",
	  "SECINFO misaligned",
	  p06_extend,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P08",
	  "38.4 EACCEPT",
	  "SECINFO byte 63",
	  p08_bytes,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P08",
	  "38.4 EACCEPT",
	  "SECINFO.FLAGS bit 28",
	  p08_upper,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P08",
	  "38.4 EMODPE",
	  "SECINFO.FLAGS bit 7",
	  p08_extend,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P09",
	  "38.4 EACCEPT",
	  "SECINFO on no page",
	  p09_pending,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P09",
	  "38.4 EACCEPT",
	  "SECINFO on a page without R",
	  p09_no_r,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P10",
	  "38.4 EACCEPT",
	  "RCX misaligned",
	  p10_odd,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P20",
	  "38.4 EMODPE",
	  "PENDING",
	  p20_pending,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P20",
	  "38.4 EMODPE",
	  "TRIM",
	  p20_trim,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P20",
	  "38.4 EMODPE",
	  "RCX outside ELRANGE",
	  p20_outside,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P30",
	  "38.4 EACCEPTCOPY",
	  "PT_TCS",
	  p30_type,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P30",
	  "38.4 EACCEPTCOPY",
	  "W without R",
	  p30_w,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P30",
	  "38.4 EACCEPTCOPY",
	  "RDX misaligned",
	  p30_odd,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P30",
	  "38.4 EACCEPTCOPY",
	  "RCX outside ELRANGE",
	  p30_outside,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P30",
	  "38.4 EACCEPTCOPY",
	  "source is a TCS",
	  p30_source,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P31",
	  "38.4 EACCEPTCOPY",
	  "twice",
	  p31_twice,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P31",
	  "38.4 EACCEPTCOPY",
	  "to a TRIM page",
	  p31_trim,
	  { .isa = PLATFORM_ISA_SGX2 } },
	{ "P35",
	  "38 ENCLU",
	  "EACCEPTCOPY on SGX1",
	  p35_copy,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ "P35",
	  "38 ENCLU",
	  "EMODPE on SGX1",
	  p35_extend,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ "P35",
	  "38 ENCLU",
	  "EDECCSSA on SGX1",
	  p35_decssa,
	  { .isa = PLATFORM_ISA_SGX1 } },
	{ 0 },
};
