/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Free space against a byte for each block: what is handed out is free, and
 * what a durable tree or log may know stays untouched until it may not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "disk.h"
#include "sealfs/layout.h"
#include "sealfs/mount.h"
#include "sealfs/space.h"

/* Two groups and a bit. */
enum { NBLOCKS = 2 * SEALFS_GROUP_BLOCKS + 100, STEPS = 20000 };

/* A block's state, in the model. */
enum { FREE, USED, PINNED, FIXED };

static uint8_t state_of[NBLOCKS];
static struct ptr ptrs[NBLOCKS];

static struct sealfs *volume(struct disk *d)
{
	struct sealfs *v;

	disk_init(d, 1, 1);
	assert_int_equal(volume_create(&d->host, &v), 0);
	v->nblocks = NBLOCKS;
	v->log_block = layout_slot(SEALFS_SLOTS);
	v->log_nblocks = 100;
	v->epoch = 1;
	assert_int_equal(space_init(v), 0);
	return v;
}

static uint64_t count(uint8_t what)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < NBLOCKS; i++)
		n += state_of[i] == what;
	return n;
}

static void model_init(void)
{
	memset(state_of, FREE, sizeof(state_of));
	for (uint32_t i = 0; i < 8; i++)
		state_of[i * 256] = FIXED;
	state_of[1] = state_of[257] = FIXED;
	memset(state_of + 2048, FIXED, 100);
}

static void compare(const struct sealfs *v)
{
	assert_int_equal(v->space.nfree, count(FREE));
	assert_int_equal(v->space.npinned, count(PINNED));
	assert_int_equal(v->space.nused, count(USED) + count(FIXED));
	for (uint32_t i = 0; i < NBLOCKS; i++) {
		const struct group *g = v->space.groups[i >> 15];

		assert_int_equal(bitmap_test(g->used, i & 32767),
		                 state_of[i] == USED || state_of[i] == FIXED);
		assert_int_equal(bitmap_test(g->busy, i & 32767),
		                 state_of[i] != FREE);
	}
}

static void alloc_some(struct sealfs *v, uint64_t *seed)
{
	uint32_t want = 1 + disk_random(seed) % 200;
	uint64_t block;
	uint32_t n;
	int err;

	err = space_alloc(v, disk_random(seed) % SPACE_CLASSES, want, &block,
	                  &n);
	if (err) {
		assert_int_equal(err, -ENOSPC);
		assert_int_equal(count(FREE), 0);
		return;
	}
	assert_in_range(n, 1, want);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(state_of[block + i], FREE);
		state_of[block + i] = USED;
		ptrs[block + i] = (struct ptr){ .block = block + i,
			                        .epoch = v->epoch,
			                        .counter = ++v->counter };
	}
}

static void free_some(struct sealfs *v, uint64_t *seed)
{
	uint64_t start = disk_random(seed) % NBLOCKS;

	for (uint64_t i = start; i < NBLOCKS && i < start + 300; i++) {
		if (state_of[i] != USED)
			continue;
		space_free(v, &ptrs[i]);
		state_of[i] =
			ptrs[i].counter > v->flushed_counter ? FREE : PINNED;
	}
}

static void commit(struct sealfs *v)
{
	space_committed(v);
	for (uint32_t i = 0; i < NBLOCKS; i++)
		if (state_of[i] == PINNED)
			state_of[i] = FREE;
}

static void test_random(void **state)
{
	uint64_t seed = 42;
	struct sealfs *v;
	struct disk d;

	(void)state;
	v = volume(&d);
	model_init();
	v->flushed_epoch = 1;
	compare(v);
	for (int i = 0; i < STEPS; i++) {
		uint64_t dice = disk_random(&seed) % 100;

		/* Fills up, then empties, by turns. */
		if (dice < (i / 2000 % 2 ? 30u : 60u))
			alloc_some(v, &seed);
		else if (dice < 97)
			free_some(v, &seed);
		else if (dice < 98)
			space_flushed(v);
		else
			commit(v);
		if (i % 1000 == 0)
			compare(v);
	}
	compare(v);
	assert_false(v->aborted);
	volume_destroy(v);
	assert_int_equal(d.nallocated, 0);
	disk_fini(&d);
}

static void test_full(void **state)
{
	struct sealfs *v;
	struct disk d;
	uint64_t block;
	uint32_t n;

	(void)state;
	v = volume(&d);
	while (space_alloc(v, SPACE_DATA, 1000, &block, &n) == 0)
		;
	assert_int_equal(v->space.nfree, 0);
	assert_int_equal(space_check(v, 1, SPACE_USE_RESERVE), -ENOSPC);
	assert_int_equal(space_available(v), 0);
	/* A commit gives back what was freed of the one before. */
	v->flushed_epoch = 1;
	v->flushed_counter = 10;
	for (uint64_t i = 3000; i < 5000; i++)
		space_free(v, &(struct ptr){ i, 5, 1, 0, 0, { 0 } });
	assert_int_equal(space_check(v, 1500, SPACE_USE_RESERVE), -EAGAIN);
	assert_int_equal(space_check(v, 1500, SPACE_KEEP), -ENOSPC);
	space_committed(v);
	assert_int_equal(space_check(v, 1500, SPACE_USE_RESERVE), 0);
	assert_int_equal(space_check(v, 1500, SPACE_KEEP), -ENOSPC);
	volume_destroy(v);
	disk_fini(&d);
}

/* Two pointers to one block are no reason to hand it out twice. */
static void test_freed_twice(void **state)
{
	struct ptr p = { .block = 3000, .epoch = 1, .counter = 1 };
	struct sealfs *v;
	struct disk d;

	(void)state;
	v = volume(&d);
	space_take(v, p.block, 1);
	space_free(v, &p);
	assert_false(v->aborted);
	space_free(v, &p);
	assert_true(v->aborted);
	volume_destroy(v);
	disk_fini(&d);
}

static void test_load(void **state)
{
	unsigned long leaf[GROUP_WORDS] = { 0 };
	struct sealfs *v;
	struct disk d;

	(void)state;
	v = volume(&d);
	memcpy(leaf, v->space.groups[2]->used, sizeof(leaf));
	bitmap_set(leaf, 99);
	assert_int_equal(space_load(v, 2, leaf), 0);
	assert_int_equal(v->space.groups[2]->nfree, 99);
	/* Beyond the end of the volume. */
	bitmap_set(leaf, 100);
	assert_int_equal(space_load(v, 2, leaf), -EUCLEAN);
	/* Slot 0 called free. */
	memcpy(leaf, v->space.groups[0]->used, sizeof(leaf));
	bitmap_clear(leaf, 0);
	assert_int_equal(space_load(v, 0, leaf), -EUCLEAN);
	volume_destroy(v);
	disk_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_freed_twice),
		cmocka_unit_test(test_load),
	};

	disk_need_crypto();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
