/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors, positions, locks, attributes: one test for each group of calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/errno.h"
#include "base/units.h"
#include "libos/fs/dcache_internal.h"
#include "libos/fs/flock.h"
#include "libos/fs/iov.h"
#include "libos/fs/mount.h"
#include "libos/fs/namei.h"
#include "libos/fs/tmpfs.h"
#include "libos/fs/tmpfs_internal.h"
#include "libos/libos_errno.h"
#include "rig.h"

static int setup(void **state)
{
	(void)state;
	assert_int_equal(rig_up(), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_bad_range(NULL, 0);
	rig_down();
	assert_int_equal(fake_live_allocs(), 0);
	return 0;
}

static int must_open(const char *path, uint32_t flags)
{
	long fd = sys_open(T, path, flags, 0644);

	if (fd < 0)
		fail_msg("open %s: %ld", path, fd);
	return (int)fd;
}

static void test_descriptors(void **state)
{
	int a, b;

	(void)state;
	a = must_open("/a", O_CREAT | O_RDWR);
	assert_int_equal(a, 0);
	assert_int_equal(sys_dup(T, a), 1);
	assert_int_equal(sys_dup2(T, a, 200), 200);
	assert_int_equal(sys_dup2(T, a, a), a);
	assert_int_equal(sys_dup2(T, 77, 77), -EBADF);
	assert_int_equal(sys_dup2(T, a, -1), -EBADF);
	assert_int_equal(sys_dup2(T, a, 1024), -EBADF);
	assert_int_equal(sys_dup3(T, a, a, 0), -EINVAL);
	assert_int_equal(sys_dup3(T, a, 3, O_CLOEXEC), 3);
	assert_int_equal(sys_fcntl(T, 3, F_GETFD, 0), FD_CLOEXEC);
	assert_int_equal(sys_fcntl(T, a, F_DUPFD, 200), 201);
	assert_int_equal(sys_fcntl(T, a, F_DUPFD_CLOEXEC, 500), 500);
	assert_int_equal(sys_fcntl(T, a, F_DUPFD, 1024), -EINVAL);
	assert_int_equal(sys_dup(T, a), 2); /* the lowest free one */
	assert_int_equal(sys_close(T, 1), 0);
	assert_int_equal(sys_close(T, 1), -EBADF);
	assert_int_equal(sys_close(T, -1), -EBADF);
	b = must_open("/b", O_CREAT | O_RDWR);
	assert_int_equal(b, 1);
	fdtable_exec(T->files);
	assert_int_equal(sys_fcntl(T, 3, F_GETFD, 0), -EBADF);
	assert_int_equal(sys_fcntl(T, 500, F_GETFD, 0), -EBADF);
	assert_int_equal(sys_fcntl(T, 201, F_GETFD, 0), 0);
	assert_int_equal(sys_close_range(T, 150, 5, 0), -EINVAL);
	assert_int_equal(sys_close_range(T, 2, ~0u, 0), 0);
	assert_int_equal(fd_next(T->files, 2), -1);
	fdtable_set_limit(T->files, 2);
	assert_int_equal(sys_dup(T, a), -EMFILE);
	assert_int_equal(sys_open(T, "/c", O_CREAT | O_RDWR, 0644), -EMFILE);
	assert_int_equal(sys_stat(T, "/c", (char[144]){ 0 }), -ENOENT);
}

static void test_fork_copies(void **state)
{
	struct fdtable *child;
	struct file *f;
	int a = must_open("/a", O_CREAT | O_RDWR);

	(void)state;
	for (int i = 1; i < 300; i++)
		assert_int_equal(sys_dup(T, a), i);
	child = fdtable_copy(T->files);
	assert_non_null(child);
	assert_int_equal(sys_write(T, 299, "abc", 3), 3);
	f = fd_get(child, 150);
	assert_int_equal(f->pos, 3); /* one open file, one position */
	file_put(f);
	assert_int_equal(fd_close(child, a), 0);
	assert_int_equal(sys_lseek(T, a, 0, SEEK_CUR), 3);
	/* Shared: borrowing counts. */
	fdtable_get(T->files);
	{
		struct fd_ref r = fd_borrow(T->files, a);

		assert_true(r.counted);
		fd_return(r);
	}
	fdtable_put(T->files);
	fdtable_put(child);
}

static void test_positions(void **state)
{
	char buf[32];
	int fd = must_open("/f", O_CREAT | O_RDWR), ap;

	(void)state;
	assert_int_equal(sys_write(T, fd, "hello", 5), 5);
	assert_int_equal(sys_lseek(T, fd, -2, SEEK_END), 3);
	assert_int_equal(sys_read(T, fd, buf, 32), 2);
	assert_int_equal(sys_read(T, fd, buf, 32), 0);
	assert_int_equal(sys_lseek(T, fd, -6, SEEK_END), -EINVAL);
	assert_int_equal(sys_lseek(T, fd, INT64_MAX, SEEK_END), -EINVAL);
	assert_int_equal(sys_lseek(T, fd, 0, 9), -EINVAL);
	assert_int_equal(sys_pread64(T, fd, buf, 1, -1), -EINVAL);
	assert_int_equal(sys_pwrite64(T, fd, "x", 1, INT64_MAX), -EINVAL);
	assert_int_equal(sys_pread64(T, fd, buf, 5, 1), 4);
	assert_memory_equal(buf, "ello", 4);
	assert_int_equal(sys_lseek(T, fd, 100, SEEK_SET), 100);
	assert_int_equal(sys_read(T, fd, buf, 5), 0);

	ap = must_open("/f", O_WRONLY | O_APPEND);
	assert_int_equal(sys_write(T, ap, "!", 1), 1);
	assert_int_equal(sys_lseek(T, ap, 0, SEEK_CUR), 6);
	assert_int_equal(sys_pwrite64(T, ap, "?", 1, 0), 1);
	assert_string_equal(rig_cat("/f"), "hello!?");
	assert_int_equal(sys_read(T, ap, buf, 1), -EBADF);
	assert_int_equal(sys_fcntl(T, ap, F_SETFL, 0), 0);
	assert_int_equal(sys_fcntl(T, ap, F_GETFL, 0), O_WRONLY | O_LARGEFILE);
	assert_int_equal(sys_pwrite64(T, ap, "J", 1, 0), 1);
	assert_string_equal(rig_cat("/f"), "Jello!?");
}

static void test_holes(void **state)
{
	int fd = must_open("/f", O_CREAT | O_RDWR);

	(void)state;
	/* A terabyte of nothing with a byte at each end. */
	assert_int_equal(sys_pwrite64(T, fd, "a", 1, 0), 1);
	assert_int_equal(sys_pwrite64(T, fd, "z", 1, 1ll << 40), 1);
	assert_int_equal(sys_lseek(T, fd, 0, SEEK_DATA), 0);
	assert_int_equal(sys_lseek(T, fd, 0, SEEK_HOLE), 4096);
	assert_int_equal(sys_lseek(T, fd, 5000, SEEK_DATA), 1ll << 40);
	assert_int_equal(sys_lseek(T, fd, 1ll << 40, SEEK_HOLE),
	                 (1ll << 40) + 1);
	assert_int_equal(sys_lseek(T, fd, (1ll << 40) + 1, SEEK_DATA), -ENXIO);
	assert_int_equal(filedata_total.used, 2);
	assert_int_equal(sys_ftruncate(T, fd, 2), 0);
	assert_int_equal(filedata_total.used, 1);
	assert_int_equal(sys_fallocate(T, fd, 0, 4096, 8192), 0);
	assert_int_equal(filedata_total.used, 3);
	assert_int_equal(sys_lseek(T, fd, 0, SEEK_END), 12288);
	assert_int_equal(sys_fallocate(T, fd, FALLOC_FL_ZERO_RANGE, 0, 1),
	                 -EOPNOTSUPP);
	assert_int_equal(sys_fallocate(T, fd, 0, 0, 0), -EINVAL);
	assert_int_equal(sys_fallocate(T, fd, 0, INT64_MAX, 2), -EFBIG);
}

static void test_vectors_and_faults(void **state)
{
	static char page[2 * 4096] __aligned(4096);
	struct iov_seg vec[12];
	char buf[40];
	int fd = must_open("/f", O_CREAT | O_RDWR);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vec); i++)
		vec[i] = (struct iov_seg){ (uintptr_t) "abcdefghijkl" + i,
			                   i % 3 };
	assert_int_equal(sys_writev(T, fd, vec, ARRAY_SIZE(vec)), 12);
	/* Segment i is i % 3 bytes from the ith letter on. */
	assert_string_equal(rig_cat("/f"), "bcdefghijkl");
	assert_int_equal(
		sys_preadv(T, fd,
	                   (struct iov_seg[]){ { (uintptr_t)buf, 2 },
	                                       { (uintptr_t)buf + 10, 3 } },
	                   2, 1, 0),
		5);
	assert_int_equal(sys_readv(T, fd, vec, 1025), -EINVAL);
	vec[0].size = 1ull << 63;
	assert_int_equal(sys_readv(T, fd, vec, 1), -EINVAL);
	assert_int_equal(sys_readv(T, fd, (void *)BAD_ADDR, 1), -EFAULT);
	assert_int_equal(sys_preadv2(T, fd, vec, 0, 0, 0, RWF_NOWAIT),
	                 -EOPNOTSUPP);

	/* Memory that ends in the middle: what fitted is what counts. */
	fake_bad_range(page + 4096, 4096);
	assert_int_equal(sys_pread64(T, fd, page + 4096 - 4, 10, 0), 4);
	assert_int_equal(sys_pread64(T, fd, page + 4096, 10, 0), -EFAULT);
	assert_int_equal(sys_pwrite64(T, fd, page + 4096 - 4, 10, 0), 4);
	assert_int_equal(sys_pwrite64(T, fd, page + 4096, 10, 0), -EFAULT);
	assert_int_equal(sys_fstat(T, fd, page + 4090), -EFAULT);
}

