/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Radix trees and commits: random leaves of one tree against an array, over
 * remounts, failing I/O and crashes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crash.h"
#include "disk.h"
#include "sealfs/buffer.h"
#include "sealfs/commit.h"

enum { NBLOCKS = SEALFS_NBLOCKS_MIN, LEAVES = 300, STATES = 400 };

/* Leaves of the model lie at scattered indices, up to four levels high. */
static uint64_t index_of(uint32_t i)
{
	if (i < 100)
		return i;
	return i < 200 ? 20000 + 7 * i : 3000000 + 130 * i;
}

static uint64_t model[LEAVES];

static void options(struct sealfs_options *o)
{
	memset(o, 0, sizeof(*o));
	o->nblocks = NBLOCKS;
}

static struct sealfs *mounted(struct disk *d)
{
	struct sealfs_options o;
	struct sealfs *v;

	options(&o);
	assert_int_equal(sealfs_mount(&d->host, &o, &v), 0);
	return v;
}

static struct sealfs *fresh(struct disk *d)
{
	struct sealfs_options o;

	options(&o);
	disk_init(d, NBLOCKS, 1);
	assert_int_equal(sealfs_format(&d->host, &o), 0);
	memset(model, 0, sizeof(model));
	return mounted(d);
}

static int set(struct sealfs *v, uint32_t i, uint64_t value)
{
	struct buffer *b;
	int err;

	err = buffer_get(&v->inodes, 0, index_of(i), BUFFER_MAKE, &b);
	if (err)
		return err;
	put_le64(b->data, value);
	put_le64(b->data + SEALFS_BLOCK_SIZE - 8, ~value);
	buffer_dirty(b);
	buffer_put(b);
	return 0;
}

static uint64_t get(struct sealfs *v, uint32_t i)
{
	struct buffer *b;
	uint64_t value;

	assert_int_equal(
		buffer_get(&v->inodes, 0, index_of(i), BUFFER_FIND, &b), 0);
	if (!b)
		return 0;
	value = get_le64(b->data);
	assert_int_equal(get_le64(b->data + SEALFS_BLOCK_SIZE - 8), ~value);
	buffer_put(b);
	return value;
}

static void compare(struct sealfs *v)
{
	struct buffer *b;

	for (uint32_t i = 0; i < LEAVES; i++)
		assert_int_equal(get(v, i), model[i]);
	assert_int_equal(buffer_get(&v->inodes, 0, 555, BUFFER_FIND, &b), 0);
	assert_null(b);
}

static void step(struct sealfs *v, uint64_t *seed)
{
	uint32_t i = (uint32_t)(disk_random(seed) % LEAVES);
	uint64_t value = 1 + disk_random(seed) / 2;

	assert_int_equal(set(v, i, value), 0);
	model[i] = value;
}

static void test_random(void **state)
{
	uint64_t seed = 5;
	struct sealfs *v;
	struct disk d;

	(void)state;
	v = fresh(&d);
	for (int i = 0; i < 20000; i++) {
		uint64_t dice = disk_random(&seed) % 1000;

		step(v, &seed);
		if (dice < 20)
			assert_int_equal(sealfs_sync(v), 0);
		else if (dice < 40)
			assert_int_equal(volume_write_back(v), 0);
		else if (dice < 60)
			buffers_shrink(v, (uint32_t)(disk_random(&seed) % 50));
		else if (dice < 65) {
			assert_int_equal(sealfs_sync(v), 0);
			sealfs_unmount(v);
			v = mounted(&d);
			compare(v);
		}
	}
	compare(v);
	sealfs_unmount(v);
	assert_int_equal(d.nallocated, 0);
	disk_fini(&d);
}

static void test_too_far(void **state)
{
	struct sealfs *v;
	struct buffer *b;
	struct disk d;

	(void)state;
	v = fresh(&d);
	assert_int_equal(buffer_get(&v->inodes, 0, SEALFS_FILE_BLOCKS_MAX,
	                            BUFFER_MAKE, &b),
	                 -EFBIG);
	assert_int_equal(buffer_get(&v->inodes, 0, SEALFS_FILE_BLOCKS_MAX - 1,
	                            BUFFER_MAKE, &b),
	                 0);
	buffer_put(b);
	assert_int_equal(v->inodes.height, SEALFS_HEIGHT_MAX);
	assert_int_equal(sealfs_sync(v), 0);
	sealfs_unmount(v);
	disk_fini(&d);
}

