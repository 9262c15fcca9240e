/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.c - what a file's inode says, and its file system.
 */
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "conformance.h"

static int dir_fd(const char *path)
{
	return (int)sys(openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
}

static void show_stat(const struct stat *st)
{
	say("  mode %o links %lu owner %u:%u size %ld\n", st->st_mode,
	    S_ISDIR(st->st_mode) ? 0 : (unsigned long)st->st_nlink, st->st_uid,
	    st->st_gid, S_ISDIR(st->st_mode) ? 0 : st->st_size);
}

CASE(stat, "a file, a folder")
{
	struct stat st;

	file("f", "abc");
	folder("d");
	CALL(stat, "f", &st);
	show_stat(&st);
	SHOW(st.st_blocks);
	SHOW(st.st_blksize);
	CALL(stat, "d", &st);
	show_stat(&st);
}

CASE(stat, "follows symbolic links")
{
	struct stat st, target;

	file("f", "abc");
	sys(symlink, "f", "l");
	CALL(stat, "f", &target);
	CALL(stat, "l", &st);
	IS(st.st_ino == target.st_ino && st.st_dev == target.st_dev);
}

CASE(stat, "devices")
{
	struct stat st;

	CALL(stat, "/dev/null", &st);
	SHOW(st.st_mode >> 12);
	SHOW(major(st.st_rdev));
	SHOW(minor(st.st_rdev));
	CALL(stat, "/dev/urandom", &st);
	SHOW(minor(st.st_rdev));
}

ERROR_CASE(stat, "names, memory")
{
	struct stat st;

	file("f", "abc");
	sys(symlink, "none", "dangling");
	CALL(stat, "none", &st);
	CALL(stat, "dangling", &st);
	CALL(stat, "f/x", &st);
	CALL(stat, "f/", &st);
	CALL(stat, "", &st);
	CALL(stat, NOWHERE, &st);
	CALL(stat, "f", NOWHERE);
}

CASE(fstat, "an open file, a folder")
{
	struct stat st;

	CALL(fstat, file("f", "abc"), &st);
	show_stat(&st);
	CALL(fstat, dir_fd("."), &st);
	SHOW(st.st_mode >> 12);
}

CASE(fstat, "a pipe, a file without names")
{
	struct stat st;
	int p[2], fd = file("f", "abc");

	sys(pipe2, p, 0);
	CALL(fstat, p[0], &st);
	show_stat(&st);
	sys(unlink, "f");
	CALL(fstat, fd, &st);
	show_stat(&st);
}

ERROR_CASE(fstat, "not open, memory")
{
	struct stat st;

	CALL(fstat, NO_FD, &st);
	CALL(fstat, -1, &st);
	CALL(fstat, 1, NOWHERE);
}

CASE(lstat, "the link itself")
{
	struct stat st;

	sys(symlink, "target", "l");
	CALL(lstat, "l", &st);
	show_stat(&st);
}

CASE(lstat, "follows links in the middle and before a slash")
{
	struct stat st;

	folder("d");
	file("d/f", "abc");
	sys(symlink, "d", "l");
	CALL(lstat, "l/f", &st);
	show_stat(&st);
	CALL(lstat, "l/", &st);
	show_stat(&st);
}

ERROR_CASE(lstat, "names, memory")
{
	struct stat st;

	CALL(lstat, "none", &st);
	CALL(lstat, "", &st);
	CALL(lstat, NOWHERE, &st);
	CALL(lstat, ".", NOWHERE);
}

CASE(newfstatat, "relative to a folder, and not following")
{
	struct stat st;

	folder("d");
	sys(symlink, "abc", "d/l");
	CALL(newfstatat, dir_fd("d"), "l", &st, AT_SYMLINK_NOFOLLOW);
	show_stat(&st);
}

CASE(newfstatat, "the descriptor itself")
{
	struct stat st;
	int fd = file("f", "abc");

	CALL(newfstatat, fd, "", &st, AT_EMPTY_PATH);
	show_stat(&st);
	CALL(newfstatat, AT_FDCWD, "", &st, AT_EMPTY_PATH);
	SHOW(st.st_mode >> 12);
	CALL(newfstatat, AT_FDCWD, "f", &st, AT_NO_AUTOMOUNT);
}

ERROR_CASE(newfstatat, "flags, descriptors, empty paths")
{
	struct stat st;
	int fd = file("f", "abc");

	CALL(newfstatat, AT_FDCWD, "f", &st, 1);
	CALL(newfstatat, NO_FD, "f", &st, 0);
	CALL(newfstatat, fd, "f", &st, 0);
	CALL(newfstatat, fd, "", &st, 0);
	CALL(newfstatat, NO_FD, "", &st, AT_EMPTY_PATH);
	CALL(newfstatat, AT_FDCWD, "f", NOWHERE, 0);
}

CASE(statx, "what was asked for")
{
	struct statx stx;

	file("f", "abc");
	CALL(statx, AT_FDCWD, "f", 0, STATX_BASIC_STATS, &stx);
	IS((stx.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
	SHOW(stx.stx_mode);
	SHOW(stx.stx_size);
	SHOW(stx.stx_nlink);
	SHOW(stx.stx_blksize);
}

CASE(statx, "when the file was made")
{
	struct statx stx;

	file("f", "abc");
	CALL(statx, AT_FDCWD, "f", 0, STATX_BTIME, &stx);
	SHOW(stx.stx_mask & STATX_BTIME);
	IS(stx.stx_btime.tv_sec > 0);
}

CASE(statx, "of a descriptor; of a link")
{
	struct statx stx;
	int fd = file("f", "abc");

	sys(symlink, "f", "l");
	CALL(statx, fd, "", AT_EMPTY_PATH, STATX_SIZE, &stx);
	SHOW(stx.stx_size);
	CALL(statx, AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stx);
	SHOW(stx.stx_mode >> 12);
	CALL(statx, AT_FDCWD, "f", AT_STATX_DONT_SYNC, 0, &stx);
}

ERROR_CASE(statx, "masks, flags, memory, names")
{
	struct statx stx;

	file("f", "abc");
	CALL(statx, AT_FDCWD, "f", 0, 0x80000000U, &stx);
	CALL(statx, AT_FDCWD, "f", 1, 0, &stx);
	CALL(statx, AT_FDCWD, "f", AT_STATX_SYNC_TYPE, 0, &stx);
	CALL(statx, AT_FDCWD, "f", 0, 0, NOWHERE);
	CALL(statx, AT_FDCWD, "none", 0, 0, &stx);
	CALL(statx, AT_FDCWD, "", 0, 0, &stx);
	CALL(statx, NO_FD, "f", 0, 0, &stx);
}

CASE(statfs, "the kind of file system")
{
	struct statfs st;

	CALL(statfs, ".", &st);
	SHOW(st.f_type);
	SHOW(st.f_namelen);
	SHOW(st.f_bsize);
	CALL(statfs, "/proc", &st);
	SHOW(st.f_type);
}

CASE(statfs, "through a link, of a file")
{
	struct statfs st;

	file("f", "abc");
	sys(symlink, "f", "l");
	CALL(statfs, "l", &st);
	SHOW(st.f_type);
	IS(st.f_bfree <= st.f_blocks && st.f_ffree <= st.f_files);
}

ERROR_CASE(statfs, "names, memory")
{
	struct statfs st;

	CALL(statfs, "none", &st);
	CALL(statfs, "", &st);
	CALL(statfs, ".", NOWHERE);
	CALL(statfs, NOWHERE, &st);
}

CASE(fstatfs, "a file's, a folder's")
{
	struct statfs st;

	CALL(fstatfs, file("f", "abc"), &st);
	SHOW(st.f_type);
	CALL(fstatfs, dir_fd("."), &st);
	SHOW(st.f_namelen);
}

CASE(fstatfs, "a pipe's")
{
	struct statfs st;
	int p[2];

	sys(pipe2, p, 0);
	CALL(fstatfs, p[0], &st);
	SHOW(st.f_namelen);
}

ERROR_CASE(fstatfs, "not open, memory")
{
	struct statfs st;

	CALL(fstatfs, NO_FD, &st);
	CALL(fstatfs, 1, NOWHERE);
}
