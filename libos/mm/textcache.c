/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/mm/textcache.h"

#include "base/errno.h"
#include "base/string.h"
#include "base/tree.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/mm/pages.h"
#include "libos/mm/uspace.h"
#include "libos/sched/mutex.h"

/*
 * Who kills many programs that nobody starts again should not fill the kernel's
 * heap with what they left.
 */
enum { ENTRIES_MAX = 1024 };

/* No file has them: a content id is a hash. */
const struct content_id textcache_data = { { 1, 0, 0, 0 } };
const struct content_id textcache_stack = { { 2, 0, 0, 0 } };

struct entry {
	struct tree_node node; /* by start */
	struct list age;
	struct content_id id;
	uint64_t offset; /* of start, in the contents */
	uint64_t start, end;
};

/* Guarded by lock, RANK_PAGE_CACHE. */
static struct {
	struct mutex lock;
	struct tree by_start;
	struct list by_age; /* the first one goes first */
	struct textcache_stats stats;
} cache;

static struct entry *entry_of(const struct tree_node *n)
{
	return n ? tree_entry(n, struct entry, node) : NULL;
}

static int start_cmp(const struct tree_node *a, const struct tree_node *b)
{
	return entry_of(a)->start < entry_of(b)->start ? -1 : 1;
}

static int at_cmp(const void *key, const struct tree_node *n)
{
	uint64_t addr = *(const uint64_t *)key;
	const struct entry *e = entry_of(n);

	if (addr < e->start)
		return -1;
	return addr < e->end ? 0 : 1;
}

/* The entry that holds @addr, or the next one. */
static struct entry *entry_from(uint64_t addr)
{
	return entry_of(tree_find_ge(&cache.by_start, &addr, at_cmp));
}

static uint64_t pages_between(uint64_t start, uint64_t end)
{
	return (end - start) >> PAGE_SHIFT;
}

void textcache_init(void)
{
	mutex_init(&cache.lock, RANK_PAGE_CACHE);
	cache.by_start = (struct tree)TREE_INIT;
	list_init(&cache.by_age);
	memset(&cache.stats, 0, sizeof(cache.stats));
}

static bool is_id(const struct entry *e, const struct content_id *id)
{
	return memcmp(&e->id, id, sizeof(*id)) == 0;
}

static bool is_warm(const struct entry *e)
{
	return is_id(e, &textcache_data) || is_id(e, &textcache_stack);
}

static void entry_remove(struct entry *e)
{
	cache.stats.entries--;
	cache.stats.pages -=
		pages_count_used(e->start, pages_between(e->start, e->end));
	tree_erase(&cache.by_start, &e->node);
	list_del(&e->age);
}

static void entry_destroy(struct entry *e)
{
	uspace_refund();
	kfree(e);
}

/* Free what the entry has of the pages between two addresses. */
static void drop_pages(struct pages_batch *b, uint64_t start, uint64_t end)
{
	if (start < end)
		pages_free(b, start, pages_between(start, end));
}

/* The one that was kept first goes. */
static void evict_first(void)
{
	struct entry *e = list_first_entry(&cache.by_age, struct entry, age);
	struct pages_batch b;

	pages_batch_init(&b);
	entry_remove(e);
	drop_pages(&b, e->start, e->end);
	pages_batch_finish(&b);
	uspace_free(e->start, e->end - e->start);
	entry_destroy(e);
	cache.stats.evicted++;
}

int textcache_keep(const struct content_id *id, uint64_t offset, uint64_t start,
                   uint64_t end)
{
	struct entry *e = kmalloc(sizeof(*e));
	int ret;

	if (!e)
		return -ENOMEM;
	ret = uspace_pay();
	if (ret < 0)
		goto out_entry;
	e->id = *id;
	e->offset = offset;
	e->start = start;
	e->end = end;

	mutex_lock(&cache.lock);
	ret = tree_insert(&cache.by_start, &e->node, start_cmp);
	if (ret == 0) {
		list_add_tail(&cache.by_age, &e->age);
		cache.stats.entries++;
		cache.stats.kept++;
		cache.stats.pages +=
			pages_count_used(start, pages_between(start, end));
		if (cache.stats.entries > ENTRIES_MAX)
			evict_first();
	}
	mutex_unlock(&cache.lock);
	if (ret == 0)
		return 0;
	uspace_refund();
out_entry:
	kfree(e);
	return ret;
}

/* Does the entry show, at its place, what @id shows with @offset at @start? */
static bool entry_matches(const struct entry *e, const struct content_id *id,
                          uint64_t start, uint64_t offset)
{
	if (!id || is_warm(e))
		return id != NULL;
	return is_id(e, id) && e->offset - e->start == offset - start;
}