/* A commit that fails anywhere is tried again, and then all is there. */
static void test_failing_commits(void **state)
{
	uint64_t seed = 6;
	struct sealfs *v;
	struct disk d;

	(void)state;
	v = fresh(&d);
	for (unsigned long fail = 1; fail < 60; fail++) {
		for (int i = 0; i < 100; i++)
			step(v, &seed);
		d.fail_io = fail % 30 + 1;
		d.io_failed = false;
		for (int tries = 0; sealfs_sync(v) != 0; tries++)
			assert_true(d.io_failed && tries < 3);
		d.fail_io = 0;
		sealfs_unmount(v);
		v = mounted(&d);
		compare(v);
	}
	sealfs_unmount(v);
	disk_fini(&d);
}

/* As many failures as there are slots must not wear the last commit out. */
static void test_commits_that_keep_failing(void **state)
{
	uint64_t seed = 6;
	struct sealfs *v;
	struct disk d;

	(void)state;
	v = fresh(&d);
	step(v, &seed);
	assert_int_equal(sealfs_sync(v), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(set(v, 7, 100 + (uint64_t)i), 0);
		d.fail_barrier = 2;
		assert_int_equal(sealfs_sync(v), -EIO);
		/* The superblock is there, or is torn: either is whole. */
		memset(disk_block(&d, v->slot * 256ul) + 200, 0, 100);
	}
	sealfs_unmount(v);
	v = mounted(&d);
	compare(v);
	sealfs_unmount(v);
	disk_fini(&d);
}

/* All committed states, by their number. */
static uint64_t history[STATES][LEAVES];

static void check_state(void *arg, const struct crash_point *point)
{
	struct sealfs *v = mounted(point->disk);
	uint64_t number = get(v, 0);

	(void)arg;
	assert_in_range(number, point->acked, point->issued);
	memcpy(model, history[number], sizeof(model));
	compare(v);
	sealfs_unmount(v);
}

static uint8_t *record_states(struct disk *d)
{
	uint64_t seed = 9;
	struct sealfs *v;
	uint8_t *before;

	v = fresh(d);
	before = malloc(NBLOCKS * SEALFS_BLOCK_SIZE);
	assert_non_null(before);
	memcpy(before, d->image, NBLOCKS * SEALFS_BLOCK_SIZE);
	d->recording = true;
	for (uint64_t n = 1; n < STATES; n++) {
		for (uint64_t k = disk_random(&seed) % 20; k; k--)
			step(v, &seed);
		disk_issued(d, n);
		assert_int_equal(set(v, 0, n), 0);
		model[0] = n;
		memcpy(history[n], model, sizeof(model));
		assert_int_equal(sealfs_sync(v), 0);
		disk_acked(d, n);
	}
	sealfs_unmount(v);
	return before;
}

static void test_crash(void **state)
{
	struct crash_plan plan = { .subsets = 1, .stride = 2, .seed = 4 };
	uint8_t *before;
	struct disk d;

	(void)state;
	before = record_states(&d);
	memset(history[0], 0, sizeof(history[0]));
	assert_true(crash_walk(&plan, &d, before, check_state, NULL) > 2000);
	free(before);
	disk_fini(&d);
}

/* Without either barrier of a commit some crash loses or breaks something. */
static bool ignore_parity;

static bool ignore_barrier(const struct disk *recorded, size_t event)
{
	bool after_super = recorded->events[event - 1].kind == DISK_WRITE &&
	                   recorded->events[event - 1].block % 256 == 0 &&
	                   recorded->events[event - 1].block < 2048;

	return after_super == ignore_parity;
}

static unsigned long nlost;

static void count_losses(void *arg, const struct crash_point *point)
{
	struct sealfs_options o;
	struct sealfs *v;
	struct buffer *b;
	bool lost;

	(void)arg;
	options(&o);
	if (sealfs_mount(&point->disk->host, &o, &v) != 0) {
		nlost++;
		return;
	}
	lost = buffer_get(&v->inodes, 0, 0, BUFFER_FIND, &b) != 0 ||
	       (b ? get_le64(b->data) : 0) < point->acked;
	nlost += lost;
	if (!lost && b)
		buffer_put(b);
	sealfs_unmount(v);
}

static void test_missing_barriers(void **state)
{
	struct crash_plan plan = {
		.subsets = 2,
		.stride = 5,
		.seed = 4,
		.ignore_barrier = ignore_barrier,
	};
	uint8_t *before;
	struct disk d;

	(void)state;
	before = record_states(&d);
	for (int i = 0; i < 2; i++) {
		ignore_parity = i;
		nlost = 0;
		crash_walk(&plan, &d, before, count_losses, NULL);
		assert_true(nlost > 0);
	}
	free(before);
	disk_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_too_far),
		cmocka_unit_test(test_failing_commits),
		cmocka_unit_test(test_commits_that_keep_failing),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_missing_barriers),
	};

	disk_need_crypto();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
