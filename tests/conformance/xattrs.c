/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xattrs.c - extended attributes, in the namespace `trusted.`, which tmpfs has
 * on every Linux; `user.` came to it with 6.6.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "conformance.h"

#define NAME "trusted.a"
enum { NAMES_SIZE = 512, NAMES_MAX = 8 };

/* A file "f" with NAME = "value", and a symbolic link "l" to it. */
static int start(void)
{
	int fd = file("f", "abc");

	needs(CAP_SYS_ADMIN);
	if (sys(fsetxattr, fd, NAME, "value", 5, 0))
		say("  no attribute\n");
	sys(symlink, "f", "l");
	return fd;
}

static void show_value(const char *path)
{
	char value[16];
	long size = sys(lgetxattr, path, NAME, value, sizeof(value));

	if (size < 0)
		show_call(path, size);
	else
		show_bytes(path, value, (size_t)size);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* No order is promised. */
static void show_names(char *list, long size)
{
	const char *names[NAMES_MAX];
	int i, count = 0;
	long at;

	for (at = 0; at < size && count < NAMES_MAX;
	     at += (long)strlen(list + at) + 1)
		names[count++] = list + at;
	qsort(names, (size_t)count, sizeof(names[0]), by_text);
	for (i = 0; i < count; i++)
		say("  name %s\n", names[i]);
}

CASE(setxattr, "makes and replaces")
{
	start();
	CALL(setxattr, "f", NAME, "other", 5, 0);
	show_value("f");
	CALL(setxattr, "f", NAME, "x", 1, XATTR_REPLACE);
	show_value("f");
	CALL(setxattr, "f", NAME, NULL, 0, 0);
	show_value("f");
}

CASE(setxattr, "follows links")
{
	start();
	CALL(setxattr, "l", "trusted.b", "1", 1, XATTR_CREATE);
	CALL(getxattr, "f", "trusted.b", NULL, 0);
	CALL(lgetxattr, "l", "trusted.b", NULL, 0);
}

ERROR_CASE(setxattr, "there already, not there, names, sizes")
{
	static char name[300] = "trusted.";

	start();
	CALL(setxattr, "f", NAME, "x", 1, XATTR_CREATE);
	CALL(setxattr, "f", "trusted.b", "x", 1, XATTR_REPLACE);
	CALL(setxattr, "f", NAME, "x", 1, 4);
	CALL(setxattr, "f", NAME, "x", 65537, 0);
	CALL(setxattr, "f", "", "x", 1, 0);
	CALL(setxattr, "f", "trusted.", "x", 1, 0);
	CALL(setxattr, "f", "nonesuch.a", "x", 1, 0);
	CALL(setxattr, "none", NAME, "x", 1, 0);
	CALL(setxattr, "f", NOWHERE, "x", 1, 0);
	CALL(setxattr, "f", NAME, NOWHERE, 1, 0);
	memset(name + 8, 'n', 260);
	CALL(setxattr, "f", name, "x", 1, 0);
	show_value("f");
}

CASE(lsetxattr, "of the link itself")
{
	start();
	CALL(lsetxattr, "l", NAME, "link", 4, 0);
	show_value("l");
	show_value("f");
}

CASE(lsetxattr, "of a folder")
{
	needs(CAP_SYS_ADMIN);
	folder("d");
	CALL(lsetxattr, "d", NAME, "folder", 6, 0);
	show_value("d");
}

ERROR_CASE(lsetxattr, "there already, names, memory")
{
	start();
	CALL(lsetxattr, "f", NAME, "x", 1, XATTR_CREATE);
	CALL(lsetxattr, "l", NAME, "x", 1, XATTR_REPLACE);
	CALL(lsetxattr, "none", NAME, "x", 1, 0);
	CALL(lsetxattr, NOWHERE, NAME, "x", 1, 0);
}

CASE(fsetxattr, "an open file's")
{
	int fd = start();

	CALL(fsetxattr, fd, NAME, "other", 5, XATTR_REPLACE);
	show_value("f");
}

CASE(fsetxattr, "zero bytes count as a value")
{
	int fd = start();

	CALL(fsetxattr, fd, NAME, "a\0b", 3, 0);
	show_value("f");
}

ERROR_CASE(fsetxattr, "descriptors, flags")
{
	int fd = start();

	CALL(fsetxattr, NO_FD, NAME, "x", 1, 0);
	CALL(fsetxattr, sys(openat, AT_FDCWD, "f", O_PATH, 0), NAME, "x", 1, 0);
	CALL(fsetxattr, fd, NAME, "x", 1, 8);
}

CASE(getxattr, "the value, or its size")
{
	char value[8] = ".......";

	start();
	CALL(getxattr, "f", NAME, value, 8);
	BYTES(value, 8);
	CALL(getxattr, "f", NAME, NULL, 0);
}

CASE(getxattr, "follows links")
{
	char value[8];

	start();
	CALL(getxattr, "l", NAME, value, 8);
	BYTES(value, 5);
}

ERROR_CASE(getxattr, "too small, not there, names, memory")
{
	char value[8];

	start();
	CALL(getxattr, "f", NAME, value, 4);
	CALL(getxattr, "f", "trusted.none", value, 8);
	CALL(getxattr, "f", "nonesuch.a", value, 8);
	CALL(getxattr, "f", "", value, 8);
	CALL(getxattr, "none", NAME, value, 8);
	CALL(getxattr, "f", NAME, NOWHERE, 8);
	CALL(getxattr, "f", NOWHERE, value, 8);
}

CASE(lgetxattr, "of the link itself")
{
	char value[8];

	start();
	sys(lsetxattr, "l", NAME, "link", 4, 0);
	CALL(lgetxattr, "l", NAME, value, 8);
	BYTES(value, 4);
}

CASE(lgetxattr, "of a file")
{
	char value[8];

	start();
	CALL(lgetxattr, "f", NAME, value, 8);
	BYTES(value, 5);
}

ERROR_CASE(lgetxattr, "a link has not what its file has")
{
	char value[8];

	start();
	CALL(lgetxattr, "l", NAME, value, 8);
	CALL(lgetxattr, "none", NAME, value, 8);
	CALL(lgetxattr, "f", NAME, value, 1);
}

CASE(fgetxattr, "an open file's")
{
	char value[8];
	int fd = start();

	CALL(fgetxattr, fd, NAME, value, 8);
	BYTES(value, 5);
}

CASE(fgetxattr, "also when its name is gone")
{
	int fd = start();

	sys(unlink, "f");
	CALL(fgetxattr, fd, NAME, NULL, 0);
}

ERROR_CASE(fgetxattr, "descriptors, not there, too small")
{
	char value[8];
	int fd = start();

	CALL(fgetxattr, NO_FD, NAME, value, 8);
	CALL(fgetxattr, fd, "trusted.none", value, 8);
	CALL(fgetxattr, fd, NAME, value, 2);
	CALL(fgetxattr, sys(openat, AT_FDCWD, "f", O_PATH, 0), NAME, value, 8);
}

CASE(listxattr, "all names")
{
	char list[NAMES_SIZE];

	start();
	sys(setxattr, "f", "trusted.b", "1", 1, 0);
	sys(setxattr, "f", "security.c", "1", 1, 0);
	show_names(list, CALL(listxattr, "f", list, sizeof(list)));
	CALL(listxattr, "f", NULL, 0);
}

CASE(listxattr, "none; of what a link names")
{
	char list[NAMES_SIZE];

	start();
	folder("d");
	CALL(listxattr, "d", list, sizeof(list));
	show_names(list, CALL(listxattr, "l", list, sizeof(list)));
}

ERROR_CASE(listxattr, "too small, names, memory")
{
	char list[4];

	start();
	CALL(listxattr, "f", list, 4);
	CALL(listxattr, "none", list, 4);
	CALL(listxattr, "f", NOWHERE, 100);
	CALL(listxattr, NOWHERE, list, 4);
}

CASE(llistxattr, "of the link itself")
{
	char list[NAMES_SIZE];

	start();
	sys(lsetxattr, "l", "trusted.link", "1", 1, 0);
	show_names(list, CALL(llistxattr, "l", list, sizeof(list)));
}

CASE(llistxattr, "of a file")
{
	char list[NAMES_SIZE];

	start();
	show_names(list, CALL(llistxattr, "f", list, sizeof(list)));
}

ERROR_CASE(llistxattr, "too small, names")
{
	char list[4];

	start();
	CALL(llistxattr, "f", list, 4);
	CALL(llistxattr, "none", list, 4);
	CALL(llistxattr, "f/x", list, 4);
}

CASE(flistxattr, "an open file's")
{
	char list[NAMES_SIZE];
	int fd = start();

	show_names(list, CALL(flistxattr, fd, list, sizeof(list)));
}

CASE(flistxattr, "an open folder's")
{
	char list[NAMES_SIZE];
	long fd;

	needs(CAP_SYS_ADMIN);
	folder("d");
	sys(setxattr, "d", NAME, "1", 1, 0);
	fd = sys(openat, AT_FDCWD, "d", O_RDONLY, 0);
	show_names(list, CALL(flistxattr, fd, list, sizeof(list)));
}

ERROR_CASE(flistxattr, "descriptors, too small")
{
	char list[4];
	int fd = start();

	CALL(flistxattr, NO_FD, list, 4);
	CALL(flistxattr, fd, list, 4);
	CALL(flistxattr, sys(openat, AT_FDCWD, "f", O_PATH, 0), list, 4);
}

CASE(removexattr, "and it is gone")
{
	start();
	CALL(removexattr, "f", NAME);
	show_value("f");
	CALL(listxattr, "f", NULL, 0);
}

CASE(removexattr, "follows links")
{
	start();
	CALL(removexattr, "l", NAME);
	show_value("f");
}

ERROR_CASE(removexattr, "not there, names, memory")
{
	start();
	CALL(removexattr, "f", "trusted.none");
	CALL(removexattr, "f", "nonesuch.a");
	CALL(removexattr, "f", "");
	CALL(removexattr, "none", NAME);
	CALL(removexattr, "f", NOWHERE);
}

CASE(lremovexattr, "of the link itself")
{
	start();
	sys(lsetxattr, "l", NAME, "link", 4, 0);
	CALL(lremovexattr, "l", NAME);
	show_value("l");
	show_value("f");
}

CASE(lremovexattr, "of a file")
{
	start();
	CALL(lremovexattr, "f", NAME);
	show_value("f");
}

ERROR_CASE(lremovexattr, "a link has not what its file has")
{
	start();
	CALL(lremovexattr, "l", NAME);
	CALL(lremovexattr, "none", NAME);
}

CASE(fremovexattr, "an open file's")
{
	int fd = start();

	CALL(fremovexattr, fd, NAME);
	show_value("f");
}

CASE(fremovexattr, "only that one")
{
	int fd = start();

	sys(fsetxattr, fd, "trusted.b", "1", 1, 0);
	CALL(fremovexattr, fd, "trusted.b");
	show_value("f");
	CALL(flistxattr, fd, NULL, 0);
}

ERROR_CASE(fremovexattr, "descriptors, not there")
{
	int fd = start();

	CALL(fremovexattr, NO_FD, NAME);
	CALL(fremovexattr, fd, "trusted.none");
	CALL(fremovexattr, fd, NOWHERE);
}
