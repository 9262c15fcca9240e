/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.c - host descriptors: the standard streams of the instance.
 *
 * What is read is whatever the host likes; what is written the host sees.  The
 * bounds are ours: no more bytes than asked for, no errno out of the list.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/hostcall/call.h"
#include "libos/hostcall/hostcall.h"
#include "libos/hostcall/hostmem.h"

static const short read_errnos[] = { EAGAIN, EIO, EBADF, 0 };
static const short write_errnos[] = { EAGAIN, EIO,   EBADF, EPIPE,
	                              ENOSPC, EFBIG, 0 };
static const short seek_errnos[] = { ESPIPE, EBADF, EINVAL, 0 };
static const short tty_errnos[] = { ENOTTY, EBADF, EIO, EINVAL, 0 };
static const short fd_errnos[] = { EBADF, 0 };

#define POLL_BITS 0x20ff /* the POLL* bits of poll(2) */

/* Must the scratch area lie where the host's range check put it: yes. */
static void __host *scratch(void)
{
	return &host_vcpu_area()->scratch[0];
}

long host_read(uint32_t fd, void *dst, size_t size)
{
	struct hc_io req = { .fd = fd };
	long n;

	size = MIN(size, (size_t)HOST_SCRATCH_SIZE);
	req.buf = host_addr(scratch());
	req.size = size;
	n = host_check_count(host_call(HC_READ, &req, sizeof(req)), size,
	                     read_errnos);
	if (n > 0 && copy_from_host(dst, scratch(), (size_t)n))
		return -EIO;
	return n;
}

long host_write(uint32_t fd, const void *src, size_t size)
{
	struct hc_io req = { .fd = fd };

	size = MIN(size, (size_t)HOST_SCRATCH_SIZE);
	req.buf = host_addr(scratch());
	req.size = size;
	if (copy_to_host(scratch(), src, size))
		return -EIO;
	return host_check_count(host_call(HC_WRITE, &req, sizeof(req)), size,
	                        write_errnos);
}

long host_poll(uint32_t fd, uint32_t events)
{
	struct hc_poll req = { .fd = fd, .events = events };
	long n = host_check_count(host_call(HC_POLL, &req, sizeof(req)),
	                          POLL_BITS, fd_errnos);

	return n < 0 ? n : n & POLL_BITS;
}

long host_seek(uint32_t fd, int64_t offset, uint32_t whence)
{
	struct hc_seek req = { .fd = fd, .whence = whence, .offset = offset };

	return host_check_count(host_call(HC_SEEK, &req, sizeof(req)),
	                        INT64_MAX, seek_errnos);
}

int host_fdinfo(uint32_t fd, struct hc_fdinfo *ret)
{
	struct hc_fdinfo req = { .fd = fd };
	long err = host_check_count(host_call(HC_FDINFO, &req, sizeof(req)), 0,
	                            fd_errnos);

	if (err < 0)
		return (int)err;
	if (copy_from_host(&req, &host_vcpu_area()->args, sizeof(req)))
		return -EIO;
	if (req.kind < FDKIND_CHAR || req.kind > FDKIND_DIR ||
	    req.size > INT64_MAX)
		return -EIO;
	*ret = req;
	ret->fd = fd;
	return 0;
}

long host_tty(uint32_t fd, enum hc_tty_op op, uint32_t how, void *arg,
              size_t size)
{
	struct hc_tty req = { .fd = fd, .op = op, .how = how };
	long n;

	if (size > sizeof(req.arg))
		return -EINVAL;
	if (arg)
		memcpy(req.arg, arg, size);
	n = host_check_count(host_call(HC_TTY, &req, sizeof(req)), INT32_MAX,
	                     tty_errnos);
	if (n < 0 || !arg)
		return n;
	if (copy_from_host(&req, &host_vcpu_area()->args, sizeof(req)))
		return -EIO;
	memcpy(arg, req.arg, size);
	return n;
}

int host_close(uint32_t fd)
{
	struct hc_fd req = { .fd = fd };

	return (int)host_check_count(host_call(HC_CLOSE, &req, sizeof(req)), 0,
	                             fd_errnos);
}
