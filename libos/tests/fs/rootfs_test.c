/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measured root: what an honest host serves can be read and written over,
 * what a lying one serves is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/rootidx.h"
#include "base/errno.h"
#include "libos/fs/fs.h"
#include "libos/fs/tmpfs_internal.h"
#include "libos/mm/kheap.h"
#include "rig.h"
#include "rootimage.h"

/* "/a-b" sorts between "/a" and what is in it. */
static const struct image_entry entries[] = {
	{ .path = "/", .mode = S_IFDIR | 0755 },
	{ .path = "/a", .mode = S_IFDIR | 0755 },
	{ .path = "/a-b", .mode = S_IFREG | 0644, .size = 10 },
	{ .path = "/a/deep", .mode = S_IFDIR | 0755 },
	{ .path = "/a/deep/er", .mode = S_IFREG | 0600, .size = 0 },
	{ .path = "/a/link", .mode = S_IFLNK | 0777, .target = "../big" },
	{ .path = "/a/same", .mode = S_IFREG | 0755, .hardlink = 9 },
	{ .path = "/b",
	  .mode = S_IFREG | 0644,
	  .size = 65536,
	  .mtime = 0xfffffff0 },
	{ .path = "/big", .mode = S_IFREG | 0644, .size = 700001 },
	{ .path = "/prog",
	  .mode = S_IFREG | 0755,
	  .size = 5000,
	  .sites_size = 48 },
};
#define BIG 8
#define PROG 9

/* A hard link comes after what it names: entry 6 above must not. */
static struct image_entry good[ARRAY_SIZE(entries)];

static int mount_image(void)
{
	struct rootfs_config config;
	struct dentry *root;
	int err = fs_init();

	if (err < 0)
		return err;
	image_config(&config);
	err = rootfs_create(&config, &root);
	if (err < 0) {
		fs_fini();
		return err;
	}
	return rig_up_root(root);
}

static int setup(void **state)
{
	(void)state;
	memcpy(good, entries, sizeof(good));
	good[6].hardlink = 3; /* "/a-b" */
	image_build(good, ARRAY_SIZE(good));
	fake_take_log_errors();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_live_allocs(), 0);
	return 0;
}

static void expect_bytes(const char *path, size_t number, uint64_t off,
                         size_t size)
{
	uint8_t *buf = malloc(size + 1);
	long fd = sys_open(T, path, O_RDONLY, 0);

	assert_true(fd >= 0);
	assert_int_equal(sys_pread64(T, (int)fd, buf, size + 1, (int64_t)off),
	                 (long)size);
	for (size_t i = 0; i < size; i++) {
		if (buf[i] != image_byte(number, off + i))
			fail_msg("%s at %zu", path, (size_t)off + i);
	}
	assert_int_equal(sys_close(T, (int)fd), 0);
	free(buf);
}

static void test_tree(void **state)
{
	uint8_t st[144];
	uint64_t nlink;
	int64_t mtime;

	(void)state;
	assert_int_equal(mount_image(), 0);
	assert_string_equal(rig_ls("/"), "a a-b b big prog");
	assert_string_equal(rig_ls("/a"), "deep link same");
	expect_bytes("/a-b", 2, 0, 10);
	expect_bytes("/a/same", 2, 0, 10);
	expect_bytes("/b", 7, 0, 65536);
	expect_bytes("/big", BIG, 0, 700001);
	expect_bytes("/a/link", BIG, 123456, 700001 - 123456);
	assert_string_equal(rig_cat("/a/deep/er"), "");
	assert_int_equal(sys_stat(T, "/a-b", st), 0);
	memcpy(&nlink, st + 16, 8);
	assert_int_equal(nlink, 2);
	assert_int_equal(sys_stat(T, "/", st), 0);
	memcpy(&nlink, st + 16, 8);
	assert_int_equal(nlink, 3);
	assert_int_equal(sys_stat(T, "/b", st), 0);
	memcpy(&mtime, st + 88, 8);
	assert_int_equal(mtime, 0xfffffff0);
	rig_down();
	assert_int_equal(fake_take_log_errors(), 0);
}

/* Chunks in the cache are not read again; evicted ones are, and checked. */
static void test_cache(void **state)
{
	(void)state;
	assert_int_equal(mount_image(), 0);
	expect_bytes("/b", 7, 0, 65536);
	assert_int_equal(image.body_reads, 1);
	/* The host changes what the enclave has already: no effect. */
	image.body[image_body_offset(7)] ^= 1;
	expect_bytes("/b", 7, 0, 65536);
	assert_int_equal(image.body_reads, 1);
	expect_bytes("/big", BIG, 0, 700001); /* 11 chunks through 4 places */
	assert_int_equal(image.body_reads, 12);
	assert_string_equal(rig_cat("/b"), "<-5>");
	assert_int_equal(fake_take_log_errors(), 1);
	/* Honest again: the next read asks again. */
	image.body[image_body_offset(7)] ^= 1;
	expect_bytes("/b", 7, 0, 65536);
	rig_down();
}

