/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memops.c - prefixes, opcode, ModRM; then the operands that have none.
 *
 * Every byte comes from next(), which remembers that there was none left, so
 * nothing else looks at the size of the code.
 */
#include "libos/entry/memops.h"

#include "base/arith.h"
#include "base/errno.h"
#include "libos/entry/memops_table.h"

enum { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI };

struct insn {
	const uint8_t *code;
	size_t size, pos;
	bool is_short;   /* it goes on behind the code */
	bool is_refused; /* see memops.h */

	const struct memops_state *state;
	uint64_t segment;
	bool opsize, addrsize, rep;
	bool w, r, x, b; /* of REX, or their like in VEX and EVEX */
	bool is_vex, is_evex, is_broadcast;
	uint8_t map, pp, opcode, modrm;
	uint8_t flags; /* of memops_table.h */
	uint32_t vector_size;
	uint64_t rsp_bias; /* POP to memory counts from the new RSP */
};

static uint8_t next(struct insn *in)
{
	if (in->pos >= in->size) {
		in->is_short = true;
		return 0;
	}
	return in->code[in->pos++];
}

/* Little endian, sign-extended. */
static uint64_t next_number(struct insn *in, unsigned int bytes)
{
	unsigned int spare = 64 - 8 * bytes;
	uint64_t n = 0;

	for (unsigned int i = 0; i < bytes; i++)
		n |= (uint64_t)next(in) << 8 * i;
	return (uint64_t)((int64_t)(n << spare) >> spare);
}

static uint64_t reg_of(const struct insn *in, unsigned int n)
{
	const struct regs *r = in->state->regs;
	const uint64_t value[16] = { r->rax, r->rcx, r->rdx, r->rbx,
		                     r->rsp, r->rbp, r->rsi, r->rdi,
		                     r->r8,  r->r9,  r->r10, r->r11,
		                     r->r12, r->r13, r->r14, r->r15 };

	return value[n] + (n == REG_RSP ? in->rsp_bias : 0);
}

/* ModRM's 3 bits with the one that a prefix adds. */
static unsigned int modrm_reg(const struct insn *in)
{
	return (in->modrm >> 3 & 7) | (unsigned int)in->r << 3;
}

static bool is_memory(const struct insn *in)
{
	return in->flags & M && in->modrm >> 6 != 3;
}

/* ---- prefixes and opcode ----------------------------------------------- */

/* True if @byte is a legacy prefix. */
static bool take_prefix(struct insn *in, uint8_t byte)
{
	switch (byte) {
	case 0x66:
		in->opsize = true;
		return true;
	case 0x67:
		in->addrsize = true;
		return true;
	case 0xf2:
	case 0xf3:
		in->rep = true;
		in->pp = byte == 0xf2 ? PF2 : PF3;
		return true;
	case 0x64:
		in->segment = in->state->fs_base;
		return true;
	case 0x65:
		in->segment = in->state->gs_base;
		return true;
	default:
		return byte == 0xf0 || (byte & 0xe7) == 0x26;
	}
}

/* Returns the byte behind the prefixes.  Only a REX right before it counts. */
static uint8_t read_prefixes(struct insn *in)
{
	uint8_t byte = next(in);

	while (take_prefix(in, byte))
		byte = next(in);
	if ((byte & 0xf0) != 0x40)
		return byte;
	in->w = byte & 8;
	in->r = byte & 4;
	in->x = byte & 2;
	in->b = byte & 1;
	byte = next(in);
	in->is_refused = (byte & 0xf0) == 0x40 || take_prefix(in, byte) ||
	                 byte == 0xc4 || byte == 0xc5 || byte == 0x62;
	return byte;
}

/* Bits 7 to 5 of a VEX or EVEX byte are R, X and B, inverted. */
static void take_rxb(struct insn *in, uint8_t byte)
{
	in->r = !(byte & 0x80);
	in->x = !(byte & 0x40);
	in->b = !(byte & 0x20);
}

static void take_wpp(struct insn *in, uint8_t byte)
{
	in->w = byte & 0x80;
	in->pp = byte & 3;
}

static void read_vex(struct insn *in, uint8_t escape)
{
	uint8_t byte = next(in);

	in->is_vex = true;
	in->map = MAP_0F;
	if (escape == 0xc4) {
		take_rxb(in, byte);
		in->map = byte & 0x1f;
		byte = next(in);
		take_wpp(in, byte);
	} else {
		in->r = !(byte & 0x80);
		in->pp = byte & 3;
	}
	in->vector_size = byte & 4 ? 32 : 16;
	in->opcode = next(in);
}

