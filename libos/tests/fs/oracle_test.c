/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random operations on our file system and on the machine's, side by side:
 * every result, every listing and every byte must agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/errno.h"
#include "libos/fs/tmpfs_internal.h"
#include "native.h"
#include "rig.h"

#define NAME_ROUNDS 20000
#define BYTE_ROUNDS 6000
#define FILE_MAX (400 * 1024)

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static int setup(void **state)
{
	(void)state;
	seed = 42;
	assert_int_equal(native_begin(), 0);
	assert_int_equal(rig_up(), 0);
	/* The machine's directory is not a root: ".." of ours is one as well. */
	rig_dir("/top");
	assert_int_equal(sys_chdir(T, "/top"), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	native_end();
	rig_down();
	assert_int_equal(fake_live_allocs(), 0);
	return 0;
}

/* A path of up to three names out of few, so that they meet often. */
static void random_path(char *buf)
{
	static const char *const names[] = { "a",  "b",  "c",   ".",
		                             "..", "a/", "b//c" };
	uint32_t depth = 1 + rnd(3);

	buf[0] = '\0';
	for (uint32_t i = 0; i < depth; i++) {
		/* Never above the top: what is there differs. */
		uint32_t k = rnd(i ? ARRAY_SIZE(names) : 3);

		if (k == 4 && i < 2 && rnd(2))
			k = 0;
		if (i)
			memcpy(buf + strlen(buf), "/", 2);
		memcpy(buf + strlen(buf), names[k], strlen(names[k]) + 1);
		if (k == 4)
			break;
	}
}

static int ours_create(const char *path, bool excl)
{
	long fd =
		sys_open(T, path, O_CREAT | O_RDWR | (excl ? O_EXCL : 0), 0644);

	if (fd < 0)
		return (int)fd;
	assert_int_equal(sys_close(T, (int)fd), 0);
	return 0;
}

static int ours_stat(const char *path, bool follow, unsigned int *ret_type,
                     unsigned long *ret_nlink)
{
	uint8_t buf[144];
	long err = sys_newfstatat(T, AT_FDCWD, path, buf,
	                          follow ? 0 : AT_SYMLINK_NOFOLLOW);
	uint32_t mode;

	if (err < 0)
		return (int)err;
	memcpy(&mode, buf + 24, 4);
	*ret_type = mode & S_IFMT;
	memcpy(ret_nlink, buf + 16, 8);
	if (S_ISDIR(mode))
		*ret_nlink = 0;
	return 0;
}

static void compare_stat(const char *path, bool follow)
{
	unsigned int type[2] = { 0 };
	unsigned long nlink[2] = { 0 };
	int ours = ours_stat(path, follow, &type[0], &nlink[0]);
	int theirs = native_stat(path, follow, &type[1], &nlink[1]);

	if (ours != theirs || type[0] != type[1] || nlink[0] != nlink[1])
		fail_msg("stat %s: %d, Linux %d; type %o %o; links %lu %lu",
		         path, ours, theirs, type[0], type[1], nlink[0],
		         nlink[1]);
}

enum name_op {
	OP_MKDIR,
	OP_RMDIR,
	OP_UNLINK,
	OP_CREATE,
	OP_EXCL,
	OP_SYMLINK,
	OP_LINK,
	OP_RENAME,
	OP_NOREPLACE,
	OP_EXCHANGE,
	OP_COUNT
};

static int ours(enum name_op op, const char *a, const char *b)
{
	switch (op) {
	case OP_MKDIR:
		return (int)sys_mkdir(T, a, 0755);
	case OP_RMDIR:
		return (int)sys_rmdir(T, a);
	case OP_UNLINK:
		return (int)sys_unlink(T, a);
	case OP_CREATE:
	case OP_EXCL:
		return ours_create(a, op == OP_EXCL);
	case OP_SYMLINK:
		return (int)sys_symlink(T, b, a);
	case OP_LINK:
		return (int)sys_link(T, a, b);
	case OP_RENAME:
		return (int)sys_rename(T, a, b);
	case OP_NOREPLACE:
		return (int)sys_renameat2(T, AT_FDCWD, a, AT_FDCWD, b,
		                          RENAME_NOREPLACE);
	default:
		return (int)sys_renameat2(T, AT_FDCWD, a, AT_FDCWD, b,
		                          RENAME_EXCHANGE);
	}
}

static int theirs(enum name_op op, const char *a, const char *b)
{
	switch (op) {
	case OP_MKDIR:
		return native_mkdir(a);
	case OP_RMDIR:
		return native_rmdir(a);
	case OP_UNLINK:
		return native_unlink(a);
	case OP_CREATE:
	case OP_EXCL:
		return native_create(a, op == OP_EXCL);
	case OP_SYMLINK:
		return native_symlink(b, a);
	case OP_LINK:
		return native_link(a, b);
	case OP_RENAME:
		return native_rename(a, b, 0);
	case OP_NOREPLACE:
		return native_rename(a, b, RENAME_NOREPLACE);
	default:
		return native_rename(a, b, RENAME_EXCHANGE);
	}
}

static void test_names(void **state)
{
	unsigned int done[OP_COUNT] = { 0 };

	(void)state;
	for (int i = 0; i < NAME_ROUNDS; i++) {
		enum name_op op = (enum name_op)rnd(OP_COUNT);
		char a[64], b[64];
		int x, y;

		random_path(a);
		random_path(b);
		x = ours(op, a, b);
		y = theirs(op, a, b);
		fake_expect_unlocked();
		if (x != y)
			fail_msg("%d: op %u %s %s: %d, Linux %d", i, op, a, b,
			         x, y);
		done[op] += x == 0;
		compare_stat(a, true);
		compare_stat(a, false);
		compare_stat(b, false);
		if (i % 16 == 0)
			assert_string_equal(rig_ls("."), native_ls("."));
	}
	/* The walk visited successes of every kind. */
	for (unsigned int op = 0; op < OP_COUNT; op++)
		assert_true(done[op] > 10);
}

static uint8_t bytes[2][FILE_MAX + 1];

static void compare_bytes(int fd, size_t size, long off)
{
	long x = sys_pread64(T, fd, bytes[0], size, off);
	long y = native_pread(bytes[1], size, off);

	assert_int_equal(x, y);
	if (x > 0)
		assert_memory_equal(bytes[0], bytes[1], (size_t)x);
}

static uint8_t mapped[64 * 1024];
#define MAPPED_AT 8192

/* Write through a shared mapping: the file is that much newer. */
static void poke(int fd, bool *is_mapped)
{
	struct file *f = fd_get(T->files, fd);
	struct vm_object *obj = &tmpfs_file(f->inode)->object;
	uint32_t at, size = (uint32_t)f->inode->size;

	if (!*is_mapped)
		fake_map_shared(obj, mapped, sizeof(mapped), MAPPED_AT);
	*is_mapped = true;
	for (int i = 0; i < 4; i++) {
		uint8_t v = (uint8_t)rnd(256);

		at = rnd(sizeof(mapped));
		if (MAPPED_AT + at >= size)
			continue;
		mapped[at] = v;
		native_pwrite(&v, 1, MAPPED_AT + at);
	}
	if (rnd(4) == 0) {
		assert_int_equal(fake_unmap_shared(obj), 0);
		*is_mapped = false;
	}
	file_put(f);
}

static void byte_round(int fd, bool *is_mapped)
{
	long off = rnd(FILE_MAX), size = 1 + rnd(rnd(2) ? 20000 : 50);

	if (off + size > FILE_MAX)
		size = FILE_MAX - off;
	switch (rnd(8)) {
	case 0:
		assert_int_equal(sys_ftruncate(T, fd, off), 0);
		assert_int_equal(native_truncate(off), 0);
		break;
	case 1:
		assert_int_equal(sys_fallocate(T, fd,
		                               FALLOC_FL_PUNCH_HOLE |
		                                       FALLOC_FL_KEEP_SIZE,
		                               off, size + 1),
		                 0);
		assert_int_equal(native_punch(off, size + 1), 0);
		break;
	case 2:
		poke(fd, is_mapped);
		break;
	case 3:
	case 4:
	case 5:
		for (long i = 0; i < size; i++)
			bytes[0][i] = (uint8_t)rnd(255) + 1;
		assert_int_equal(
			sys_pwrite64(T, fd, bytes[0], (size_t)size, off), size);
		assert_int_equal(native_pwrite(bytes[0], (size_t)size, off),
		                 size);
		break;
	default:
		compare_bytes(fd, (size_t)size, off);
	}
	fake_expect_unlocked();
}

static void test_bytes(void **state)
{
	bool is_mapped = false;
	struct file *f;
	long fd = sys_open(T, "f", O_CREAT | O_RDWR, 0644);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(native_open("f"), 0);
	for (int i = 0; i < BYTE_ROUNDS; i++) {
		byte_round((int)fd, &is_mapped);
		if (i % 50 == 0)
			compare_bytes((int)fd, FILE_MAX + 1, 0);
	}
	compare_bytes((int)fd, FILE_MAX + 1, 0);
	f = fd_get(T->files, (int)fd);
	if (is_mapped)
		assert_int_equal(
			fake_unmap_shared(&tmpfs_file(f->inode)->object), 0);
	file_put(f);
	compare_bytes((int)fd, FILE_MAX + 1, 0);
	/* All pages go when the file does. */
	assert_true(filedata_total.used > 0);
	assert_int_equal(sys_unlink(T, "f"), 0);
	assert_int_equal(sys_close(T, (int)fd), 0);
	assert_int_equal(filedata_total.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
