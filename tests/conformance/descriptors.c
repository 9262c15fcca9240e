/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptors.c - opening, duplicating and closing; flags, locks, ioctl.
 */
#include <asm/ioctls.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "conformance.h"

static long open_at(const char *path, int flags)
{
	return sys(openat, AT_FDCWD, path, flags, 0644);
}

static int folder_fd(void)
{
	return (int)open_at(".", O_RDONLY | O_DIRECTORY);
}

CASE(open, "creates with the mode less umask")
{
	struct stat st;

	CALL(open, "f", O_RDWR | O_CREAT, 0666);
	stat("f", &st);
	SHOW(st.st_mode);
	SHOW(st.st_size);
}

CASE(open, "O_TRUNC empties, O_EXCL takes only new names")
{
	file("f", "abc");
	CALL(open, "f", O_WRONLY | O_TRUNC, 0);
	show_file("f");
	CALL(open, "f", O_WRONLY | O_CREAT | O_EXCL, 0600);
	CALL(open, "g", O_WRONLY | O_CREAT | O_EXCL, 0600);
}

CASE(open, "a mode without write permission still gives a writable descriptor")
{
	char c;
	long fd = CALL(open, "f", O_RDWR | O_CREAT, 0400);

	CALL(write, fd, "x", 1);
	CALL(pread64, fd, &c, 1, 0);
}

ERROR_CASE(open, "names and kinds")
{
	file("f", "abc");
	folder("d");
	sys(symlink, "none", "dangling");
	sys(symlink, "loop", "loop");
	CALL(open, "none", O_RDONLY, 0);
	CALL(open, "f/x", O_RDONLY, 0);
	CALL(open, "f/", O_RDONLY, 0);
	CALL(open, "d", O_WRONLY, 0);
	CALL(open, "d", O_RDWR | O_CREAT, 0644);
	CALL(open, "d/", O_RDWR | O_CREAT, 0644);
	CALL(open, "none/x", O_RDWR | O_CREAT, 0644);
	CALL(open, "dangling", O_RDONLY, 0);
	CALL(open, "dangling", O_WRONLY | O_CREAT | O_EXCL, 0644);
	CALL(open, "loop", O_RDONLY, 0);
	CALL(open, "", O_RDONLY, 0);
	CALL(open, NOWHERE, O_RDONLY, 0);
}

ERROR_CASE(open, "a name too long, a path too long")
{
	static char name[5000];

	memset(name, 'n', 256);
	CALL(open, name, O_RDWR | O_CREAT, 0644);
	memset(name, '/', 4096);
	CALL(open, name, O_RDONLY, 0);
	name[4095] = '\0';
	CALL(open, name, O_RDONLY, 0);
}

CASE(creat, "makes an empty file for writing")
{
	char c;
	long fd = CALL(creat, "f", 0640);

	CALL(write, fd, "abc", 3);
	CALL(pread64, fd, &c, 1, 0);
	show_file("f");
}

CASE(creat, "empties what is there and keeps its mode")
{
	struct stat st;

	file("f", "abc");
	CALL(creat, "f", 0600);
	stat("f", &st);
	SHOW(st.st_size);
	SHOW(st.st_mode & 0777);
}

ERROR_CASE(creat, "folders, missing folders, memory")
{
	folder("d");
	CALL(creat, "d", 0600);
	CALL(creat, "none/f", 0600);
	CALL(creat, NOWHERE, 0600);
	CALL(creat, "", 0600);
}

CASE(openat, "relative to a folder")
{
	int dir;

	folder("d");
	close(file("d/f", "inside"));
	dir = (int)open_at("d", O_RDONLY | O_DIRECTORY);
	CALL(openat, dir, "f", O_RDONLY, 0);
	CALL(openat, dir, "../d/f", O_RDONLY, 0);
	CALL(openat, dir, "g", O_WRONLY | O_CREAT, 0644);
	show_file("d/g");
}

CASE(openat, "O_PATH gives a name, not data")
{
	long fd;
	struct stat st;
	char c;

	file("f", "abc");
	fd = CALL(openat, AT_FDCWD, "f", O_PATH, 0);
	CALL(read, fd, &c, 1);
	CALL(fcntl, fd, F_GETFL, 0);
	CALL(fstat, fd, &st);
	CALL(fchmod, fd, 0600);
}

