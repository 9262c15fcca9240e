/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rights.c - who may do what in folders, what changes times, what /proc says.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "conformance.h"

static void be_user(void)
{
	needs(CAP_SETUID);
	sys(setgroups, 0, NULL);
	sys(setresgid, 1000, 1000, 1000);
	sys(setresuid, 1000, 1000, 1000);
}

ERROR_CASE(unlink, "a folder that is not ours, and one with a sticky bit")
{
	folder("d");
	file("d/f", "");
	folder("t");
	file("t/f", "");
	sys(chmod, "t", 01777);
	be_user();
	CALL(unlink, "d/f");
	CALL(unlink, "t/f");
	CALL(rename, "t/f", "t/g");
	CALL(rmdir, "d");
	CALL(mkdir, "t/own", 0755);
	CALL(rmdir, "t/own");
}

ERROR_CASE(open, "permissions of owner, group and others")
{
	file("owner", "abc");
	file("group", "abc");
	file("other", "abc");
	sys(chown, "owner", 1000, 5);
	sys(chmod, "owner", 0077);
	sys(chown, "group", 5, 1000);
	sys(chmod, "group", 0707);
	sys(chmod, "other", 0770);
	be_user();
	CALL(open, "owner", O_RDONLY, 0);
	CALL(open, "group", O_RDONLY, 0);
	CALL(open, "other", O_RDONLY, 0);
	CALL(access, "owner", R_OK);
	CALL(chmod, "owner", 0700);
	CALL(open, "owner", O_RDWR, 0);
	CALL(open, "group", O_RDONLY | O_NOATIME, 0);
}

ERROR_CASE(chdir, "folders that may be searched, or only read")
{
	folder("search");
	file("search/f", "abc");
	folder("read");
	file("read/f", "abc");
	sys(chmod, "search", 0711);
	sys(chmod, "read", 0744);
	be_user();
	CALL(open, "search", O_RDONLY, 0);
	CALL(open, "search/f", O_RDONLY, 0);
	CALL(open, "read", O_RDONLY, 0);
	CALL(open, "read/f", O_RDONLY, 0);
	CALL(chdir, "search");
	CALL(chdir, "../read");
	CALL(openat, AT_FDCWD, "new", O_CREAT | O_RDWR, 0644);
}

ERROR_CASE(link, "nothing may be put where one may not write")
{
	folder("d");
	sys(chmod, ".", 0777);
	be_user();
	file("mine", "abc");
	CALL(link, "mine", "d/l");
	CALL(symlink, "mine", "d/s");
	CALL(rename, "mine", "d/m");
	CALL(mkdir, "d/e", 0755);
	CALL(mknod, "d/p", S_IFIFO | 0644, 0);
	CALL(mknod, "null", S_IFCHR | 0644, 0x103);
	CALL(chroot, ".");
	CALL(truncate, "d", 0);
}

/* Which of its three times are later than those of @old. */
static void show_later(const char *path, const struct stat *old)
{
	struct stat now;

	stat(path, &now);
	say("  %s:%s%s%s\n", path,
	    now.st_atim.tv_sec > old->st_atim.tv_sec ? " read" : "",
	    now.st_mtim.tv_sec > old->st_mtim.tv_sec ? " changed" : "",
	    now.st_ctim.tv_sec > old->st_ctim.tv_sec ||
	                    now.st_ctim.tv_nsec > old->st_ctim.tv_nsec
	            ? " inode changed"
	            : "");
}

/* Sets old times and waits until the clock has moved. */
static struct stat age(const char *path)
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	struct stat st;

	sys(utimensat, AT_FDCWD, path, old, 0);
	stat(path, &st);
	msleep(15);
	return st;
}

CASE(read, "changes when a file was read, once")
{
	int fd = file("f", "abc");
	struct stat st = age("f");
	char c;

	CALL(read, fd, &c, 1);
	show_later("f", &st);
	stat("f", &st);
	msleep(15);
	CALL(read, fd, &c, 1);
	show_later("f", &st);
}

CASE(write, "changes when a file was changed")
{
	int fd = file("f", "abc");
	struct stat st = age("f");

	CALL(write, fd, "x", 1);
	show_later("f", &st);
	st = age("f");
	CALL(write, fd, "x", 0);
	show_later("f", &st);
	CALL(chmod, "f", 0600);
	show_later("f", &st);
	st = age("f");
	CALL(ftruncate, fd, 1);
	show_later("f", &st);
}

CASE(rename, "changes the folders, and when the inode was changed")
{
	struct stat f, d, e;

	folder("d");
	folder("e");
	file("d/f", "abc");
	f = age("d/f");
	d = age("d");
	e = age("e");
	CALL(rename, "d/f", "e/f");
	show_later("e/f", &f);
	show_later("d", &d);
	show_later("e", &e);
	e = age("e");
	CALL(unlink, "e/f");
	show_later("e", &e);
}

CASE(link, "changes when the inode was changed")
{
	struct stat f;

	file("f", "abc");
	f = age("f");
	CALL(link, "f", "g");
	show_later("f", &f);
}

CASE(write, "takes the set-id bits away from others")
{
	struct stat st;
	long fd;

	needs(CAP_SETUID);
	file("f", "abc");
	sys(chmod, "f", 06777);
	fd = sys(openat, AT_FDCWD, "f", O_RDWR, 0);
	sys(setresuid, 1000, 1000, 1000);
	CALL(write, fd, "x", 1);
	fstat((int)fd, &st);
	SHOW(st.st_mode);
}