/* Nothing but free addresses and entries that match? */
static bool fits_at(uint64_t start, uint64_t size, const struct content_id *id,
                    uint64_t offset)
{
	uint64_t end = start + size;
	uint64_t pos = start;

	while (pos < end) {
		const struct entry *e = entry_from(pos);
		uint64_t gap_end = e ? MIN(MAX(e->start, pos), end) : end;

		if (gap_end > pos && !uspace_is_free(pos, gap_end - pos))
			return false;
		if (gap_end == end)
			return true;
		if (!entry_matches(e, id, start, offset))
			return false;
		pos = e->end;
	}
	return true;
}

uint64_t textcache_suggest(const struct content_id *id, uint64_t offset,
                           uint64_t size)
{
	uint64_t found = 0;
	struct list *l;

	mutex_lock(&cache.lock);
	/* From the youngest: its neighbours are the likeliest to be there. */
	for (l = cache.by_age.prev; l != &cache.by_age && !found; l = l->prev) {
		const struct entry *e = list_entry(l, struct entry, age);
		uint64_t back = e->offset - offset;

		if (e->offset < offset || back >= e->start || back >= size ||
		    !is_id(e, id))
			continue;
		if (fits_at(e->start - back, size, id, offset))
			found = e->start - back;
	}
	mutex_unlock(&cache.lock);
	return found;
}

uint64_t textcache_suggest_stack(uint64_t size)
{
	uint64_t found = 0;
	struct list *l;

	mutex_lock(&cache.lock);
	for (l = cache.by_age.prev; l != &cache.by_age && !found; l = l->prev) {
		const struct entry *e = list_entry(l, struct entry, age);

		if (is_id(e, &textcache_stack) && e->end > size &&
		    fits_at(e->end - size, size, &e->id, 0))
			found = e->end - size;
	}
	mutex_unlock(&cache.lock);
	return found;
}

/* Take the addresses between entries; all of them or none. */
static int take_gaps(uint64_t start, uint64_t end)
{
	uint64_t pos = start;
	const struct entry *e;
	uint64_t gap_end;

	for (; pos < end; pos = e ? MAX(e->end, pos) : end) {
		e = entry_from(pos);
		gap_end = e ? MIN(MAX(e->start, pos), end) : end;
		if (gap_end == pos || uspace_take(pos, gap_end - pos) == 0)
			continue;
		end = pos;
		goto undo;
	}
	return 0;
undo:
	for (pos = start; pos < end; pos = e ? MAX(e->end, pos) : end) {
		e = entry_from(pos);
		gap_end = e ? MIN(MAX(e->start, pos), end) : end;
		uspace_free(pos, gap_end - pos);
	}
	return -EEXIST;
}

/*
 * The entry goes; [@start, @end) of it becomes the caller's.  What sticks out
 * on either side is given up, unless it is warm and lies behind.
 */
static void entry_take(struct pages_batch *b, struct entry *e, uint64_t start,
                       uint64_t end, bool matches)
{
	uint64_t lo = MAX(e->start, start);
	uint64_t hi = MIN(e->end, end);

	if (matches && is_warm(e) && lo == e->start && hi < e->end) {
		e->start = hi;
		return;
	}
	entry_remove(e);
	drop_pages(b, e->start, lo);
	drop_pages(b, hi, e->end);
	if (matches)
		cache.stats.adopted_pages +=
			pages_count_used(lo, pages_between(lo, hi));
	else
		drop_pages(b, lo, hi);
	pages_batch_finish(b);
	uspace_free(e->start, lo - e->start);
	uspace_free(hi, e->end - hi);
	entry_destroy(e);
}

int textcache_take(struct pages_batch *b, uint64_t start, uint64_t end,
                   const struct content_id *id, uint64_t offset)
{
	struct entry *e;
	int ret;

	mutex_lock(&cache.lock);
	ret = take_gaps(start, end);
	if (ret == 0)
		while ((e = entry_from(start)) != NULL && e->start < end)
			entry_take(b, e, start, end,
			           entry_matches(e, id, start, offset));
	mutex_unlock(&cache.lock);
	return ret;
}

uint64_t textcache_shrink(uint64_t npages)
{
	uint64_t before;
	uint64_t n = 0;

	mutex_lock(&cache.lock);
	while (n < npages && !list_empty(&cache.by_age)) {
		before = cache.stats.pages;
		evict_first();
		n += before - cache.stats.pages;
	}
	mutex_unlock(&cache.lock);
	return n;
}

void textcache_stats(struct textcache_stats *ret)
{
	mutex_lock(&cache.lock);
	*ret = cache.stats;
	mutex_unlock(&cache.lock);
}
