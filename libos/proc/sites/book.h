/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book.h - which stub stands for which window.
 *
 * A window may have several stubs: programs of an overlay (mm/overlay.h) show
 * different text at one address.  The caller serialises all but
 * book_around(), which may run beside the others.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/proc/sites/arena.h"

/* The stub of this very window, or NULL. */
struct stub_slot *book_find(const struct window *w);
void book_add(struct stub_slot *slot);

/*
 * Stubs whose windows start in the page: mark them all as stale; later, take
 * those that still are out of the book and give them back to their arenas.
 * How many went.
 */
void book_mark_page(uint64_t page);
uint32_t book_sweep_page(uint64_t page);

/* Forget all.  For tests. */
void book_fini(void);

/*
 * Copy slots whose windows hold @rip, but do not start there, to @ret; how many
 * of at most @max.
 */
uint32_t book_around(uint64_t rip, struct stub_slot *ret, uint32_t max);
