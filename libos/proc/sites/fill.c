/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill.c - text is about to become visible: windows in it become jumps.
 *
 * Only the five bytes of the jump are written, and they lie in one page: pages
 * of one window may come from different fills, and each must be whole by
 * itself.  What is left of the window is still the program's, so who jumps
 * there knowing better than the table meets the original instructions.
 *
 * Which stubs may go: a page that is not in use shows nothing, so stubs that
 * were made for its last text and that the new one does not need have no way
 * in any more.  That is not so where a member of an overlay that is not
 * resident may have text in its stash; then all of them stay.
 */
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/mm.h"
#include "libos/mm/object.h"
#include "libos/mm/overlay.h"
#include "libos/mm/pages.h"
#include "libos/proc/sites/arena.h"
#include "libos/proc/sites/book.h"
#include "libos/proc/sites/pattern.h"
#include "libos/proc/sites/sites.h"
#include "libos/proc/sites/table.h"
#include "libos/signal/signal.h"

static struct mutex lock; /* RANK_SITES */
static bool is_wanted[SITE_KIND_MAX + 1];
static struct sites_stats stats; /* under lock */

struct fill {
	uint64_t offset; /* in the file */
	uint64_t addr;
	uint8_t *bytes;
	size_t size;
};

void sites_init(enum sites_rdtsc rdtsc)
{
	static const struct signal_site_ops ops = {
		.restart = sites_restart,
		.rip_to_user = sites_rip_to_user,
		.rip_from_user = sites_rip_from_user,
	};

	mutex_init(&lock, RANK_SITES);
	is_wanted[SITE_SYSCALL] = true;
	is_wanted[SITE_CPUID] = true;
	/* Legal everywhere; outside hardware it would tell the host's XCR0. */
	is_wanted[SITE_XGETBV] = true;
	is_wanted[SITE_RDTSC] = rdtsc == SITES_RDTSC_FAULTS;
	is_wanted[SITE_RDTSCP] = rdtsc == SITES_RDTSC_FAULTS;
	signal_set_site_ops(&ops);
}

static struct stub_slot *make_stub(const struct window *w)
{
	struct stub_slot *slot = arena_take(w->addr);
	uint8_t stub[STUB_SIZE];

	if (!slot)
		return NULL;
	stub_make(w, arena_addr(slot), stub);
	arena_write(slot, stub);
	slot->size = w->size;
	slot->at = w->at;
	slot->kind = w->kind;
	memcpy(slot->bytes, w->bytes, w->size);
	arena_publish(slot, w->addr);
	book_add(slot);
	stats.made++;
	return slot;
}

static void rewrite(const struct fill *f, size_t pos, uint8_t size, uint8_t at,
                    uint8_t kind)
{
	struct window w = { .addr = f->addr + pos,
		            .bytes = f->bytes + pos,
		            .size = size,
		            .at = at,
		            .kind = kind };
	struct stub_slot *slot;

	if (!is_wanted[kind] || !window_is_usable(&w))
		return;
	slot = book_find(&w);
	if (!slot)
		slot = make_stub(&w);
	if (!slot) {
		stats.left++;
		return;
	}
	slot->is_stale = false;
	stub_jump(w.addr, arena_addr(slot), f->bytes + pos);
	stats.rewritten++;
}

static void rewrite_by_table(const struct fill *f, const struct site_table *t)
{
	uint32_t i = site_table_from(t, f->offset);
	const struct site *s;

	for (; i < t->count; i++) {
		s = &t->sites[i];
		if (s->offset - f->offset + s->size > f->size)
			return;
		rewrite(f, s->offset - f->offset, s->size, s->at, s->kind);
	}
}

static void rewrite_by_pattern(const struct fill *f)
{
	struct pattern p;
	size_t from = 0;

	for (; pattern_next(f->bytes, f->size, from, &p); from = p.pos + p.size)
		rewrite(f, p.pos, p.size, p.at, SITE_SYSCALL);
}

static void mark_old_stubs(const struct fill *f)
{
	uint64_t page;

	for (page = f->addr; page < f->addr + f->size; page += PAGE_SIZE)
		if (pages_state(page) != PAGE_USED)
			book_mark_page(page);
}

static void sweep_old_stubs(const struct fill *f)
{
	uint64_t page;

	for (page = f->addr; page < f->addr + f->size; page += PAGE_SIZE)
		stats.retired += book_sweep_page(page);
}

static void fill_locked(const struct fill *f, struct vm_object *obj)
{
	const struct site_table *t;
	struct content_id id;

	if (!obj->ops->content_id(obj, &id)) {
		rewrite_by_pattern(f);
		return;
	}
	t = site_table_get(obj, &id);
	if (t)
		rewrite_by_table(f, t);
}

void sites_text_filled(struct mm *mm, struct vm_object *obj, uint64_t offset,
                       uint64_t addr, uint8_t *bytes, size_t size)
{
	struct fill f = { offset, addr, bytes, size };

	/* What is mapped shared would be written back with our jumps in it. */
	if (vm_object_is_shared(obj))
		return;
	mutex_lock(&lock);
	if (!mm_has_hidden_pages(mm))
		mark_old_stubs(&f);
	fill_locked(&f, obj);
	arena_seal();
	sweep_old_stubs(&f);
	mutex_unlock(&lock);
}

void sites_fini(void)
{
	book_fini();
	arena_fini();
	site_table_fini();
	memset(&stats, 0, sizeof(stats));
}

void sites_stats(struct sites_stats *ret)
{
	mutex_lock(&lock);
	*ret = stats;
	mutex_unlock(&lock);
	ret->arenas = arena_count();
	ret->tables = site_table_total();
}
