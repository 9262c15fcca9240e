/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data.c - read, write and their families.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "conformance.h"

CASE(read, "moves the offset and stops at the end")
{
	int fd = file("f", "abcdef");
	char buf[8] = "";

	CALL(read, fd, buf, 4);
	BYTES(buf, 4);
	CALL(read, fd, buf, 4);
	BYTES(buf, 4);
	CALL(read, fd, buf, 4);
}

CASE(read, "nothing into nowhere")
{
	int fd = file("f", "abc");

	CALL(read, fd, NOWHERE, 0);
	CALL(read, fd, NULL, 0);
}

CASE(read, "a hole is zeroes")
{
	int fd = file("f", "");
	char buf[4] = "xxx";

	CALL(pwrite64, fd, "z", 1, 10000);
	CALL(pread64, fd, buf, 4, 9997);
	CALL(read, fd, buf, 4);
	BYTES(buf, 4);
}

CASE(read, "what fits before memory ends")
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = file("f", "0123456789");

	munmap(p + 4096, 4096);
	CALL(read, fd, p + 4096, 5);
	CALL(read, fd, p + 4090, 6);
	BYTES(p + 4090, 6);
}

ERROR_CASE(read, "no such descriptor, not for reading, a folder, bad memory")
{
	int fd = (int)sys(openat, AT_FDCWD, "w", O_WRONLY | O_CREAT, 0644);
	int dir = (int)sys(openat, AT_FDCWD, ".", O_RDONLY, 0);
	int data = file("f", "abc");
	char c;

	CALL(read, NO_FD, &c, 1);
	CALL(read, -1, &c, 1);
	CALL(read, fd, &c, 1);
	CALL(read, dir, &c, 1);
	CALL(read, data, NOWHERE, 1);
}

ERROR_CASE(read, "an empty pipe that does not wait")
{
	int p[2];
	char c;

	sys(pipe2, p, O_NONBLOCK);
	CALL(read, p[0], &c, 1);
	CALL(read, p[1], &c, 1);
	sys(close, p[1]);
	CALL(read, p[0], &c, 1);
}

CASE(write, "grows the file from its offset")
{
	int fd = file("f", "abc");

	CALL(lseek, fd, 2, SEEK_SET);
	CALL(write, fd, "XYZ", 3);
	show_file("f");
}

CASE(write, "appends wherever the offset is")
{
	int fd = file("f", "abc");
	int end = (int)sys(openat, AT_FDCWD, "f", O_WRONLY | O_APPEND, 0);

	CALL(write, end, "de", 2);
	CALL(lseek, end, 0, SEEK_SET);
	CALL(write, end, "f", 1);
	CALL(lseek, end, 0, SEEK_CUR);
	CALL(write, fd, "A", 1);
	show_file("f");
}

CASE(write, "no bytes leave the file as it is")
{
	int fd = file("f", "abc");

	CALL(write, fd, NOWHERE, 0);
	show_file("f");
}

ERROR_CASE(write, "no such descriptor, not for writing, bad memory")
{
	int fd, w = file("f", "abc");

	fd = (int)sys(openat, AT_FDCWD, "f", O_RDONLY, 0);
	CALL(write, NO_FD, "x", 1);
	CALL(write, fd, "x", 1);
	CALL(write, w, NOWHERE, 1);
	show_file("f");
}

ERROR_CASE(write, "a pipe without a reader: EPIPE and SIGPIPE")
{
	int p[2];

	sys(pipe2, p, 0);
	handle(SIGPIPE, count_signals, 0);
	sys(close, p[0]);
	CALL(write, p[1], "x", 1);
	SHOW(signals_seen);
}

ERROR_CASE(write, "a full pipe that does not wait")
{
	static char data[70000];
	int p[2];

	sys(pipe2, p, O_NONBLOCK);
	CALL(write, p[1], data, sizeof(data));
	CALL(write, p[1], data, 1);
	CALL(read, p[0], data, 4096);
	CALL(write, p[1], data, 1);
}

CASE(pread64, "reads at the offset without moving it")
{
	int fd = file("f", "0123456789");
	char buf[4];

	CALL(pread64, fd, buf, 4, 2);
	BYTES(buf, 4);
	CALL(lseek, fd, 0, SEEK_CUR);
}

