/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptor.c - the table: what a number is, readiness, closing.  Bytes move
 * in transfer.c.
 */
#include "host/descriptor.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/transfer.h"

#include "base/banned.h"

enum { STREAMS = 3 };

/* What poll(2) may be asked, and what it may answer. */
#define POLL_ASK (POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDHUP)
#define POLL_ANSWER (POLL_ASK | POLLERR | POLLHUP)

_Static_assert((int)POLLIN == (int)EPOLLIN && (int)POLLOUT == (int)EPOLLOUT &&
                       (int)POLLPRI == (int)EPOLLPRI &&
                       (int)POLLRDHUP == (int)EPOLLRDHUP &&
                       (int)POLLRDNORM == (int)EPOLLRDNORM,
               "epoll uses poll's bits");

static bool is_terminal(int fd)
{
	uint8_t termios[64]; /* the kernel's own struct has 36 bytes */

	return ioctl(fd, TCGETS, termios) == 0;
}

static uint32_t kind_of(int fd, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFIFO:
		return FDKIND_PIPE;
	case S_IFSOCK:
		return FDKIND_SOCKET;
	case S_IFDIR:
		return FDKIND_DIR;
	case S_IFCHR:
		return is_terminal(fd) ? FDKIND_TTY : FDKIND_CHAR;
	default: /* block devices too: always ready, seekable */
		return FDKIND_REGULAR;
	}
}

static uint32_t first_method(uint32_t kind)
{
	switch (kind) {
	case FDKIND_SOCKET:
		return TRANSFER_SOCKET;
	case FDKIND_REGULAR:
	case FDKIND_DIR:
		return TRANSFER_PLAIN;
	default:
		return TRANSFER_NOWAIT;
	}
}

static void take(struct descriptor *d, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return;
	d->kind = kind_of(fd, &st);
	d->method = first_method(d->kind);
	d->io_fd = fd;
	d->fd = fd;
}

/* A stream that is closed must not become the next file that we open. */
static void occupy(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd < STREAMS);
	if (fd >= 0)
		close(fd);
}

void descriptor_table_init(struct descriptor_table *table, int epoll_fd)
{
	bool all_open = true;

	table->epoll_fd = epoll_fd;
	pthread_mutex_init(&table->lock, NULL);
	for (int i = 0; i < HOST_FDS; i++)
		table->entry[i] = (struct descriptor){ .fd = -1, .io_fd = -1 };
	for (int i = 0; i < STREAMS; i++) {
		take(&table->entry[i], i);
		all_open = all_open && table->entry[i].fd >= 0;
	}
	if (!all_open)
		occupy();
}

static void close_own_description(struct descriptor *d)
{
	if (d->io_fd >= 0 && d->io_fd != d->fd)
		close(d->io_fd);
	d->io_fd = d->fd;
}

void descriptor_table_fini(struct descriptor_table *table)
{
	for (size_t i = 0; i < HOST_FDS; i++)
		close_own_description(&table->entry[i]);
	pthread_mutex_destroy(&table->lock);
}

static struct descriptor *find(struct descriptor_table *table, uint32_t fd)
{
	if (fd >= HOST_FDS ||
	    __atomic_load_n(&table->entry[fd].fd, __ATOMIC_ACQUIRE) < 0)
		return NULL;
	return &table->entry[fd];
}

int descriptor_host_fd(struct descriptor_table *table, uint32_t fd)
{
	struct descriptor *d = find(table, fd);

	return d ? d->fd : -EBADF;
}

long descriptor_read(struct descriptor_table *table, uint32_t fd, void *dst,
                     size_t size)
{
	struct descriptor *d = find(table, fd);

	return d ? transfer_read(d, dst, size) : -EBADF;
}

long descriptor_write(struct descriptor_table *table, uint32_t fd,
                      const void *src, size_t size)
{
	struct descriptor *d = find(table, fd);

	return d ? transfer_write(d, src, size) : -EBADF;
}

/* Level triggered: an event that is there already goes off at once. */
static int arm(struct descriptor_table *table, struct descriptor *d,
               uint32_t events)
{
	struct epoll_event ev = { .data.u64 = (uint64_t)(d - table->entry) };
	int ret = 0;

	pthread_mutex_lock(&table->lock);
	d->armed |= events;
	ev.events = d->armed | EPOLLONESHOT;
	if (epoll_ctl(table->epoll_fd,
	              d->is_registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, d->fd,
	              &ev) < 0)
		ret = -errno;
	else
		d->is_registered = true;
	pthread_mutex_unlock(&table->lock);
	return ret;
}

long descriptor_poll(struct descriptor_table *table, uint32_t fd,
                     uint32_t events)
{
	struct descriptor *d = find(table, fd);
	struct pollfd pfd;

	if (!d)
		return -EBADF;
	events &= POLL_ASK;
	pfd = (struct pollfd){ .fd = d->fd, .events = (short)events };
	if (poll(&pfd, 1, 0) > 0)
		return pfd.revents & POLL_ANSWER;
	/* EPERM: a file without poll(), which is always ready. */
	if (arm(table, d, events) < 0)
		return events & (POLLIN | POLLOUT);
	return 0;
}

void descriptor_fired(struct descriptor_table *table, uint32_t fd)
{
	pthread_mutex_lock(&table->lock);
	table->entry[fd].armed = 0;
	pthread_mutex_unlock(&table->lock);
}

long descriptor_seek(struct descriptor_table *table, uint32_t fd,
                     int64_t offset, uint32_t whence)
{
	struct descriptor *d = find(table, fd);
	off_t ret;

	if (!d)
		return -EBADF;
	if (whence > SEEK_HOLE)
		return -EINVAL;
	ret = lseek(d->fd, offset, (int)whence);
	if (ret >= 0)
		return ret;
	return errno == ESPIPE ? -ESPIPE : -EINVAL;
}

long descriptor_info(struct descriptor_table *table, struct hc_fdinfo *info)
{
	struct descriptor *d = find(table, info->fd);
	struct stat st;
	int flags;

	if (!d)
		return -EBADF;
	flags = fcntl(d->fd, F_GETFL);
	if (flags < 0 || fstat(d->fd, &st) < 0)
		return -EBADF;
	info->kind = d->kind;
	info->flags = (uint32_t)flags & (O_ACCMODE | O_APPEND);
	info->size = d->kind == FDKIND_REGULAR ? (uint64_t)st.st_size : 0;
	return 0;
}

long descriptor_close(struct descriptor_table *table, uint32_t fd)
{
	struct descriptor *d = find(table, fd);
	int null;

	if (!d)
		return -EBADF;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pthread_mutex_lock(&table->lock);
	if (d->is_registered)
		epoll_ctl(table->epoll_fd, EPOLL_CTL_DEL, d->fd, NULL);
	d->is_registered = false;
	close_own_description(d);
	if (null >= 0)
		dup3(null, d->fd, O_CLOEXEC);
	__atomic_store_n(&d->fd, -1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&table->lock);
	if (null >= 0)
		close(null);
	return 0;
}
