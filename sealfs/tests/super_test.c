/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An empty volume: made, found again, refused; its keys, slots and epochs.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crash.h"
#include "disk.h"
#include "sealfs/epoch.h"
#include "sealfs/layout.h"
#include "sealfs/volume_internal.h"

enum { NBLOCKS = SEALFS_NBLOCKS_MIN };

static struct sealfs_options options_of(uint8_t key)
{
	struct sealfs_options o = { .nblocks = NBLOCKS, .label = "test" };

	memset(o.key, key, sizeof(o.key));
	return o;
}

static void format(struct disk *d)
{
	struct sealfs_options o = options_of(1);

	disk_init(d, NBLOCKS, 1);
	d->now_ns = 1000;
	assert_int_equal(sealfs_format(&d->host, &o), 0);
	assert_int_equal(d->nallocated, 0);
}

static int mount_with(struct disk *d, uint32_t flags, struct sealfs **ret)
{
	struct sealfs_options o = options_of(1);

	o.flags = flags;
	return sealfs_mount(&d->host, &o, ret);
}

static struct sealfs_info mounted(struct disk *d)
{
	struct sealfs_info info;
	struct sealfs *v;

	assert_int_equal(mount_with(d, 0, &v), 0);
	sealfs_info(v, &info);
	sealfs_unmount(v);
	assert_int_equal(d->nallocated, 0);
	return info;
}

static void test_format_and_mount(void **state)
{
	struct sealfs_info info;
	struct disk d;

	(void)state;
	format(&d);
	info = mounted(&d);
	assert_string_equal(info.label, "test");
	assert_int_equal(info.nblocks, NBLOCKS);
	assert_int_equal(info.suite, SEALFS_AES_256_GCM);
	assert_int_equal(info.created_ns, 1000);
	assert_int_equal(info.epoch, 2);
	assert_int_equal(info.generation, 2);
	assert_true(info.nfree > NBLOCKS * 9 / 10 - 128);
	assert_false(info.rdonly);
	assert_int_equal(mounted(&d).generation, 3);
	disk_fini(&d);
}

static void test_bad_options(void **state)
{
	struct sealfs_options o = options_of(1);
	struct disk d;

	(void)state;
	disk_init(&d, NBLOCKS, 1);
	o.nblocks = SEALFS_NBLOCKS_MIN - 1;
	assert_int_equal(sealfs_format(&d.host, &o), -EINVAL);
	o.nblocks = SEALFS_NBLOCKS_MAX + 1;
	assert_int_equal(sealfs_format(&d.host, &o), -EINVAL);
	o = options_of(1);
	o.suite = 3;
	assert_int_equal(sealfs_format(&d.host, &o), -EINVAL);
	/* Nothing there. */
	assert_int_equal(mount_with(&d, 0, &(struct sealfs *){ NULL }),
	                 -EINVAL);
	assert_int_equal(d.nallocated, 0);
	disk_fini(&d);
}

static void test_suites(void **state)
{
	struct sealfs_options o = options_of(1);
	struct sealfs *v;
	struct disk d;

	(void)state;
	disk_init(&d, NBLOCKS, 1);
	o.suite = SEALFS_AES_128_GCM;
	assert_int_equal(sealfs_format(&d.host, &o), 0);
	assert_int_equal(mounted(&d).suite, SEALFS_AES_128_GCM);
	o.suite = SEALFS_AES_256_GCM;
	assert_int_equal(sealfs_mount(&d.host, &o, &v), -EKEYREJECTED);
	disk_fini(&d);
}

static void test_keys(void **state)
{
	struct sealfs_options one = options_of(1), two = options_of(2);
	struct sealfs *v;
	struct disk d;

	(void)state;
	format(&d);
	assert_int_equal(sealfs_mount(&d.host, &two, &v), -EKEYREJECTED);
	assert_int_equal(sealfs_rekey(&d.host, two.key, one.key),
	                 -EKEYREJECTED);
	assert_int_equal(sealfs_rekey(&d.host, one.key, two.key), 0);
	assert_int_equal(sealfs_mount(&d.host, &one, &v), -EKEYREJECTED);
	assert_int_equal(sealfs_mount(&d.host, &two, &v), 0);
	sealfs_unmount(v);
	/* Half-way: either key opens it, and each can be made the only one. */
	d.fail_io = 4;
	assert_int_equal(sealfs_rekey(&d.host, two.key, one.key), -EIO);
	assert_int_equal(sealfs_mount(&d.host, &one, &v), 0);
	sealfs_unmount(v);
	assert_int_equal(sealfs_mount(&d.host, &two, &v), 0);
	sealfs_unmount(v);
	assert_int_equal(sealfs_rekey(&d.host, one.key, one.key), 0);
	assert_int_equal(sealfs_mount(&d.host, &two, &v), -EKEYREJECTED);
	assert_int_equal(d.nallocated, 0);
	disk_fini(&d);
}