CASE(openat, "O_TMPFILE has no name until it is linked")
{
	long fd = CALL(openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0600);
	struct stat st;

	CALL(write, fd, "abc", 3);
	fstat((int)fd, &st);
	SHOW(st.st_nlink);
}

CASE(openat, "O_APPEND, O_NONBLOCK, O_CLOEXEC can be read back")
{
	long fd = CALL(openat, AT_FDCWD, "f",
	               O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC,
	               0600);

	CALL(fcntl, fd, F_GETFL, 0);
	CALL(fcntl, fd, F_GETFD, 0);
}

ERROR_CASE(openat, "descriptors, symbolic links, flags")
{
	int fd = file("f", "abc");

	sys(symlink, "f", "l");
	CALL(openat, NO_FD, "f", O_RDONLY, 0);
	CALL(openat, fd, "x", O_RDONLY, 0);
	CALL(openat, AT_FDCWD, "l", O_RDONLY | O_NOFOLLOW, 0);
	CALL(openat, AT_FDCWD, "l", O_PATH | O_NOFOLLOW, 0);
	CALL(openat, AT_FDCWD, "f", O_RDONLY | O_DIRECTORY, 0);
	CALL(openat, AT_FDCWD, ".", O_TMPFILE | O_RDONLY, 0600);
	CALL(openat, AT_FDCWD, "f", O_TMPFILE | O_RDWR, 0600);
	CALL(openat, NO_FD, "/dev/null", O_RDONLY, 0);
}

