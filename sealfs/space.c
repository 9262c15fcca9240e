/* SPDX-License-Identifier: Apache-2.0 */
#include "sealfs/space.h"

#include "base/assert.h"
#include "base/errno.h"
#include "base/string.h"
#include "sealfs/epoch.h"
#include "sealfs/layout.h"

static struct group *group_of(const struct sealfs *v, uint64_t block)
{
	return v->space.groups[block / SEALFS_GROUP_BLOCKS];
}

/* Blocks of the volume in group @i. */
static uint32_t group_size(const struct sealfs *v, uint32_t i)
{
	uint64_t start = (uint64_t)i * SEALFS_GROUP_BLOCKS;

	return (uint32_t)MIN(v->nblocks - start, (uint64_t)SEALFS_GROUP_BLOCKS);
}

/* Nobody may have what lies behind the end of the volume. */
static void group_init(const struct sealfs *v, struct group *g, uint32_t i)
{
	uint32_t size = group_size(v, i);

	memset(g, 0, sizeof(*g));
	bitmap_set_range(g->busy, size, SEALFS_GROUP_BLOCKS - size);
	g->nfree = size;
	g->dirty = true;
}

static void take_fixed(struct sealfs *v)
{
	for (uint32_t i = 0; i < SEALFS_SLOTS; i++)
		space_take(v, layout_slot(i), 1);
	for (uint32_t i = 0; i < SEALFS_KEY_BLOCKS; i++)
		space_take(v, layout_key_block(i), 1);
	space_take(v, v->log_block, v->log_nblocks);
}

int space_init(struct sealfs *v)
{
	struct space *s = &v->space;
	uint32_t n = (uint32_t)((v->nblocks + SEALFS_GROUP_BLOCKS - 1) /
	                        SEALFS_GROUP_BLOCKS);

	s->groups = sealfs_alloc(v->host, n * sizeof(s->groups[0]));
	if (!s->groups)
		return -ENOMEM;
	memset(s->groups, 0, n * sizeof(s->groups[0]));
	s->ngroups = n;
	for (uint32_t i = 0; i < n; i++) {
		s->groups[i] = sealfs_alloc(v->host, sizeof(struct group));
		if (!s->groups[i])
			return -ENOMEM;
		group_init(v, s->groups[i], i);
	}
	s->nfree = v->nblocks;
	s->cursor[SPACE_METADATA] = v->nblocks / 2;
	take_fixed(v);
	return 0;
}

void space_fini(struct sealfs *v)
{
	struct space *s = &v->space;

	for (uint32_t i = 0; i < s->ngroups; i++)
		sealfs_release(v->host, s->groups[i], sizeof(struct group));
	sealfs_release(v->host, s->groups, s->ngroups * sizeof(s->groups[0]));
	memset(s, 0, sizeof(*s));
}

static void take_one(struct sealfs *v, uint64_t block)
{
	struct group *g = group_of(v, block);
	size_t bit = block % SEALFS_GROUP_BLOCKS;

	assert_that(!bitmap_test(g->busy, bit));
	bitmap_set(g->busy, bit);
	bitmap_set(g->used, bit);
	g->nfree--;
	g->dirty = true;
	v->space.nfree--;
	v->space.nused++;
}

void space_take(struct sealfs *v, uint64_t block, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		take_one(v, block + i);
}

int space_load(struct sealfs *v, uint32_t group, const void *leaf)
{
	struct group *g = v->space.groups[group];
	uint32_t size = group_size(v, group);
	struct space *s = &v->space;
	unsigned long used[8];
	uint32_t n;

	/* What space_init() has taken must be in it; so the sums are right. */
	for (size_t at = 0; at < GROUP_WORDS; at += ARRAY_SIZE(used)) {
		memcpy(used, (const unsigned long *)leaf + at, sizeof(used));
		for (size_t i = 0; i < ARRAY_SIZE(used); i++)
			if (g->used[at + i] & ~used[i])
				return -EUCLEAN;
	}
	s->nfree -= g->nfree;
	s->nused -= bitmap_count(g->used, size);
	memcpy(g->used, leaf, sizeof(g->used));
	if (bitmap_find_next_set(g->used, SEALFS_GROUP_BLOCKS, size) !=
	    SEALFS_GROUP_BLOCKS)
		return -EUCLEAN;
	memcpy(g->busy, g->used, sizeof(g->busy));
	bitmap_set_range(g->busy, size, SEALFS_GROUP_BLOCKS - size);
	n = (uint32_t)bitmap_count(g->used, size);
	g->nfree = size - n;
	g->dirty = false;
	s->nfree += g->nfree;
	s->nused += n;
	return 0;
}

/* The run of free blocks from @bit of group @i, or none. */
static uint32_t run_in_group(const struct sealfs *v, uint32_t i, size_t *bit,
                             uint32_t want)
{
	const struct group *g = v->space.groups[i];
	size_t size = group_size(v, i);
	size_t end;

	if (!g->nfree)
		return 0;
	*bit = bitmap_find_next_zero(g->busy, size, *bit);
	if (*bit == size)
		return 0;
	end = bitmap_find_next_set(g->busy, MIN(*bit + want, size), *bit);
	return (uint32_t)(end - *bit);
}

