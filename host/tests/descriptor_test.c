/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptor_test.c - transfers that must not block nor change what others
 * share, and readiness.
 *
 * Streams 0 and 1 are replaced by what a test wants and put back afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "host/descriptor.h"

static struct {
	struct descriptor_table table;
	int saved[2];
	int epoll_fd;
} t;

static int begin(void **state)
{
	(void)state;
	fflush(stdout);
	alarm(30); /* what blocks, fails */
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 2; i++)
		t.saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
	t.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return 0;
}

static int end(void **state)
{
	(void)state;
	descriptor_table_fini(&t.table);
	close(t.epoll_fd);
	for (int i = 0; i < 2; i++) {
		dup2(t.saved[i], i);
		close(t.saved[i]);
	}
	alarm(0);
	return 0;
}

static void stream(int number, int fd)
{
	assert_int_equal(dup2(fd, number), number);
	close(fd);
}

static void init_table(void)
{
	descriptor_table_init(&t.table, t.epoll_fd);
}

/* Stream 0 becomes a pipe's reading end; returns the writing end. */
static int pipe_to_stdin(void)
{
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	stream(0, p[0]);
	init_table();
	return p[1];
}

static int pipe_from_stdout(void)
{
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	stream(1, p[1]);
	init_table();
	return p[0];
}

static void put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* The number whose event goes off within @ms, or -1. */
static int next_event(int ms)
{
	struct epoll_event ev;

	if (epoll_wait(t.epoll_fd, &ev, 1, ms) != 1)
		return -1;
	descriptor_fired(&t.table, (uint32_t)ev.data.u64);
	return (int)ev.data.u64;
}

static bool has_nonblock(int fd)
{
	return fcntl(fd, F_GETFL) & O_NONBLOCK;
}

static void test_pipe_read(void **state)
{
	int w = pipe_to_stdin();
	char buf[16];

	(void)state;
	assert_int_equal(descriptor_read(&t.table, 0, buf, 16), -EAGAIN);
	put(w, "abc");
	assert_int_equal(descriptor_read(&t.table, 0, buf, 2), 2);
	assert_int_equal(descriptor_read(&t.table, 0, buf, 16), 1);
	assert_int_equal(buf[0], 'c');
	assert_int_equal(descriptor_read(&t.table, 0, buf, 16), -EAGAIN);
	close(w);
	assert_int_equal(descriptor_read(&t.table, 0, buf, 16), 0);
	assert_false(has_nonblock(0));
}

static void test_pipe_write(void **state)
{
	int r = pipe_from_stdout();
	static char big[1 << 20];
	long n, total = 0;

	(void)state;
	while ((n = descriptor_write(&t.table, 1, big, sizeof(big))) > 0)
		total += n;
	assert_int_equal(n, -EAGAIN);
	assert_in_range(total, PIPE_BUF, sizeof(big));
	assert_false(has_nonblock(1));
	close(r);
	assert_int_equal(descriptor_write(&t.table, 1, big, 1), -EPIPE);
}

/* The method for kernels and files without RWF_NOWAIT, and without /proc. */
static void test_blind(void **state)
{
	int r = pipe_from_stdout();
	static char big[1 << 20];
	long n;

	(void)state;
	t.table.entry[1].method = TRANSFER_BLIND;
	while ((n = descriptor_write(&t.table, 1, big, sizeof(big))) > 0)
		assert_true(n <= PIPE_BUF);
	assert_int_equal(n, -EAGAIN);
	close(r);
	assert_int_equal(descriptor_write(&t.table, 1, big, 1), -EPIPE);
}

static void test_socket(void **state)
{
	static char big[1 << 20];
	char buf[4];
	int s[2];
	long n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s),
	                 0);
	stream(0, s[0]);
	init_table();
	assert_int_equal(descriptor_read(&t.table, 0, buf, 4), -EAGAIN);
	put(s[1], "ab");
	assert_int_equal(descriptor_read(&t.table, 0, buf, 4), 2);
	do
		n = descriptor_write(&t.table, 0, big, sizeof(big));
	while (n > 0);
	assert_int_equal(n, -EAGAIN);
	close(s[1]);
	assert_int_equal(descriptor_write(&t.table, 0, big, 1), -EPIPE);
	assert_false(has_nonblock(0));
}

