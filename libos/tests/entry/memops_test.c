/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memops_test FILE... - the kernel's decoder of memory operands against Zydis.
 *
 * Every instruction of the files' code, then random bytes; registers are random
 * each time.  Where Zydis sees an instruction, addresses have to be equal, and
 * sizes equal or 1.  The bytes are given at the end of a page, so that reading
 * behind them ends the test.
 */
#include <Zydis/Zydis.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "libos/entry/memops.h"
#include "libos/tests/fake/check.h"

enum {
	PAGE = 4096,
	RANDOM_ROUNDS = 4000000,
};

static ZydisDecoder decoder;
static struct regs regs;
static struct memops_state state = { .regs = &regs };

static struct {
	unsigned long seen, compared, refused, exact;
} counts;

/* ---- random numbers ---------------------------------------------------- */

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1d;
}

static void random_registers(void)
{
	uint64_t *reg = (uint64_t *)&regs;

	for (size_t i = 0; i < sizeof(regs) / 8; i++)
		reg[i] = random_number() >> (random_number() & 63);
	state.fs_base = random_number() >> 16;
	state.gs_base = random_number() >> 16;
}

/* ---- what Zydis says ---------------------------------------------------- */

struct one {
	ZydisDecodedInstruction in;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
};

static uint64_t register_value(ZydisRegister reg)
{
	ZydisRegister full = ZydisRegisterGetLargestEnclosing(
		ZYDIS_MACHINE_MODE_LONG_64, reg);
	const uint64_t by_id[16] = { regs.rax, regs.rcx, regs.rdx, regs.rbx,
		                     regs.rsp, regs.rbp, regs.rsi, regs.rdi,
		                     regs.r8,  regs.r9,  regs.r10, regs.r11,
		                     regs.r12, regs.r13, regs.r14, regs.r15 };
	uint64_t value;

	if (full < ZYDIS_REGISTER_RAX || full > ZYDIS_REGISTER_R15)
		return 0;
	value = by_id[full - ZYDIS_REGISTER_RAX];
	if (reg >= ZYDIS_REGISTER_EAX && reg <= ZYDIS_REGISTER_R15D)
		return (uint32_t)value;
	if (reg == ZYDIS_REGISTER_AL)
		return value & 0xff;
	return value;
}

static uint64_t segment_base(ZydisRegister segment)
{
	if (segment == ZYDIS_REGISTER_FS)
		return state.fs_base;
	return segment == ZYDIS_REGISTER_GS ? state.gs_base : 0;
}

static bool is_push(const struct one *o, const ZydisDecodedOperand *op)
{
	return op->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
	       op->mem.base == ZYDIS_REGISTER_RSP &&
	       op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE &&
	       o->in.mnemonic != ZYDIS_MNEMONIC_INVALID;
}

static uint64_t bit_string_offset(const struct one *o)
{
	int64_t bit = (int64_t)register_value(o->op[1].reg.value);
	unsigned int bits = o->op[0].size;

	if (o->op[1].type != ZYDIS_OPERAND_TYPE_REGISTER)
		return 0;
	bit = (int64_t)((uint64_t)bit << (64 - bits)) >> (64 - bits);
	return (uint64_t)((bit >> (bits == 16   ? 4
	                           : bits == 32 ? 5
	                                        : 6)) *
	                  (int64_t)(bits / 8));
}

static bool is_bit_string(const struct one *o)
{
	switch (o->in.mnemonic) {
	case ZYDIS_MNEMONIC_BT:
	case ZYDIS_MNEMONIC_BTS:
	case ZYDIS_MNEMONIC_BTR:
	case ZYDIS_MNEMONIC_BTC:
		return true;
	default:
		return false;
	}
}

static uint64_t address_of(const struct one *o, const ZydisDecodedOperand *op)
{
	uint64_t ea = register_value(op->mem.base) +
	              register_value(op->mem.index) * op->mem.scale +
	              (uint64_t)op->mem.disp.value;

	if (op->mem.base == ZYDIS_REGISTER_RIP ||
	    op->mem.base == ZYDIS_REGISTER_EIP)
		ea += regs.rip + o->in.length;
	if (is_push(o, op))
		ea -= op->size / 8;
	if (o->in.mnemonic == ZYDIS_MNEMONIC_POP && op == &o->op[0] &&
	    (op->mem.base == ZYDIS_REGISTER_RSP ||
	     op->mem.base == ZYDIS_REGISTER_ESP))
		ea += op->size / 8;
	if (o->in.mnemonic == ZYDIS_MNEMONIC_XLAT)
		ea = regs.rbx + (regs.rax & 0xff);
	if (o->in.address_width == 32 &&
	    (op->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN ||
	     o->in.mnemonic == ZYDIS_MNEMONIC_XLAT))
		ea = (uint32_t)ea;
	if (is_bit_string(o) && op == &o->op[0])
		ea += bit_string_offset(o);
	return ea + segment_base(op->mem.segment);
}

