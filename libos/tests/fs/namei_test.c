/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths: tables of what each lookup and open must answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/errno.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/mount.h"
#include "libos/fs/namei.h"
#include "libos/fs/tmpfs.h"
#include "rig.h"

static int setup(void **state)
{
	(void)state;
	assert_int_equal(rig_up(), 0);
	rig_dir("/d");
	rig_dir("/d/e");
	rig_dir("/locked");
	rig_file("/f", "f");
	rig_file("/d/g", "g");
	rig_file("/locked/x", "x");
	assert_int_equal(sys_symlink(T, "d", "/to_d"), 0);
	assert_int_equal(sys_symlink(T, "/f", "/to_f"), 0);
	assert_int_equal(sys_symlink(T, "d/", "/to_d_slash"), 0);
	assert_int_equal(sys_symlink(T, "../f", "/d/up_f"), 0);
	assert_int_equal(sys_symlink(T, "loop2", "/loop1"), 0);
	assert_int_equal(sys_symlink(T, "loop1", "/loop2"), 0);
	assert_int_equal(sys_symlink(T, "nowhere", "/dangling"), 0);
	assert_int_equal(sys_symlink(T, "to_d/e/../../to_f", "/mixed"), 0);
	assert_int_equal(sys_chmod(T, "/locked", 0700), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_down();
	assert_int_equal(fake_live_allocs(), 0);
	return 0;
}

struct lookup_case {
	const char *path;
	int err;       /* of stat */
	uint32_t type; /* where it succeeds */
	int lstat_err;
	uint32_t lstat_type;
};

static const struct lookup_case lookups[] = {
	{ "/", 0, S_IFDIR, 0, S_IFDIR },
	{ "//", 0, S_IFDIR, 0, S_IFDIR },
	{ "", -ENOENT, 0, -ENOENT, 0 },
	{ ".", 0, S_IFDIR, 0, S_IFDIR },
	{ "..", 0, S_IFDIR, 0, S_IFDIR },
	{ "/..", 0, S_IFDIR, 0, S_IFDIR },
	{ "/../../f", 0, S_IFREG, 0, S_IFREG },
	{ "/f", 0, S_IFREG, 0, S_IFREG },
	{ "f", 0, S_IFREG, 0, S_IFREG },
	{ "/f/", -ENOTDIR, 0, -ENOTDIR, 0 },
	{ "/f/.", -ENOTDIR, 0, -ENOTDIR, 0 },
	{ "/f/..", -ENOTDIR, 0, -ENOTDIR, 0 },
	{ "/f/x", -ENOTDIR, 0, -ENOTDIR, 0 },
	{ "/d/", 0, S_IFDIR, 0, S_IFDIR },
	{ "/d//./e/../g", 0, S_IFREG, 0, S_IFREG },
	{ "/d/none", -ENOENT, 0, -ENOENT, 0 },
	{ "/none/x", -ENOENT, 0, -ENOENT, 0 },
	{ "/to_d", 0, S_IFDIR, 0, S_IFLNK },
	{ "/to_d/", 0, S_IFDIR, 0, S_IFDIR },
	{ "/to_d/g", 0, S_IFREG, 0, S_IFREG },
	{ "/to_f", 0, S_IFREG, 0, S_IFLNK },
	{ "/to_f/", -ENOTDIR, 0, -ENOTDIR, 0 },
	{ "/to_d_slash", 0, S_IFDIR, 0, S_IFLNK },
	{ "/to_d_slash/g", 0, S_IFREG, 0, S_IFREG },
	{ "/d/up_f", 0, S_IFREG, 0, S_IFLNK },
	{ "/to_d/up_f", 0, S_IFREG, 0, S_IFLNK },
	{ "/mixed", 0, S_IFREG, 0, S_IFLNK },
	{ "/loop1", -ELOOP, 0, 0, S_IFLNK },
	{ "/loop1/x", -ELOOP, 0, -ELOOP, 0 },
	{ "/dangling", -ENOENT, 0, 0, S_IFLNK },
	{ "/dangling/", -ENOENT, 0, -ENOENT, 0 },
};

static uint32_t stat_type(const uint8_t *buf)
{
	uint32_t mode;

	memcpy(&mode, buf + 24, sizeof(mode));
	return mode & S_IFMT;
}

static void test_lookups(void **state)
{
	uint8_t buf[144];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lookups); i++) {
		const struct lookup_case *c = &lookups[i];
		long err = sys_stat(T, c->path, buf);

		if (err != c->err || (!err && stat_type(buf) != c->type))
			fail_msg("stat %s: %ld", c->path, err);
		err = sys_lstat(T, c->path, buf);
		if (err != c->lstat_err ||
		    (!err && stat_type(buf) != c->lstat_type))
			fail_msg("lstat %s: %ld", c->path, err);
		fake_expect_unlocked();
	}
}