CASE(pread64, "at and past the end")
{
	int fd = file("f", "0123456789");
	char buf[4] = "....";

	CALL(pread64, fd, buf, 4, 8);
	BYTES(buf, 4);
	CALL(pread64, fd, buf, 4, 10);
	CALL(pread64, fd, buf, 4, 1L << 40);
}

ERROR_CASE(pread64, "negative offset, pipe, folder, descriptor, memory")
{
	int fd = file("f", "0123456789"), p[2];
	int dir = (int)sys(openat, AT_FDCWD, ".", O_RDONLY, 0);
	char buf[4];

	sys(pipe2, p, 0);
	CALL(pread64, fd, buf, 4, -1);
	CALL(pread64, p[0], buf, 4, 0);
	CALL(pread64, dir, buf, 4, 0);
	CALL(pread64, NO_FD, buf, 4, 0);
	CALL(pread64, fd, NOWHERE, 4, 0);
	CALL(pread64, fd, buf, 4, INT64_MAX);
}

CASE(pwrite64, "writes at the offset without moving it")
{
	int fd = file("f", "0123456789");

	CALL(pwrite64, fd, "xyz", 3, 4);
	CALL(lseek, fd, 0, SEEK_CUR);
	show_file("f");
}

CASE(pwrite64, "leaves a hole behind the end")
{
	int fd = file("f", "ab");

	CALL(pwrite64, fd, "z", 1, 5);
	show_file("f");
}

CASE(pwrite64, "appends on an O_APPEND descriptor, as Linux does")
{
	int fd = file("f", "abc");

	sys(fcntl, fd, F_SETFL, O_APPEND);
	CALL(pwrite64, fd, "X", 1, 0);
	show_file("f");
}

ERROR_CASE(pwrite64, "negative offset, pipe, descriptor, memory")
{
	int fd = file("f", "abc"), p[2];

	sys(pipe2, p, 0);
	CALL(pwrite64, fd, "x", 1, -1);
	CALL(pwrite64, p[1], "x", 1, 0);
	CALL(pwrite64, NO_FD, "x", 1, 0);
	CALL(pwrite64, fd, NOWHERE, 1, 0);
	CALL(pwrite64, fd, "x", 1, INT64_MAX);
}

CASE(readv, "fills the pieces in order")
{
	int fd = file("f", "0123456789");
	char a[3], b[4], c[9] = "........";
	struct iovec v[3] = { { a, 3 }, { b, 4 }, { c, 9 } };

	CALL(readv, fd, v, 3);
	BYTES(a, 3);
	BYTES(b, 4);
	BYTES(c, 9);
}

CASE(readv, "no pieces, and empty ones")
{
	int fd = file("f", "0123456789");
	char a[3];
	struct iovec v[3] = { { NULL, 0 }, { a, 3 }, { NOWHERE, 0 } };

	CALL(readv, fd, v, 0);
	CALL(readv, fd, v, 3);
	BYTES(a, 3);
}

ERROR_CASE(readv, "count, lengths, memory")
{
	int fd = file("f", "0123456789");
	char a[3];
	struct iovec v[2] = { { a, 3 }, { a, -1UL } };

	CALL(readv, fd, v, -1);
	CALL(readv, fd, v, 1025);
	CALL(readv, fd, v, 2);
	CALL(readv, fd, NOWHERE, 1);
	CALL(readv, NO_FD, v, 1);
	v[1] = (struct iovec){ NOWHERE, 3 };
	CALL(readv, fd, v, 2);
	CALL(readv, fd, v + 1, 1);
}

CASE(writev, "writes the pieces in order")
{
	int fd = file("f", "");
	struct iovec v[3] = { { "abc", 3 }, { NULL, 0 }, { "de", 2 } };

	CALL(writev, fd, v, 3);
	show_file("f");
}

CASE(writev, "into a pipe, whole")
{
	struct iovec v[2] = { { "abc", 3 }, { "de", 2 } };
	char buf[8];
	int p[2];

	sys(pipe2, p, 0);
	CALL(writev, p[1], v, 2);
	CALL(read, p[0], buf, 8);
	BYTES(buf, 5);
}

ERROR_CASE(writev, "count, memory, descriptor")
{
	int fd = file("f", "");
	struct iovec v[2] = { { "abc", 3 }, { NOWHERE, 3 } };

	CALL(writev, fd, v, 2000);
	CALL(writev, fd, v + 1, 1);
	CALL(writev, fd, NOWHERE, 1);
	CALL(writev, NO_FD, v, 1);
	CALL(writev, fd, v, 0);
	show_file("f");
}