/* Memory that is touched, as against LEA, NOP and prefetches. */
static bool is_access(const struct one *o, const ZydisDecodedOperand *op)
{
	if (op->type != ZYDIS_OPERAND_TYPE_MEMORY ||
	    op->mem.type != ZYDIS_MEMOP_TYPE_MEM)
		return false;
	switch (o->in.meta.category) {
	case ZYDIS_CATEGORY_NOP:
	case ZYDIS_CATEGORY_WIDENOP:
	case ZYDIS_CATEGORY_PREFETCH:
	case ZYDIS_CATEGORY_MPX:
	case ZYDIS_CATEGORY_PREFETCHWT1:
	case ZYDIS_CATEGORY_CLDEMOTE:
		return false;
	default:
		return true;
	}
}

/* A repeated string instruction that has nothing left to do. */
static bool is_over(const struct one *o)
{
	uint64_t mask = o->in.address_width == 32 ? UINT32_MAX : UINT64_MAX;

	return o->in.attributes &
	               (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE |
	                ZYDIS_ATTRIB_HAS_REPNE) &&
	       !(regs.rcx & mask);
}

/* ---- comparison --------------------------------------------------------- */

static bool operand_agrees(const struct one *o, const ZydisDecodedOperand *op,
                           const struct memops *m)
{
	uint64_t addr = address_of(o, op);

	for (uint32_t i = 0; i < m->count; i++) {
		if (m->op[i].addr != addr)
			continue;
		if (m->op[i].size == op->size / 8)
			counts.exact++;
		else if (m->op[i].size != 1)
			return false;
		return true;
	}
	return false;
}

static void complain(const struct one *o, const uint8_t *code, const char *why)
{
	ZydisFormatter formatter;
	char text[128];

	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_ATT);
	ZydisFormatterFormatInstruction(&formatter, &o->in, o->op,
	                                o->in.operand_count, text, sizeof(text),
	                                regs.rip, NULL);
	for (unsigned int i = 0; i < o->in.length; i++)
		printf("%02x ", code[i]);
	printf("%s: %s\n", text, why);
}

/* What a program in an enclave can't execute, and what other CPUs have. */
static bool is_elsewhere(const struct one *o)
{
	switch (o->in.meta.category) {
	case ZYDIS_CATEGORY_IO:
	case ZYDIS_CATEGORY_IOSTRINGOP:
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
	case ZYDIS_CATEGORY_SYSTEM:
	case ZYDIS_CATEGORY_INTERRUPT:
		return true;
	default:
		break;
	}
	switch (o->in.mnemonic) {
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_IRETQ:
		return true;
	default:
		return o->in.encoding == ZYDIS_INSTRUCTION_ENCODING_3DNOW ||
		       o->in.encoding == ZYDIS_INSTRUCTION_ENCODING_XOP ||
		       o->in.encoding == ZYDIS_INSTRUCTION_ENCODING_MVEX ||
		       o->in.meta.isa_set == ZYDIS_ISA_SET_KNC_MISC ||
		       o->in.meta.isa_set == ZYDIS_ISA_SET_KNC_PF_HINT ||
		       o->in.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
	}
}

/*
 * Zydis 3 takes a SIB without a base for one with R13D where the address is
 * 32-bit and REX.B set (SDM Vol. 2, Table 2-3, note 1 says otherwise).
 */
static bool is_misread(const struct one *o)
{
	return o->in.address_width == 32 && o->in.raw.modrm.mod == 0 &&
	       o->in.raw.modrm.rm == 4 && o->in.raw.sib.base == 5;
}

static bool compare(const struct one *o, const uint8_t *code)
{
	struct memops m;
	unsigned int wanted = 0;
	int ret = memops_decode(code, o->in.length, &state, &m);

	counts.seen++;
	if (is_elsewhere(o) || is_misread(o))
		return true;
	if (ret < 0) {
		counts.refused++;
		if (ret == -ENODATA)
			complain(o, code, "is not all there?");
		return ret != -ENODATA;
	}
	for (unsigned int i = 0; i < o->in.operand_count && !is_over(o); i++) {
		if (!is_access(o, &o->op[i]))
			continue;
		wanted++;
		counts.compared++;
		if (!operand_agrees(o, &o->op[i], &m)) {
			complain(o, code, "another address or size");
			printf("  want %#lx %u, have", address_of(o, &o->op[i]),
			       o->op[i].size / 8);
			for (uint32_t j = 0; j < m.count; j++)
				printf(" %#lx %u", m.op[j].addr, m.op[j].size);
			printf("\n");
			return false;
		}
	}
	if (m.count > wanted) {
		complain(o, code, "touches no memory there");
		return false;
	}
	return true;
}

