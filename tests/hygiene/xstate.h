/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xstate.h - x87, vector, mask and tile registers as ptrace hands them over: an
 * XSAVE area in standard format (SDM vol. 1, 13.4).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { XSTATE_MAX = 16384 };

struct xstate {
	uint8_t bytes[XSTATE_MAX] __attribute__((aligned(64)));
	size_t size;
};

/*
 * Fill every component but PKRU and the tiles with values that depend on @seed,
 * and with control words that upset code which does not load its own.
 */
void xstate_poison(struct xstate *s, unsigned long seed);

/* INIT, but for PKRU. */
void xstate_clear(struct xstate *s);

/*
 * The name of the first register or group of them that differs, NULL if none
 * does.  A component that is not in use counts as INIT; PKRU is left out.
 */
const char *xstate_difference(const struct xstate *a, const struct xstate *b);

/* The first 8 bytes of @s that are not 0 in the group called @name. */
uint64_t xstate_first_word(const struct xstate *s, const char *name);
