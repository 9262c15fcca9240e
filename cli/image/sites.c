/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/image/sites.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "cli/image/sites_internal.h"

#include "base/banned.h"

/* A short jump reaches this far: regions as near as that are swept too. */
enum { SHORT_REACH = 128 };

static const struct site_opcode opcodes[] = SITE_OPCODES;

/* A site with the instructions around it that may matter. */
struct spot {
	struct insn insn[17];
	size_t count;
	size_t site;
};

struct scan {
	struct text text;
	struct spot *spot;
	size_t nspots;
	struct site *window;
	size_t nwindows;
	struct sites_report *report;
};

/* Is there an opcode at @p, whatever stands around it? */
static uint8_t opcode_at(const uint8_t *p, size_t left)
{
	for (uint8_t kind = SITE_SYSCALL; kind <= SITE_KIND_MAX; kind++)
		if (left >= opcodes[kind].size &&
		    !memcmp(p, opcodes[kind].byte, opcodes[kind].size))
			return kind;
	return 0;
}

/* The next opcode of @a from @from on, or its end: they all begin with 0f. */
static uint64_t next_opcode(const struct text_area *a, uint64_t from)
{
	while (from < a->size) {
		const uint8_t *p =
			memchr(a->bytes + from, 0x0f, a->size - from);

		if (!p)
			break;
		from = (uint64_t)(p - a->bytes);
		if (opcode_at(p, a->size - from))
			return from;
		from++;
	}
	return a->size;
}

static bool has_opcodes(const struct text *t)
{
	for (size_t i = 0; i < t->nareas; i++)
		if (next_opcode(&t->area[i], 0) < t->area[i].size)
			return true;
	return false;
}

static void add_spot(struct scan *s, const struct insns *list, size_t site)
{
	size_t around = ARRAY_SIZE(s->spot->insn) / 2;
	size_t first = site > around ? site - around : 0;
	size_t end = MIN(site + around + 1, list->count);
	struct spot *spot;

	s->spot = mem_grow(s->spot, s->nspots, sizeof(*s->spot));
	spot = &s->spot[s->nspots++];
	spot->count = end - first;
	spot->site = site - first;
	memcpy(spot->insn, list->insn + first,
	       spot->count * sizeof(*spot->insn));
}

static void sweep_once(const struct text *t, struct region *r,
                       struct insns *scratch)
{
	if (r >= t->region && r < t->region + t->nregions && !r->is_swept)
		region_sweep(t, r, scratch);
}

/* Short jumps into @r from its neighbours: they matter to its windows. */
static void sweep_around(const struct text *t, struct region *r,
                         struct insns *scratch)
{
	struct region *other;

	for (other = r;
	     other > t->region && r->vaddr - other->vaddr <= SHORT_REACH;) {
		other--;
		if (r->vaddr - other->end > SHORT_REACH)
			break;
		sweep_once(t, other, scratch);
	}
	for (other = r + 1; other < t->region + t->nregions &&
	                    other->vaddr - r->end <= SHORT_REACH;
	     other++)
		sweep_once(t, other, scratch);
}

/* Sites of @r, in whose bytes there are @opcodes of them. */
static void scan_region(struct scan *s, struct region *r, uint32_t nopcodes,
                        struct insns *scratch)
{
	uint32_t met = 0;

	region_sweep(&s->text, r, scratch);
	for (size_t i = 0; i < scratch->count; i++) {
		const struct insn *in = &scratch->insn[i];

		if (!in->kind || !region_is_code(r, scratch, i))
			continue;
		met++;
		/* What unwinds knows these bytes.  Nothing unwinds Go. */
		if (in->kind == SITE_SYSCALL && text_has_frames(&s->text) &&
		    window_is_sigreturn(&s->text, in->vaddr)) {
			s->report->sigreturn++;
			continue;
		}
		s->report->found[in->kind]++;
		add_spot(s, scratch, i);
	}
	s->report->unclear += nopcodes - MIN(met, nopcodes);
	if (met)
		sweep_around(&s->text, r, scratch);
}

static void scan_area(struct scan *s, const struct text_area *a,
                      struct insns *scratch)
{
	uint64_t at = next_opcode(a, 0);

	while (at < a->size) {
		struct region *r = text_region_at(&s->text, a->vaddr + at);
		uint64_t end = r->end - a->vaddr;
		uint32_t nopcodes = 0;

		for (; at < end; at = next_opcode(a, at + 1))
			nopcodes++;
		scan_region(s, r, nopcodes, scratch);
	}
}

static void find_spots(struct scan *s)
{
	struct insns scratch = { NULL, 0 };

	for (size_t i = 0; i < s->text.nareas; i++)
		scan_area(s, &s->text.area[i], &scratch);
	free(scratch.insn);
}

static void choose_windows(struct scan *s)
{
	uint64_t min_offset = 0;

	s->window = mem_alloc(s->nspots, sizeof(*s->window));
	for (size_t i = 0; i < s->nspots; i++) {
		struct spot *spot = &s->spot[i];
		struct insns list = { spot->insn, spot->count };
		struct site *w = &s->window[s->nwindows];

		if (!window_choose(&s->text, &list, spot->site, min_offset, w))
			continue;
		min_offset = (uint64_t)w->offset + w->size;
		s->report->covered[w->kind]++;
		s->nwindows++;
	}
}

static void write_table(const struct scan *s, struct bytes *ret)
{
	struct sites_header h = { .magic = SITES_MAGIC,
		                  .version = SITES_VERSION,
		                  .count = (uint32_t)s->nwindows };

	if (!s->nwindows)
		return;
	bytes_add(ret, &h, sizeof(h));
	bytes_add(ret, s->window, s->nwindows * sizeof(*s->window));
}

static void scan_text(struct scan *s, struct bytes *ret_table)
{
	struct text *t = &s->text;

	text_read_symbols(t);
	text_read_frames(t);
	text_make_regions(t);
	find_spots(s);
	if (!s->nspots)
		return;
	text_mark_targets(t);
	choose_windows(s);
	write_table(s, ret_table);
}

void sites_scan(struct cspan file, struct bytes *ret_table,
                struct sites_report *ret_report)
{
	struct scan s = { .report = ret_report };

	memset(ret_report, 0, sizeof(*ret_report));
	if (text_open(&s.text, file) && has_opcodes(&s.text))
		scan_text(&s, ret_table);
	text_close(&s.text);
	free(s.spot);
	free(s.window);
}