CASE(preadv, "fills the pieces from the offset")
{
	int fd = file("f", "0123456789");
	char a[2], b[3];
	struct iovec v[2] = { { a, 2 }, { b, 3 } };

	CALL(preadv, fd, v, 2, 4, 0);
	BYTES(a, 2);
	BYTES(b, 3);
	CALL(lseek, fd, 0, SEEK_CUR);
}

CASE(preadv, "behind the end")
{
	int fd = file("f", "0123456789");
	char a[4] = "....";
	struct iovec v = { a, 4 };

	CALL(preadv, fd, &v, 1, 9, 0);
	BYTES(a, 4);
	CALL(preadv, fd, &v, 1, 99, 0);
}

ERROR_CASE(preadv, "negative offset, pipe, count, memory")
{
	int fd = file("f", "0123456789"), p[2];
	char a[4];
	struct iovec v = { a, 4 };

	sys(pipe2, p, 0);
	CALL(preadv, fd, &v, 1, -1, 0);
	CALL(preadv, p[0], &v, 1, 0, 0);
	CALL(preadv, fd, &v, 1025, 0, 0);
	CALL(preadv, fd, NOWHERE, 1, 0, 0);
	CALL(preadv, NO_FD, &v, 1, 0, 0);
}

CASE(pwritev, "writes the pieces at the offset")
{
	int fd = file("f", "0123456789");
	struct iovec v[2] = { { "ab", 2 }, { "cde", 3 } };

	CALL(pwritev, fd, v, 2, 3, 0);
	CALL(lseek, fd, 0, SEEK_CUR);
	show_file("f");
}

CASE(pwritev, "leaves a hole behind the end")
{
	int fd = file("f", "0");
	struct iovec v = { "ab", 2 };

	CALL(pwritev, fd, &v, 1, 3, 0);
	show_file("f");
}

ERROR_CASE(pwritev, "negative offset, pipe, count, memory")
{
	int fd = file("f", "0123456789"), p[2];
	struct iovec v = { "ab", 2 };

	sys(pipe2, p, 0);
	CALL(pwritev, fd, &v, 1, -1, 0);
	CALL(pwritev, p[1], &v, 1, 0, 0);
	CALL(pwritev, fd, &v, 1025, 0, 0);
	CALL(pwritev, fd, NOWHERE, 1, 0, 0);
	CALL(pwritev, NO_FD, &v, 1, 0, 0);
}

CASE(preadv2, "offset -1 is the descriptor's own")
{
	int fd = file("f", "0123456789");
	char a[4];
	struct iovec v = { a, 4 };

	CALL(preadv2, fd, &v, 1, -1, -1, 0);
	BYTES(a, 4);
	CALL(lseek, fd, 0, SEEK_CUR);
	CALL(preadv2, fd, &v, 1, 6, 0, RWF_HIPRI);
	BYTES(a, 4);
}

CASE(pwritev2, "offset -1 is the descriptor's own")
{
	int fd = file("f", "0123456789");
	struct iovec v = { "ab", 2 };

	CALL(pwritev2, fd, &v, 1, -1, -1, RWF_SYNC);
	CALL(lseek, fd, 0, SEEK_CUR);
	CALL(pwritev2, fd, &v, 1, 4, 0, RWF_DSYNC);
	show_file("f");
}

ERROR_CASE(preadv2, "unknown flags")
{
	int fd = file("f", "0123456789");
	char a[4];
	struct iovec v = { a, 4 };

	CALL(preadv2, fd, &v, 1, 0, 0, 1 << 30);
	CALL(preadv2, fd, &v, 1, -2, 0, 0);
	CALL(preadv2, NO_FD, &v, 1, 0, 0, 0);
}

ERROR_CASE(pwritev2, "unknown flags")
{
	int fd = file("f", "0123456789");
	struct iovec v = { "ab", 2 };

	CALL(pwritev2, fd, &v, 1, 0, 0, 1 << 30);
	CALL(pwritev2, fd, &v, 1, -2, 0, 0);
	CALL(pwritev2, NO_FD, &v, 1, 0, 0, 0);
	show_file("f");
}
