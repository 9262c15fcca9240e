/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/sites/stub.h"

#include "base/endian.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/cpu/offsets.h"

static const struct site_opcode opcodes[] = SITE_OPCODES;

_Static_assert(STUB_SIZE >=
                       SITE_WINDOW_MAX - 2 + STUB_GATE_SIZE + SITE_JUMP_SIZE,
               "the largest window, less the shortest site");

#define LEA_SIZE 7
#define JMP_GS_SIZE 8
#define INT3 0xcc

/* lea disp32(%rip),REG: the registers that each gate finds its way back by. */
static const uint8_t lea_rcx[] = { 0x48, 0x8d, 0x0d };
static const uint8_t lea_rdx[] = { 0x48, 0x8d, 0x15 };
static const uint8_t jmp_gs[] = { 0x65, 0xff, 0x24, 0x25 };

struct stub_shape stub_shape(uint8_t size, uint8_t at, uint8_t kind)
{
	return (struct stub_shape){
		.size = size,
		.at = at,
		.insn_size = opcodes[kind].size,
		.back = (uint8_t)(at + STUB_GATE_SIZE),
	};
}

bool window_is_usable(const struct window *w)
{
	const struct site_opcode *op = &opcodes[w->kind];

	return (w->addr & (PAGE_SIZE - 1)) <= PAGE_SIZE - SITE_JUMP_SIZE &&
	       memcmp(w->bytes + w->at, op->byte, op->size) == 0;
}

void stub_jump(uint64_t from, uint64_t to, uint8_t out[SITE_JUMP_SIZE])
{
	out[0] = 0xe9;
	put_le32(out + 1, (uint32_t)(to - (from + SITE_JUMP_SIZE)));
}

static void put_gate(uint8_t kind, uint8_t *out)
{
	bool is_call = kind == SITE_SYSCALL;

	memcpy(out, is_call ? lea_rcx : lea_rdx, sizeof(lea_rcx));
	put_le32(out + sizeof(lea_rcx), STUB_GATE_SIZE - LEA_SIZE);
	out += LEA_SIZE;
	memcpy(out, jmp_gs, sizeof(jmp_gs));
	put_le32(out + sizeof(jmp_gs),
	         is_call ? VCPU_O_SYSCALL_ENTRY : VCPU_O_INSN_ENTRY);
}

void stub_make(const struct window *w, uint64_t addr, uint8_t out[STUB_SIZE])
{
	struct stub_shape s = stub_shape(w->size, w->at, w->kind);
	uint8_t rest_at = (uint8_t)(s.at + s.insn_size);
	uint8_t rest = (uint8_t)(s.size - rest_at);

	_Static_assert(LEA_SIZE + JMP_GS_SIZE == STUB_GATE_SIZE, "gate");
	memset(out, INT3, STUB_SIZE);
	memcpy(out, w->bytes, s.at);
	put_gate(w->kind, out + s.at);
	memcpy(out + s.back, w->bytes + rest_at, rest);
	stub_jump(addr + s.back + rest, w->addr + w->size, out + s.back + rest);
}

uint8_t stub_to_window(const struct stub_shape *s, uint8_t offset)
{
	if (offset < s->at)
		return offset;
	/* In the gate nothing has happened but to a register that it clobbers. */
	if (offset < s->back)
		return s->at;
	return (uint8_t)MIN(s->at + s->insn_size + (offset - s->back), s->size);
}

uint8_t stub_from_window(const struct stub_shape *s, uint8_t offset)
{
	if (offset < s->at + s->insn_size)
		return MIN(offset, s->at);
	return (uint8_t)(s->back + (offset - s->at - s->insn_size));
}
