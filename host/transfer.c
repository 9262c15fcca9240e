/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer.c - one function for each method and direction, in a table.
 */
#include "host/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/compiler.h"

#include "base/banned.h"

/*
 * What a descriptor that poll(2) calls ready takes without blocking: a pipe,
 * PIPE_BUF bytes; others say nothing, but none takes less than a page.
 */
enum { BLIND_MAX = PIPE_BUF };

/* "The position of the file itself", for preadv2 and pwritev2. */
#define OWN_POSITION ((off_t)-1)

static ssize_t plain_read(int fd, void *dst, size_t size)
{
	return read(fd, dst, size);
}

static ssize_t plain_write(int fd, const void *src, size_t size)
{
	return write(fd, src, size);
}

static ssize_t socket_read(int fd, void *dst, size_t size)
{
	return recv(fd, dst, size, MSG_DONTWAIT);
}

static ssize_t socket_write(int fd, const void *src, size_t size)
{
	return send(fd, src, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static ssize_t nowait_read(int fd, void *dst, size_t size)
{
	struct iovec iov = { .iov_base = dst, .iov_len = size };

	return preadv2(fd, &iov, 1, OWN_POSITION, RWF_NOWAIT);
}

static ssize_t nowait_write(int fd, const void *src, size_t size)
{
	struct iovec iov = { .iov_base = (void *)src, .iov_len = size };

	return pwritev2(fd, &iov, 1, OWN_POSITION, RWF_NOWAIT);
}

static bool is_ready(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	if (poll(&pfd, 1, 0) > 0)
		return true;
	errno = EAGAIN;
	return false;
}

static ssize_t blind_read(int fd, void *dst, size_t size)
{
	if (!is_ready(fd, POLLIN))
		return -1;
	return read(fd, dst, MIN(size, (size_t)BLIND_MAX));
}

static ssize_t blind_write(int fd, const void *src, size_t size)
{
	if (!is_ready(fd, POLLOUT))
		return -1;
	return write(fd, src, MIN(size, (size_t)BLIND_MAX));
}

static const struct {
	ssize_t (*read)(int fd, void *dst, size_t size);
	ssize_t (*write)(int fd, const void *src, size_t size);
} methods[] = {
	[TRANSFER_PLAIN] = { plain_read, plain_write },
	[TRANSFER_SOCKET] = { socket_read, socket_write },
	[TRANSFER_NOWAIT] = { nowait_read, nowait_write },
	[TRANSFER_OWN_DESCRIPTION] = { plain_read, plain_write },
	[TRANSFER_BLIND] = { blind_read, blind_write },
};

/*
 * A second open file description of the same file, with O_NONBLOCK: leaves the
 * shared one alone.  Needs /proc, and permission to open the file once more.
 */
static int open_own_description(int fd)
{
	char path[32];
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, (flags & (O_ACCMODE | O_APPEND)) | O_NONBLOCK |
	                        O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * RWF_NOWAIT does not work here.  Two vCPUs may find that out at once; the
 * first decides, and an io_fd once published stays until the entry is closed.
 */
static void step_down(struct descriptor *d)
{
	int fd = open_own_description(d->fd);
	int same = d->fd;

	if (fd < 0) {
		__atomic_store_n(&d->method, TRANSFER_BLIND, __ATOMIC_RELEASE);
		return;
	}
	if (!__atomic_compare_exchange_n(&d->io_fd, &same, fd, false,
	                                 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		close(fd);
		return;
	}
	__atomic_store_n(&d->method, TRANSFER_OWN_DESCRIPTION,
	                 __ATOMIC_RELEASE);
}

/* True: the method has changed, try again. */
static bool must_retry(struct descriptor *d, uint32_t method)
{
	if (method != TRANSFER_NOWAIT ||
	    (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL))
		return false;
	step_down(d);
	return true;
}

/* EINTR: the kernel will ask again, by way of HC_POLL. */
static long read_error(int code)
{
	switch (code) {
	case EINTR:
		return -EAGAIN;
	case EAGAIN:
	case EBADF:
		return -code;
	default:
		return -EIO;
	}
}

static long write_error(int code)
{
	switch (code) {
	case EINTR:
		return -EAGAIN;
	case EAGAIN:
	case EBADF:
	case EPIPE:
	case ENOSPC:
	case EFBIG:
		return -code;
	case EDQUOT:
		return -ENOSPC;
	case ECONNRESET:
		return -EPIPE;
	default:
		return -EIO;
	}
}

long transfer_read(struct descriptor *d, void *dst, size_t size)
{
	uint32_t method;
	ssize_t n;

	do {
		method = __atomic_load_n(&d->method, __ATOMIC_ACQUIRE);
		n = methods[method].read(d->io_fd, dst, size);
	} while (n < 0 && must_retry(d, method));
	return n < 0 ? read_error(errno) : n;
}

long transfer_write(struct descriptor *d, const void *src, size_t size)
{
	uint32_t method;
	ssize_t n;

	do {
		method = __atomic_load_n(&d->method, __ATOMIC_ACQUIRE);
		n = methods[method].write(d->io_fd, src, size);
	} while (n < 0 && must_retry(d, method));
	return n < 0 ? write_error(errno) : n;
}
