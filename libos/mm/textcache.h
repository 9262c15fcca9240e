/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textcache.h - pages that outlive their process.
 *
 * When a process ends, its private, never writable file mappings stay where
 * they are, filled and patched as they were, under (content, offset, address).
 * The next program that maps the same contents to the same place takes them
 * over.  What such an image had of writable pages, and the stack, stay as well,
 * scrubbed but warm (mm/pages.h), for whoever takes these addresses next: who
 * spawns the same program again has no rights to change.
 *
 * A range in the cache is owned by it (uspace) until somebody adopts it or
 * needs the space; the least recently kept goes first.
 *
 * Guarded by a mutex of rank RANK_PAGE_CACHE.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/mm/object.h"

struct pages_batch;

void textcache_init(void);

/* Warm pages have no contents; these are for whoever maps something there. */
extern const struct content_id textcache_data, textcache_stack;

/*
 * Take over [@start, @end), pages and addresses, whose contents are those of
 * @id from @offset on.  -ENOMEM: the caller still owns them.  The uspace
 * payment of the caller goes over with the range.
 */
__must_check int textcache_keep(const struct content_id *id, uint64_t offset,
                                uint64_t start, uint64_t end);

/*
 * An address where [+0, +@size), showing @id from @offset, would meet pages of
 * the cache at their place and no range that is in use; 0: none.
 */
uint64_t textcache_suggest(const struct content_id *id, uint64_t offset,
                           uint64_t size);
/* The same for a stack of @size, where the end of the last one was. */
uint64_t textcache_suggest_stack(uint64_t size);

/*
 * Take everything the cache has of [@start, @end) out of it; the caller owns
 * these addresses then, and the rest of the range must be free and is taken
 * too.  Pages stay in use where their contents are those of @id with @offset
 * at @start (NULL: nowhere), and warm ones unless it is NULL; all others are
 * freed into @b.  -EEXIST: somebody else has a part of it, nothing was changed.
 */
__must_check int textcache_take(struct pages_batch *b, uint64_t start,
                                uint64_t end, const struct content_id *id,
                                uint64_t offset);

/* Free pages of the cache, least recently kept first; how many. */
uint64_t textcache_shrink(uint64_t npages);

struct textcache_stats {
	uint64_t entries, pages;
	uint64_t kept, adopted_pages, evicted;
};
void textcache_stats(struct textcache_stats *ret);