ERROR_CASE(openat, "no descriptor left")
{
	struct rlimit limit = { 4, 4 };

	CALL(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	CALL(openat, AT_FDCWD, ".", O_RDONLY, 0);
	CALL(openat, AT_FDCWD, ".", O_RDONLY, 0);
	CALL(openat, AT_FDCWD, "none", O_RDONLY, 0);
}

static long open_how(const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return show_call("openat2(AT_FDCWD, path, &how, sizeof(how))",
	                 sys(openat2, AT_FDCWD, path, &how, sizeof(how)));
}

CASE(openat2, "as openat")
{
	struct open_how how = { .flags = O_RDWR | O_CREAT, .mode = 0600 };
	long fd = CALL(openat2, AT_FDCWD, "f", &how, sizeof(how));

	CALL(write, fd, "abc", 3);
	show_file("f");
}

CASE(openat2, "says how a path may lead")
{
	folder("d");
	file("f", "abc");
	sys(symlink, "../f", "d/l");
	say("  no symbolic links\n");
	open_how("d/l", O_RDONLY, RESOLVE_NO_SYMLINKS);
	open_how("d/../f", O_RDONLY, RESOLVE_NO_SYMLINKS);
	say("  beneath\n");
	open_how("d/../f", O_RDONLY, RESOLVE_BENEATH);
	open_how("../f", O_RDONLY, RESOLVE_BENEATH);
	open_how("/", O_RDONLY, RESOLVE_BENEATH);
	say("  in the root\n");
	open_how("../../f", O_RDONLY, RESOLVE_IN_ROOT);
	open_how("/f", O_RDONLY, RESOLVE_IN_ROOT);
	say("  no magic links, no other file system\n");
	open_how("/proc/self/fd/0", O_RDONLY, RESOLVE_NO_MAGICLINKS);
	open_how("/proc/self", O_RDONLY | O_DIRECTORY, RESOLVE_NO_XDEV);
}

ERROR_CASE(openat2, "flags, modes, sizes, memory")
{
	struct open_how how[3] = { { .flags = 1UL << 40 } };

	file("f", "abc");
	CALL(openat2, AT_FDCWD, "f", how, sizeof(*how));
	how->flags = O_RDONLY;
	how->mode = 0600;
	CALL(openat2, AT_FDCWD, "f", how, sizeof(*how));
	how->mode = 0;
	how->resolve = 1UL << 40;
	CALL(openat2, AT_FDCWD, "f", how, sizeof(*how));
	how->resolve = 0;
	CALL(openat2, AT_FDCWD, "f", how, 8);
	CALL(openat2, AT_FDCWD, "f", how, 5000);
	CALL(openat2, AT_FDCWD, "f", NOWHERE, sizeof(*how));
	CALL(openat2, AT_FDCWD, "f", how, sizeof(how));
	how[2].flags = 1;
	CALL(openat2, AT_FDCWD, "f", how, sizeof(how));
	CALL(openat2, AT_FDCWD, "none", how, sizeof(*how));
}

CASE(close, "frees the number")
{
	int fd = file("f", "abc");

	CALL(close, fd);
	CALL(dup, 1);
}

CASE(close, "only one of two")
{
	int fd = file("f", "abc"), other = (int)sys(dup, fd);
	char c;

	CALL(close, fd);
	CALL(read, other, &c, 1);
}

ERROR_CASE(close, "twice, never open")
{
	int fd = file("f", "abc");

	CALL(close, fd);
	CALL(close, fd);
	CALL(close, -1);
	CALL(close, INT32_MAX);
}

CASE(dup, "shares the offset")
{
	int fd = file("f", "abcdef");
	long other = CALL(dup, fd);
	char c[3];

	CALL(read, fd, c, 3);
	CALL(read, other, c, 3);
	BYTES(c, 3);
}

CASE(dup, "takes the lowest number, without FD_CLOEXEC")
{
	int fd = (int)open_at("f", O_RDWR | O_CREAT | O_CLOEXEC);
	long other;

	sys(dup2, fd, 9);
	other = CALL(dup, fd);
	CALL(fcntl, other, F_GETFD, 0);
	CALL(fcntl, fd, F_GETFD, 0);
}

ERROR_CASE(dup, "not open, none left")
{
	struct rlimit limit = { 3, 3 };

	CALL(dup, NO_FD);
	CALL(dup, -1);
	CALL(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	CALL(dup, 1);
}

CASE(dup2, "replaces what was there")
{
	int a = file("a", "aaa"), b = file("b", "bbb");
	char c[3];

	CALL(dup2, a, b);
	CALL(read, b, c, 3);
	BYTES(c, 3);
}

CASE(dup2, "onto itself keeps everything")
{
	int fd = (int)open_at("f", O_RDWR | O_CREAT | O_CLOEXEC);

	CALL(dup2, fd, fd);
	CALL(fcntl, fd, F_GETFD, 0);
}

ERROR_CASE(dup2, "not open, beyond the limit")
{
	int fd = file("f", "abc");

	CALL(dup2, NO_FD, fd);
	CALL(dup2, NO_FD, NO_FD);
	CALL(dup2, fd, -1);
	CALL(dup2, fd, 1 << 30);
	CALL(lseek, fd, 0, SEEK_END);
}

CASE(dup3, "sets FD_CLOEXEC")
{
	int fd = file("f", "abc");

	CALL(dup3, fd, 10, O_CLOEXEC);
	CALL(fcntl, 10, F_GETFD, 0);
}

CASE(dup3, "clears FD_CLOEXEC")
{
	int fd = (int)open_at("f", O_RDWR | O_CREAT | O_CLOEXEC);

	CALL(dup3, fd, 10, 0);
	CALL(fcntl, 10, F_GETFD, 0);
}

ERROR_CASE(dup3, "onto itself, flags, not open")
{
	int fd = file("f", "abc");

	CALL(dup3, fd, fd, 0);
	CALL(dup3, fd, 10, O_NONBLOCK);
	CALL(dup3, NO_FD, 10, 0);
	CALL(dup3, fd, -1, 0);
}

CASE(close_range, "closes those that are open")
{
	int fd = file("f", "abc");

	sys(dup2, fd, 10);
	sys(dup2, fd, 12);
	CALL(close_range, 4, 11, 0);
	CALL(fcntl, 10, F_GETFD, 0);
	CALL(fcntl, 12, F_GETFD, 0);
	CALL(fcntl, fd, F_GETFD, 0);
}

CASE(close_range, "to the end; marks only")
{
	int fd = file("f", "abc");

	sys(dup2, fd, 10);
	CALL(close_range, 10, -1, CLOSE_RANGE_CLOEXEC);
	CALL(fcntl, 10, F_GETFD, 0);
	CALL(close_range, 3, -1, 0);
	CALL(fcntl, 10, F_GETFD, 0);
}

CASE(close_range, "of a table of its own")
{
	file("f", "abc");
	CALL(close_range, 3, -1, CLOSE_RANGE_UNSHARE);
	CALL(fcntl, 3, F_GETFD, 0);
}

ERROR_CASE(close_range, "the wrong way round, flags")
{
	CALL(close_range, 5, 4, 0);
	CALL(close_range, 3, 4, 1);
	CALL(close_range, 3, 4, 8);
}

CASE(fcntl, "F_DUPFD from a number on")
{
	int fd = file("f", "abc");
	long other;

	CALL(fcntl, fd, F_DUPFD, 20);
	other = CALL(fcntl, fd, F_DUPFD_CLOEXEC, 20);
	CALL(fcntl, other, F_GETFD, 0);
}

CASE(fcntl, "F_SETFL changes only what may change")
{
	int fd = file("f", "abc");

	CALL(fcntl, fd, F_GETFL, 0);
	CALL(fcntl, fd, F_SETFL, O_APPEND | O_NONBLOCK | O_WRONLY | O_EXCL);
	CALL(fcntl, fd, F_GETFL, 0);
}

CASE(fcntl, "record locks of one process never conflict")
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 2, .l_len = 4 };
	int fd = file("f", "0123456789");

	CALL(fcntl, fd, F_SETLK, &lock);
	lock.l_type = F_RDLCK;
	CALL(fcntl, fd, F_GETLK, &lock);
	SHOW(lock.l_type);
	lock.l_type = F_UNLCK;
	CALL(fcntl, fd, F_SETLK, &lock);
}

