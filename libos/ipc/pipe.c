/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe.c - the ring and who sleeps on it.
 *
 * Bytes are copied once in and once out, under a sleeping lock of the side that
 * copies: user copies may fault.  Neither side takes the other's lock.  For
 * many bytes and a reader that waits one copy does: pipe_offer.c.
 *
 * Wake-ups happen on transitions only.  A: the writer stores head, then looks
 * at tail: had the readers taken everything before, some may sleep.  B: the reader
 * stores tail, then looks at head: was there less than PIPE_BUF of room,
 * writers may sleep.  Who goes to sleep queues first and looks second, so one
 * of the two sees the other.  Between store and look each side unlocks a mutex,
 * which is a full barrier.
 */
#include "base/errno.h"
#include "base/format.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/dev/sigpipe.h"
#include "libos/ipc/pipe_internal.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/sched.h"
#include "libos/sched/waitq.h"

static struct pipe *pipe_of(const struct file *f)
{
	return f->private;
}

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static uint32_t load_count(const uint32_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

/* How many bytes could be written; tail first, for it only grows. */
static uint64_t pipe_room(const struct pipe *p)
{
	uint64_t tail = load(&p->tail);
	uint64_t used = load(&p->head) - tail;
	uint64_t capacity = load(&p->capacity);

	return used < capacity ? capacity - used : 0;
}

static bool pipe_has_data(const struct pipe *p)
{
	uint64_t tail = load(&p->tail);

	return load(&p->head) != tail;
}

/* What the old ring holds to where it belongs in the new one. */
static void ring_move(const struct pipe *p, uint8_t *ring, uint64_t size)
{
	uint64_t at, n;

	for (at = p->tail; at != p->head; at += n) {
		uint64_t src = at & (p->ring_size - 1);
		uint64_t dst = at & (size - 1);

		n = MIN(p->ring_size - src, size - dst);
		n = MIN(n, p->head - at);
		memcpy(ring + dst, p->ring + src, n);
	}
}

/* Both locks are held. */
static int ring_resize_locked(struct pipe *p, uint64_t size)
{
	uint8_t *ring = kpages_alloc(size >> PAGE_SHIFT);

	if (!ring)
		return -ENOMEM;
	if (p->ring)
		ring_move(p, ring, size);
	kpages_free(p->ring, p->ring_size >> PAGE_SHIFT);
	p->ring = ring;
	p->ring_size = size;
	return 0;
}

static uint64_t round_up_pow2(uint64_t n)
{
	return n <= PAGE_SIZE ? PAGE_SIZE
	                      : 1ull << (64 - __builtin_clzll(n - 1));
}

/*
 * Room for @need bytes in the ring: a page while that does, then all at once.
 * Without memory the pipe stays as small as it is.  write_lock is held.
 */
static int ring_grow(struct pipe *p, uint64_t need)
{
	uint64_t size = need <= PAGE_SIZE ? PAGE_SIZE : p->capacity;
	int err;

	mutex_lock(&p->read_lock);
	err = ring_resize_locked(p, size);
	if (err < 0 && p->ring) {
		__atomic_store_n(&p->capacity, p->ring_size, __ATOMIC_RELEASE);
		err = 0;
	}
	mutex_unlock(&p->read_lock);
	return err;
}

/* Up to @size bytes between the ring and a program; the ring's end splits. */
static long ring_fill(struct pipe *p, struct iov *from, uint64_t size)
{
	uint64_t at = p->head & (p->ring_size - 1);
	uint64_t first = MIN(size, p->ring_size - at);
	long n, rest;

	n = iov_copy_from(from, p->ring + at, first);
	if (n < (long)first || first == size)
		return n;
	rest = iov_copy_from(from, p->ring, size - first);
	return rest < 0 ? n : n + rest;
}

static long ring_drain(struct pipe *p, struct iov *to, uint64_t size)
{
	uint64_t at = p->tail & (p->ring_size - 1);
	uint64_t first = MIN(size, p->ring_size - at);
	long n, rest;

	n = iov_copy_to(to, p->ring + at, first);
	if (n < (long)first || first == size)
		return n;
	rest = iov_copy_to(to, p->ring, size - first);
	return rest < 0 ? n : n + rest;
}

/* Write what fits, 0 if PIPE_BUF or the rest does not.  write_lock is held. */
static long put_locked(struct pipe *p, struct iov *from)
{
	uint64_t head = p->head;
	uint64_t used = head - load(&p->tail);
	uint64_t size = iov_left(from);
	uint64_t room;
	long n;

	if (used + MIN(size, (uint64_t)PIPE_BUF) > p->capacity)
		return 0;
	size = MIN(size, p->capacity - used);
	if (used + size > p->ring_size) {
		n = ring_grow(p, used + size);
		if (n < 0)
			return n;
		room = p->ring_size - used;
		if (room < MIN(iov_left(from), (size_t)PIPE_BUF))
			return 0;
		size = MIN(size, room);
	}
	n = ring_fill(p, from, size);
	if (n > 0)
		__atomic_store_n(&p->head, head + (uint64_t)n,
		                 __ATOMIC_RELEASE); /* A */
	return n;
}

/* A barrier after A: had the readers taken all that was there? */
static bool readers_may_sleep(const struct pipe *p, uint64_t old_head)
{
	return (int64_t)(load(&p->tail) - old_head) >= 0 ||
	       READ_ONCE(p->is_polled);
}

static long pipe_put(struct pipe *p, struct iov *from)
{
	bool taken = false;
	uint64_t head;
	size_t given;
	long n = 0;

	mutex_lock(&p->write_lock);
	given = pipe_offer_fill(p, from, &taken);
	head = p->head;
	/* What was begun as an atomic write is one. */
	if (given < PIPE_BUF && iov_left(from))
		n = put_locked(p, from);
	mutex_unlock(&p->write_lock);
	if (taken || (n > 0 && readers_may_sleep(p, head)))
		(void)waitq_wake_fenced(&p->can_read, WAKE_ALL,
		                        POLLIN | POLLRDNORM);
	if (!given)
		return n;
	/* The reader first: it comes back with the next offer. */
	sched_yield();
	return (long)given + MAX(n, 0l);
}

/* read_lock is held. */
static long take_locked(struct pipe *p, struct iov *to)
{
	uint64_t tail = p->tail;
	uint64_t size = MIN(load(&p->head) - tail, (uint64_t)iov_left(to));
	long n;

	if (!size)
		return 0;
	n = ring_drain(p, to, size);
	if (n > 0)
		__atomic_store_n(&p->tail, tail + (uint64_t)n,
		                 __ATOMIC_RELEASE); /* B */
	return n;
}

/* A barrier after B: was there no room, and is there now? */
static bool writers_may_sleep(const struct pipe *p, uint64_t old_tail,
                              uint64_t taken)
{
	uint64_t used = load(&p->head) - old_tail;

	return (used + PIPE_BUF > p->capacity &&
	        used - taken + PIPE_BUF <= p->capacity) ||
	       READ_ONCE(p->is_polled);
}

static long pipe_take(struct pipe *p, struct iov *to)
{
	uint64_t tail;
	long n;

	mutex_lock(&p->read_lock);
	tail = p->tail;
	n = take_locked(p, to);
	mutex_unlock(&p->read_lock);
	if (n > 0 && writers_may_sleep(p, tail, (uint64_t)n))
		(void)waitq_wake_fenced(&p->can_write, WAKE_ALL,
		                        POLLOUT | POLLWRNORM);
	return n;
}

/* What somebody sleeps for. */
struct pipe_wait {
	size_t need;                    /* a writer: so much room      */
	const struct pipe_offer *offer; /* a reader: this one, or data */
};

static bool may_read(const struct pipe *p, const struct pipe_wait *want)
{
	return pipe_has_data(p) || !load_count(&p->writers) ||
	       pipe_offer_is_done(want->offer);
}

static bool may_write(const struct pipe *p, const struct pipe_wait *want)
{
	return pipe_room(p) >= want->need || !load_count(&p->readers);
}

static int pipe_wait(struct pipe *p, struct waitq *q,
                     bool (*is_ready)(const struct pipe *p,
                                      const struct pipe_wait *want),
                     const struct pipe_wait *want)
{
	struct waiter w;
	int ret = 0;

	waiter_init(&w);
	waitq_add(q, &w);
	for (;;) {
		sched_sleep_prepare(SLEEP_INTERRUPTIBLE);
		if (is_ready(p, want))
			break;
		ret = sched_sleep(NO_DEADLINE);
		if (ret < 0)
			break;
	}
	sched_sleep_done();
	waitq_remove(&w);
	return ret;
}

/* Bytes that a writer brought, 0: look again, -ERESTARTSYS. */
static long wait_for_data(struct pipe *p, struct iov *to)
{
	struct pipe_offer offer;
	struct pipe_wait want = { .offer = &offer };
	size_t n;
	int ret;

	pipe_offer_make(p, &offer, to);
	ret = pipe_wait(p, &p->can_read, may_read, &want);
	n = pipe_offer_end(p, &offer);
	iov_advance(to, n);
	return n ? (long)n : ret;
}

static int wait_for_room(struct pipe *p, size_t need)
{
	struct pipe_wait want = { .need = need };

	return pipe_wait(p, &p->can_write, may_write, &want);
}

static long pipe_read(struct file *f, struct iov *to, int64_t *pos __unused)
{
	struct pipe *p = pipe_of(f);
	uint32_t writers;
	long n;

	if (!iov_left(to))
		return 0;
	for (;;) {
		/* Asked before the bytes: the last writer wrote before it left. */
		writers = load_count(&p->writers);
		n = pipe_take(p, to);
		if (n || !writers)
			return n;
		if (file_is_nonblock(f))
			return -EAGAIN;
		n = wait_for_data(p, to);
		if (n)
			return n;
	}
}

static long pipe_write(struct file *f, struct iov *from, int64_t *pos __unused)
{
	struct pipe *p = pipe_of(f);
	size_t done = 0;
	long n = 0;

	while (iov_left(from)) {
		if (!load_count(&p->readers)) {
			n = sigpipe_raise();
			break;
		}
		n = pipe_put(p, from);
		if (n < 0)
			break;
		done += (size_t)n;
		if (n)
			continue;
		n = -EAGAIN;
		if (file_is_nonblock(f))
			break;
		n = wait_for_room(p, MIN(iov_left(from), (size_t)PIPE_BUF));
		if (n < 0)
			break;
	}
	return done ? (long)done : n;
}

/* pipe(7), poll(2): a fifo that nobody has written to yet is not hung up. */
static bool is_hung_up(const struct pipe *p, const struct file *f)
{
	return !load_count(&p->writers) &&
	       (int64_t)load_count(&p->writer_opens) != f->pos;
}

static uint32_t pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = pipe_of(f);
	uint32_t now = 0;

	if (pt && pt->queue)
		__atomic_store_n(&p->is_polled, 1, __ATOMIC_SEQ_CST);
	if (f->mode & FILE_READ) {
		poll_wait(pt, &p->can_read);
		if (pipe_has_data(p))
			now |= POLLIN | POLLRDNORM;
		if (is_hung_up(p, f))
			now |= POLLHUP;
	}
	if (f->mode & FILE_WRITE) {
		poll_wait(pt, &p->can_write);
		if (pipe_room(p) >= PIPE_BUF)
			now |= POLLOUT | POLLWRNORM;
		if (!load_count(&p->readers))
			now |= POLLERR;
	}
	return now;
}