static void read_evex(struct insn *in)
{
	uint8_t p0 = next(in);
	uint8_t p1 = next(in);
	uint8_t p2 = next(in);

	in->is_vex = in->is_evex = true;
	take_rxb(in, p0);
	in->map = p0 & 0xf;
	take_wpp(in, p1);
	in->vector_size = 16u << (p2 >> 5 & 3);
	in->is_broadcast = p2 & 0x10;
	/* Not EVEX after all, a vector of 128 bytes, or a mask. */
	in->is_refused |= !(p1 & 4) || (p2 & 0x60) == 0x60 || p2 & 7;
	in->opcode = next(in);
}

static void read_legacy(struct insn *in, uint8_t byte)
{
	in->vector_size = 16;
	if (!in->rep)
		in->pp = in->opsize ? P66 : NP;
	if (byte == 0x0f) {
		in->map = MAP_0F;
		byte = next(in);
		if (byte == 0x38 || byte == 0x3a) {
			in->map = byte == 0x38 ? MAP_0F38 : MAP_0F3A;
			byte = next(in);
		}
	}
	in->opcode = byte;
}

static uint8_t flags_of(const struct insn *in)
{
	switch (in->map) {
	case MAP_ONE:
		return one_byte[in->opcode];
	case MAP_0F:
		return in->is_vex ? (two_byte[in->opcode] & (M | I1)) | V
		                  : two_byte[in->opcode];
	default:
		return in->map == MAP_0F38 ? M | V : M | V | I1;
	}
}

/* Masked moves, gathers, scatters and tiles; ranges of map 0F38. */
static bool needs_vectors(const struct insn *in)
{
	uint8_t op = in->opcode;

	if (in->map == MAP_0F)
		return op == 0xf7;
	if (in->map != MAP_0F38 || !in->is_vex)
		return false;
	return (op >= 0x90 && op <= 0x93) || (op >= 0xa0 && op <= 0xa3) ||
	       (op & 0xfe) == 0xc6 || op == 0x4b || op == 0x8c || op == 0x8e ||
	       (!in->is_evex && op >= 0x2c && op <= 0x2f);
}

static void read_opcode(struct insn *in)
{
	uint8_t byte = read_prefixes(in);
	bool has_prefix = in->opsize || in->rep;

	if (byte == 0xc4 || byte == 0xc5)
		read_vex(in, byte);
	else if (byte == 0x62)
		read_evex(in);
	else
		read_legacy(in, byte);
	if (in->is_vex)
		in->is_refused |=
			has_prefix || in->map < MAP_0F || in->map > MAP_0F3A;
	in->is_refused |= needs_vectors(in);
	if (in->is_refused)
		return;
	in->flags = flags_of(in);
	if (in->flags & M)
		in->modrm = next(in);
}

/* ---- sizes ------------------------------------------------------------- */

static uint32_t integer_size(const struct insn *in)
{
	if (in->flags & B)
		return 1;
	if (in->flags & W)
		return 2;
	if (in->w)
		return 8;
	return in->opsize ? 2 : 4;
}

static uint32_t stack_size(const struct insn *in)
{
	return in->opsize && !in->w ? 2 : 8;
}

static bool has_opcode(const struct wide *e, uint8_t op)
{
	for (size_t i = 0; i < ARRAY_SIZE(e->range) && e->range[i][1]; i++)
		if (op >= e->range[i][0] && op <= e->range[i][1])
			return true;
	return false;
}

static const struct wide *wide_of(const struct insn *in)
{
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
		if (wide[i].map == in->map && wide[i].pp == in->pp &&
		    has_opcode(&wide[i], in->opcode))
			return &wide[i];
	return NULL;
}

/* 0: not known. */
static uint32_t wide_size(const struct insn *in, const struct wide *e)
{
	if (!e)
		return 0;
	if (in->is_broadcast)
		return in->w ? 8 : 4;
	return e->width == XMM ? 16 : in->vector_size;
}

/* ---- ModRM ------------------------------------------------------------- */

static unsigned int immediate_size(const struct insn *in)
{
	unsigned int z = in->opsize && !in->w ? 2 : 4;
	bool is_test = in->map == MAP_ONE && (in->opcode & 0xfe) == 0xf6 &&
	               (in->modrm >> 3 & 7) < 2;

	if (is_test)
		return in->opcode == 0xf6 ? 1 : z;
	if (in->flags & IZ)
		return z;
	return in->flags & I1 ? 1 : 0;
}

