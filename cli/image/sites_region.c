/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites_region.c - cuts code where functions start and end.
 */
#include <stdlib.h>

#include "base/compiler.h"
#include "cli/image/sites_internal.h"

#include "base/banned.h"

struct cut {
	uint64_t vaddr;
	bool is_function;
};

struct cuts {
	struct cut *cut;
	size_t count;
};

static void add_cut(struct cuts *c, uint64_t vaddr, bool is_function)
{
	c->cut = mem_grow(c->cut, c->count, sizeof(*c->cut));
	c->cut[c->count++] = (struct cut){ vaddr, is_function };
}

/* At one address the start of a function comes first: it is what is known. */
static int by_cut(const void *a, const void *b)
{
	const struct cut *x = a;
	const struct cut *y = b;

	if (x->vaddr != y->vaddr)
		return x->vaddr < y->vaddr ? -1 : 1;
	return (int)y->is_function - (int)x->is_function;
}

static void collect_cuts(const struct text *t, struct cuts *c)
{
	for (size_t i = 0; i < t->nareas; i++)
		add_cut(c, t->area[i].vaddr, false);
	for (size_t i = 0; i < t->nfunctions; i++) {
		const struct function *f = &t->function[i];

		add_cut(c, f->vaddr, true);
		/* What follows is another function, padding or data. */
		if (f->size && text_area_at(t, f->vaddr + f->size))
			add_cut(c, f->vaddr + f->size, false);
	}
	qsort(c->cut, c->count, sizeof(*c->cut), by_cut);
}

static void add_region(struct text *t, const struct cut *from,
                       const struct cut *next)
{
	const struct text_area *a = text_area_at(t, from->vaddr);
	uint64_t end = a->vaddr + a->size;

	if (next)
		end = MIN(end, next->vaddr);
	t->region = mem_grow(t->region, t->nregions, sizeof(*t->region));
	t->region[t->nregions++] =
		(struct region){ .vaddr = from->vaddr,
		                 .end = end,
		                 .area = a,
		                 .is_function = from->is_function };
}

void text_make_regions(struct text *t)
{
	struct cuts c = { NULL, 0 };
	size_t next;

	collect_cuts(t, &c);
	for (size_t i = 0; i < c.count; i = next) {
		for (next = i + 1; next < c.count; next++)
			if (c.cut[next].vaddr != c.cut[i].vaddr)
				break;
		add_region(t, &c.cut[i], next < c.count ? &c.cut[next] : NULL);
	}
	free(c.cut);
}

struct region *text_region_at(const struct text *t, uint64_t vaddr)
{
	size_t lo = 0, hi = t->nregions;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		struct region *r = &t->region[mid];

		if (vaddr < r->vaddr)
			hi = mid;
		else if (vaddr < r->end)
			return r;
		else
			lo = mid + 1;
	}
	return NULL;
}