/* One byte wrong in each chunk of a file, one after another. */
static void test_tampered_chunks(void **state)
{
	uint8_t buf[100];
	long fd;

	(void)state;
	assert_int_equal(mount_image(), 0);
	fd = sys_open(T, "/big", O_RDWR, 0);
	for (uint64_t off = 0; off < 700001; off += ROOTIDX_CHUNK) {
		uint8_t *p = image.body + image_body_offset(BIG) + off;
		uint64_t at = off + 50000 < 700001 ? off + 49990 : off;

		*p ^= 0x80;
		memset(buf, 0xee, sizeof(buf));
		assert_int_equal(sys_pread64(T, (int)fd, buf, 10, (int64_t)at),
		                 -EIO);
		for (size_t i = 0; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 0xee);
		/* A write to a part of a page needs its other bytes. */
		assert_int_equal(sys_pwrite64(T, (int)fd, "x", 1, (int64_t)at),
		                 -EIO);
		*p ^= 0x80;
	}
	/* A read that runs into a bad chunk returns what came before it. */
	image.body[image_body_offset(BIG) + 2 * ROOTIDX_CHUNK] ^= 1;
	assert_int_equal(
		sys_pread64(T, (int)fd, buf, 100, 2 * ROOTIDX_CHUNK - 60), 60);
	rig_down();
	/* One for each chunk, and for the last once more. */
	assert_int_equal(fake_take_log_errors(), 700001 / ROOTIDX_CHUNK + 2);
}

/* What is mapped whole goes past the cache, and not past its check. */
static void test_whole_chunks(void **state)
{
	static uint8_t buf[2 * ROOTIDX_CHUNK];
	struct vm_object *obj;
	struct file *f;
	long fd;

	(void)state;
	assert_int_equal(mount_image(), 0);
	fd = sys_open(T, "/big", O_RDONLY, 0);
	f = fd_get(T->files, (int)fd);
	obj = &tmpfs_file(f->inode)->object;
	for (uint64_t reads = 2; reads <= 4; reads += 2) {
		assert_int_equal(obj->ops->read(obj, buf, sizeof(buf), 0),
		                 sizeof(buf));
		for (size_t i = 0; i < sizeof(buf); i++)
			assert_int_equal(buf[i], image_byte(BIG, i));
		assert_int_equal(image.body_reads, reads);
	}
	/* A part of one is kept, and then so is the whole. */
	assert_int_equal(obj->ops->read(obj, buf, 100, 50), 100);
	assert_int_equal(obj->ops->read(obj, buf, ROOTIDX_CHUNK, 0),
	                 ROOTIDX_CHUNK);
	assert_int_equal(image.body_reads, 5);

	image.body[image_body_offset(BIG) + ROOTIDX_CHUNK + 7] ^= 1;
	assert_int_equal(obj->ops->read(obj, buf, sizeof(buf), 0), -EIO);
	for (size_t i = ROOTIDX_CHUNK; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0);
	file_put(f);
	rig_down();
	assert_int_equal(fake_take_log_errors(), 1);
}

static void test_writes_over_root(void **state)
{
	struct content_id before, after;
	struct tmpfs_file *tf;
	struct file *f;
	uint8_t buf[64];
	long fd;

	(void)state;
	assert_int_equal(mount_image(), 0);
	fd = sys_open(T, "/big", O_RDWR, 0);
	f = fd_get(T->files, (int)fd);
	tf = tmpfs_file(f->inode);
	assert_true(tf->object.ops->content_id(&tf->object, &before));
	assert_int_equal(sys_pwrite64(T, (int)fd, "hello", 5, 65530), 5);
	assert_false(tf->object.ops->content_id(&tf->object, &after));
	file_put(f);
	assert_int_equal(sys_pread64(T, (int)fd, buf, 20, 65525), 20);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(buf[i], i >= 5 && i < 10
		                                 ? "hello"[i - 5]
		                                 : image_byte(BIG, 65525 + i));
	/* Cut in the middle of a backed page, then longer: zeros behind. */
	assert_int_equal(sys_ftruncate(T, (int)fd, 300010), 0);
	assert_int_equal(sys_ftruncate(T, (int)fd, 400000), 0);
	assert_int_equal(sys_pread64(T, (int)fd, buf, 20, 300000), 20);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(buf[i],
		                 i < 10 ? image_byte(BIG, 300000 + i) : 0);
	assert_int_equal(sys_unlink(T, "/b"), 0);
	assert_int_equal(sys_rename(T, "/a", "/z"), 0);
	assert_string_equal(rig_ls("/z"), "deep link same");
	rig_file("/a", "now a file");
	assert_string_equal(rig_ls("/"), "a a-b big prog z");
	rig_down();
}