/* ---- bytes to look at --------------------------------------------------- */

/* A page that ends where nothing is mapped. */
static uint8_t *page_end;

/* The first @size bytes of @code; no byte behind them is there to be read. */
static int decode_cut(const uint8_t *code, size_t size, struct memops *m)
{
	memcpy(page_end - size, code, size);
	return memops_decode(page_end - size, size, &state, m);
}

/* Cut short, an instruction is never taken for another one. */
static bool is_safe_cut(const struct one *o, const uint8_t *code)
{
	struct memops whole, cut;
	int ret = decode_cut(code, o->in.length, &whole);

	for (size_t n = 0; n < o->in.length; n++) {
		int cut_ret = decode_cut(code, n, &cut);

		if (ret == 0 && whole.count && cut_ret == 0 && cut.count &&
		    memcmp(&whole.op, &cut.op, sizeof(whole.op)) != 0) {
			complain(o, code, "cut, it is something else");
			return false;
		}
	}
	return true;
}

static bool look_at(const uint8_t *code, size_t size, struct one *o)
{
	if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, code, size, &o->in,
	                                       o->op))) {
		struct memops m;

		o->in.length = 1;
		(void)decode_cut(code, MIN(size, (size_t)INSN_SIZE_MAX), &m);
		return true;
	}
	random_registers();
	return compare(o, code) && is_safe_cut(o, code);
}

static void sweep(const uint8_t *code, size_t size)
{
	unsigned int bad = 0;
	struct one o;

	for (size_t at = 0; at < size && bad < 20; at += o.in.length)
		bad += !look_at(code + at, size - at, &o);
	CHECK_EQ(bad, 0);
}

static void sweep_random(void)
{
	unsigned int bad = 0;
	struct one o;

	for (int i = 0; i < RANDOM_ROUNDS && bad < 40; i++) {
		uint64_t bytes[2] = { random_number(), random_number() };

		bad += !look_at((const uint8_t *)bytes, INSN_SIZE_MAX, &o);
	}
	CHECK_EQ(bad, 0);
}

/* ---- files -------------------------------------------------------------- */

static uint8_t *read_file(const char *path, size_t *ret_size)
{
	FILE *in = fopen(path, "rb");
	uint8_t *bytes;
	long size;

	if (!in || fseek(in, 0, SEEK_END) || (size = ftell(in)) < 0)
		exit(2);
	rewind(in);
	bytes = malloc((size_t)size + 1);
	if (!bytes || fread(bytes, 1, (size_t)size, in) != (size_t)size)
		exit(2);
	fclose(in);
	*ret_size = (size_t)size;
	return bytes;
}

static void sweep_file(const char *path)
{
	size_t size;
	uint8_t *file = read_file(path, &size);
	const Elf64_Ehdr *ehdr = (const void *)file;
	const Elf64_Shdr *shdr = (const void *)(file + ehdr->e_shoff);

	for (unsigned int i = 0; i < ehdr->e_shnum; i++)
		if (shdr[i].sh_flags & SHF_EXECINSTR)
			sweep(file + shdr[i].sh_offset, shdr[i].sh_size);
	free(file);
}

static void report(const char *what)
{
	printf("%s: %lu instructions, %lu operands, %lu with their size, "
	       "%lu refused\n",
	       what, counts.seen, counts.compared, counts.exact,
	       counts.refused);
	memset(&counts, 0, sizeof(counts));
}

int main(int argc, char **argv)
{
	uint8_t *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + PAGE, PAGE, PROT_NONE) < 0)
		return 2;
	page_end = map + PAGE;
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
	                 ZYDIS_STACK_WIDTH_64);
	for (int i = 1; i < argc; i++) {
		sweep_file(argv[i]);
		CHECK(counts.exact * 100 >= counts.compared * 95);
		CHECK(counts.refused * 1000 <= counts.seen);
		report(argv[i]);
	}
	sweep_random();
	CHECK(counts.compared > RANDOM_ROUNDS / 10);
	report("random bytes");
	return check_result();
}
