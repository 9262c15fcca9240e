/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites_targets.c - where jumps may arrive, found without disassembling.
 *
 * Each byte of code is taken for the start of a displacement if what stands
 * before it looks like the opcode of a call, a jump or a lea, and each aligned
 * word of the file for an address.  Both find everything there is, and now
 * and then something that is not there; that costs a window at worst.  Short
 * jumps are too easily guessed wrong: region_sweep() finds them.
 */
#include <string.h>

#include "base/endian.h"
#include "base/units.h"
#include "cli/image/sites_internal.h"

#include "base/banned.h"

enum { TABLE_MAX = 65536, REL_SIZE = 4 };

/* A switch: 32-bit distances from the table's own start (gcc, clang, -fPIC). */
static void mark_jump_table(const struct text *t, uint64_t table)
{
	struct cspan bytes = text_loaded(t, table);
	size_t count = MIN(bytes.size / sizeof(int32_t), (size_t)TABLE_MAX);
	uint64_t target;

	if (table % sizeof(int32_t))
		return;
	for (size_t i = 0; i < count; i++) {
		target = table + (uint64_t)(int32_t)get_le32(
					 bytes.data + i * sizeof(int32_t));
		if (!text_area_at(t, target))
			return;
		text_mark(t, target, TARGET_GUESSED);
	}
}

/* Is @p behind the opcode of a near call or jump? (SDM 2, CALL, JMP, Jcc) */
static bool is_behind_branch(const uint8_t *p)
{
	return p[-1] == 0xe8 || p[-1] == 0xe9 ||
	       (p[-2] == 0x0f && (p[-1] & 0xf0) == 0x80) ||
	       (p[-2] == 0xc7 && p[-1] == 0xf8); /* xbegin */
}

/* lea disp32(%rip),REG */
static bool is_behind_lea(const uint8_t *p)
{
	return p[-2] == 0x8d && (p[-1] & 0xc7) == 0x05;
}

static void mark_displacements(const struct text *t, const struct text_area *a)
{
	uint64_t target;

	for (uint64_t i = 2; i + REL_SIZE <= a->size; i++) {
		const uint8_t *p = a->bytes + i;
		bool is_lea = is_behind_lea(p);

		if (!is_lea && !is_behind_branch(p))
			continue;
		target = a->vaddr + i + REL_SIZE +
		         (uint64_t)(int32_t)get_le32(p);
		text_mark(t, target, TARGET_GUESSED);
		if (is_lea && !text_area_at(t, target))
			mark_jump_table(t, target);
	}
}

/* Symbols, relocations and tables of addresses, wherever they stand. */
static void mark_words(const struct text *t)
{
	uint64_t first = t->area[0].vaddr;
	const struct text_area *last = &t->area[t->nareas - 1];
	uint64_t size = last->vaddr + last->size - first;

	for (size_t i = 0; i + sizeof(uint64_t) <= t->file.size;
	     i += sizeof(uint64_t)) {
		uint64_t v = get_le64(t->file.data + i);

		if (v - first < size)
			text_mark(t, v, TARGET_GUESSED);
	}
}

/* mov $address,%edi and the like, where addresses are fixed. */
static void mark_immediates(const struct text *t, const struct text_area *a)
{
	for (uint64_t i = 0; i + sizeof(uint32_t) <= a->size; i++)
		text_mark(t, get_le32(a->bytes + i), TARGET_GUESSED);
}

void text_mark_targets(const struct text *t)
{
	mark_words(t);
	for (size_t i = 0; i < t->nareas; i++) {
		mark_displacements(t, &t->area[i]);
		if (t->eh.e_type == ET_EXEC)
			mark_immediates(t, &t->area[i]);
	}
}
