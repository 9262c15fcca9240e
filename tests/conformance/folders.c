/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folders.c - what is in a folder, and where a process is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "conformance.h"

enum { NAMES_MAX = 16 };

struct names {
	char text[NAMES_MAX][32];
	int count;
};

static int dir_fd(const char *path)
{
	return (int)sys(openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
}

static void make_files(void)
{
	folder("d");
	file("d/one", "");
	file("d/two", "");
	folder("d/three");
	sys(symlink, "x", "d/four");
}

/* No order is promised. */
static void show_names(struct names *names)
{
	int i;

	qsort(names->text, (size_t)names->count, sizeof(names->text[0]),
	      (int (*)(const void *, const void *))strcmp);
	for (i = 0; i < names->count; i++)
		say("  entry %s\n", names->text[i]);
}

static void add_name(struct names *names, const char *name, int type)
{
	if (names->count < NAMES_MAX) {
		char *text = names->text[names->count++];

		snprintf(text, sizeof(names->text[0]), "%.20s, type %d", name,
		         type);
	}
}

/* getdents64(2)'s record. */
struct new_dirent {
	uint64_t ino, off;
	unsigned short size;
	unsigned char type;
	char name[];
};

static void take_names64(struct names *names, const char *buf, long size)
{
	long at;

	for (at = 0; at < size;) {
		const struct new_dirent *entry = (const void *)(buf + at);

		add_name(names, entry->name, entry->type);
		at += entry->size;
	}
}

/* getdents(2)'s own record: the type is its last byte. */
struct old_dirent {
	unsigned long ino, off;
	unsigned short size;
	char name[];
};

static void take_names(struct names *names, const char *buf, long size)
{
	long at;

	for (at = 0; at < size;) {
		const struct old_dirent *entry = (const void *)(buf + at);

		add_name(names, entry->name, buf[at + entry->size - 1]);
		at += entry->size;
	}
}

CASE(getdents64, "all names with their types")
{
	static struct names names;
	char buf[4096];
	long size;
	int fd;

	make_files();
	fd = dir_fd("d");
	size = CALL(getdents64, fd, buf, sizeof(buf));
	take_names64(&names, buf, size);
	show_names(&names);
	CALL(getdents64, fd, buf, sizeof(buf));
}

CASE(getdents64, "piece by piece gives each name once")
{
	static struct names names;
	char buf[64];
	long size;
	int fd;

	make_files();
	fd = dir_fd("d");
	while ((size = sys(getdents64, fd, buf, sizeof(buf))) > 0)
		take_names64(&names, buf, size);
	show_names(&names);
	CALL(getdents64, fd, buf, sizeof(buf));
}

CASE(getdents64, "starts again after lseek, with what is new")
{
	static struct names names;
	char buf[4096];
	int fd;

	make_files();
	fd = dir_fd("d");
	sys(getdents64, fd, buf, sizeof(buf));
	sys(unlink, "d/one");
	file("d/new", "");
	CALL(lseek, fd, 0, SEEK_SET);
	take_names64(&names, buf, CALL(getdents64, fd, buf, sizeof(buf)));
	show_names(&names);
}

ERROR_CASE(getdents64, "too small, not a folder, memory")
{
	char buf[4096];
	int fd;

	make_files();
	fd = dir_fd("d");
	CALL(getdents64, fd, buf, 8);
	CALL(getdents64, fd, NOWHERE, 4096);
	CALL(getdents64, file("f", ""), buf, 4096);
	CALL(getdents64, NO_FD, buf, 4096);
	CALL(getdents64, sys(openat, AT_FDCWD, "d", O_PATH, 0), buf, 4096);
}

ERROR_CASE(getdents64, "a folder that was removed")
{
	char buf[4096];
	int fd;

	folder("d");
	fd = dir_fd("d");
	sys(rmdir, "d");
	CALL(getdents64, fd, buf, 4096);
}

CASE(getdents, "all names with their types")
{
	static struct names names;
	char buf[4096];
	long size;
	int fd;

	make_files();
	fd = dir_fd("d");
	size = CALL(getdents, fd, buf, sizeof(buf));
	take_names(&names, buf, size);
	show_names(&names);
	CALL(getdents, fd, buf, sizeof(buf));
}

CASE(getdents, "piece by piece gives each name once")
{
	static struct names names;
	char buf[64];
	long size;
	int fd;

	make_files();
	fd = dir_fd("d");
	while ((size = sys(getdents, fd, buf, sizeof(buf))) > 0)
		take_names(&names, buf, size);
	show_names(&names);
	CALL(getdents, fd, buf, sizeof(buf));
}

ERROR_CASE(getdents, "too small, not a folder, memory")
{
	char buf[4096];
	int fd;

	make_files();
	fd = dir_fd("d");
	CALL(getdents, fd, buf, 8);
	CALL(getdents, fd, NOWHERE, 4096);
	CALL(getdents, file("f", ""), buf, 4096);
	CALL(getdents, NO_FD, buf, 4096);
}

/* The part of the working folder's path behind that of @base. */
static void show_place(const char *base)
{
	char path[512] = "";

	if (sys(getcwd, path, sizeof(path)) > 0)
		say("  at %s\n", strncmp(path, base, strlen(base))
		                         ? path
		                         : path + strlen(base));
}

CASE(getcwd, "counts the end")
{
	char path[64];

	CALL(chdir, "/proc");
	CALL(getcwd, path, 64);
	BYTES(path, 6);
	CALL(getcwd, path, 6);
}

CASE(getcwd, "the root")
{
	char path[64];

	CALL(chdir, "/");
	CALL(getcwd, path, 64);
	BYTES(path, 2);
}

ERROR_CASE(getcwd, "too small, memory, removed")
{
	char path[512];

	CALL(chdir, "/proc");
	CALL(getcwd, path, 5);
	CALL(getcwd, path, 0);
	CALL(getcwd, NOWHERE, 512);
}

ERROR_CASE(getcwd, "of a folder that was removed")
{
	char path[512];

	folder("d");
	sys(chdir, "d");
	sys(rmdir, "../d");
	CALL(getcwd, path, 512);
}

CASE(chdir, "down, up, through a link")
{
	char base[512];

	sys(getcwd, base, sizeof(base));
	folder("d");
	sys(symlink, "d", "l");
	CALL(chdir, "l");
	show_place(base);
	CALL(chdir, "..");
	show_place(base);
}

CASE(chdir, "relative names follow")
{
	folder("d");
	file("d/f", "inside");
	CALL(chdir, "d");
	show_file("f");
	CALL(chdir, ".");
	show_file("../d/f");
}

ERROR_CASE(chdir, "not a folder, nothing, memory")
{
	file("f", "");
	CALL(chdir, "f");
	CALL(chdir, "none");
	CALL(chdir, "f/..");
	CALL(chdir, "");
	CALL(chdir, NOWHERE);
}

CASE(fchdir, "to an open folder")
{
	char base[512];

	sys(getcwd, base, sizeof(base));
	folder("d");
	CALL(fchdir, dir_fd("d"));
	show_place(base);
}

CASE(fchdir, "with O_PATH, and after a rename")
{
	char base[512];
	long fd;

	sys(getcwd, base, sizeof(base));
	folder("d");
	fd = sys(openat, AT_FDCWD, "d", O_PATH, 0);
	sys(rename, "d", "e");
	CALL(fchdir, fd);
	show_place(base);
}

ERROR_CASE(fchdir, "not a folder, not open")
{
	CALL(fchdir, file("f", ""));
	CALL(fchdir, NO_FD);
}

CASE(chroot, "is where absolute paths begin")
{
	needs(CAP_SYS_CHROOT);
	folder("d");
	file("d/f", "inside");
	CALL(chroot, "d");
	show_file("/f");
	show_file("/../../f");
	show_file("d/f");
}

CASE(chroot, "links to absolute paths stay inside")
{
	needs(CAP_SYS_CHROOT);
	folder("d");
	file("d/f", "inside");
	sys(symlink, "/f", "d/l");
	CALL(chroot, "d");
	CALL(chdir, "/");
	show_file("l");
}

ERROR_CASE(chroot, "not a folder, nothing, memory")
{
	needs(CAP_SYS_CHROOT);
	file("f", "");
	CALL(chroot, "f");
	CALL(chroot, "none");
	CALL(chroot, NOWHERE);
	CALL(chroot, "");
}
