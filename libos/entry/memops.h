/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memops.h - which memory an instruction is about to touch.
 *
 * A decoder for one question: a host says that the instruction at RIP has
 * faulted; can that be?  It knows what every 64-bit instruction a program may
 * execute takes from memory by ModRM, by the stack, by RSI and RDI or by an
 * address of its own, but not what it does with it: reads and writes are the
 * same here.
 *
 * An address is exact.  A size is exact for integers, strings, the stack and
 * whole vectors, and 1 elsewhere (x87, scalars in vector registers, saved
 * state, conversions): what begins in one page and ends in another is then
 * known for its first page only.
 *
 * Refused, because the answer is in mask or vector registers: instructions with
 * an EVEX mask, masked moves, gathers, scatters, tile loads; and those EVEX
 * forms with an 8-bit displacement whose unit is not the whole vector.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/cpu/regs.h"

enum { INSN_SIZE_MAX = 15, MEMOPS_MAX = 2 };

/* What the instruction starts from. */
struct memops_state {
	const struct regs *regs;
	uint64_t fs_base, gs_base;
};

enum branch_kind {
	BRANCH_NONE,
	BRANCH_TARGET, /* to @target */
	BRANCH_LOADED  /* to the 8 bytes at @target */
};

struct memops {
	uint32_t count;
	struct memop {
		uint64_t addr;
		uint32_t size; /* bytes, at least 1 */
	} op[MEMOPS_MAX];
	/* #GP whatever memory holds: privileged, or not aligned as it must. */
	bool must_fault;
	enum branch_kind branch; /* indirect ones */
	uint64_t target;
};

/*
 * memops_decode - look at the @size bytes of @code.
 *
 * -ENODATA: it goes on behind them.  -EINVAL: not an instruction, or a refused
 * one; *@ret is undefined then.
 */
__must_check int memops_decode(const uint8_t *code, size_t size,
                               const struct memops_state *state,
                               struct memops *ret);

/* Bits 63 to 47 are equal. */
static inline bool is_canonical(uint64_t addr)
{
	return (uint64_t)((int64_t)(addr << 16) >> 16) == addr;
}