struct open_case {
	const char *path;
	uint32_t flags;
	int err; /* 0: any descriptor */
};

static const struct open_case opens[] = {
	{ "/f", O_RDONLY, 0 },
	{ "/f", O_RDONLY | O_DIRECTORY, -ENOTDIR },
	{ "/f", O_CREAT | O_EXCL | O_RDWR, -EEXIST },
	{ "/f/", O_CREAT | O_RDWR, -EISDIR },
	{ "/new/", O_CREAT | O_RDWR, -EISDIR },
	{ "/new1", O_CREAT | O_RDWR, 0 },
	{ "/new1", O_CREAT | O_EXCL | O_RDWR, -EEXIST },
	{ "/d", O_RDONLY, 0 },
	{ "/d", O_RDWR, -EISDIR },
	{ "/d", O_RDONLY | O_CREAT, -EISDIR },
	{ "/d/.", O_RDONLY | O_CREAT, -EISDIR },
	{ "/", O_RDONLY | O_CREAT, -EISDIR },
	{ "/", O_RDONLY | O_CREAT | O_EXCL, -EEXIST },
	{ "/to_f", O_RDONLY | O_NOFOLLOW, -ELOOP },
	{ "/to_f", O_RDONLY | O_NOFOLLOW | O_PATH, 0 },
	{ "/to_d", O_RDONLY | O_NOFOLLOW | O_DIRECTORY, -ENOTDIR },
	{ "/to_d/", O_RDONLY | O_NOFOLLOW | O_DIRECTORY, 0 },
	{ "/dangling", O_RDONLY, -ENOENT },
	{ "/dangling", O_CREAT | O_EXCL | O_RDWR, -EEXIST },
	{ "/dangling", O_CREAT | O_NOFOLLOW | O_RDWR, -ELOOP },
	{ "/dangling", O_CREAT | O_RDWR, 0 },
	{ "/nowhere", O_RDONLY, 0 }, /* the line before made it */
	{ "/loop1", O_CREAT | O_RDWR, -ELOOP },
	{ "/f/x", O_CREAT | O_RDWR, -ENOTDIR },
	{ "/none/x", O_CREAT | O_RDWR, -ENOENT },
	{ "/d", O_TMPFILE | O_RDWR, 0 },
	{ "/d", O_TMPFILE | O_RDONLY, -EINVAL },
	{ "/f", O_TMPFILE | O_RDWR, -ENOTDIR },
	{ "/x", O_CREAT | O_DIRECTORY | O_RDWR, -EINVAL },
};

static void test_opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(opens); i++) {
		const struct open_case *c = &opens[i];
		long fd = sys_open(T, c->path, c->flags, 0644);

		if (c->err ? fd != c->err : fd < 0)
			fail_msg("open %zu %s %o: %ld", i, c->path, c->flags,
			         fd);
		if (fd >= 0)
			assert_int_equal(sys_close(T, (int)fd), 0);
		fake_expect_unlocked();
	}
}

struct how_case {
	const char *path;
	uint64_t resolve;
	int err;
};

