/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/sites/book.h"

#include "base/hash.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/sched/spinlock.h"

/* Chains by page of the window: a page of text has a handful of sites. */
enum { NCHAINS = 4096 };

static struct stub_slot *chains[NCHAINS]; /* changed under lock */
static struct spinlock lock = SPINLOCK_INIT(RANK_LEAF);

static struct stub_slot **chain_of(uint64_t addr)
{
	return &chains[hash_u64(addr >> PAGE_SHIFT) % NCHAINS];
}

static bool is_in_page(const struct stub_slot *slot, uint64_t page)
{
	return slot->window >> PAGE_SHIFT == page >> PAGE_SHIFT;
}

struct stub_slot *book_find(const struct window *w)
{
	struct stub_slot *s;

	for (s = *chain_of(w->addr); s; s = s->next)
		if (s->window == w->addr && s->size == w->size &&
		    s->at == w->at && s->kind == w->kind &&
		    memcmp(s->bytes, w->bytes, w->size) == 0)
			return s;
	return NULL;
}

void book_add(struct stub_slot *slot)
{
	struct stub_slot **chain = chain_of(slot->window);

	spin_lock(&lock);
	slot->next = *chain;
	*chain = slot;
	spin_unlock(&lock);
}

void book_mark_page(uint64_t page)
{
	struct stub_slot *s;

	for (s = *chain_of(page); s; s = s->next)
		if (is_in_page(s, page))
			s->is_stale = true;
}

static struct stub_slot *take_stale(uint64_t page)
{
	struct stub_slot **link = chain_of(page);
	struct stub_slot *s;

	spin_lock(&lock);
	while (*link && !(is_in_page(*link, page) && (*link)->is_stale))
		link = &(*link)->next;
	s = *link;
	if (s)
		*link = s->next;
	spin_unlock(&lock);
	return s;
}

uint32_t book_sweep_page(uint64_t page)
{
	struct stub_slot *s;
	uint32_t n = 0;

	for (; (s = take_stale(page)) != NULL; n++)
		arena_give(s);
	return n;
}

static uint32_t copy_around(uint64_t page, uint64_t rip, struct stub_slot *ret,
                            uint32_t n, uint32_t max)
{
	const struct stub_slot *s;

	for (s = *chain_of(page); s && n < max; s = s->next)
		if (is_in_page(s, page) && rip > s->window &&
		    rip - s->window < s->size)
			ret[n++] = *s;
	return n;
}

uint32_t book_around(uint64_t rip, struct stub_slot *ret, uint32_t max)
{
	uint32_t n;

	spin_lock(&lock);
	n = copy_around(rip, rip, ret, 0, max);
	/* A window may begin in the page before. */
	if ((rip & (PAGE_SIZE - 1)) < SITE_WINDOW_MAX && rip > PAGE_SIZE)
		n = copy_around(rip - PAGE_SIZE, rip, ret, n, max);
	spin_unlock(&lock);
	return n;
}

void book_fini(void)
{
	memset(chains, 0, sizeof(chains));
}
