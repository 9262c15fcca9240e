/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_check FILE TABLE - would the site table of a real ELF file be safe?
 *
 * Each window is made into stubs near and far, and these are disassembled with
 * all operands: the window is whole instructions, the site is what the table
 * says, whatever moves means the same elsewhere, the gate returns to where it
 * should, the last jump leads behind the window, and each instruction's address
 * is found from either side.  Prints the number of windows.
 */
#include <Zydis/Zydis.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "libos/proc/sites/stub.h"
#include "libos/proc/sites/table.h"
#include "libos/tests/fake/check.h"

struct file {
	uint8_t *bytes;
	size_t size;
};

static struct file read_file(const char *path)
{
	struct file f = { NULL, 0 };
	FILE *in = fopen(path, "rb");
	long size;

	if (!in || fseek(in, 0, SEEK_END) || (size = ftell(in)) < 0)
		exit(2);
	rewind(in);
	f.size = (size_t)size;
	f.bytes = malloc(f.size + 1);
	if (!f.bytes || fread(f.bytes, 1, f.size, in) != f.size)
		exit(2);
	fclose(in);
	return f;
}

static ZydisDecoder decoder;

struct one {
	ZydisDecodedInstruction in;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
};

/* The instruction at @bytes: its size, or 0. */
static uint8_t decode(const uint8_t *bytes, size_t size, struct one *o)
{
	if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes, size, &o->in,
	                                       o->op)))
		return 0;
	return o->in.length;
}

static bool depends_on_place(const struct one *o)
{
	uint8_t i;

	for (i = 0; i < o->in.operand_count; i++) {
		const ZydisDecodedOperand *op = &o->op[i];

		if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
		    op->imm.is_relative)
			return true;
		if (op->type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    (op->mem.base == ZYDIS_REGISTER_RIP ||
		     op->mem.base == ZYDIS_REGISTER_EIP))
			return true;
		if (op->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    op->reg.value == ZYDIS_REGISTER_RIP)
			return true;
	}
	return false;
}

static void check_gate(const uint8_t *gate, uint64_t addr, uint64_t back,
                       uint8_t kind)
{
	bool is_call = kind == SITE_SYSCALL;
	struct one lea, jmp;
	ZyanU64 target;

	CHECK(decode(gate, STUB_GATE_SIZE, &lea));
	CHECK_EQ(lea.in.mnemonic, ZYDIS_MNEMONIC_LEA);
	CHECK_EQ(lea.op[0].reg.value,
	         is_call ? ZYDIS_REGISTER_RCX : ZYDIS_REGISTER_RDX);
	CHECK(ZYAN_SUCCESS(
		ZydisCalcAbsoluteAddress(&lea.in, &lea.op[1], addr, &target)));
	CHECK_EQ(target, back);
	gate += lea.in.length;
	CHECK(decode(gate, STUB_GATE_SIZE - lea.in.length, &jmp));
	CHECK_EQ(jmp.in.mnemonic, ZYDIS_MNEMONIC_JMP);
	CHECK_EQ(jmp.op[0].mem.segment, ZYDIS_REGISTER_GS);
	CHECK_EQ(jmp.op[0].mem.base, ZYDIS_REGISTER_NONE);
	CHECK_EQ(jmp.op[0].mem.disp.value, is_call ? 8 : 112);
	CHECK_EQ(lea.in.length + jmp.in.length, STUB_GATE_SIZE);
}

static void check_jump(const uint8_t *bytes, uint64_t addr, uint64_t to)
{
	ZyanU64 target = 0;
	struct one o;

	CHECK_EQ(decode(bytes, 5, &o), 5);
	CHECK_EQ(o.in.mnemonic, ZYDIS_MNEMONIC_JMP);
	CHECK(ZYAN_SUCCESS(
		ZydisCalcAbsoluteAddress(&o.in, &o.op[0], addr, &target)));
	CHECK_EQ(target, to);
}

/* An instruction at @at of the window lies at @stub_at of the stub. */
static void check_moved(const struct window *w, const uint8_t *stub,
                        const struct stub_shape *s, uint8_t at, uint8_t size)
{
	uint8_t there =
		at < w->at ? at
			   : (uint8_t)(s->back + at - w->at - s->insn_size);

	CHECK_EQ(memcmp(stub + there, w->bytes + at, size), 0);
	CHECK_EQ(stub_to_window(s, there), at);
	if (at)
		CHECK_EQ(stub_from_window(s, at), there);
}

static void check_stub(const struct window *w, uint64_t addr)
{
	struct stub_shape s = stub_shape(w->size, w->at, w->kind);
	uint8_t stub[STUB_SIZE], jump[SITE_JUMP_SIZE];
	uint8_t at, n, end;
	struct one o;

	stub_make(w, addr, stub);
	for (at = 0; at < w->size; at = (uint8_t)(at + n)) {
		n = decode(w->bytes + at, (size_t)(w->size - at), &o);
		if (!n || at + n > w->size) {
			CHECK(!"the window ends inside an instruction");
			return;
		}
		if (at == w->at) {
			CHECK_EQ(n, s.insn_size);
			continue;
		}
		CHECK(at + n <= w->at || at > w->at);
		CHECK(!depends_on_place(&o));
		check_moved(w, stub, &s, at, n);
	}
	check_gate(stub + s.at, addr + s.at, addr + s.back, w->kind);
	end = (uint8_t)(s.back + w->size - w->at - s.insn_size);
	check_jump(stub + end, addr + end, w->addr + w->size);
	CHECK(end + SITE_JUMP_SIZE <= STUB_SIZE);
	stub_jump(w->addr, addr, jump);
	check_jump(jump, w->addr, addr);
}

/* Where the segment that may be executed shows file offset @offset; 0: none. */
static uint64_t address_of(const struct file *f, uint32_t offset, uint8_t size)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	int i;

	memcpy(&eh, f->bytes, sizeof(eh));
	for (i = 0; i < eh.e_phnum; i++) {
		memcpy(&ph, f->bytes + eh.e_phoff + (size_t)i * sizeof(ph),
		       sizeof(ph));
		if (ph.p_type == PT_LOAD && (ph.p_flags & PF_X) &&
		    offset >= ph.p_offset &&
		    offset + size <= ph.p_offset + ph.p_filesz)
			return ph.p_vaddr + (offset - ph.p_offset) +
			       0x100000000ull;
	}
	return 0;
}

static void check_site(const struct file *f, const struct site *site)
{
	struct window w = { .addr = address_of(f, site->offset, site->size),
		            .bytes = f->bytes + site->offset,
		            .size = site->size,
		            .at = site->at,
		            .kind = site->kind };

	CHECK(w.addr != 0);
	CHECK(window_is_usable(&w));
	check_stub(&w, w.addr + 0x7fff0000);
	check_stub(&w, w.addr - 0x7fff0000);
	check_stub(&w, (w.addr & ~0xfffull) + 0x100000);
}

int main(int argc, char **argv)
{
	const struct site *sites;
	struct file f, t;
	size_t i, count;

	if (argc != 3)
		return 2;
	f = read_file(argv[1]);
	t = read_file(argv[2]);
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
	                 ZYDIS_STACK_WIDTH_64);
	CHECK_EQ(site_table_check(t.bytes, t.size, f.size), 0);
	if (check_failures)
		return check_result();
	sites = (const void *)(t.bytes + sizeof(struct sites_header));
	count = (t.size - sizeof(struct sites_header)) / sizeof(*sites);
	for (i = 0; i < count; i++)
		check_site(&f, &sites[i]);
	printf("%zu\n", count);
	free(f.bytes);
	free(t.bytes);
	return check_result();
}