CASE(fcntl, "locks of two open files conflict")
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 2, .l_len = 4 };
	int a = file("f", "0123456789"), b = (int)open_at("f", O_RDWR);

	CALL(fcntl, a, F_OFD_SETLK, &lock);
	lock.l_start = 5;
	CALL(fcntl, b, F_OFD_SETLK, &lock);
	CALL(fcntl, b, F_OFD_GETLK, &lock);
	SHOW(lock.l_type);
	SHOW(lock.l_start);
	SHOW(lock.l_len);
	SHOW(lock.l_pid);
	close(a);
	lock = (struct flock){ .l_type = F_WRLCK };
	CALL(fcntl, b, F_OFD_SETLK, &lock);
}

CASE(fcntl, "a pipe's size, an owner")
{
	int p[2];

	sys(pipe2, p, 0);
	CALL(fcntl, p[0], F_GETPIPE_SZ, 0);
	CALL(fcntl, p[1], F_SETPIPE_SZ, 5000);
	CALL(fcntl, p[0], F_GETOWN, 0);
	CALL(fcntl, p[0], F_GETSIG, 0);
}

ERROR_CASE(fcntl, "commands, numbers, locks")
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = 9 };
	int fd = file("f", "abc"), r = (int)open_at("f", O_RDONLY);

	CALL(fcntl, fd, 9999, 0);
	CALL(fcntl, NO_FD, F_GETFD, 0);
	CALL(fcntl, fd, F_DUPFD, -1);
	CALL(fcntl, fd, F_SETLK, &lock);
	CALL(fcntl, fd, F_SETLK, NOWHERE);
	lock.l_whence = SEEK_SET;
	CALL(fcntl, r, F_SETLK, &lock);
	lock.l_start = -1;
	CALL(fcntl, fd, F_SETLK, &lock);
	CALL(fcntl, fd, F_GETPIPE_SZ, 0);
	CALL(fcntl, fd, F_GET_SEALS, 0);
}

CASE(flock, "shared twice, exclusive once")
{
	int a = file("f", "abc"), b = (int)open_at("f", O_RDWR);

	CALL(flock, a, LOCK_SH);
	CALL(flock, b, LOCK_SH | LOCK_NB);
	CALL(flock, b, LOCK_EX | LOCK_NB);
	CALL(flock, a, LOCK_UN);
	CALL(flock, b, LOCK_EX | LOCK_NB);
}

CASE(flock, "belongs to the open file, not the number")
{
	int a = file("f", "abc"), b = (int)open_at("f", O_RDWR);
	int c = (int)sys(dup, a);

	CALL(flock, a, LOCK_EX);
	CALL(close, a);
	CALL(flock, b, LOCK_EX | LOCK_NB);
	CALL(flock, c, LOCK_EX | LOCK_NB);
	CALL(close, c);
	CALL(flock, b, LOCK_EX | LOCK_NB);
}

