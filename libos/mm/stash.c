/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/mm/stash.h"

#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/mm/pages.h"
#include "libos/mm/window.h"

struct stashed {
	uint64_t addr;
	uint32_t rights;
	uint8_t *copy; /* a page; NULL while its owner is being found */
};

void stash_drop(struct stash *s)
{
	uint64_t i;

	for (i = 0; i < s->count; i++)
		if (s->pages[i].copy)
			kpages_free(s->pages[i].copy, 1);
	kfree(s->pages);
	*s = (struct stash){ 0 };
}

/* The entry for @addr; the search starts at *@i and leaves it there. */
static struct stashed *find(struct stash *s, uint64_t *i, uint64_t addr)
{
	while (*i < s->count && s->pages[*i].addr < addr)
		(*i)++;
	if (*i == s->count || s->pages[*i].addr != addr)
		return NULL;
	return &s->pages[*i];
}

/*
 * An entry for each page in use, with room for its contents unless @in has the
 * page too: then the room is there.
 */
static int prepare(struct stash *out, struct stash *in, uint64_t start,
                   uint64_t end)
{
	uint64_t count = pages_count_used(start, (end - start) >> PAGE_SHIFT);
	uint64_t pos = start;
	uint64_t i = 0;

	out->pages = kcalloc(count, sizeof(*out->pages));
	if (!out->pages)
		return -ENOMEM;
	for (; out->count < count; out->count++, pos += PAGE_SIZE) {
		struct stashed *s = &out->pages[out->count];

		pos = pages_find_used(pos, (end - pos) >> PAGE_SHIFT);
		s->addr = pos;
		s->rights = pages_rights(pos);
		if (find(in, &i, pos))
			continue;
		s->copy = kpages_alloc(1);
		if (!s->copy) {
			stash_drop(out);
			return -ENOMEM;
		}
	}
	return 0;
}

static void swap_contents(uint64_t *a, uint64_t *b)
{
	size_t i;

	for (i = 0; i < PAGE_SIZE / sizeof(*a); i++) {
		uint64_t word = a[i];

		a[i] = b[i];
		b[i] = word;
	}
}

/* @mine lies in its place, @theirs comes there; the copy changes owners. */
static void trade(struct pages_batch *b, struct stashed *mine,
                  struct stashed *theirs)
{
	void *page = user_window(mine->addr);

	if (!mine->rights)
		pages_protect(b, mine->addr, 1, PAGE_R);
	if (memcmp(page, theirs->copy, PAGE_SIZE) != 0) {
		pages_protect(b, mine->addr, 1, mine->rights | PAGE_R | PAGE_W);
		swap_contents(page, (void *)theirs->copy);
	}
	pages_protect(b, mine->addr, 1, theirs->rights);
	mine->copy = theirs->copy;
	theirs->copy = NULL;
}

static void take_out(struct pages_batch *b, const struct stashed *s)
{
	if (!s->rights)
		pages_protect(b, s->addr, 1, PAGE_R);
	memcpy(s->copy, user_window(s->addr), PAGE_SIZE);
}

/* Close the gaps that trading left. */
static void compact(struct stash *s)
{
	uint64_t i, kept = 0;

	for (i = 0; i < s->count; i++)
		if (s->pages[i].copy)
			s->pages[kept++] = s->pages[i];
	s->count = kept;
}

/* Free [@from, @to), if it is a range at all. */
static void free_gap(struct pages_batch *b, uint64_t from, uint64_t to)
{
	if (from < to)
		pages_free(b, from, (to - from) >> PAGE_SHIFT);
}

int stash_exchange(struct stash *out, struct stash *in, uint64_t start,
                   uint64_t end)
{
	uint64_t untraded = start; /* from here on nobody has come in */
	struct pages_batch b;
	uint64_t i, j = 0;
	int ret;

	ret = prepare(out, in, start, end);
	if (ret < 0)
		return ret;
	pages_batch_init(&b);
	for (i = 0; i < out->count; i++) {
		struct stashed *s = &out->pages[i];

		if (s->copy) {
			take_out(&b, s);
			continue;
		}
		free_gap(&b, untraded, s->addr);
		untraded = s->addr + PAGE_SIZE;
		trade(&b, s, find(in, &j, s->addr));
	}
	free_gap(&b, untraded, end);
	pages_batch_finish(&b);
	compact(in);
	return 0;
}

/* The first of the entries at the end that are neighbours with equal rights. */
static uint64_t last_run(const struct stash *s)
{
	uint64_t i = s->count - 1;

	while (i && s->pages[i - 1].addr + PAGE_SIZE == s->pages[i].addr &&
	       s->pages[i - 1].rights == s->pages[i].rights)
		i--;
	return i;
}

/* From the end, so that what is left after a failure is a stash. */
static int restore_run(struct stash *s, struct pages_batch *b)
{
	uint64_t first = last_run(s);
	uint64_t npages = s->count - first;
	uint64_t addr = s->pages[first].addr;
	uint32_t rights = s->pages[first].rights;
	int ret = pages_commit(addr, npages, NULL, rights | PAGE_R | PAGE_W,
	                       PAGES_HIDDEN);

	if (ret < 0) {
		pages_free(b, addr, npages);
		return ret;
	}
	while (s->count > first) {
		struct stashed *last = &s->pages[--s->count];

		memcpy(user_window(last->addr), last->copy, PAGE_SIZE);
		kpages_free(last->copy, 1);
	}
	pages_protect(b, addr, npages, rights);
	return 0;
}

int stash_restore(struct stash *in)
{
	struct pages_batch b;
	int ret = 0;

	pages_batch_init(&b);
	while (ret == 0 && in->count)
		ret = restore_run(in, &b);
	pages_batch_finish(&b);
	if (ret == 0)
		stash_drop(in);
	return ret;
}
