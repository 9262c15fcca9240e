/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - reading, writing and copying whole files.
 */
#include "cli/instance/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/scope.h"

#include "base/banned.h"

enum { READ_STEP = 256 * 1024, WALK_FDS = 16 };

static int read_fd(int fd, const char *path, struct bytes *ret_bytes,
                   struct cli_error *err)
{
	scope_free uint8_t *step = mem_alloc(1, READ_STEP);
	ssize_t n;

	for (;;) {
		n = read(fd, step, READ_STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cli_fail_errno(err, "cannot read", path);
		if (n == 0)
			return 0;
		bytes_add(ret_bytes, step, (size_t)n);
	}
}

int file_read(const char *path, struct bytes *ret_bytes, struct cli_error *err)
{
	scope_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	*ret_bytes = (struct bytes){ 0 };
	if (fd < 0)
		return cli_fail_errno(err, "cannot open", path);
	return read_fd(fd, path, ret_bytes, err);
}

int file_write_all(int fd, struct cspan bytes, const char *name,
                   struct cli_error *err)
{
	ssize_t n;

	while (bytes.size) {
		n = write(fd, bytes.data, bytes.size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cli_fail_errno(err, "cannot write", name);
		bytes = cspan_make(bytes.data + n, bytes.size - (size_t)n);
	}
	return 0;
}

/* Everything up to the rename; the caller removes @temp on failure. */
static int write_temp(int fd, const char *temp, const char *path,
                      struct cspan bytes, mode_t mode, struct cli_error *err)
{
	int ret = file_write_all(fd, bytes, path, err);

	if (ret < 0)
		return ret;
	if (fchmod(fd, mode) < 0 || rename(temp, path) < 0)
		return cli_fail_errno(err, "cannot write", path);
	return 0;
}

int file_write(const char *path, struct cspan bytes, mode_t mode,
               struct cli_error *err)
{
	scope_free char *temp = mem_format("%s.XXXXXX", path);
	scope_fd int fd = mkostemp(temp, O_CLOEXEC);
	int ret;

	if (fd < 0)
		return cli_fail_errno(err, "cannot write", path);
	ret = write_temp(fd, temp, path, bytes, mode, err);
	if (ret < 0)
		unlink(temp);
	return ret;
}

/* Shared blocks, a copy in the kernel, or by hand. */
int file_copy_contents(int in, int out, const char *to, struct cli_error *err)
{
	scope_free uint8_t *step = NULL;
	ssize_t n;
	int ret;

	if (ioctl(out, FICLONE, in) == 0)
		return 0;
	do {
		n = copy_file_range(in, NULL, out, NULL, 1u << 30, 0);
	} while (n > 0);
	if (n == 0)
		return 0;

	step = mem_alloc(1, READ_STEP);
	while ((n = read(in, step, READ_STEP)) > 0) {
		ret = file_write_all(out, cspan_make(step, (size_t)n), to, err);
		if (ret < 0)
			return ret;
	}
	return n < 0 ? cli_fail_errno(err, "cannot copy to", to) : 0;
}

static int make_dir(const char *path, struct cli_error *err)
{
	struct stat st;

	if (mkdir(path, 0755) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return cli_fail_errno(err, "cannot make folder", path);
}

int file_make_dirs(const char *path, struct cli_error *err)
{
	scope_free char *part = mem_string(path);
	int ret;

	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		ret = make_dir(part, err);
		*p = '/';
		if (ret < 0)
			return ret;
	}
	return make_dir(part, err);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int file_remove_tree(const char *path, struct cli_error *err)
{
	if (nftw(path, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS) == 0 ||
	    errno == ENOENT)
		return 0;
	return cli_fail_errno(err, "cannot remove", path);
}
