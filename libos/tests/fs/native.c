/* SPDX-License-Identifier: Apache-2.0 */
#include "native.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char top[] = "/tmp/fs-oracle-XXXXXX";
static int dir = -1, file = -1;

static int result(int ret)
{
	return ret < 0 ? -errno : 0;
}

int native_begin(void)
{
	memcpy(top + sizeof(top) - 7, "XXXXXX", 6);
	if (!mkdtemp(top))
		return -errno;
	dir = open(top, O_PATH | O_DIRECTORY);
	return result(dir);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void native_end(void)
{
	if (file >= 0)
		close(file);
	close(dir);
	file = dir = -1;
	nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int native_mkdir(const char *path)
{
	return result(mkdirat(dir, path, 0755));
}

int native_rmdir(const char *path)
{
	return result(unlinkat(dir, path, AT_REMOVEDIR));
}

int native_unlink(const char *path)
{
	return result(unlinkat(dir, path, 0));
}

int native_create(const char *path, int excl)
{
	int fd =
		openat(dir, path, O_CREAT | O_RDWR | (excl ? O_EXCL : 0), 0644);
	int err = result(fd);

	if (fd >= 0)
		close(fd);
	return err;
}

int native_symlink(const char *target, const char *path)
{
	return result(symlinkat(target, dir, path));
}

int native_link(const char *old, const char *path)
{
	return result(linkat(dir, old, dir, path, 0));
}

int native_rename(const char *old, const char *path, unsigned int flags)
{
	return result((int)syscall(SYS_renameat2, dir, old, dir, path, flags));
}

int native_stat(const char *path, int follow, unsigned int *ret_type,
                unsigned long *ret_nlink)
{
	struct stat st;
	int err = result(
		fstatat(dir, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW));

	if (err == 0) {
		*ret_type = st.st_mode & S_IFMT;
		*ret_nlink = S_ISDIR(st.st_mode) ? 0 : st.st_nlink;
	}
	return err;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *native_ls(const char *path)
{
	static char out[4096];
	char *names[128];
	size_t count = 0;
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		snprintf(out, sizeof(out), "<%d>", -errno);
		return out;
	}
	while ((e = readdir(d)) && count < 128) {
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			names[count++] = strdup(e->d_name);
	}
	closedir(d);
	qsort(names, count, sizeof(names[0]), by_name);
	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s",
		         i ? " " : "", names[i]);
		free(names[i]);
	}
	return out;
}

int native_open(const char *path)
{
	file = openat(dir, path, O_CREAT | O_RDWR, 0644);
	return result(file);
}

long native_pread(void *buf, size_t size, long off)
{
	return pread(file, buf, size, off);
}

long native_pwrite(const void *buf, size_t size, long off)
{
	return pwrite(file, buf, size, off);
}

int native_truncate(long size)
{
	return result(ftruncate(file, size));
}

int native_punch(long off, long size)
{
	return result(fallocate(
		file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, size));
}
