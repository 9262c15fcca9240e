/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites_sweep.c - disassembles a region from its start to its end.
 *
 * In a function that is all there is to it.  Where no function is known to
 * start, there may be data.  Data disassembles too, but hardly ever for long
 * without an instruction that programs do not use: that is how it is told.
 */
#include <Zydis/Zydis.h>
#include <string.h>

#include "base/compiler.h"
#include "cli/image/sites_internal.h"

#include "base/banned.h"

/*
 * So many instructions on either side have to look like code.  Of random bytes
 * a quarter does not; x86 falls into step within a few instructions.
 */
enum { CLEAN_BEFORE = 48, CLEAN_BEHIND = 24 };

static const struct site_opcode opcodes[] = SITE_OPCODES;

static uint8_t kind_of(const uint8_t *bytes, size_t size)
{
	for (uint8_t kind = SITE_SYSCALL; kind <= SITE_KIND_MAX; kind++)
		if (size == opcodes[kind].size &&
		    !memcmp(bytes, opcodes[kind].byte, size))
			return kind;
	return 0;
}

/* What depends on where it is, or leaves: SDM 1, 5.1.7, 5.1.13, 5.21. */
static bool is_movable_category(ZydisInstructionCategory category)
{
	switch (category) {
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_COND_BR:
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_IO:
	case ZYDIS_CATEGORY_IOSTRINGOP:
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_SGX:
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
	case ZYDIS_CATEGORY_SYSTEM:
	case ZYDIS_CATEGORY_UNCOND_BR:
		return false;
	default:
		return true;
	}
}

static bool is_rip_relative(const ZydisDecodedInstruction *in)
{
	return (in->attributes & ZYDIS_ATTRIB_HAS_MODRM) &&
	       in->raw.modrm.mod == 0 && in->raw.modrm.rm == 5;
}

static bool is_movable(const ZydisDecodedInstruction *in)
{
	switch (in->mnemonic) {
	case ZYDIS_MNEMONIC_CPUID:
	case ZYDIS_MNEMONIC_RDTSC:
	case ZYDIS_MNEMONIC_RDTSCP:
	case ZYDIS_MNEMONIC_XGETBV:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_XABORT:
	case ZYDIS_MNEMONIC_XBEGIN:
		return false;
	default:
		return is_movable_category(in->meta.category) &&
		       !is_rip_relative(in) && !in->raw.imm[0].is_relative;
	}
}

static bool is_odd(const ZydisDecodedInstruction *in, const uint8_t *bytes)
{
	switch (in->mnemonic) {
	case ZYDIS_MNEMONIC_HLT:  /* how musl aborts */
	case ZYDIS_MNEMONIC_INT3: /* padding, as nop is */
		return false;
	case ZYDIS_MNEMONIC_ENTER:
	case ZYDIS_MNEMONIC_JRCXZ:
	case ZYDIS_MNEMONIC_LOOP:
	case ZYDIS_MNEMONIC_LOOPE:
	case ZYDIS_MNEMONIC_LOOPNE:
	case ZYDIS_MNEMONIC_XLAT:
		return true;
	case ZYDIS_MNEMONIC_ADD: /* zeros */
		return bytes[0] == 0 && bytes[1] == 0;
	default:
		return (in->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED) ||
		       in->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ||
		       in->meta.category == ZYDIS_CATEGORY_INTERRUPT ||
		       in->meta.category == ZYDIS_CATEGORY_IO ||
		       in->meta.category == ZYDIS_CATEGORY_IOSTRINGOP;
	}
}

static void mark_branch(const struct text *t, const ZydisDecodedInstruction *in,
                        uint64_t vaddr)
{
	if (in->raw.imm[0].is_relative)
		text_mark(t,
		          vaddr + in->length + (uint64_t)in->raw.imm[0].value.s,
		          TARGET_SEEN);
}

static struct insn *add_insn(struct insns *list)
{
	list->insn = mem_grow(list->insn, list->count, sizeof(*list->insn));
	return &list->insn[list->count++];
}

void region_sweep(const struct text *t, struct region *r, struct insns *list)
{
	const uint8_t *bytes = r->area->bytes + (r->vaddr - r->area->vaddr);
	uint64_t size = r->end - r->vaddr;
	ZydisDecodedInstruction in;
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
	                 ZYDIS_STACK_WIDTH_64);
	list->count = 0;
	r->is_swept = true;
	for (uint64_t i = 0; i < size; i += in.length) {
		if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(
			    &decoder, NULL, bytes + i, size - i, &in))) {
			if (r->is_function)
				return;
			in.length = 1;
			*add_insn(list) = (struct insn){ .vaddr = r->vaddr + i,
				                         .size = 1,
				                         .is_odd = true };
			continue;
		}
		mark_branch(t, &in, r->vaddr + i);
		*add_insn(list) = (struct insn){
			.vaddr = r->vaddr + i,
			.size = in.length,
			.kind = kind_of(bytes + i, in.length),
			.is_movable = is_movable(&in),
			.is_odd = is_odd(&in, bytes + i),
		};
	}
}

bool region_is_code(const struct region *r, const struct insns *list, size_t i)
{
	size_t first = i > CLEAN_BEFORE ? i - CLEAN_BEFORE : 0;
	size_t end = MIN(i + CLEAN_BEHIND + 1, list->count);

	if (r->is_function)
		return true;
	for (size_t k = first; k < end; k++)
		if (list->insn[k].is_odd)
			return false;
	return true;
}