/* EVEX counts 8-bit displacements in operands. */
static uint64_t scaled_disp8(struct insn *in)
{
	uint32_t unit = in->is_evex ? wide_size(in, wide_of(in)) : 1;

	if (!unit)
		in->is_refused = true;
	return next_number(in, 1) * unit;
}

static uint64_t base_and_index(struct insn *in, bool *ret_is_bare)
{
	uint8_t sib = next(in);
	unsigned int index = (sib >> 3 & 7) | (unsigned int)in->x << 3;
	uint64_t ea = 0;

	if (index != REG_RSP)
		ea = reg_of(in, index) << (sib >> 6);
	*ret_is_bare = (sib & 7) == REG_RBP && in->modrm >> 6 == 0;
	if (!*ret_is_bare)
		ea += reg_of(in, (sib & 7) | (unsigned int)in->b << 3);
	return ea;
}

/* The operand's address; reads the instruction to its end. */
static uint64_t read_address(struct insn *in)
{
	unsigned int mod = in->modrm >> 6;
	unsigned int rm = in->modrm & 7;
	bool is_relative = mod == 0 && rm == REG_RBP;
	bool is_bare = is_relative;
	uint64_t ea = 0;

	if (rm == REG_RSP)
		ea = base_and_index(in, &is_bare);
	else if (!is_relative)
		ea = reg_of(in, rm | (unsigned int)in->b << 3);
	if (mod == 1)
		ea += scaled_disp8(in);
	else if (mod == 2 || is_bare)
		ea += next_number(in, 4);
	for (unsigned int i = immediate_size(in); i; i--)
		(void)next(in);
	if (is_relative)
		ea += in->state->regs->rip + in->pos;
	if (in->addrsize)
		ea = (uint32_t)ea;
	return ea + in->segment;
}

/* BT and its like reach for the word that holds the bit, in either direction. */
static uint64_t bit_offset(const struct insn *in)
{
	uint32_t bits = 8 * integer_size(in);
	uint64_t reg = reg_of(in, modrm_reg(in));
	int64_t bit = (int64_t)(reg << (64 - bits)) >> (64 - bits);

	return (uint64_t)((bit & -(int64_t)bits) >> 3);
}

static void add(struct memops *ret, uint64_t addr, uint32_t size)
{
	ret->op[ret->count++] = (struct memop){ addr, size };
}

static void vector_operand(const struct insn *in, struct memops *ret,
                           uint64_t addr)
{
	const struct wide *e = wide_of(in);
	uint32_t size = wide_size(in, e);
	bool is_cmpxchg16b = !in->is_vex && in->map == MAP_0F &&
	                     in->opcode == 0xc7 && (in->modrm >> 3 & 7) == 1 &&
	                     in->w;

	if (is_cmpxchg16b)
		size = 16;
	add(ret, addr, size ? size : 1);
	if (is_cmpxchg16b || (e && e->width == TIGHT) ||
	    (e && e->width != LOOSE && !in->is_vex))
		ret->must_fault = addr & (size - 1);
}

static void modrm_operand(struct insn *in, struct memops *ret)
{
	uint64_t addr = read_address(in);

	if (in->flags & N)
		return;
	if (in->flags & T)
		addr += bit_offset(in);
	if (in->flags & V)
		vector_operand(in, ret, addr);
	else
		add(ret, addr, integer_size(in));
}

/* ---- the stack, strings and absolute addresses -------------------------- */

static void push(const struct insn *in, struct memops *ret, uint32_t size)
{
	add(ret, reg_of(in, REG_RSP) - size, size);
}

static void branch(struct insn *in, struct memops *ret)
{
	if (is_memory(in)) {
		ret->branch = BRANCH_LOADED;
		ret->target = read_address(in);
		add(ret, ret->target, 8);
	} else {
		ret->branch = BRANCH_TARGET;
		ret->target =
			reg_of(in, (in->modrm & 7) | (unsigned int)in->b << 3);
	}
}

/* Group 5: INC, DEC, CALL, far CALL, JMP, far JMP, PUSH. */
static void group5(struct insn *in, struct memops *ret)
{
	unsigned int reg = in->modrm >> 3 & 7;

	if (reg == 2 || reg == 4)
		branch(in, ret);
	else if (is_memory(in))
		add(ret, read_address(in),
		    reg == 6  ? stack_size(in)
		    : reg < 2 ? integer_size(in)
		              : 1);
	if (reg == 2)
		push(in, ret, 8);
	else if (reg == 6)
		push(in, ret, stack_size(in));
}