static long pipe_ioctl(struct file *f, uint32_t cmd, uint64_t arg)
{
	struct pipe *p = pipe_of(f);
	uint64_t tail = load(&p->tail);

	if (cmd != FIONREAD)
		return -ENOTTY;
	return put_user_u32((uint32_t __user *)user_ptr(arg),
	                    (uint32_t)(load(&p->head) - tail));
}

static int set_size_locked(struct pipe *p, uint64_t size)
{
	int err = 0;

	if (p->head - p->tail > size)
		return -EBUSY;
	if (p->ring_size > size)
		err = ring_resize_locked(p, size);
	if (err == 0)
		__atomic_store_n(&p->capacity, size, __ATOMIC_RELEASE);
	return err;
}

static long set_size(struct pipe *p, uint64_t size)
{
	int err;

	if (size > PIPE_SIZE_MAX)
		return size > INT32_MAX ? -EINVAL : -EPERM;
	size = round_up_pow2(size);
	mutex_lock(&p->write_lock);
	mutex_lock(&p->read_lock);
	err = set_size_locked(p, size);
	mutex_unlock(&p->read_lock);
	mutex_unlock(&p->write_lock);
	if (err < 0)
		return err;
	(void)waitq_wake(&p->can_write, WAKE_ALL, POLLOUT | POLLWRNORM);
	return (long)size;
}

static long pipe_fcntl(struct file *f, uint32_t cmd, uint64_t arg)
{
	struct pipe *p = pipe_of(f);

	switch (cmd) {
	case F_GETPIPE_SZ:
		return (long)load(&p->capacity);
	case F_SETPIPE_SZ:
		return set_size(p, (uint32_t)arg);
	default:
		return -EINVAL;
	}
}

static void pipe_release(struct file *f)
{
	pipe_leave(pipe_of(f), f);
	pipe_detach(f->inode);
}

static int pipe_show(struct file *f, char *buf, size_t size)
{
	if (pipe_of(f)->has_name)
		return file_show_path(f, buf, size);
	return str_format(buf, size, "pipe:[%llu]",
	                  (unsigned long long)f->inode->ino);
}

const struct file_ops pipe_ops = {
	.name = "pipe",
	.read = pipe_read,
	.write = pipe_write,
	.lseek = file_no_lseek,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.fcntl = pipe_fcntl,
	.fsync = file_no_fsync,
	.truncate = file_no_truncate,
	.fallocate = file_no_fallocate,
	.readdir = file_no_readdir,
	.mmap = file_no_mmap,
	.flush = file_flush_none,
	.release = pipe_release,
	.show = pipe_show,
};
