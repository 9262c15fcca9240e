/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/ipc/eventfd.h"

#include "base/errno.h"
#include "base/format.h"
#include "libos/fs/file.h"
#include "libos/mm/kheap.h"

/* The counter never gets to UINT64_MAX, which no write may bring. */
#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
	struct spinlock lock;
	uint64_t count; /* under lock */
	bool is_semaphore;
	struct waitq waitq;
};

/* Take the counter, or one of it; 0 where there is nothing. */
static uint64_t eventfd_take(struct eventfd *e)
{
	uint64_t got;

	spin_lock(&e->lock);
	got = e->is_semaphore ? MIN(e->count, 1ull) : e->count;
	e->count -= got;
	spin_unlock(&e->lock);
	if (got)
		(void)waitq_wake(&e->waitq, WAKE_ALL, POLLOUT | POLLWRNORM);
	return got;
}

static bool eventfd_add(struct eventfd *e, uint64_t n)
{
	bool fits;

	spin_lock(&e->lock);
	fits = n <= COUNT_MAX - e->count;
	if (fits)
		e->count += n;
	spin_unlock(&e->lock);
	if (fits && n)
		(void)waitq_wake(&e->waitq, WAKE_ALL, POLLIN | POLLRDNORM);
	return fits;
}

/* Sleep until @e can be read, or (@add) that much can be added. */
static int eventfd_wait(struct eventfd *e, uint64_t add)
{
	struct waiter w;
	int ret = 0;

	waiter_init(&w);
	w.events = add ? POLLOUT : POLLIN;
	waitq_add(&e->waitq, &w);
	for (;;) {
		uint64_t count;

		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
		count = __atomic_load_n(&e->count, __ATOMIC_ACQUIRE);
		if (add ? add <= COUNT_MAX - count : count > 0)
			break;
		ret = sched_sleep(NO_DEADLINE);
		if (ret < 0)
			break;
	}
	sched_sleep_done();
	waitq_remove(&w);
	return ret;
}

static long eventfd_read(struct file *f, struct iov *to, int64_t *pos __unused)
{
	struct eventfd *e = f->private;
	uint64_t got;
	int err;

	if (iov_left(to) < sizeof(got))
		return -EINVAL;
	while (!(got = eventfd_take(e))) {
		if (file_is_nonblock(f))
			return -EAGAIN;
		err = eventfd_wait(e, 0);
		if (err < 0)
			return err;
	}
	return iov_copy_to(to, &got, sizeof(got));
}

static long eventfd_write(struct file *f, struct iov *from,
                          int64_t *pos __unused)
{
	struct eventfd *e = f->private;
	uint64_t n = 0;
	int err;

	if (iov_left(from) < sizeof(n))
		return -EINVAL;
	if (iov_copy_from(from, &n, sizeof(n)) != sizeof(n))
		return -EFAULT;
	if (n > COUNT_MAX)
		return -EINVAL;
	while (!eventfd_add(e, n)) {
		if (file_is_nonblock(f))
			return -EAGAIN;
		err = eventfd_wait(e, n);
		if (err < 0)
			return err;
	}
	return sizeof(n);
}

static uint32_t eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->private;
	uint64_t count;

	poll_wait(pt, &e->waitq);
	count = __atomic_load_n(&e->count, __ATOMIC_ACQUIRE);
	return (count ? POLLIN | POLLRDNORM : 0) |
	       (count < COUNT_MAX ? POLLOUT | POLLWRNORM : 0);
}

static void eventfd_release(struct file *f)
{
	kfree(f->private);
}

static int eventfd_show(struct file *f __unused, char *buf, size_t size)
{
	return str_format(buf, size, "anon_inode:[eventfd]");
}

static const struct file_ops eventfd_ops = {
	.name = "eventfd",
	.read = eventfd_read,
	.write = eventfd_write,
	.lseek = file_null_lseek,
	.poll = eventfd_poll,
	.ioctl = file_no_ioctl,
	.fcntl = file_no_fcntl,
	.fsync = file_no_fsync,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = file_no_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = eventfd_release,
	.show = eventfd_show,
};

int eventfd_create(uint64_t count, uint32_t flags, struct file **ret)
{
	struct eventfd *e = kzalloc(sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	spin_init(&e->lock, RANK_LEAF);
	waitq_init(&e->waitq);
	e->count = count;
	e->is_semaphore = flags & EFD_SEMAPHORE;
	err = file_create(
		&(struct file_spec){ .ops = &eventfd_ops,
	                             .private = e,
	                             .flags = O_RDWR | (flags & O_NONBLOCK) },
		ret);
	if (err < 0)
		kfree(e);
	return err;
}
