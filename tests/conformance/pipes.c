/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipes.c - pipes and eventfds.
 */
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "conformance.h"

CASE(pipe, "what goes in comes out")
{
	char buf[8];
	int p[2];

	CALL(pipe, p);
	SHOW(p[0]);
	SHOW(p[1]);
	CALL(write, p[1], "abc", 3);
	CALL(write, p[1], "de", 2);
	CALL(read, p[0], buf, 8);
	BYTES(buf, 5);
}

CASE(pipe, "the end of data is the last writer's end")
{
	char c;
	int p[2], other;

	CALL(pipe, p);
	other = (int)sys(dup, p[1]);
	sys(write, p[1], "x", 1);
	sys(close, p[1]);
	sys(close, other);
	CALL(read, p[0], &c, 1);
	CALL(read, p[0], &c, 1);
}

static int reads_slowly(void *arg)
{
	static char buf[300000];
	long n, total = 0;

	msleep(20);
	while (total < 200000 &&
	       (n = sys(read, (long)(intptr_t)arg, buf, 10000)) > 0)
		total += n;
	return total == 200000;
}

CASE(pipe, "a writer waits for room")
{
	static char data[200000];
	int p[2];
	pid_t pid;

	CALL(pipe, p);
	pid = child(reads_slowly, (void *)(intptr_t)p[0]);
	CALL(write, p[1], data, sizeof(data));
	reap(pid);
}

ERROR_CASE(pipe, "memory, no descriptors left")
{
	struct rlimit limit = { 4, 4 };
	int p[2];

	CALL(pipe, NOWHERE);
	CALL(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	CALL(pipe, p);
	CALL(dup, 1);
}

CASE(pipe2, "flags of both ends")
{
	int p[2];

	CALL(pipe2, p, O_CLOEXEC | O_NONBLOCK);
	CALL(fcntl, p[0], F_GETFD, 0);
	CALL(fcntl, p[1], F_GETFL, 0);
	CALL(fcntl, p[0], F_GETFL, 0);
}

ERROR_CASE(pipe2, "flags, memory")
{
	int p[2];

	CALL(pipe2, p, O_APPEND);
	CALL(pipe2, p, 1);
	CALL(pipe2, NOWHERE, 0);
	CALL(dup, 1);
}

CASE(eventfd, "counts up; a read takes all")
{
	uint64_t value = 5;
	long fd = CALL(eventfd, 3);

	CALL(write, fd, &value, 8);
	CALL(read, fd, &value, 8);
	SHOW(value);
}

CASE(eventfd, "waits for something to read")
{
	uint64_t value = 0;
	struct pollfd poll_fd;
	long fd = CALL(eventfd, 0);

	poll_fd = (struct pollfd){ .fd = (int)fd, .events = POLLIN | POLLOUT };
	CALL(poll, &poll_fd, 1, 0);
	SHOW(poll_fd.revents);
	value = 1;
	CALL(write, fd, &value, 8);
	CALL(poll, &poll_fd, 1, 0);
	SHOW(poll_fd.revents);
	CALL(fcntl, fd, F_GETFD, 0);
}

ERROR_CASE(eventfd, "no descriptors left")
{
	struct rlimit limit = { 3, 3 };

	CALL(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	CALL(eventfd, 0);
}

CASE(eventfd2, "EFD_SEMAPHORE: one at a time")
{
	uint64_t value = 0;
	long fd = CALL(eventfd2, 2, EFD_SEMAPHORE | EFD_NONBLOCK);

	CALL(read, fd, &value, 8);
	SHOW(value);
	CALL(read, fd, &value, 8);
	CALL(read, fd, &value, 8);
}

CASE(eventfd2, "never over the top")
{
	uint64_t value = UINT64_MAX - 1;
	long fd = CALL(eventfd2, 0, EFD_NONBLOCK | EFD_CLOEXEC);

	CALL(write, fd, &value, 8);
	value = 1;
	CALL(write, fd, &value, 8);
	value = UINT64_MAX;
	CALL(write, fd, &value, 8);
	CALL(read, fd, &value, 8);
	SHOW(value + 2);
	CALL(fcntl, fd, F_GETFD, 0);
}

ERROR_CASE(eventfd2, "flags, sizes, memory, seeking")
{
	uint64_t value = 1;
	long fd = CALL(eventfd2, 1, 0);

	CALL(eventfd2, 0, 2);
	CALL(read, fd, &value, 7);
	CALL(write, fd, &value, 4);
	CALL(write, fd, NOWHERE, 8);
	CALL(read, fd, NOWHERE, 8);
	CALL(lseek, fd, 0, SEEK_CUR);
	CALL(pread64, fd, &value, 8, 0);
}