CASE(readlink, "what /proc calls open files")
{
	char path[64], text[600], base[512];
	int p[2], fd = file("f", "abc");
	long n, here = sys(getcwd, base, sizeof(base)) - 1;

	sys(pipe2, p, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	n = sys(readlink, path, text, sizeof(text));
	BYTES(text, 6);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = sys(readlink, path, text, sizeof(text));
	BYTES(text + here, (size_t)(n - here));
	sys(rename, "f", "g");
	n = sys(readlink, path, text, sizeof(text));
	BYTES(text + here, (size_t)(n - here));
	sys(unlink, "g");
	n = sys(readlink, path, text, sizeof(text));
	BYTES(text + here, (size_t)(n - here));
	n = sys(readlink, "/proc/self/cwd", text, sizeof(text));
	SHOW(n == here);
	CALL(readlink, "/proc/self/fd/99", text, sizeof(text));
}

CASE(openat, "a descriptor again, by /proc")
{
	char path[64], c;
	int fd = file("f", "abc");
	long other;

	sys(lseek, fd, 2, SEEK_SET);
	sys(unlink, "f");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = CALL(openat, AT_FDCWD, path, O_RDONLY, 0);
	CALL(read, other, &c, 1);
	BYTES(&c, 1);
	CALL(openat, AT_FDCWD, "/proc/self/fd/99", O_RDONLY, 0);
	CALL(openat, AT_FDCWD, "/proc/self/nonesuch", O_RDONLY, 0);
	CALL(openat, AT_FDCWD, "/proc/nonesuch", O_CREAT | O_RDWR, 0600);
}

ERROR_CASE(openat, "a folder that was removed has no room")
{
	int dir;

	folder("d");
	dir = (int)sys(openat, AT_FDCWD, "d", O_RDONLY | O_DIRECTORY, 0);
	sys(rmdir, "d");
	CALL(openat, dir, "f", O_CREAT | O_RDWR, 0600);
	CALL(openat, dir, ".", O_RDONLY, 0);
	CALL(openat, dir, "..", O_RDONLY, 0);
	CALL(mkdirat, dir, "e", 0700);
}

CASE(ftruncate, "a map of what was cut off is zero if the file grows again")
{
	int fd = file("f", "");
	char *p;

	sys(ftruncate, fd, 8192);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p[10] = p[5000] = 7;
	CALL(ftruncate, fd, 5);
	CALL(ftruncate, fd, 8192);
	SHOW(p[10]);
	SHOW(p[5000]);
}

CASE(mmap, "the last page of a file ends in zeroes that are not kept")
{
	int fd = file("f", "abc");
	char *p = (char *)CALL_OK(mmap, NULL, 4096, PROT_READ | PROT_WRITE,
	                          MAP_SHARED, fd, 0);

	SHOW(p[3]);
	p[1] = 'X';
	p[100] = 9;
	CALL(msync, p, 4096, MS_SYNC);
	show_file("f");
	CALL(lseek, fd, 0, SEEK_END);
}

CASE(mmap, "/dev/zero, privately and shared")
{
	long fd = sys(openat, AT_FDCWD, "/dev/zero", O_RDWR, 0);
	char *p = (char *)CALL_OK(mmap, NULL, 4096, PROT_READ | PROT_WRITE,
	                          MAP_PRIVATE, fd, 0);
	char *s = (char *)CALL_OK(mmap, NULL, 4096, PROT_READ | PROT_WRITE,
	                          MAP_SHARED, fd, 0);

	SHOW(p[5] + s[5]);
	p[5] = s[5] = 3;
	SHOW(p[5] + s[5]);
	CALL_OK(mmap, NULL, 4096, PROT_READ, MAP_PRIVATE,
	        sys(openat, AT_FDCWD, "/dev/null", O_RDONLY, 0), 0);
}

CASE(read, "the devices that everybody has")
{
	char buf[4] = "abc";
	long zero = sys(openat, AT_FDCWD, "/dev/zero", O_RDWR, 0);
	long null = sys(openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
	long full = sys(openat, AT_FDCWD, "/dev/full", O_RDWR, 0);

	CALL(read, null, buf, 4);
	CALL(write, null, buf, 4);
	CALL(read, zero, buf, 4);
	BYTES(buf, 4);
	CALL(write, zero, buf, 4);
	CALL(read, full, buf, 4);
	CALL(write, full, buf, 4);
	CALL(lseek, zero, 100, SEEK_SET);
	CALL(pread64, null, buf, 4, 50);
	CALL(ftruncate, null, 0);
	CALL(fsync, null);
}

static int opens_fifo(void *arg)
{
	(void)arg;
	msleep(20);
	sys(write, sys(openat, AT_FDCWD, "p", O_WRONLY, 0), "x", 1);
	return 0;
}

CASE(open, "a fifo waits for its other end")
{
	pid_t pid;
	char c;
	long fd;

	sys(mknod, "p", S_IFIFO | 0600, 0);
	pid = child(opens_fifo, NULL);
	fd = CALL(open, "p", O_RDONLY, 0);
	CALL(read, fd, &c, 1);
	CALL(read, fd, &c, 1);
	reap(pid);
}

CASE(poll, "files and folders are always ready")
{
	int fd = file("f", "");
	struct pollfd fds[2];

	fds[0] = (struct pollfd){ .fd = fd, .events = POLLIN | POLLOUT };
	fds[1] = (struct pollfd){
		.fd = (int)sys(openat, AT_FDCWD, ".", O_RDONLY, 0),
		.events = POLLIN | POLLOUT,
	};
	CALL(poll, fds, 2, -1);
	say("  %x %x\n", fds[0].revents, fds[1].revents);
}
