/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every allocation of a long scenario fails in turn: no call crashes, none
 * does half of its work, and in the end nothing is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/errno.h"
#include "libos/fs/filedata.h"
#include "libos/fs/tmpfs.h"
#include "rig.h"

/* What running out of memory may look like, and nothing else. */
static long check(long ret)
{
	fake_expect_unlocked();
	if (ret < 0 && ret != -ENOMEM && ret != -ENOSPC && ret != -ENOLCK)
		fail_msg("an allocation failed and the call said %ld", ret);
	return ret;
}

/* True if the call succeeded; what depends on it is then left out. */
static bool done(long ret)
{
	return check(ret) >= 0;
}

static void files(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_len = 10 };
	static char text[20000];
	uint8_t st[144];
	int64_t size;
	long fd;

	fd = sys_open(T, "/d/file-with-a-name", O_CREAT | O_RDWR, 0644);
	if (!done(fd))
		return;
	size = check(sys_write(T, (int)fd, text, sizeof(text)));
	if (sys_fstat(T, (int)fd, st) == 0 && size >= 0)
		assert_memory_equal(st + 48, &size, 8); /* no more, no less */
	check(sys_pwrite64(T, (int)fd, "x", 1, 1 << 30));
	check(sys_fallocate(T, (int)fd, 0, 0, 50000));
	check(sys_fallocate(T, (int)fd,
	                    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100,
	                    9000));
	check(sys_ftruncate(T, (int)fd, 5000));
	check(sys_fcntl(T, (int)fd, F_SETLK, (uintptr_t)&l));
	check(sys_flock(T, (int)fd, LOCK_EX));
	check(sys_fsetxattr(T, (int)fd, "user.x", "value", 5, 0));
	check(sys_fcntl(T, (int)fd, F_DUPFD, 100));
	check(sys_sendfile(T, (int)fd, (int)fd, NULL, 100));
	assert_int_equal(sys_close(T, (int)fd), 0);
}

static void names(void)
{
	char path[300], buf[64];

	if (!done(sys_mkdir(T, "/d", 0755)))
		return;
	files();
	if (done(sys_symlink(T, "file-with-a-name", "/d/l"))) {
		long n = sys_readlink(T, "/d/l", buf, sizeof(buf));

		check(n);
	}
	memset(path, 'p', sizeof(path));
	memcpy(path, "/d/", 3);
	path[250] = '\0';
	if (done(sys_mkdir(T, path, 0755))) {
		check(sys_rename(T, path, "/d/short"));
		(void)sys_rmdir(T, "/d/short");
	}
	if (done(sys_mkdir(T, "/d/e", 0755)) && done(sys_mkdir(T, "/f", 0755)))
		check(sys_renameat2(T, AT_FDCWD, "/d/e", AT_FDCWD, "/f",
		                    RENAME_EXCHANGE));
	check(sys_memfd_create(T, "name", MFD_ALLOW_SEALING));
	check(sys_open(T, "/d", O_TMPFILE | O_RDWR, 0600));
	check(sys_getcwd(T, buf, sizeof(buf)));
	check(sys_access(T, "/d", MAY_READ));
}

static void test_sweep(void **state)
{
	unsigned long n = 0;

	(void)state;
	do {
		fake_fail_alloc(++n);
		if (rig_up() == 0) {
			struct fdtable *copy;

			names();
			copy = fdtable_copy(T->files);
			fdtable_put(copy);
			fs_context_put(fs_context_copy(T->fs));
			rig_down();
		}
		assert_int_equal(fake_live_allocs(), 0);
		assert_int_equal(filedata_total.used, 0);
	} while (fake_alloc_failed());
	fake_fail_alloc(0);
	assert_true(n > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