/* From the directory /d. */
static const struct how_case hows[] = {
	{ "g", RESOLVE_BENEATH, 0 },
	{ "e/../g", RESOLVE_BENEATH, 0 },
	{ "../f", RESOLVE_BENEATH, -EXDEV },
	{ "/f", RESOLVE_BENEATH, -EXDEV },
	{ "up_f", RESOLVE_BENEATH, -EXDEV },
	{ "/g", RESOLVE_IN_ROOT, 0 },
	{ "../g", RESOLVE_IN_ROOT, 0 },
	{ "/f", RESOLVE_IN_ROOT, -ENOENT },
	{ "up_f", RESOLVE_NO_SYMLINKS, -ELOOP },
	{ "g", RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV, 0 },
	{ "e/m/y", 0, 0 },
	{ "e/m/y", RESOLVE_NO_XDEV, -EXDEV },
	{ "g", RESOLVE_CACHED, -EAGAIN },
	{ "g", RESOLVE_BENEATH | RESOLVE_IN_ROOT, -EINVAL },
	{ "g", 0x40, -EINVAL },
};

static void mount_on(const char *path)
{
	struct tmpfs_options opts = { .mode = 0755 };
	struct dentry *root;
	struct path at;
	struct walk w;

	walk_begin(&w, T, AT_FDCWD);
	assert_int_equal(path_lookup(&w, path, LOOKUP_FOLLOW, &at), 0);
	walk_end(&w);
	assert_int_equal(tmpfs_create(&opts, &root), 0);
	assert_int_equal(mount_attach(&at, root, 0, "m"), 0);
	path_put(&at);
}

static void unmount(const char *path)
{
	struct path at;
	struct dentry *root;
	struct walk w;

	walk_begin(&w, T, AT_FDCWD);
	assert_int_equal(path_lookup(&w, path, LOOKUP_FOLLOW, &at), 0);
	walk_end(&w);
	root = dentry_get(at.dentry);
	assert_int_equal(mount_detach(at.mnt), 0);
	path_put(&at);
	dentry_prune(root);
	dentry_put(root);
}

static void test_openat2_and_mounts(void **state)
{
	char buf[64];
	long dir;

	(void)state;
	rig_dir("/d/e/m");
	rig_file("/d/e/m/hidden", "h");
	mount_on("/d/e/m");
	rig_file("/d/e/m/y", "y");
	assert_string_equal(rig_ls("/d/e/m"), "y");
	assert_int_equal(sys_rmdir(T, "/d/e/m"), -EBUSY);
	assert_int_equal(sys_rename(T, "/d/e/m", "/d/n"), -EBUSY);
	assert_int_equal(sys_rename(T, "/d/e/m/y", "/d/y"), -EXDEV);
	assert_int_equal(sys_link(T, "/d/e/m/y", "/d/y"), -EXDEV);
	assert_string_equal(rig_cat("/d/e/m/../../g"), "g");
	assert_int_equal(sys_chdir(T, "/d/e/m"), 0);
	assert_int_equal(sys_getcwd(T, buf, sizeof(buf)), 7);
	assert_string_equal(buf, "/d/e/m");
	assert_int_equal(sys_chdir(T, "/"), 0);

	dir = sys_open(T, "/d", O_PATH, 0);
	assert_true(dir >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(hows); i++) {
		struct open_how how = { .resolve = hows[i].resolve };
		long fd = sys_openat2(T, (int)dir, hows[i].path, &how,
		                      sizeof(how));

		if (hows[i].err ? fd != hows[i].err : fd < 0)
			fail_msg("openat2 %zu %s: %ld", i, hows[i].path, fd);
		if (fd >= 0)
			assert_int_equal(sys_close(T, (int)fd), 0);
	}
	unmount("/d/e/m");
	assert_string_equal(rig_ls("/d/e/m"), "hidden");
}