static void test_no_room(void **state)
{
	struct tmpfs_options opts;
	struct dentry *root;
	static char big[64 * 1024];
	struct path at;
	struct walk w;
	int fd;

	(void)state;
	assert_int_equal(
		tmpfs_parse("size=32k,nr_inodes=4,mode=755", 29, &opts), 0);
	assert_int_equal(tmpfs_parse("size=32q", 8, &opts), -EINVAL);
	assert_int_equal(tmpfs_parse("what=1", 6, &opts), -EINVAL);
	rig_dir("/small");
	walk_begin(&w, T, AT_FDCWD);
	assert_int_equal(path_lookup(&w, "/small", 0, &at), 0);
	walk_end(&w);
	assert_int_equal(tmpfs_create(&opts, &root), 0);
	assert_int_equal(mount_attach(&at, root, 0, "small"), 0);
	path_put(&at);

	fd = must_open("/small/f", O_CREAT | O_RDWR);
	assert_int_equal(sys_write(T, fd, big, sizeof(big)), 32768);
	assert_int_equal(sys_write(T, fd, big, 1), -ENOSPC);
	assert_int_equal(sys_pwrite64(T, fd, big, 100, 0), 100);
	assert_int_equal(sys_ftruncate(T, fd, 0), 0);
	assert_int_equal(sys_pwrite64(T, fd, big, 100, 0), 100);
	rig_file("/small/2", "");
	assert_int_equal(sys_symlink(T, "x", "/small/3"), 0);
	assert_int_equal(sys_mkdir(T, "/small/4", 0755), -ENOSPC);
	assert_int_equal(sys_unlink(T, "/small/3"), 0);
	assert_int_equal(sys_mkdir(T, "/small/4", 0755), 0);
	assert_int_equal(sys_close(T, fd), 0);

	walk_begin(&w, T, AT_FDCWD);
	assert_int_equal(path_lookup(&w, "/small", 0, &at), 0);
	walk_end(&w);
	root = dentry_get(at.dentry);
	assert_int_equal(mount_detach(at.mnt), 0);
	path_put(&at);
	dentry_prune(root);
	dentry_put(root);
}