static int open_pty(int *ret_master)
{
	struct termios raw;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	tcgetattr(slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	*ret_master = master;
	return slave;
}

static void test_terminal(void **state)
{
	struct hc_fdinfo info = { .fd = 0 };
	char buf[16];
	int master;

	(void)state;
	stream(0, open_pty(&master));
	init_table();
	assert_int_equal(descriptor_info(&t.table, &info), 0);
	assert_int_equal(info.kind, FDKIND_TTY);
	assert_int_equal(info.flags, O_RDWR);

	/* Armed before the first transfer finds out how to do it. */
	assert_int_equal(descriptor_poll(&t.table, 0, POLLIN), 0);
	assert_int_equal(descriptor_read(&t.table, 0, buf, 16), -EAGAIN);
	assert_int_equal(t.table.entry[0].method, TRANSFER_OWN_DESCRIPTION);
	assert_false(has_nonblock(0));
	put(master, "x");
	assert_int_equal(next_event(1000), 0);
	assert_int_equal(descriptor_read(&t.table, 0, buf, 16), 1);
	assert_int_equal(descriptor_poll(&t.table, 0, POLLIN), 0);
	assert_int_equal(descriptor_write(&t.table, 0, "hello", 5), 5);
	assert_int_equal(read(master, buf, 16), 5);
	close(master);
}

static void test_regular(void **state)
{
	char path[] = "/tmp/descriptor-test-XXXXXX";
	struct hc_fdinfo info = { .fd = 1 };
	int fd = mkstemp(path);
	char buf[8];

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	fcntl(fd, F_SETFL, O_APPEND);
	stream(1, fd);
	init_table();
	assert_int_equal(descriptor_write(&t.table, 1, "12345", 5), 5);
	assert_int_equal(descriptor_info(&t.table, &info), 0);
	assert_int_equal(info.kind, FDKIND_REGULAR);
	assert_int_equal(info.size, 5);
	assert_int_equal(info.flags, O_RDWR | O_APPEND);
	assert_int_equal(descriptor_seek(&t.table, 1, 1, SEEK_SET), 1);
	assert_int_equal(descriptor_read(&t.table, 1, buf, 8), 4);
	assert_int_equal(descriptor_seek(&t.table, 1, -9, SEEK_SET), -EINVAL);
	assert_int_equal(descriptor_seek(&t.table, 1, 0, 99), -EINVAL);
	/* Always ready, for epoll has no use for it. */
	assert_int_equal(descriptor_poll(&t.table, 1, POLLIN | POLLOUT),
	                 POLLIN | POLLOUT);
}

static void test_null_device(void **state)
{
	char buf[8];

	(void)state;
	stream(0, open("/dev/null", O_RDWR | O_CLOEXEC));
	init_table();
	assert_int_equal(descriptor_read(&t.table, 0, buf, 8), 0);
	assert_int_equal(descriptor_write(&t.table, 0, buf, 8), 8);
	assert_int_equal(descriptor_poll(&t.table, 0, POLLIN), POLLIN);
}

static void test_poll_arms_once(void **state)
{
	int w = pipe_to_stdin();
	char c;

	(void)state;
	assert_int_equal(descriptor_poll(&t.table, 0, POLLIN), 0);
	assert_int_equal(next_event(0), -1);
	put(w, "a");
	assert_int_equal(next_event(1000), 0);
	/* One shot; asking again answers at once and arms nothing. */
	put(w, "b");
	assert_int_equal(next_event(0), -1);
	assert_int_equal(descriptor_poll(&t.table, 0, POLLIN), POLLIN);
	assert_int_equal(descriptor_read(&t.table, 0, &c, 1), 1);
	assert_int_equal(descriptor_read(&t.table, 0, &c, 1), 1);

	/* Data that come between the answer and the arming are not missed. */
	assert_int_equal(descriptor_poll(&t.table, 0, POLLIN), 0);
	put(w, "c");
	assert_int_equal(descriptor_poll(&t.table, 0, POLLIN), POLLIN);
	assert_int_equal(next_event(1000), 0);
	close(w);
	assert_true(descriptor_poll(&t.table, 0, POLLIN) & POLLHUP);
}

/* A second arming must not make the host forget the first. */
static void test_arming_adds_up(void **state)
{
	static char big[1 << 20];
	int s[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s),
	                 0);
	stream(0, s[0]);
	init_table();
	while (descriptor_write(&t.table, 0, big, sizeof(big)) > 0)
		;
	assert_int_equal(descriptor_poll(&t.table, 0, POLLIN), 0);
	assert_int_equal(descriptor_poll(&t.table, 0, POLLOUT), 0);
	put(s[1], "a");
	assert_int_equal(next_event(1000), 0);
	close(s[1]);
}

static void test_unknown_numbers(void **state)
{
	struct hc_fdinfo info = { .fd = 64 };
	char c = 0;

	(void)state;
	close(0);
	init_table();
	/* A stream that was closed is not there, and is not /dev/null. */
	assert_int_equal(descriptor_read(&t.table, 0, &c, 1), -EBADF);
	/* Nothing that is opened later may take its place. */
	assert_true(dup(2) > 2);

	for (uint32_t fd = 3; fd < 66; fd++) {
		assert_int_equal(descriptor_read(&t.table, fd, &c, 1), -EBADF);
		assert_int_equal(descriptor_close(&t.table, fd), -EBADF);
	}
	assert_int_equal(descriptor_write(&t.table, UINT32_MAX, &c, 1), -EBADF);
	assert_int_equal(descriptor_poll(&t.table, 64, POLLIN), -EBADF);
	assert_int_equal(descriptor_info(&t.table, &info), -EBADF);
}

static void test_close(void **state)
{
	int r = pipe_from_stdout();
	char c;

	(void)state;
	assert_int_equal(descriptor_poll(&t.table, 1, POLLIN), 0);
	assert_int_equal(descriptor_close(&t.table, 1), 0);
	assert_int_equal(read(r, &c, 1), 0); /* the other end sees it */
	assert_int_equal(descriptor_write(&t.table, 1, "a", 1), -EBADF);
	assert_int_equal(descriptor_close(&t.table, 1), -EBADF);
	assert_true(dup(2) > 2); /* the number stays taken */
	assert_int_equal(next_event(0), -1);
	close(r);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_pipe_read),      test(test_pipe_write),
		test(test_blind),          test(test_socket),
		test(test_terminal),       test(test_regular),
		test(test_null_device),    test(test_poll_arms_once),
		test(test_arming_adds_up), test(test_unknown_numbers),
		test(test_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