static void test_rdonly_writes_nothing(void **state)
{
	struct sealfs_info info;
	struct sealfs *v;
	struct disk d;

	(void)state;
	format(&d);
	d.nwrites = 0;
	assert_int_equal(mount_with(&d, SEALFS_MOUNT_RDONLY, &v), 0);
	sealfs_info(v, &info);
	assert_true(info.rdonly);
	assert_int_equal(info.generation, 1);
	assert_int_equal(sealfs_sync(v), 0);
	sealfs_unmount(v);
	assert_int_equal(d.nwrites, 0);
	disk_fini(&d);
}

/* No bit of a superblock or a key block can change unnoticed. */
static void test_flipped_bits(void **state)
{
	struct sealfs *v;
	struct disk d;

	(void)state;
	format(&d); /* one superblock only, in slot 1 */
	for (size_t bit = 0; bit < 8 * SEALFS_BLOCK_SIZE; bit += 5) {
		uint8_t *byte = disk_block(&d, layout_slot(1)) + bit / 8;
		int err;

		*byte ^= 1 << bit % 8;
		err = mount_with(&d, SEALFS_MOUNT_RDONLY, &v);
		assert_int_equal(err, -EBADMSG);
		*byte ^= 1 << bit % 8;
	}
	for (size_t bit = 0; bit < 8 * 176; bit++) {
		int err;

		for (uint32_t i = 0; i < SEALFS_KEY_BLOCKS; i++)
			disk_block(&d, layout_key_block(i))[bit / 8] ^=
				1 << bit % 8;
		err = mount_with(&d, SEALFS_MOUNT_RDONLY, &v);
		assert_true(err == -EKEYREJECTED || err == -EOPNOTSUPP ||
		            err == -EINVAL);
		for (uint32_t i = 0; i < SEALFS_KEY_BLOCKS; i++)
			disk_block(&d, layout_key_block(i))[bit / 8] ^=
				1 << bit % 8;
	}
	mounted(&d);
	disk_fini(&d);
}

/* One copy of the key block is enough, and so is an older superblock. */
static void test_lost_blocks(void **state)
{
	uint64_t generation;
	struct disk d;

	(void)state;
	format(&d);
	memset(disk_block(&d, layout_key_block(0)), 0, SEALFS_BLOCK_SIZE);
	generation = mounted(&d).generation;
	assert_int_equal(generation, 2);
	/* Slot 2 is torn; what slot 1 refers to has not been overwritten. */
	memset(disk_block(&d, layout_slot(2)) + 1000, 0, 512);
	assert_int_equal(mounted(&d).generation, 2);
	disk_fini(&d);
}

/* Each slot once, in turn; the epoch table grows by a level and one leaf. */
static void test_many_epochs(void **state)
{
	uint8_t round[3 * SEALFS_EPOCHS_PER_BLOCK][AES_BLOCK_SIZE];
	const struct gcm_key *key;
	struct sealfs *v;
	struct disk d;

	(void)state;
	format(&d);
	for (uint32_t i = 2; i <= 2 * SEALFS_EPOCHS_PER_BLOCK + 10; i++) {
		struct sealfs_info info = mounted(&d);

		assert_int_equal(info.epoch, i);
		assert_int_equal(info.generation, i);
		assert_memory_equal(disk_block(&d, layout_slot(i % 8)),
		                    SEALFS_SUPER_MAGIC, 8);
	}
	assert_int_equal(mount_with(&d, 0, &v), 0);
	assert_int_equal(v->epochs_height, 2);
	for (uint32_t i = 1; i <= v->epoch; i++) {
		assert_int_equal(epoch_key_find(v, i, &key), 0);
		memcpy(round[i], key->aes.round[0], sizeof(round[i]));
		for (uint32_t k = 1; k < i; k++)
			assert_memory_not_equal(round[i], round[k],
			                        sizeof(round[i]));
	}
	assert_int_equal(epoch_key_find(v, v->epoch + 1, &key), -EUCLEAN);
	sealfs_unmount(v);
	assert_int_equal(d.nallocated, 0);
	disk_fini(&d);
}

