/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_vectors.c - EACCEPT, EACCEPTCOPY, EMODPE inside; EMODPR, EMODT, EREMOVE
 * and EAUG as the driver issues them.  SDM Vol. 3D 38.3, 38.4.
 */
#include "platform/emu/tests/harness.h"

#define SECINFO_AT TE_DATA /* a page for the leaf's SECINFO */
#define FLAGS_ALL 0x8d5    /* CF PF AF ZF SF OF */
#define FLAG_ZF 0x40

static uint64_t with_secinfo(struct te *te, unsigned int leaf, uint64_t flags,
                             uint64_t rcx, uint64_t rdx)
{
	te_write64(te, SECINFO_AT, flags);
	return te_leaf(te, leaf, SECINFO_AT, rcx, rdx, NULL);
}

static uint64_t accept(struct te *te, uint64_t flags, uint64_t page)
{
	return with_secinfo(te, ENCLU_EACCEPT, flags, page, 0);
}

/* The last leaf faulted with @vector at the ENCLU. */
static void faulted(struct te *te, unsigned int vector, uint64_t page)
{
	CHECK_EQ(te->run.function, ENCLU_ERESUME);
	CHECK_EQ(te->run.exception_vector, vector);
	CHECK_EQ(te_gprs(te, 0).rip, TE_ADDR(te_enclu));
	if (vector == 14)
		CHECK_EQ(te->run.exception_addr, page);
}

static void went_well(struct te *te)
{
	CHECK_EQ(te->run.function, ENCLU_EEXIT);
}

static int restricted(struct te *te, uint64_t page, uint32_t rwx)
{
	struct enclave_progress done;

	return enclave_restrict(te->e, page, 1, rwx, &done);
}

static int modified(struct te *te, uint64_t page, uint32_t type)
{
	struct enclave_progress done;

	return enclave_modify(te->e, page, 1, type, &done);
}

static void p01(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_error_code, 0x8005);
	CHECK_EQ(te_exinfo(te, 0).errcd, 0x8005);
}

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

static void p12(struct te *te)
{
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RW, 1), 0);
	went_well(te);
	CHECK_EQ(restricted(te, TE_RW, SGX_SECINFO_R), 0);
	CHECK_EQ(accept(te, 0x221, TE_RW), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RW, 1), 0);
	CHECK_EQ(te->run.exception_vector, 14);
	CHECK_EQ(te->run.exception_error_code, 0x8007);
}

static void p13(struct te *te)
{
	CHECK_EQ(restricted(te, TE_RO, 7), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RO, 1), 0);
	CHECK_EQ(te->run.exception_error_code, 0x8007);
}

static void p14(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_HOLE, 0), 0);
	CHECK_EQ(enclave_restrict(te->e, TE_HOLE, 1, 1, &done), -14);
	CHECK_EQ(done.code, 20);
	CHECK_EQ(done.npages, 0);
}

static void p15(struct te *te)
{
	CHECK_EQ(restricted(te, TE_TCS0, 0), -22);
	CHECK_EQ(restricted(te, TE_RW, SGX_SECINFO_W), -22); /* P16 */
	CHECK_EQ(restricted(te, TE_HOLE + 0x1000, 1), -14);
}

static void p15_partial(struct te *te)
{
	struct enclave_progress done;

	/* Two RW pages, TE_RO, then a hole. */
	CHECK_EQ(enclave_restrict(te->e, TE_RW + 62 * 4096, 5, 1, &done), -14);
	CHECK_EQ(done.npages, 3);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RW + 63 * 4096, 1), 0);
	CHECK_EQ(te->run.exception_error_code, 0x8007);
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

static void p22(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(te_call(te, ENCLU_EENTER, R_STORE, TE_RW, 77), 0);
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(enclave_remove(te->e, TE_RW, 1, &done), -1); /* L25 */
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), -22);
	CHECK_EQ(accept(te, 0x410, TE_RW), 0); /* P23 */
	CHECK_EQ(enclave_remove(te->e, TE_RW, 1, &done), 0);
	CHECK_EQ(done.npages, 1);
	CHECK_EQ(accept(te, 0x20b, TE_RW), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_RW, 0), 0);
	went_well(te);
	CHECK_EQ(te->regs.rdx, 0); /* the old bytes are gone */
}