static void test_readdir_is_stable(void **state)
{
	char path[16], buf[100];
	unsigned int seen = 0;
	long n;
	int fd;

	(void)state;
	rig_dir("/d");
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "/d/%03d", i);
		rig_file(path, "");
	}
	fd = must_open("/d", O_RDONLY);
	assert_int_equal(sys_getdents64(T, fd, buf, 10), -EINVAL);
	/* Removing what was read, as rm -r does, skips nothing. */
	while ((n = sys_getdents64(T, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n; at += buf[at + 16]) {
			if (buf[at + 19] == '.')
				continue;
			snprintf(path, sizeof(path), "/d/%s", buf + at + 19);
			assert_int_equal(sys_unlink(T, path), 0);
			seen++;
		}
	}
	assert_int_equal(n, 0);
	assert_int_equal(seen, 300);
	assert_string_equal(rig_ls("/d"), "");
	assert_int_equal(sys_rmdir(T, "/d"), 0);
	assert_int_equal(sys_lseek(T, fd, 0, SEEK_SET), 0);
	assert_int_equal(sys_getdents64(T, fd, buf, sizeof(buf)), -ENOENT);
	assert_int_equal(sys_openat(T, fd, "x", O_CREAT | O_RDWR, 0644),
	                 -ENOENT);
	assert_int_equal(sys_fchdir(T, fd), 0);
	assert_int_equal(sys_getcwd(T, buf, sizeof(buf)), -ENOENT);
	assert_int_equal(sys_chdir(T, "/"), 0);
}