/* Two epochs never have one salt, not even with a generator that is stuck. */
static void test_salts_differ(void **state)
{
	uint8_t salt[2][SEALFS_SALT_SIZE];
	struct sealfs *v;
	struct disk d;

	(void)state;
	format(&d);
	for (int i = 0; i < 2; i++) {
		d.seed = 7;
		assert_int_equal(mount_with(&d, 0, &v), 0);
		memcpy(salt[i], v->epoch_salt, sizeof(salt[i]));
		sealfs_unmount(v);
	}
	assert_memory_not_equal(salt[0], salt[1], sizeof(salt[0]));
	disk_fini(&d);
}

/* Any failing call of mkfs or mount is reported, and leaks nothing. */
static void test_faults(void **state)
{
	struct sealfs_options o = options_of(1);
	struct sealfs *v;
	struct disk d;
	int err;

	(void)state;
	for (unsigned long i = 1;; i++) {
		disk_init(&d, NBLOCKS, 1);
		d.fail_io = i;
		err = sealfs_format(&d.host, &o);
		assert_int_equal(err, d.io_failed ? -EIO : 0);
		assert_int_equal(d.nallocated, 0);
		disk_fini(&d);
		if (!err)
			break;
	}
	format(&d);
	for (unsigned long i = 1;; i++) {
		d.fail_io = i;
		d.io_failed = false;
		err = mount_with(&d, 0, &v);
		assert_int_equal(err, d.io_failed ? -EIO : 0);
		if (!err)
			break;
		assert_int_equal(d.nallocated, 0);
	}
	sealfs_unmount(v);
	d.fail_io = 0;
	for (unsigned long i = 1;; i++) {
		d.fail_alloc = i;
		err = mount_with(&d, 0, &v);
		if (!err)
			break;
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(d.nallocated, 0);
	}
	sealfs_unmount(v);
	disk_fini(&d);
}

static void check_mountable(void *arg, const struct crash_point *point)
{
	struct sealfs_info info;
	struct sealfs *v;

	(void)arg;
	if (!point->acked) {
		/* mkfs was not done: a volume, or none. */
		if (mount_with(point->disk, 0, &v) == 0)
			sealfs_unmount(v);
		return;
	}
	assert_int_equal(mount_with(point->disk, 0, &v), 0);
	sealfs_info(v, &info);
	assert_true(info.generation > point->acked);
	assert_true(info.generation <= point->issued + 1);
	sealfs_unmount(v);
}

/* mkfs over an older volume, then mounts, cut at each write. */
static void test_crash(void **state)
{
	struct crash_plan plan = { .subsets = 8, .stride = 1, .seed = 3 };
	struct sealfs_options o = options_of(1);
	uint8_t *before;
	struct disk d;

	(void)state;
	format(&d);
	before = malloc(NBLOCKS * SEALFS_BLOCK_SIZE);
	assert_non_null(before);
	memcpy(before, d.image, NBLOCKS * SEALFS_BLOCK_SIZE);
	d.recording = true;
	disk_issued(&d, 1);
	assert_int_equal(sealfs_format(&d.host, &o), 0);
	disk_acked(&d, 1);
	for (uint64_t i = 2; i < 20; i++) {
		disk_issued(&d, i);
		assert_int_equal(mounted(&d).generation, i);
		disk_acked(&d, i);
	}
	assert_true(crash_walk(&plan, &d, before, check_mountable, NULL) > 500);
	free(before);
	disk_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format_and_mount),
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_rdonly_writes_nothing),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_lost_blocks),
		cmocka_unit_test(test_many_epochs),
		cmocka_unit_test(test_salts_differ),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_crash),
	};

	disk_need_crypto();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
