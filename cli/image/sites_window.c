/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites_window.c - which instructions around a site go with it.
 *
 * What counts, in this order: no jump arrives behind the first instruction
 * but before the end of the window (between the jump's five bytes and the
 * end it is allowed, and slow); few instructions begin inside the five bytes,
 * for a program that computes an address there can't know of them; few
 * instructions move.
 */
#include <string.h>

#include "base/units.h"
#include "cli/image/sites_internal.h"

#include "base/banned.h"

enum { NR_RT_SIGRETURN = 15, REACH = 8 };

/* What a window has against it; the window with the least is taken. */
enum cost { COST_TARGET = 256, COST_INSIDE = 16, COST_MOVED = 1 };

static uint64_t offset_of(const struct text *t, uint64_t vaddr)
{
	const struct text_area *a = text_area_at(t, vaddr);

	return vaddr - a->vaddr + a->offset;
}

/* Instructions from @first to @last go, the site among them: its cost, or -1. */
static int cost_of(const struct text *t, const struct insns *list, size_t first,
                   size_t last)
{
	uint64_t start = list->insn[first].vaddr;
	int cost = (int)(last - first) * COST_MOVED;

	for (size_t i = first + 1; i <= last; i++) {
		const struct insn *in = &list->insn[i];
		bool is_overwritten = in->vaddr < start + SITE_JUMP_SIZE;

		if (text_target(t, in->vaddr) != TARGET_NONE) {
			if (is_overwritten)
				return -1;
			cost += COST_TARGET;
		}
		if (is_overwritten)
			cost += COST_INSIDE;
	}
	/* Some code jumps behind a lock prefix. */
	for (uint64_t v = start + 1; v < start + SITE_JUMP_SIZE; v++)
		if (text_target(t, v) == TARGET_SEEN)
			return -1;
	return cost;
}

static bool fits(const struct text *t, const struct insns *list, size_t first,
                 size_t last, uint64_t min_offset)
{
	const struct insn *end = &list->insn[last];
	uint64_t start = list->insn[first].vaddr;
	uint64_t size = end->vaddr + end->size - start;
	uint64_t offset = offset_of(t, start);

	return size >= SITE_JUMP_SIZE && size <= SITE_WINDOW_MAX &&
	       offset >= min_offset &&
	       offset % PAGE_SIZE == start % PAGE_SIZE &&
	       offset % PAGE_SIZE <= PAGE_SIZE - SITE_JUMP_SIZE;
}

/* Instructions next to each other that can move: how far from @site? */
static size_t run_before(const struct insns *list, size_t site)
{
	size_t i = site;

	while (i > 0 && site - i < REACH && list->insn[i - 1].is_movable &&
	       list->insn[i - 1].vaddr + list->insn[i - 1].size ==
	               list->insn[i].vaddr)
		i--;
	return i;
}

static size_t run_behind(const struct insns *list, size_t site)
{
	size_t i = site;

	while (i + 1 < list->count && i - site < REACH &&
	       list->insn[i + 1].is_movable &&
	       list->insn[i].vaddr + list->insn[i].size ==
	               list->insn[i + 1].vaddr)
		i++;
	return i;
}

bool window_choose(const struct text *t, const struct insns *list, size_t site,
                   uint64_t min_offset, struct site *ret)
{
	size_t lowest = run_before(list, site);
	size_t highest = run_behind(list, site);
	const struct insn *in = list->insn;
	int best = -1;

	for (size_t first = lowest; first <= site; first++) {
		for (size_t last = site; last <= highest; last++) {
			int cost;

			if (!fits(t, list, first, last, min_offset))
				continue;
			cost = cost_of(t, list, first, last);
			if (cost < 0 || (best >= 0 && cost >= best))
				continue;
			best = cost;
			*ret = (struct site){
				.offset =
					(uint32_t)offset_of(t, in[first].vaddr),
				.size = (uint8_t)(in[last].vaddr +
				                  in[last].size -
				                  in[first].vaddr),
				.at = (uint8_t)(in[site].vaddr -
				                in[first].vaddr),
				.kind = in[site].kind,
			};
		}
	}
	return best >= 0;
}

bool window_is_sigreturn(const struct text *t, uint64_t site)
{
	static const uint8_t mov_eax[] = { 0xb8, NR_RT_SIGRETURN, 0, 0, 0 };
	static const uint8_t mov_rax[] = { 0x48, 0xc7, 0xc0, NR_RT_SIGRETURN,
		                           0,    0,    0 };
	const struct text_area *a = text_area_at(t, site);
	uint64_t before = site - a->vaddr;
	const uint8_t *end = a->bytes + before;

	return (before >= sizeof(mov_eax) &&
	        !memcmp(end - sizeof(mov_eax), mov_eax, sizeof(mov_eax))) ||
	       (before >= sizeof(mov_rax) &&
	        !memcmp(end - sizeof(mov_rax), mov_rax, sizeof(mov_rax)));
}