static void test_sites(void **state)
{
	struct file *f;
	uint8_t *sites;
	long fd;

	(void)state;
	assert_int_equal(mount_image(), 0);
	fd = sys_open(T, "/prog", O_RDWR, 0);
	f = fd_get(T->files, (int)fd);
	assert_int_equal(rootfs_sites(f, (void **)&sites), 48);
	for (size_t i = 0; i < 48; i++)
		assert_int_equal(sites[i], image_byte(PROG, (1ull << 40) + i));
	kfree(sites);
	image.body[image.body_size - 4096] ^= 1;
	assert_int_equal(rootfs_sites(f, (void **)&sites), -EIO);
	image.body[image.body_size - 4096] ^= 1;
	assert_int_equal(sys_write(T, (int)fd, "#", 1), 1);
	assert_int_equal(rootfs_sites(f, (void **)&sites), 0);
	file_put(f);
	rig_down();
}

static void test_index_is_measured(void **state)
{
	(void)state;
	for (size_t i = 0; i < image.index_size; i += 7) {
		image.index[i] ^= 0x10;
		assert_int_equal(mount_image(), -EBADMSG);
		image.index[i] ^= 0x10;
	}
	image.index_error = -EFAULT;
	assert_int_equal(mount_image(), -EFAULT);
}

/*
 * An index that is measured and wrong, as from a faulty tool: each byte takes
 * several values; it is refused or makes a tree, and nothing is left behind.
 */
static void test_broken_index(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff, 0x2f };
	unsigned int accepted = 0;

	(void)state;
	for (size_t i = 0; i < image.index_size; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(flips); k++) {
			int err;

			image.index[i] ^= flips[k];
			image_measure();
			err = mount_image();
			if (err == 0) {
				accepted++;
				rig_ls("/");
				rig_cat("/a-b");
				rig_down();
			}
			assert_int_equal(fake_live_allocs(), 0);
			image.index[i] ^= flips[k];
		}
	}
	assert_true(accepted > 0);
	/* Cut short at each length. */
	for (size_t n = image.index_size; n-- > 0;) {
		image.index_size = n;
		image_measure();
		assert_int_not_equal(mount_image(), 0);
	}
}

struct refused {
	const char *what;
	size_t number;
	struct image_entry entry;
};

static const struct refused refusals[] = {
	{ "first is not the root", 0, { .path = "/x", .mode = S_IFDIR } },
	{ "root is no directory", 0, { .path = "/", .mode = S_IFREG } },
	{ "not sorted", 1, { .path = "/zz", .mode = S_IFDIR } },
	{ "twice", 2, { .path = "/a", .mode = S_IFDIR } },
	{ "no parent", 4, { .path = "/a/dfep/x", .mode = S_IFREG } },
	{ "parent is a file", 7, { .path = "/a-b/x", .mode = S_IFREG } },
	{ "dots", 3, { .path = "/a/..", .mode = S_IFDIR } },
	{ "slash at the end", 3, { .path = "/a/d/", .mode = S_IFDIR } },
	{ "two slashes", 3, { .path = "/a//d", .mode = S_IFDIR } },
	{ "a time of a folder",
	  1,
	  { .path = "/a", .mode = S_IFDIR, .mtime = 1 } },
	{ "relative", 9, { .path = "x", .mode = S_IFREG } },
	{ "device", 9, { .path = "/x", .mode = S_IFCHR } },
	{ "link to nothing", 5, { .path = "/a/link", .mode = S_IFLNK } },
	{ "link forward",
	  6,
	  { .path = "/a/same", .mode = S_IFREG, .hardlink = 9 } },
	{ "link to itself",
	  6,
	  { .path = "/a/same", .mode = S_IFREG, .hardlink = 7 } },
	{ "link to a directory",
	  6,
	  { .path = "/a/same", .mode = S_IFREG, .hardlink = 2 } },
	{ "link of another kind",
	  6,
	  { .path = "/a/same", .mode = S_IFLNK, .hardlink = 3 } },
};

static void test_refused_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct image_entry list[ARRAY_SIZE(good)];

		memcpy(list, good, sizeof(list));
		list[refusals[i].number] = refusals[i].entry;
		image_build(list, ARRAY_SIZE(list));
		if (mount_image() != -EBADMSG)
			fail_msg("accepted: %s", refusals[i].what);
	}
}

static void test_no_memory(void **state)
{
	unsigned long n = 0;
	int err;

	(void)state;
	do {
		fake_fail_alloc(++n);
		err = mount_image();
		if (err == 0)
			rig_down();
		else
			assert_int_equal(err, -ENOMEM);
		assert_int_equal(fake_live_allocs(), 0);
	} while (fake_alloc_failed());
	fake_fail_alloc(0);
	assert_true(n > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cache, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tampered_chunks, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_whole_chunks, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_writes_over_root, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_sites, setup, teardown),
		cmocka_unit_test_setup_teardown(test_index_is_measured, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_broken_index, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_refused_entries, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup,
		                                teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
