/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub.h - what a stub consists of.
 *
 *	  the window's bytes in front of the site
 *	gate:
 *	  lea back(%rip),%rcx or %rdx
 *	  jmp *%gs:8 or *%gs:112
 *	back:
 *	  the window's bytes behind the site
 *	  jmp to the end of the window
 *
 * Bytes are moved as they are, so addresses are translated by arithmetic.  Pure
 * functions: nothing here touches a program's memory.
 */
#pragma once

#include "abi/sites.h"
#include "base/compiler.h"
#include "base/types.h"

#define STUB_SIZE 64
#define STUB_GATE_SIZE 15 /* lea disp32(%rip), jmp *%gs:disp32 */

/* Some text at its address. */
struct window {
	uint64_t addr;
	const uint8_t *bytes;
	uint8_t size;
	uint8_t at; /* of the site in it */
	uint8_t kind;
};

/* Where a window's text is in its stub, as offsets. */
struct stub_shape {
	uint8_t size, at, insn_size; /* of the window */
	uint8_t back;                /* of the stub */
};
struct stub_shape stub_shape(uint8_t size, uint8_t at, uint8_t kind);

/* Has it room for a jump in its page, and is the site what @w->kind says? */
bool window_is_usable(const struct window *w);

/* The stub of @w for @addr; both within 2 GiB of each other. */
void stub_make(const struct window *w, uint64_t addr, uint8_t out[STUB_SIZE]);
/* jmp rel32 from @from to @to. */
void stub_jump(uint64_t from, uint64_t to, uint8_t out[SITE_JUMP_SIZE]);

/*
 * Offsets of instructions: from the stub to the window, which is always
 * possible, and back, which is so for 0 < @offset < size.  What the program
 * sees while its registers wait for the kernel is the site.
 */
uint8_t stub_to_window(const struct stub_shape *s, uint8_t offset);
uint8_t stub_from_window(const struct stub_shape *s, uint8_t offset);
