/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices.c - the memory devices, null(4), full(4) and random(4).
 */
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/cpu/random.h"
#include "libos/dev/devices_internal.h"
#include "libos/mm/object.h"
#include "libos/sched/sched.h"

/* How much is made between two looks for signals. */
#define ZERO_CHUNK (1 * MIB)
#define RANDOM_CHUNK 256

static bool must_stop(void)
{
	struct thread *self = thread_self();

	if (READ_ONCE(self->work) & WORK_RESCHED)
		sched_yield();
	return READ_ONCE(self->work) & (WORK_SIGNAL | WORK_KILL);
}

static long null_read(struct file *f __unused, struct iov *to __unused,
                      int64_t *pos __unused)
{
	return 0;
}

static long null_write(struct file *f __unused, struct iov *from,
                       int64_t *pos __unused)
{
	return (long)iov_left(from);
}

/* At most @size bytes into @to: how many, or -errno. */
typedef long fill_func(struct iov *to, size_t size);

/* As much as there is room for, or until a signal comes. */
static long fill_all(struct iov *to, fill_func *fill, size_t chunk)
{
	size_t done = 0;
	long n = 0;

	while (iov_left(to) && !(done && must_stop())) {
		n = fill(to, MIN(iov_left(to), chunk));
		if (n < 0)
			break;
		done += (size_t)n;
	}
	return done ? (long)done : n;
}

static long zero_read(struct file *f __unused, struct iov *to,
                      int64_t *pos __unused)
{
	if (likely(iov_left(to) <= ZERO_CHUNK))
		return iov_zero(to, iov_left(to));
	return fill_all(to, iov_zero, ZERO_CHUNK);
}

static long full_write(struct file *f __unused, struct iov *from __unused,
                       int64_t *pos __unused)
{
	return -ENOSPC;
}

static long fill_random(struct iov *to, size_t size)
{
	uint8_t buf[RANDOM_CHUNK];
	long n = random_bytes(buf, size);

	if (n == 0)
		n = iov_copy_to(to, buf, size);
	memzero_explicit(buf, sizeof(buf));
	return n;
}

static long random_read(struct file *f __unused, struct iov *to,
                        int64_t *pos __unused)
{
	return fill_all(to, fill_random, RANDOM_CHUNK);
}

/* A mapping of /dev/zero is anonymous memory, shared or not. */
static int zero_mmap(struct file *f __unused, struct vm_object **ret)
{
	return vm_object_create_anonymous(
		INT64_MAX & ~(uint64_t)(PAGE_SIZE - 1), ret);
}

const struct file_ops null_ops = {
	.name = "null",
	.read = null_read,
	.write = null_write,
	.lseek = file_null_lseek,
	.poll = file_poll_always,
	.ioctl = file_no_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_no_fsync,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = file_no_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = file_release_none,
	.show = file_show_path,
};

const struct file_ops zero_ops = {
	.name = "zero",
	.read = zero_read,
	.write = null_write,
	.lseek = file_null_lseek,
	.poll = file_poll_always,
	.ioctl = file_no_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_no_fsync,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = file_no_readdir,
	.mmap = zero_mmap,
	.flush = file_flush_none,
	.release = file_release_none,
	.show = file_show_path,
};

const struct file_ops full_ops = {
	.name = "full",
	.read = zero_read,
	.write = full_write,
	.lseek = file_null_lseek,
	.poll = file_poll_always,
	.ioctl = file_no_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_no_fsync,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = file_no_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = file_release_none,
	.show = file_show_path,
};

/* What is written there would add to the pool; the generator needs nothing. */
const struct file_ops random_ops = {
	.name = "random",
	.read = random_read,
	.write = null_write,
	.lseek = file_null_lseek,
	.poll = file_poll_always,
	.ioctl = file_no_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_no_fsync,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = file_no_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = file_release_none,
	.show = file_show_path,
};
