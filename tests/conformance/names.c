/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - links, renames, removals, and where a path leads.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "conformance.h"

static int dir_fd(const char *path)
{
	return (int)sys(openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
}

/* Its kind and number of names, or why there is none. */
static void show_kind(const char *path)
{
	struct stat st;
	long ret = sys(newfstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW);

	if (ret)
		show_call(path, ret);
	else
		say("  %s: kind %o, %lu names\n", path, st.st_mode >> 12,
		    S_ISDIR(st.st_mode) ? 0 : (unsigned long)st.st_nlink);
}

CASE(rename, "moves a file over another")
{
	file("a", "aaa");
	file("b", "bbb");
	CALL(rename, "a", "b");
	show_file("a");
	show_file("b");
}

CASE(rename, "moves a folder with what is in it")
{
	folder("d");
	folder("e");
	file("d/f", "inside");
	CALL(rename, "d", "e");
	show_file("e/f");
	CALL(rename, "e", "e");
}

CASE(rename, "two names of one file: both stay")
{
	file("a", "aaa");
	sys(link, "a", "b");
	CALL(rename, "a", "b");
	show_kind("a");
	show_kind("b");
}

CASE(rename, "a symbolic link itself")
{
	file("a", "aaa");
	sys(symlink, "a", "l");
	CALL(rename, "l", "m");
	show_kind("m");
	show_kind("a");
}

ERROR_CASE(rename, "kinds, full folders, own subfolders")
{
	file("a", "aaa");
	folder("d");
	folder("d/e");
	folder("g");
	CALL(rename, "none", "b");
	CALL(rename, "a", "d");
	CALL(rename, "d", "a");
	CALL(rename, "g", "d");
	CALL(rename, "d", "d/e/f");
	CALL(rename, "a", "none/a");
	CALL(rename, "a", "b/");
	CALL(rename, "a/", "b");
	CALL(rename, ".", "x");
	CALL(rename, "d/..", "x");
	CALL(rename, NOWHERE, "x");
	CALL(rename, "a", "");
	show_file("a");
}

CASE(renameat, "between two folders")
{
	int d, e;

	folder("d");
	folder("e");
	file("d/f", "inside");
	d = dir_fd("d");
	e = dir_fd("e");
	CALL(renameat, d, "f", e, "g");
	show_file("e/g");
	show_file("d/f");
}

CASE(renameat, "absolute paths need no folder")
{
	char path[512];

	file("f", "text");
	sys(getcwd, path, 500);
	strcat(path, "/f");
	SHOW(sys(renameat, NO_FD, path, AT_FDCWD, "g"));
	CALL(renameat, AT_FDCWD, "g", AT_FDCWD, "h");
	show_file("h");
}

ERROR_CASE(renameat, "descriptors")
{
	int fd = file("f", "text");

	CALL(renameat, NO_FD, "f", AT_FDCWD, "g");
	CALL(renameat, AT_FDCWD, "f", NO_FD, "g");
	CALL(renameat, fd, "f", AT_FDCWD, "g");
	CALL(renameat, AT_FDCWD, "f", fd, "g");
	show_file("f");
}

CASE(renameat2, "exchanges two names")
{
	file("a", "aaa");
	folder("d");
	CALL(renameat2, AT_FDCWD, "a", AT_FDCWD, "d", RENAME_EXCHANGE);
	show_kind("a");
	show_file("d");
}

CASE(renameat2, "replaces nothing when told so")
{
	file("a", "aaa");
	file("b", "bbb");
	CALL(renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE);
	CALL(renameat2, AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE);
	show_file("b");
	show_file("c");
}

ERROR_CASE(renameat2, "flags")
{
	file("a", "aaa");
	CALL(renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE);
	CALL(renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 3);
	CALL(renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 1 << 10);
	show_file("a");
}

CASE(mkdir, "with the mode less umask")
{
	struct stat st;

	CALL(mkdir, "d", 0777);
	stat("d", &st);
	SHOW(st.st_mode);
	SHOW(st.st_nlink);
	CALL(mkdir, "d/e", 0700);
	stat("d", &st);
	SHOW(st.st_nlink);
}

CASE(mkdir, "the set-group-id bit of the parent comes down")
{
	struct stat st;

	CALL(mkdir, "d", 0755);
	CALL(chmod, "d", 02755);
	CALL(mkdir, "d/e", 0755);
	stat("d/e", &st);
	SHOW(st.st_mode);
}

ERROR_CASE(mkdir, "names that are there, missing parents")
{
	file("f", "");
	sys(symlink, "none", "dangling");
	CALL(mkdir, "d/", 0755);
	CALL(mkdir, "d", 0755);
	CALL(mkdir, "f", 0755);
	CALL(mkdir, "dangling", 0755);
	CALL(mkdir, "none/d", 0755);
	CALL(mkdir, "f/d", 0755);
	CALL(mkdir, ".", 0755);
	CALL(mkdir, "/", 0755);
	CALL(mkdir, "", 0755);
	CALL(mkdir, NOWHERE, 0755);
}

CASE(mkdirat, "relative to a folder")
{
	folder("d");
	CALL(mkdirat, dir_fd("d"), "e", 0755);
	show_kind("d/e");
}

CASE(mkdirat, "relative to here")
{
	CALL(mkdirat, AT_FDCWD, "d", 01777);
	show_kind("d");
	CALL(mkdirat, AT_FDCWD, "d/../e", 0755);
	show_kind("e");
}

ERROR_CASE(mkdirat, "descriptors")
{
	int fd = file("f", "");

	CALL(mkdirat, NO_FD, "d", 0755);
	CALL(mkdirat, fd, "d", 0755);
	CALL(mkdirat, AT_FDCWD, "f", 0755);
}

CASE(rmdir, "an empty folder")
{
	struct stat st;

	folder("d");
	folder("d/e");
	CALL(rmdir, "d/e");
	CALL(rmdir, "d/");
	SHOW(sys(stat, "d", &st));
}

CASE(rmdir, "somebody's working folder")
{
	char path[512];

	folder("d");
	CALL(chdir, "d");
	CALL(rmdir, "../d");
	CALL(getcwd, path, 512);
	CALL(mkdir, "e", 0755);
	CALL(openat, AT_FDCWD, "f", O_CREAT | O_RDWR, 0644);
	CALL(openat, AT_FDCWD, "..", O_RDONLY, 0);
}

ERROR_CASE(rmdir, "full, not a folder, . and ..")
{
	folder("d");
	file("d/f", "");
	sys(symlink, "d", "l");
	CALL(rmdir, "d");
	CALL(rmdir, "d/f");
	CALL(rmdir, "none");
	CALL(rmdir, "l");
	CALL(rmdir, "d/.");
	CALL(rmdir, "d/..");
	CALL(rmdir, "/");
	CALL(rmdir, "");
	CALL(rmdir, NOWHERE);
}

CASE(link, "a second name")
{
	int fd = file("a", "aaa");

	CALL(link, "a", "b");
	CALL(write, fd, "X", 1);
	show_file("b");
	show_kind("a");
	CALL(unlink, "a");
	show_kind("b");
}

CASE(link, "of a symbolic link itself")
{
	file("a", "aaa");
	sys(symlink, "a", "l");
	CALL(link, "l", "m");
	show_kind("m");
	show_kind("a");
}

ERROR_CASE(link, "folders, names that are there, nothing")
{
	file("a", "aaa");
	file("b", "bbb");
	folder("d");
	CALL(link, "d", "e");
	CALL(link, "a", "b");
	CALL(link, "a", "d");
	CALL(link, "none", "e");
	CALL(link, "a", "none/e");
	CALL(link, "a", "e/");
	CALL(link, "a", NOWHERE);
	CALL(link, "", "e");
}

CASE(linkat, "follows symbolic links when told so")
{
	file("a", "aaa");
	sys(symlink, "a", "l");
	CALL(linkat, AT_FDCWD, "l", AT_FDCWD, "m", AT_SYMLINK_FOLLOW);
	show_kind("m");
	CALL(linkat, AT_FDCWD, "l", AT_FDCWD, "n", 0);
	show_kind("n");
}

CASE(linkat, "gives a temporary file its name")
{
	int fd = (int)sys(openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0600);
	char path[64];

	sys(write, fd, "text", 4);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CALL(linkat, AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW);
	show_file("named");
	show_kind("named");
}

CASE(linkat, "from one folder to another")
{
	folder("d");
	folder("e");
	file("d/f", "inside");
	CALL(linkat, dir_fd("d"), "f", dir_fd("e"), "g", 0);
	show_file("e/g");
}

ERROR_CASE(linkat, "flags, descriptors, O_EXCL files")
{
	int fd = file("a", "aaa"), tmp;
	char path[64];

	tmp = (int)sys(openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR | O_EXCL,
	               0600);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", tmp);
	CALL(linkat, AT_FDCWD, path, AT_FDCWD, "b", AT_SYMLINK_FOLLOW);
	CALL(linkat, AT_FDCWD, "a", AT_FDCWD, "b", 1);
	CALL(linkat, NO_FD, "a", AT_FDCWD, "b", 0);
	CALL(linkat, AT_FDCWD, "a", fd, "b", 0);
	CALL(linkat, fd, "", AT_FDCWD, "b", 0);
}

CASE(unlink, "the file lives while it is open")
{
	int fd = file("a", "aaa");
	char buf[3];

	CALL(unlink, "a");
	CALL(read, fd, buf, 3);
	BYTES(buf, 3);
	show_kind("a");
}

CASE(unlink, "a symbolic link, not what it names")
{
	file("a", "aaa");
	sys(symlink, "a", "l");
	CALL(unlink, "l");
	show_kind("l");
	show_file("a");
}

ERROR_CASE(unlink, "folders, nothing, memory")
{
	file("a", "aaa");
	folder("d");
	CALL(unlink, "d");
	CALL(unlink, "none");
	CALL(unlink, "a/");
	CALL(unlink, "a/b");
	CALL(unlink, ".");
	CALL(unlink, "");
	CALL(unlink, NOWHERE);
	show_file("a");
}

CASE(unlinkat, "a file in a folder")
{
	folder("d");
	file("d/f", "");
	CALL(unlinkat, dir_fd("d"), "f", 0);
	show_kind("d/f");
}

CASE(unlinkat, "a folder with AT_REMOVEDIR")
{
	folder("d");
	CALL(unlinkat, AT_FDCWD, "d", AT_REMOVEDIR);
	show_kind("d");
}

ERROR_CASE(unlinkat, "flags, kinds, descriptors")
{
	int fd = file("f", "");

	folder("d");
	CALL(unlinkat, AT_FDCWD, "d", 0);
	CALL(unlinkat, AT_FDCWD, "f", AT_REMOVEDIR);
	CALL(unlinkat, AT_FDCWD, "f", 1);
	CALL(unlinkat, NO_FD, "f", 0);
	CALL(unlinkat, fd, "f", 0);
	CALL(unlinkat, dir_fd("d"), ".", AT_REMOVEDIR);
}

CASE(symlink, "to a file, to nothing")
{
	file("a", "aaa");
	CALL(symlink, "a", "l");
	show_file("l");
	show_kind("l");
	CALL(symlink, "none", "m");
	show_file("m");
}

CASE(symlink, "in the middle of a path")
{
	folder("d");
	file("d/f", "inside");
	CALL(symlink, "d", "l");
	CALL(symlink, "../d/f", "d/up");
	show_file("l/f");
	show_file("l/up");
	show_file("l/../d/f");
}

CASE(symlink, "creates the file that it names")
{
	CALL(symlink, "target", "l");
	CALL(openat, AT_FDCWD, "l", O_CREAT | O_RDWR, 0644);
	show_kind("target");
}

ERROR_CASE(symlink, "empty, there already, memory")
{
	file("f", "");
	CALL(symlink, "", "l");
	CALL(symlink, "a", "f");
	CALL(symlink, "a", "none/l");
	CALL(symlink, "a", "f/l");
	CALL(symlink, NOWHERE, "l");
	CALL(symlink, "a", NOWHERE);
}

ERROR_CASE(symlink, "a chain of 41 links is too long, one of 40 is not")
{
	char from[8], to[8] = "f";
	int i;

	file("f", "found");
	for (i = 1; i <= 41; i++) {
		snprintf(from, sizeof(from), "l%d", i);
		sys(symlink, to, from);
		memcpy(to, from, sizeof(to));
	}
	show_file("l40");
	show_file("l41");
	CALL(symlink, "a", "l41/x");
}

CASE(symlinkat, "in a folder")
{
	folder("d");
	file("f", "text");
	CALL(symlinkat, "../f", dir_fd("d"), "l");
	show_file("d/l");
}

CASE(symlinkat, "in the working folder")
{
	file("f", "text");
	CALL(symlinkat, "f", AT_FDCWD, "l");
	show_file("l");
}

ERROR_CASE(symlinkat, "descriptors, names that are there")
{
	int fd = file("f", "");

	CALL(symlinkat, "a", NO_FD, "l");
	CALL(symlinkat, "a", fd, "l");
	CALL(symlinkat, "a", AT_FDCWD, "f");
}

CASE(readlink, "the text, cut, without an end")
{
	char buf[8] = ".......";

	sys(symlink, "abcdef", "l");
	CALL(readlink, "l", buf, 8);
	BYTES(buf, 8);
	CALL(readlink, "l", buf, 2);
}

CASE(readlink, "of the program's descriptors")
{
	char buf[64];

	CALL(readlink, "/proc/self/fd/0", buf, 64);
	BYTES(buf, 9);
}

ERROR_CASE(readlink, "not a link, sizes, memory")
{
	char buf[8];

	file("f", "");
	sys(symlink, "f", "l");
	CALL(readlink, "f", buf, 8);
	CALL(readlink, ".", buf, 8);
	CALL(readlink, "none", buf, 8);
	CALL(readlink, "l", buf, 0);
	CALL(readlink, "l", buf, -1);
	CALL(readlink, "l", NOWHERE, 8);
	CALL(readlink, "", buf, 8);
	CALL(readlink, "l/", buf, 8);
}

CASE(readlinkat, "in a folder")
{
	char buf[8];

	folder("d");
	sys(symlink, "abc", "d/l");
	CALL(readlinkat, dir_fd("d"), "l", buf, 8);
	BYTES(buf, 3);
}

CASE(readlinkat, "of a descriptor itself")
{
	char buf[8];
	int fd;

	sys(symlink, "abc", "l");
	fd = (int)sys(openat, AT_FDCWD, "l", O_PATH | O_NOFOLLOW, 0);
	CALL(readlinkat, fd, "", buf, 8);
	BYTES(buf, 3);
}

ERROR_CASE(readlinkat, "descriptors, not a link")
{
	char buf[8];
	int fd = file("f", "");

	CALL(readlinkat, NO_FD, "l", buf, 8);
	CALL(readlinkat, fd, "l", buf, 8);
	CALL(readlinkat, AT_FDCWD, "f", buf, 8);
	CALL(readlinkat, AT_FDCWD, "", buf, 8);
	CALL(readlinkat, AT_FDCWD, "f", buf, -1);
}

CASE(mknod, "a fifo, a file, a socket")
{
	CALL(mknod, "p", S_IFIFO | 0644, 0);
	show_kind("p");
	CALL(mknod, "f", S_IFREG | 0644, 0);
	show_kind("f");
	CALL(mknod, "g", 0644, 0);
	show_kind("g");
	CALL(mknod, "s", S_IFSOCK | 0644, 0);
	show_kind("s");
}

CASE(mknod, "a fifo carries data")
{
	char buf[3];
	int r, w;

	CALL(mknod, "p", S_IFIFO | 0644, 0);
	r = (int)CALL(openat, AT_FDCWD, "p", O_RDONLY | O_NONBLOCK, 0);
	w = (int)CALL(openat, AT_FDCWD, "p", O_WRONLY, 0);
	CALL(write, w, "abc", 3);
	CALL(read, r, buf, 3);
	BYTES(buf, 3);
}

ERROR_CASE(mknod, "kinds, names, a fifo without a reader")
{
	file("f", "");
	CALL(mknod, "d", S_IFDIR | 0755, 0);
	CALL(mknod, "l", S_IFLNK | 0755, 0);
	CALL(mknod, "f", S_IFREG | 0644, 0);
	CALL(mknod, "none/f", S_IFREG | 0644, 0);
	CALL(mknod, NOWHERE, S_IFREG | 0644, 0);
	CALL(mknod, "p", S_IFIFO | 0644, 0);
	CALL(openat, AT_FDCWD, "p", O_WRONLY | O_NONBLOCK, 0);
}

CASE(mknodat, "in a folder")
{
	folder("d");
	CALL(mknodat, dir_fd("d"), "p", S_IFIFO | 0600, 0);
	show_kind("d/p");
}

CASE(mknodat, "the mode less umask")
{
	struct stat st;

	CALL(mknodat, AT_FDCWD, "f", S_IFREG | 0777, 0);
	stat("f", &st);
	SHOW(st.st_mode);
}

ERROR_CASE(mknodat, "descriptors, names that are there")
{
	int fd = file("f", "");

	CALL(mknodat, NO_FD, "p", S_IFIFO | 0600, 0);
	CALL(mknodat, fd, "p", S_IFIFO | 0600, 0);
	CALL(mknodat, AT_FDCWD, "f", S_IFIFO | 0600, 0);
}