static void test_nameless_files(void **state)
{
	char buf[64];
	int fd = must_open("/", O_TMPFILE | O_RDWR), excl;
	struct file *f;
	long m;

	(void)state;
	assert_int_equal(sys_write(T, fd, "tmp", 3), 3);
	assert_string_equal(rig_ls("/"), "");
	assert_int_equal(
		sys_linkat(T, fd, "", AT_FDCWD, "/named", AT_EMPTY_PATH), 0);
	assert_string_equal(rig_cat("/named"), "tmp");
	excl = must_open("/", O_TMPFILE | O_RDWR | O_EXCL);
	assert_int_equal(sys_linkat(T, excl, "", AT_FDCWD, "/x", AT_EMPTY_PATH),
	                 -ENOENT);
	assert_int_equal(sys_unlink(T, "/named"), 0);
	assert_int_equal(
		sys_linkat(T, fd, "", AT_FDCWD, "/again", AT_EMPTY_PATH), 0);

	m = sys_memfd_create(T, "buf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(sys_fcntl(T, (int)m, F_GETFD, 0), FD_CLOEXEC);
	f = fd_get(T->files, (int)m);
	assert_int_equal(f->ops->show(f, buf, sizeof(buf)), 20);
	assert_string_equal(buf, "/memfd:buf (deleted)");
	file_put(f);
	assert_int_equal(sys_write(T, (int)m, "12345", 5), 5);
	assert_int_equal(
		sys_fcntl(T, (int)m, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW),
		0);
	assert_int_equal(sys_ftruncate(T, (int)m, 4), -EPERM);
	assert_int_equal(sys_ftruncate(T, (int)m, 6), -EPERM);
	assert_int_equal(sys_pwrite64(T, (int)m, "abcdef", 6, 3), -EPERM);
	assert_int_equal(sys_pwrite64(T, (int)m, "de", 2, 3), 2);
	assert_int_equal(sys_pwrite64(T, (int)m, "a", 1, 5), -EPERM);
	assert_int_equal(
		sys_fcntl(T, (int)m, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL),
		0);
	assert_int_equal(sys_pwrite64(T, (int)m, "a", 1, 0), -EPERM);
	assert_int_equal(sys_fcntl(T, (int)m, F_ADD_SEALS, F_SEAL_EXEC),
	                 -EPERM);
	assert_int_equal(sys_fcntl(T, (int)m, F_GET_SEALS, 0), 0xf);
	assert_int_equal(sys_memfd_create(T, "x", 0x100), -EINVAL);
}

static int other_fd;

static void unlock_other(void)
{
	assert_int_equal(sys_flock(T, other_fd, LOCK_UN), 0);
}

static struct flock range(int16_t type, int64_t start, int64_t len)
{
	return (struct flock){ .l_type = type, .l_start = start, .l_len = len };
}

static void test_locks(void **state)
{
	struct fdtable *mine = T->files, *theirs;
	struct flock l;
	int fd = must_open("/f", O_CREAT | O_RDWR);

	(void)state;
	other_fd = must_open("/f", O_RDWR);
	assert_int_equal(sys_flock(T, fd, LOCK_SH), 0);
	assert_int_equal(sys_flock(T, other_fd, LOCK_SH), 0);
	assert_int_equal(sys_flock(T, fd, LOCK_EX | LOCK_NB), -EAGAIN);
	assert_int_equal(sys_flock(T, fd, LOCK_EX), -ERESTARTSYS);
	fake_on_sleep = unlock_other;
	assert_int_equal(sys_flock(T, fd, LOCK_EX), 0);
	assert_int_equal(sys_flock(T, fd, 9), -EINVAL);

	/* Record locks: of processes, that is of descriptor tables. */
	theirs = fdtable_copy(mine);
	l = range(F_WRLCK, 10, 10);
	assert_int_equal(sys_fcntl(T, fd, F_SETLK, (uintptr_t)&l), 0);
	l = range(F_UNLCK, 14, 2); /* cut in two */
	assert_int_equal(sys_fcntl(T, fd, F_SETLK, (uintptr_t)&l), 0);
	T->files = theirs;
	l = range(F_RDLCK, 0, 0);
	assert_int_equal(sys_fcntl(T, fd, F_GETLK, (uintptr_t)&l), 0);
	assert_int_equal(l.l_type, F_WRLCK);
	assert_int_equal(l.l_start, 10);
	assert_int_equal(l.l_len, 4);
	l = range(F_RDLCK, 14, 2);
	assert_int_equal(sys_fcntl(T, fd, F_SETLK, (uintptr_t)&l), 0);
	l = range(F_RDLCK, 16, 1);
	assert_int_equal(sys_fcntl(T, fd, F_SETLK, (uintptr_t)&l), -EAGAIN);
	assert_int_equal(sys_fcntl(T, fd, F_SETLKW, (uintptr_t)&l),
	                 -ERESTARTSYS);
	l = range(F_RDLCK, -1, 1);
	assert_int_equal(sys_fcntl(T, fd, F_SETLK, (uintptr_t)&l), -EINVAL);
	/* POSIX: closing any descriptor of the file drops the process's. */
	T->files = mine;
	assert_int_equal(sys_close(T, (int)sys_dup(T, fd)), 0);
	T->files = theirs;
	l = range(F_WRLCK, 0, 0);
	assert_int_equal(sys_fcntl(T, fd, F_GETLK, (uintptr_t)&l), 0);
	assert_int_equal(l.l_type, F_UNLCK);
	/* OFD locks conflict with the process's own. */
	l = range(F_WRLCK, 14, 1);
	assert_int_equal(sys_fcntl(T, other_fd, F_OFD_SETLK, (uintptr_t)&l),
	                 -EAGAIN);
	T->files = mine;
	fdtable_put(theirs);
	assert_int_equal(sys_fcntl(T, other_fd, F_OFD_SETLK, (uintptr_t)&l), 0);
}

static struct fdtable *second;
static int deadlock_result;

/* While the first process waits for the second, the second asks back. */
static void ask_back(void)
{
	struct fdtable *first = T->files;
	struct flock l = range(F_WRLCK, 0, 1);

	T->files = second;
	deadlock_result = (int)sys_fcntl(T, 0, F_SETLKW, (uintptr_t)&l);
	T->files = first;
}

static void test_deadlock(void **state)
{
	struct flock l = range(F_WRLCK, 0, 1);
	struct fdtable *first = T->files;
	int fd = must_open("/f", O_CREAT | O_RDWR);

	(void)state;
	second = fdtable_copy(first);
	assert_int_equal(sys_fcntl(T, fd, F_SETLK, (uintptr_t)&l), 0);
	l = range(F_WRLCK, 1, 1);
	T->files = second;
	assert_int_equal(sys_fcntl(T, fd, F_SETLK, (uintptr_t)&l), 0);
	T->files = first;
	fake_on_sleep = ask_back;
	assert_int_equal(sys_fcntl(T, fd, F_SETLKW, (uintptr_t)&l),
	                 -ERESTARTSYS);
	assert_int_equal(deadlock_result, -EDEADLK);
	fdtable_put(second);
}

static void test_xattrs(void **state)
{
	static char big[65537];
	char buf[64];
	int fd;

	(void)state;
	rig_file("/f", "");
	assert_int_equal(sys_setxattr(T, "/f", "user.a", "one", 3, 0), 0);
	assert_int_equal(sys_setxattr(T, "/f", "user.a", "1", 1, XATTR_CREATE),
	                 -EEXIST);
	assert_int_equal(sys_setxattr(T, "/f", "user.b", "1", 1, XATTR_REPLACE),
	                 -ENODATA);
	assert_int_equal(sys_setxattr(T, "/f", "user.b", "", 0, 0), 0);
	assert_int_equal(sys_getxattr(T, "/f", "user.a", NULL, 0), 3);
	assert_int_equal(sys_getxattr(T, "/f", "user.a", buf, 2), -ERANGE);
	assert_int_equal(sys_getxattr(T, "/f", "user.a", buf, 64), 3);
	assert_memory_equal(buf, "one", 3);
	assert_int_equal(sys_getxattr(T, "/f", "user.none", buf, 64), -ENODATA);
	assert_int_equal(sys_getxattr(T, "/f", "odd.name", buf, 64),
	                 -EOPNOTSUPP);
	assert_int_equal(sys_listxattr(T, "/f", NULL, 0), 14);
	assert_int_equal(sys_listxattr(T, "/f", buf, 13), -ERANGE);
	assert_int_equal(sys_listxattr(T, "/f", buf, 64), 14);
	assert_memory_equal(buf, "user.a\0user.b", 14);
	assert_int_equal(sys_setxattr(T, "/f", "user.c", big, 65537, 0),
	                 -E2BIG);
	assert_int_equal(sys_removexattr(T, "/f", "user.a"), 0);
	assert_int_equal(sys_removexattr(T, "/f", "user.a"), -ENODATA);
	fd = must_open("/f", O_RDONLY);
	assert_int_equal(sys_fgetxattr(T, fd, "user.b", buf, 64), 0);
	assert_int_equal(sys_fgetxattr(T, -1, "user.b", buf, 64), -EBADF);
	rig_become(7, 7);
	assert_int_equal(sys_setxattr(T, "/f", "user.a", "1", 1, 0), -EACCES);
	assert_int_equal(sys_setxattr(T, "/f", "trusted.a", "1", 1, 0), -EPERM);
	assert_int_equal(sys_getxattr(T, "/f", "trusted.a", buf, 1), -ENODATA);
	rig_become(0, 0);
}

static void test_attributes(void **state)
{
	int64_t times[4] = { 1000, 5, -3, 999999999 };
	uint8_t st[144];
	uint32_t mode;
	int fd = must_open("/f", O_CREAT | O_RDWR);

	(void)state;
	assert_int_equal(sys_utimensat(T, AT_FDCWD, "/f", times, 0), 0);
	assert_int_equal(sys_stat(T, "/f", st), 0);
	assert_memory_equal(st + 72, times, sizeof(times));
	times[1] = 0x3ffffffe; /* UTIME_OMIT */
	times[3] = 1000000000;
	assert_int_equal(sys_utimensat(T, AT_FDCWD, "/f", times, 0), -EINVAL);
	times[3] = 7;
	assert_int_equal(sys_utimensat(T, fd, NULL, times, 0), 0);
	assert_int_equal(sys_fstat(T, fd, st), 0);
	times[1] = 5; /* as set before */
	assert_memory_equal(st + 72, times, sizeof(times));

	assert_int_equal(sys_chmod(T, "/f", 06755), 0);
	assert_int_equal(sys_chown(T, "/f", 3, UINT32_MAX), 0);
	assert_int_equal(sys_stat(T, "/f", st), 0);
	memcpy(&mode, st + 24, 4);
	assert_int_equal(mode, S_IFREG | 0755);
	assert_int_equal(sys_umask(T, 077), 022);
	assert_int_equal(sys_umask(T, 022), 077);
	assert_int_equal(
		sys_statx(T, fd, "", AT_EMPTY_PATH, 0xfff, (char[256]){ 0 }),
		0);
	assert_int_equal(sys_statx(T, fd, "", 0, 0x80000000u, (char[256]){ 0 }),
	                 -EINVAL);
	assert_int_equal(sys_statfs(T, "/", (char[120]){ 0 }), 0);
}

static void test_copies(void **state)
{
	static char text[200000];
	char buf[16];
	int64_t off = 100000, zero = 0;
	int in, out;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7 + i / 256);
	in = must_open("/in", O_CREAT | O_RDWR);
	out = must_open("/out", O_CREAT | O_RDWR);
	assert_int_equal(sys_write(T, in, text, sizeof(text)), sizeof(text));
	assert_int_equal(sys_sendfile(T, out, in, &off, 1 << 20), 100000);
	assert_int_equal(off, 200000);
	assert_int_equal(sys_sendfile(T, out, in, NULL, 10), 0);
	assert_int_equal(sys_copy_file_range(T, in, &zero, out, NULL, 5000, 0),
	                 5000);
	assert_int_equal(sys_pread64(T, out, buf, 16, 100000), 16);
	assert_memory_equal(buf, text, 16);
	assert_int_equal(sys_pread64(T, out, buf, 16, 99984), 16);
	assert_memory_equal(buf, text + sizeof(text) - 16, 16);
	zero = 0;
	off = 10;
	assert_int_equal(sys_copy_file_range(T, in, &zero, in, &off, 11, 0),
	                 -EINVAL);
	assert_int_equal(sys_copy_file_range(T, in, &zero, in, &off, 10, 1),
	                 -EINVAL);
}