static void test_permissions(void **state)
{
	(void)state;
	rig_dir("/sticky");
	assert_int_equal(sys_chmod(T, "/sticky", 01777), 0);
	rig_file("/sticky/roots", "r");
	assert_int_equal(sys_chmod(T, "/d", 0777), 0);
	rig_file("/secret", "s");
	assert_int_equal(sys_chmod(T, "/secret", 0640), 0);
	rig_become(1000, 1000);
	assert_string_equal(rig_cat("/locked/x"), "<-13>");
	assert_string_equal(rig_cat("/secret"), "<-13>");
	assert_int_equal(sys_open(T, "/f", O_RDWR, 0), -EACCES);
	assert_int_equal(sys_open(T, "/mine", O_CREAT | O_RDWR, 0600), -EACCES);
	assert_int_equal(sys_unlink(T, "/f"), -EACCES);
	assert_int_equal(sys_unlink(T, "/sticky/roots"), -EPERM);
	rig_file("/sticky/mine", "m");
	assert_int_equal(sys_rename(T, "/sticky/mine", "/sticky/roots"),
	                 -EPERM);
	assert_int_equal(sys_unlink(T, "/sticky/mine"), 0);
	assert_int_equal(sys_chmod(T, "/f", 0777), -EPERM);
	assert_int_equal(sys_chown(T, "/f", 1000, 1000), -EPERM);
	assert_int_equal(sys_access(T, "/f", MAY_READ), 0);
	assert_int_equal(sys_access(T, "/f", MAY_WRITE), -EACCES);
	assert_int_equal(sys_access(T, "/locked/x", 0), -EACCES);
	/* Who creates a file gets it open, whatever its mode says. */
	assert_true(sys_open(T, "/d/ro", O_CREAT | O_RDWR, 0) >= 0);
	assert_int_equal(sys_open(T, "/d/ro", O_RDONLY, 0), -EACCES);
	assert_int_equal(sys_utimensat(T, AT_FDCWD, "/f", NULL, 0), -EACCES);
	assert_int_equal(sys_mknod(T, "/d/dev", S_IFCHR | 0666, 0x103), -EPERM);
	assert_int_equal(sys_chroot(T, "/d"), -EPERM);
	rig_become(1000, 0);
	assert_string_equal(rig_cat("/secret"), "s");
}

static void test_chroot_and_dirfd(void **state)
{
	uint8_t buf[144];
	char cwd[64];
	long dir, pipe_like;

	(void)state;
	dir = sys_open(T, "/d", O_RDONLY, 0);
	assert_int_equal(sys_newfstatat(T, (int)dir, "g", buf, 0), 0);
	assert_int_equal(sys_newfstatat(T, (int)dir, "", buf, 0), -ENOENT);
	assert_int_equal(sys_newfstatat(T, (int)dir, "", buf, AT_EMPTY_PATH),
	                 0);
	assert_int_equal(stat_type(buf), S_IFDIR);
	assert_int_equal(sys_newfstatat(T, 99, "g", buf, 0), -EBADF);
	assert_int_equal(sys_newfstatat(T, 99, "/f", buf, 0), 0);
	pipe_like = sys_memfd_create(T, "m", 0);
	assert_int_equal(sys_newfstatat(T, (int)pipe_like, "g", buf, 0),
	                 -ENOTDIR);
	assert_int_equal(
		sys_newfstatat(T, (int)pipe_like, "", buf, AT_EMPTY_PATH), 0);
	assert_int_equal(sys_newfstatat(T, 0, (const char *)BAD_ADDR, buf, 0),
	                 -EFAULT);

	assert_int_equal(sys_chroot(T, "/d"), 0);
	assert_string_equal(rig_cat("/g"), "g");
	assert_string_equal(rig_cat("/../g"), "g");
	assert_int_equal(sys_getcwd(T, cwd, sizeof(cwd)), 15);
	assert_string_equal(cwd, "(unreachable)/");
	assert_int_equal(sys_chdir(T, "/"), 0);
	assert_int_equal(sys_getcwd(T, cwd, sizeof(cwd)), 2);
}

static void test_long_names(void **state)
{
	static char path[5000];
	uint8_t buf[144];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[256] = '\0';
	assert_int_equal(sys_stat(T, path, buf), -ENAMETOOLONG);
	assert_int_equal(sys_mkdir(T, path, 0755), -ENAMETOOLONG);
	path[255] = '\0';
	assert_int_equal(sys_mkdir(T, path, 0755), 0);
	assert_int_equal(sys_stat(T, path, buf), 0);
	memset(path, '/', 4095);
	path[4095] = '\0';
	assert_int_equal(sys_stat(T, path, buf), 0);
	path[4095] = '/';
	path[4096] = '\0';
	assert_int_equal(sys_stat(T, path, buf), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lookups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_opens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_openat2_and_mounts, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_permissions, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_chroot_and_dirfd, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_long_names, setup,
		                                teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