/* Does another class allocate from group @i just now? */
static bool is_of_other(const struct sealfs *v, enum space_class class,
                        uint32_t i)
{
	for (int c = 0; c < SPACE_CLASSES; c++)
		if (c != (int)class &&
		    v->space.cursor[c] / SEALFS_GROUP_BLOCKS == i)
			return true;
	return false;
}

/* From the cursor on, around the volume and to the cursor's group again. */
static uint32_t find_run(const struct sealfs *v, enum space_class class,
                         bool share, uint32_t want, uint64_t *ret_block)
{
	const struct space *s = &v->space;
	uint32_t first = (uint32_t)(s->cursor[class] / SEALFS_GROUP_BLOCKS);
	size_t bit = s->cursor[class] % SEALFS_GROUP_BLOCKS;
	uint32_t n, i;

	for (uint32_t k = 0; k <= s->ngroups; k++, bit = 0) {
		i = (first + k) % s->ngroups;
		if (k && !share && is_of_other(v, class, i))
			continue;
		n = run_in_group(v, i, &bit, want);
		if (n) {
			*ret_block = (uint64_t)i * SEALFS_GROUP_BLOCKS + bit;
			return n;
		}
	}
	return 0;
}

int space_alloc(struct sealfs *v, enum space_class class, uint32_t want,
                uint64_t *ret_block, uint32_t *ret_n)
{
	uint64_t block = 0;
	uint32_t n;

	n = find_run(v, class, false, want, &block);
	if (!n)
		n = find_run(v, class, true, want, &block);
	if (!n)
		return -ENOSPC;
	space_take(v, block, n);
	v->space.cursor[class] = block + n < v->nblocks ? block + n : 0;
	*ret_block = block;
	*ret_n = n;
	return 0;
}

static void release_now(struct sealfs *v, struct group *g, size_t bit)
{
	bitmap_clear(g->busy, bit);
	g->nfree++;
	v->space.nfree++;
}

void space_free(struct sealfs *v, const struct ptr *p)
{
	struct group *g = group_of(v, p->block);
	size_t bit = p->block % SEALFS_GROUP_BLOCKS;

	/* Two pointers to one block: not what we have written. */
	if (!bitmap_test(g->used, bit)) {
		v->aborted = true;
		return;
	}
	bitmap_clear(g->used, bit);
	g->dirty = true;
	v->space.nused--;
	if (ptr_is_after(p, v->flushed_epoch, v->flushed_counter))
		release_now(v, g, bit);
	else
		v->space.npinned++;
}

void space_unalloc(struct sealfs *v, uint64_t block)
{
	struct group *g = group_of(v, block);
	size_t bit = block % SEALFS_GROUP_BLOCKS;

	bitmap_clear(g->used, bit);
	g->dirty = true;
	v->space.nused--;
	release_now(v, g, bit);
}

void space_committed(struct sealfs *v)
{
	struct space *s = &v->space;

	for (uint32_t i = 0; i < s->ngroups && s->npinned; i++) {
		struct group *g = s->groups[i];
		uint32_t size = group_size(v, i);
		uint32_t nfree;

		memcpy(g->busy, g->used, sizeof(g->busy));
		bitmap_set_range(g->busy, size, SEALFS_GROUP_BLOCKS - size);
		nfree = size - (uint32_t)bitmap_count(g->used, size);
		s->npinned -= nfree - g->nfree;
		s->nfree += nfree - g->nfree;
		g->nfree = nfree;
	}
	space_flushed(v);
}

void space_flushed(struct sealfs *v)
{
	v->flushed_epoch = v->epoch;
	v->flushed_counter = v->counter;
}

/* What a commit may need besides a block for each dirty buffer. */
static uint64_t commit_need(const struct sealfs *v)
{
	uint64_t leaves = v->space.ngroups;

	return v->ndirty + leaves + leaves / SEALFS_FANOUT + SEALFS_HEIGHT_MAX +
	       EPOCH_BEGIN_BLOCKS;
}

static uint64_t reserve_of(const struct sealfs *v)
{
	return MAX(v->nblocks / 64, (uint64_t)SPACE_RESERVE_MIN);
}

int space_check(const struct sealfs *v, uint64_t n, enum space_reserve reserve)
{
	uint64_t need = n + commit_need(v);

	if (reserve == SPACE_KEEP)
		need += reserve_of(v);
	if (v->space.nfree >= need)
		return 0;
	return v->space.npinned && v->space.nfree + v->space.npinned >= need
	               ? -EAGAIN
	               : -ENOSPC;
}

uint64_t space_available(const struct sealfs *v)
{
	uint64_t all = v->space.nfree + v->space.npinned;
	uint64_t kept = commit_need(v) + reserve_of(v);

	return all > kept ? all - kept : 0;
}