static void test_text_busy(void **state)
{
	struct file *exe;
	struct walk w;

	(void)state;
	rig_file("/prog", "#!");
	walk_begin(&w, T, AT_FDCWD);
	assert_int_equal(path_open_exec(&w, "/prog", LOOKUP_FOLLOW, &exe),
	                 -EACCES);
	assert_int_equal(sys_chmod(T, "/prog", 0755), 0);
	assert_int_equal(path_open_exec(&w, "/", LOOKUP_FOLLOW, &exe), -EACCES);
	assert_int_equal(path_open_exec(&w, "/prog", LOOKUP_FOLLOW, &exe), 0);
	assert_int_equal(sys_open(T, "/prog", O_RDWR, 0), -ETXTBSY);
	assert_int_equal(sys_truncate(T, "/prog", 0), -ETXTBSY);
	file_put(exe);
	assert_int_equal(sys_close(T, must_open("/prog", O_RDWR)), 0);
	(void)must_open("/prog", O_RDWR);
	assert_int_equal(path_open_exec(&w, "/prog", LOOKUP_FOLLOW, &exe),
	                 -ETXTBSY);
	walk_end(&w);
}

static void test_links_read(void **state)
{
	char buf[8];
	int fd;

	(void)state;
	assert_int_equal(sys_symlink(T, "target", "/l"), 0);
	assert_int_equal(sys_symlink(T, "", "/m"), -ENOENT);
	assert_int_equal(sys_readlink(T, "/l", buf, 3), 3);
	assert_memory_equal(buf, "tar", 3);
	assert_int_equal(sys_readlink(T, "/l", buf, 0), -EINVAL);
	assert_int_equal(sys_readlink(T, "/", buf, 8), -EINVAL);
	fd = must_open("/l", O_PATH | O_NOFOLLOW);
	assert_int_equal(sys_readlinkat(T, fd, "", buf, 8), 6);
	assert_int_equal(sys_read(T, fd, buf, 8), -EBADF);
	assert_int_equal(sys_fcntl(T, fd, F_GETFL, 0), O_PATH | O_NOFOLLOW);
	assert_int_equal(sys_fcntl(T, fd, F_SETFL, 0), -EBADF);
	assert_int_equal(sys_mknod(T, "/fifo", S_IFIFO | 0644, 0), 0);
	assert_int_equal(sys_open(T, "/fifo", O_RDONLY, 0), -ENXIO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_descriptors),
		TEST(test_fork_copies),
		TEST(test_positions),
		TEST(test_holes),
		TEST(test_vectors_and_faults),
		TEST(test_no_room),
		TEST(test_readdir_is_stable),
		TEST(test_nameless_files),
		TEST(test_locks),
		TEST(test_deadlock),
		TEST(test_xattrs),
		TEST(test_attributes),
		TEST(test_copies),
		TEST(test_text_busy),
		TEST(test_links_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