static void p22_access(struct te *te)
{
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(te_call(te, ENCLU_EENTER, R_LOAD, TE_RW, 0), 0);
	CHECK_EQ(te->run.exception_error_code, 0x8005);
}

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

static void p28(struct te *te)
{
	struct enclave_progress done;

	CHECK_EQ(modified(te, TE_RW, SGX_PT_REG), -22);
	CHECK_EQ(modified(te, TE_RW, SGX_PT_TRIM), 0);
	CHECK_EQ(enclave_modify(te->e, TE_RW, 1, SGX_PT_TCS, &done), -22);
	CHECK_EQ(modified(te, TE_RO, SGX_PT_TCS), -1); /* L24 */
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

static void p35(struct te *te)
{
	struct enclave_progress done;

	accept(te, 0x20b, TE_HOLE);
	faulted(te, 13, 0);
	CHECK_EQ(enclave_restrict(te->e, TE_RW, 1, 1, &done), -19); /* L19 */
}

/* The EPC holds the ordinary enclave and three pages more. */
static void p36(struct te *te)
{
	for (uint64_t i = 0; i < 3; i++)
		CHECK_EQ(accept(te, 0x20b, TE_HOLE + i * 4096), 0);
	accept(te, 0x20b, TE_HOLE + 3 * 4096);
	faulted(te, 14, TE_HOLE + 3 * 4096);
}

#define TE_PAGES (1 + 2 + 4 + 2 * (1 + 12 + 2 + 2) + 64 + 1)

const struct vector page_vectors[] = {
	{ "P01", "EAUGed page read", p01, { 0 } },
	{ "P02", "EACCEPT of an EAUGed page; P11", p02, { 0 } },
	{ "P02", "the same from a pad; vectors kept; P10", p02_pad, { 0 } },
	{ "P02",
	  "from a pad that is not rewritten",
	  p02_pad,
	  { .no_pads = true } },
	{ "P03", "EACCEPT R only of an RW page", p03, { 0 } },
	{ "P04", "EACCEPT twice", p04, { 0 } },
	{ "P05", "EACCEPT without a state bit", p05, { 0 } },
	{ "P06", "SECINFO misaligned", p06, { 0 } },
	{ "P07", "SECINFO outside ELRANGE", p07, { 0 } },
	{ "P08", "SECINFO reserved bit", p08, { 0 } },
	{ "P09", "SECINFO page unreadable", p09, { 0 } },
	{ "P10", "RCX outside ELRANGE", p10, { 0 } },
	{ "P12", "EMODPR RW to R", p12, { 0 } },
	{ "P13", "EMODPR gives nothing", p13, { 0 } },
	{ "P14", "EMODPR on PENDING", p14, { 0 } },
	{ "P15", "EMODPR on TCS, W without R, nothing", p15, { 0 } },
	{ "P15", "EMODPR stops midway", p15_partial, { 0 } },
	{ "P18", "EMODPE R to RWX; P21", p18, { 0 } },
	{ "P19", "EMODPE W, no R anywhere", p19, { 0 } },
	{ "P20", "EMODPE on TCS", p20, { 0 } },
	{ "P22", "TRIM, EACCEPT, EREMOVE, EAUG again", p22, { 0 } },
	{ "P22", "access to a trimmed page", p22_access, { 0 } },
	{ "P24", "REG to TCS; P27", p24, { 0 } },
	{ "P25", "new TCS, CSSA >= NSSA", p25, { 0 } },
	{ "P26", "new TCS, AEP set", p26, { 0 } },
	{ "P28", "EMODT to REG, of a TRIM", p28, { 0 } },
	{ "P30", "EACCEPTCOPY", p30, { 0 } },
	{ "P31", "EACCEPTCOPY to an accepted page", p31, { 0 } },
	{ "P35", "SGX2 leaves on SGX1", p35, { .isa = PLATFORM_ISA_SGX1 } },
	{ "P36",
	  "EAUG beyond the EPC",
	  p36,
	  { .epc_size = (TE_PAGES + 3) * 4096 } },
	{ 0 },
};
