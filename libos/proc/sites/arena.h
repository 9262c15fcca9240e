/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - user memory for stubs, and what the kernel knows of each.
 *
 * An arena is a range of addresses that belongs to no process; its pages come
 * one by one, readable and executable for programs, and stay for ever.  It is
 * cut into slots of STUB_SIZE bytes.  Writing opens a page; arena_seal() closes
 * all that were opened, in one host call.
 *
 * The caller serialises all but arena_find(), which takes no lock: arenas and
 * the descriptions of slots never go away.
 */
#pragma once

#include "abi/sites.h"
#include "base/compiler.h"
#include "base/types.h"
#include "libos/proc/sites/stub.h"

#define ARENA_SIZE 0x40000ull
/* Stubs use at most 16 MiB of user memory, and as much of the kernel's. */
#define ARENAS_MAX 64

struct stub_slot {
	struct stub_slot *next; /* in its chain of the book, or a free one */
	uint64_t window;        /* address of the text; 0: free */
	uint32_t number;        /* where it is; fixed */
	uint8_t size, at, kind; /* of the window */
	bool is_stale;          /* book.c */
	uint8_t bytes[SITE_WINDOW_MAX];
};

/* The address of a slot's stub. */
uint64_t arena_addr(const struct stub_slot *slot);

/* The slot in use that @addr lies in, or NULL. */
struct stub_slot *arena_find(uint64_t addr);

/*
 * A slot that the text at @near can reach, page opened, or NULL.  @window is to
 * be set last (arena_publish), because arena_find() looks at it.
 */
struct stub_slot *arena_take(uint64_t near);
void arena_publish(struct stub_slot *slot, uint64_t window);
void arena_give(struct stub_slot *slot);

void arena_write(const struct stub_slot *slot, const uint8_t stub[STUB_SIZE]);
void arena_seal(void);

uint32_t arena_count(void);
/* Give everything back; no slot is known any more.  For tests. */
void arena_fini(void);