static void pop_group(struct insn *in, struct memops *ret)
{
	if (in->modrm >> 3 & 7)
		in->is_refused = true; /* XOP, which is AMD's */
	add(ret, reg_of(in, REG_RSP), stack_size(in));
	if (!is_memory(in))
		return;
	in->rsp_bias = stack_size(in);
	add(ret, read_address(in), stack_size(in));
}

static void string(const struct insn *in, struct memops *ret)
{
	uint64_t mask = in->addrsize ? UINT32_MAX : UINT64_MAX;
	uint8_t op = in->opcode & 0xfe;
	uint32_t size = in->opcode & 1 ? integer_size(in) : 1;

	if (in->rep && !(reg_of(in, REG_RCX) & mask))
		return;
	if (op == 0xa4 || op == 0xa6 || op == 0xac)
		add(ret, (reg_of(in, REG_RSI) & mask) + in->segment, size);
	if (op != 0xac)
		add(ret, reg_of(in, REG_RDI) & mask, size);
}

static void absolute(struct insn *in, struct memops *ret)
{
	uint64_t addr = next_number(in, in->addrsize ? 4 : 8);

	if (in->addrsize)
		addr = (uint32_t)addr;
	add(ret, addr + in->segment, in->opcode & 1 ? integer_size(in) : 1);
}

static void table_lookup(const struct insn *in, struct memops *ret)
{
	uint64_t addr = reg_of(in, REG_RBX) + (reg_of(in, REG_RAX) & 0xff);

	if (in->addrsize)
		addr = (uint32_t)addr;
	add(ret, addr + in->segment, 1);
}

static void near_return(struct insn *in, struct memops *ret)
{
	ret->branch = BRANCH_LOADED;
	ret->target = reg_of(in, REG_RSP);
	add(ret, ret->target, 8);
}

/* Those of the one-byte map that ModRM does not tell all about. */
static void one_byte_operand(struct insn *in, struct memops *ret)
{
	uint8_t op = in->opcode;

	if (op == 0xff)
		group5(in, ret);
	else if (op == 0x8f)
		pop_group(in, ret);
	else if (is_memory(in))
		modrm_operand(in, ret);
	else if ((op & 0xf8) == 0x50 || op == 0x68 || op == 0x6a || op == 0x9c)
		push(in, ret, stack_size(in));
	else if ((op & 0xf8) == 0x58 || op == 0x9d)
		add(ret, reg_of(in, REG_RSP), stack_size(in));
	else if (op == 0xe8)
		push(in, ret, 8);
	else if (op == 0xc8)
		push(in, ret, stack_size(in));
	else if (op == 0xc9)
		add(ret, reg_of(in, REG_RBP), stack_size(in));
	else if ((op & 0xfe) == 0xc2)
		near_return(in, ret);
	else if ((op & 0xfc) == 0xa0)
		absolute(in, ret);
	else if ((op & 0xfc) == 0xa4 || (op >= 0xaa && op <= 0xaf))
		string(in, ret);
	else if (op == 0xd7)
		table_lookup(in, ret);
	else
		ret->must_fault = op == 0xf4 || (op & 0xfe) == 0xfa;
}

static void two_byte_operand(struct insn *in, struct memops *ret)
{
	uint8_t op = in->opcode;

	if (is_memory(in))
		modrm_operand(in, ret);
	else if ((op & 0xf7) == 0xa0)
		push(in, ret, stack_size(in));
	else if ((op & 0xf7) == 0xa1)
		add(ret, reg_of(in, REG_RSP), stack_size(in));
	else
		ret->must_fault = (op >= 0x06 && op <= 0x09) ||
		                  (op & 0xfc) == 0x20 || op == 0x30 ||
		                  op == 0x32 || op == 0x35;
}

int memops_decode(const uint8_t *code, size_t size,
                  const struct memops_state *state, struct memops *ret)
{
	struct insn in = { .code = code, .state = state };

	in.size = MIN(size, (size_t)INSN_SIZE_MAX);
	*ret = (struct memops){ 0 };
	read_opcode(&in);
	if (!in.is_refused && !in.is_short) {
		if (in.map == MAP_ONE)
			one_byte_operand(&in, ret);
		else if (in.map == MAP_0F && !in.is_vex)
			two_byte_operand(&in, ret);
		else if (is_memory(&in))
			modrm_operand(&in, ret);
	}
	if (in.is_refused)
		return -EINVAL;
	if (in.is_short)
		return size < INSN_SIZE_MAX ? -ENODATA : -EINVAL;
	return 0;
}
