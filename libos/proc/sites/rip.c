/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rip.c - which address is shown to a program, and which one it runs at.
 */
#include "base/string.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/sites/arena.h"
#include "libos/proc/sites/book.h"
#include "libos/proc/sites/sites.h"

/* Programs of one overlay that have a window around the same address. */
enum { TEXTS_MAX = 8 };

static struct stub_shape shape_of(const struct stub_slot *slot)
{
	return stub_shape(slot->size, slot->at, slot->kind);
}

/* The stub whose site has just been left at @rip, or NULL. */
static const struct stub_slot *find_left(uint64_t rip)
{
	const struct stub_slot *slot = arena_find(rip);

	return slot && rip - arena_addr(slot) == shape_of(slot).back ? slot
	                                                             : NULL;
}

enum site_kind sites_kind(uint64_t rip)
{
	const struct stub_slot *slot = find_left(rip);

	return slot ? (enum site_kind)slot->kind : 0;
}

bool sites_restart(struct regs *regs)
{
	const struct stub_slot *slot = find_left(regs->rip);

	if (!slot || slot->kind != SITE_SYSCALL)
		return false;
	regs->rip = arena_addr(slot) + slot->at;
	return true;
}

uint64_t sites_rip_to_user(uint64_t rip)
{
	const struct stub_slot *slot = arena_find(rip);
	struct stub_shape s;

	if (!slot)
		return rip;
	s = shape_of(slot);
	return slot->window +
	       stub_to_window(&s, (uint8_t)(rip - arena_addr(slot)));
}

/* Does the calling program's text jump to @slot's stub? */
static bool is_in_use_here(const struct stub_slot *slot)
{
	uint8_t want[SITE_JUMP_SIZE], have[SITE_JUMP_SIZE];

	stub_jump(slot->window, arena_addr(slot), want);
	return copy_from_user(have, user_ptr(slot->window), sizeof(have)) ==
	               0 &&
	       memcmp(have, want, sizeof(have)) == 0;
}

uint64_t sites_rip_from_user(uint64_t rip)
{
	struct stub_slot found[TEXTS_MAX];
	uint32_t n = book_around(rip, found, TEXTS_MAX);
	struct stub_shape s;
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (!is_in_use_here(&found[i]))
			continue;
		s = shape_of(&found[i]);
		return arena_addr(&found[i]) +
		       stub_from_window(&s, (uint8_t)(rip - found[i].window));
	}
	return rip;
}