ERROR_CASE(flock, "operations, descriptors")
{
	int fd = file("f", "abc");

	CALL(flock, fd, 0);
	CALL(flock, fd, LOCK_SH | LOCK_EX);
	CALL(flock, fd, 64);
	CALL(flock, NO_FD, LOCK_SH);
	CALL(flock, open_at("f", O_PATH), LOCK_SH);
}

CASE(ioctl, "FIONREAD counts what can be read")
{
	int p[2], n = -1, fd = file("f", "abcdef");

	sys(pipe2, p, 0);
	CALL(ioctl, p[0], FIONREAD, &n);
	SHOW(n);
	CALL(write, p[1], "abc", 3);
	CALL(ioctl, p[0], FIONREAD, &n);
	SHOW(n);
	CALL(lseek, fd, 2, SEEK_SET);
	CALL(ioctl, fd, FIONREAD, &n);
	SHOW(n);
}

CASE(ioctl, "FIONBIO, FIOCLEX, FIONCLEX")
{
	int fd = file("f", "abc"), on = 1;

	CALL(ioctl, fd, FIONBIO, &on);
	SHOW(sys(fcntl, fd, F_GETFL, 0) & O_NONBLOCK);
	on = 0;
	CALL(ioctl, fd, FIONBIO, &on);
	SHOW(sys(fcntl, fd, F_GETFL, 0) & O_NONBLOCK);
	CALL(ioctl, fd, FIOCLEX, 0);
	CALL(fcntl, fd, F_GETFD, 0);
	CALL(ioctl, fd, FIONCLEX, 0);
	CALL(fcntl, fd, F_GETFD, 0);
}

ERROR_CASE(ioctl, "commands, kinds of file, memory, descriptors")
{
	int fd = file("f", "abc"), dir = folder_fd(), p[2];
	char termios[64];

	sys(pipe2, p, 0);
	CALL(ioctl, fd, TCGETS, termios);
	CALL(ioctl, dir, TCGETS, termios);
	CALL(ioctl, p[0], TCGETS, termios);
	CALL(ioctl, fd, 0x12345678, 0);
	CALL(ioctl, p[0], FIONREAD, NOWHERE);
	CALL(ioctl, fd, FIONBIO, NOWHERE);
	CALL(ioctl, NO_FD, FIONREAD, termios);
	CALL(ioctl, open_at("f", O_PATH), FIOCLEX, 0);
}

CASE(umask, "gives the one before")
{
	CALL(umask, 077);
	CALL(umask, 022);
}

CASE(umask, "decides the mode of new names")
{
	struct stat st;

	CALL(umask, 0137);
	file("f", "");
	stat("f", &st);
	SHOW(st.st_mode & 0777);
	CALL(mkdir, "d", 0777);
	stat("d", &st);
	SHOW(st.st_mode & 0777);
}

CASE(umask, "only the lower nine bits")
{
	CALL(umask, 07777);
	CALL(umask, -1);
	CALL(umask, 0);
}

CASE(memfd_create, "a file without a name")
{
	long fd = CALL(memfd_create, "m", 0);
	struct stat st;

	CALL(write, fd, "abc", 3);
	CALL(fstat, fd, &st);
	SHOW(st.st_size);
	SHOW(st.st_mode);
	SHOW(st.st_nlink);
	CALL(fcntl, fd, F_GET_SEALS, 0);
}

CASE(memfd_create, "seals hold")
{
	long fd = CALL(memfd_create, "m", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	CALL(write, fd, "abc", 3);
	CALL(fcntl, fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK);
	CALL(fcntl, fd, F_GET_SEALS, 0);
	CALL(ftruncate, fd, 1);
	CALL(pwrite64, fd, "abcd", 4, 0);
	CALL(fcntl, fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL);
	CALL(pwrite64, fd, "x", 1, 0);
	CALL(fcntl, fd, F_ADD_SEALS, F_SEAL_GROW);
}

ERROR_CASE(memfd_create, "flags, names")
{
	static char name[300];

	CALL(memfd_create, "m", 1 << 20);
	CALL(memfd_create, NOWHERE, 0);
	memset(name, 'n', sizeof(name) - 1);
	CALL(memfd_create, name, 0);
}
