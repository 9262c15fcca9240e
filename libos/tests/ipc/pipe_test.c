/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe_test.c - pipe(7) against the kernel's pipes: order of bytes, atomic
 * writes, ends that close, sizes, poll, and eventfd beside them.
 */
#include "libos/dev/sigpipe.h"
#include "libos/ipc/eventfd.h"
#include "libos/ipc/pipe.h"
#include "libos/ipc/poll_set.h"
#include "libos/mm/usercopy.h"
#include "libos/tests/ipc/rig.h"

static unsigned int nsigpipes;

static void count_signal(struct thread *self, int sig)
{
	CHECK(self == fake_thread());
	CHECK_EQ(sig, 13);
	nsigpipes++;
}

static uint8_t buf[2 * PIPE_SIZE_MAX], back[2 * PIPE_SIZE_MAX];

static void fill(void)
{
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 7 + (i >> 8));
}

/* Random sizes both ways against a model: two counters of the same stream. */
static void test_stream(uint32_t flags)
{
	uint64_t in = 0, out = 0;
	uint32_t seed = 12345;
	struct file *p[2];

	CHECK_EQ(pipe_create(flags | O_NONBLOCK, p), 0);
	for (int i = 0; i < 20000; i++) {
		size_t size;
		long n;

		seed = seed * 1103515245 + 12345;
		size = (seed >> 8) % (i % 7 ? 6000 : 100000);
		if (seed >> 30 & 1) {
			n = put(p[1], buf + in % 65536, size);
			if (n == -EAGAIN)
				continue;
			CHECK(n >= 0 && (size_t)n <= size);
			if (size <= PIPE_BUF)
				CHECK_EQ(n, size);
			in += (uint64_t)n;
		} else {
			n = take(p[0], back, size);
			if (n == -EAGAIN) {
				CHECK_EQ(in, out);
				continue;
			}
			CHECK_EQ(n, MIN(size, in - out));
			for (long k = 0; k < n; k++)
				if (back[k] !=
				    (uint8_t)((out + (uint64_t)k) % 256))
					CHECK_EQ(k, -1);
			out += (uint64_t)n;
		}
		CHECK(in - out <= PIPE_SIZE_DEFAULT);
	}
	file_put(p[0]);
	file_put(p[1]);
}

static void stream_all(void)
{
	/* Bytes that say where they stand: any start that is congruent. */
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)i;
	test_stream(0);
	fill();
}

static void test_atomic(void)
{
	struct file *p[2];
	long n;

	CHECK_EQ(pipe_create(O_NONBLOCK, p), 0);
	CHECK_EQ(p[1]->ops->fcntl(p[1], F_GETPIPE_SZ, 0), 65536);
	n = put(p[1], buf, PIPE_SIZE_DEFAULT - 10);
	CHECK_EQ(n, PIPE_SIZE_DEFAULT - 10);
	CHECK_EQ(put(p[1], buf, 11), -EAGAIN); /* not in part */
	CHECK(!(look(p[1]) & POLLOUT));
	CHECK_EQ(put(p[1], buf, 10), 10);
	CHECK_EQ(put(p[1], buf, 1), -EAGAIN);
	CHECK_EQ(take(p[0], back, PIPE_BUF - 1), PIPE_BUF - 1);
	CHECK(!(look(p[1]) & POLLOUT));
	CHECK_EQ(take(p[0], back, 1), 1);
	CHECK(look(p[1]) & POLLOUT);
	/* More than PIPE_BUF may go in part. */
	CHECK_EQ(put(p[1], buf, 10000), PIPE_BUF);
	file_put(p[0]);
	file_put(p[1]);
}

static void test_ends(void)
{
	struct file *p[2];

	CHECK_EQ(pipe_create(0, p), 0);
	CHECK_EQ(look(p[0]), 0);
	CHECK_EQ(look(p[1]), POLLOUT | POLLWRNORM);
	CHECK_EQ(put(p[0], buf, 1), -EBADF);
	CHECK_EQ(take(p[1], buf, 1), -EBADF);
	CHECK_EQ(put(p[1], buf, 5), 5);
	CHECK_EQ(look(p[0]), POLLIN | POLLRDNORM);
	file_put(p[1]);
	CHECK_EQ(look(p[0]), POLLIN | POLLRDNORM | POLLHUP);
	CHECK_EQ(take(p[0], back, 100), 5);
	CHECK_EQ(memcmp(buf, back, 5), 0);
	CHECK_EQ(take(p[0], back, 100), 0);
	CHECK_EQ(take(p[0], back, 0), 0);
	file_put(p[0]);

	CHECK_EQ(pipe_create(0, p), 0);
	file_put(p[0]);
	nsigpipes = 0;
	CHECK_EQ(put(p[1], buf, 1), -EPIPE);
	CHECK_EQ(nsigpipes, 1);
	CHECK_EQ(put(p[1], buf, 0), 0);
	CHECK_EQ(nsigpipes, 1);
	CHECK(look(p[1]) & POLLERR);
	file_put(p[1]);
}

/* What another thread does while this one sleeps. */
static struct file *partner;
static unsigned int naps;

static bool partner_writes(void)
{
	naps++;
	CHECK_EQ(put(partner, "abc", 3), 3);
	return true;
}

static bool partner_reads(void)
{
	naps++;
	return take(partner, back, 3000) > 0;
}

static bool partner_closes(void)
{
	if (!partner)
		return false;
	file_put(partner);
	partner = NULL;
	return true;
}

static void test_sleep(void)
{
	struct file *p[2];

	CHECK_EQ(pipe_create(0, p), 0);
	CHECK_EQ(take(p[0], back, 10), -EDEADLK); /* nobody ever writes */
	partner = p[1];
	fake_idle = partner_writes;
	naps = 0;
	CHECK_EQ(take(p[0], back, 10), 3);
	CHECK_EQ(naps, 1);

	/* A writer of more than fits sleeps until it is all written. */
	partner = p[0];
	fake_idle = partner_reads;
	naps = 0;
	CHECK_EQ(put(p[1], buf, 100000), 100000);
	CHECK(naps >= (100000 - 65536) / 3000);

	/* The last writer goes: the reader wakes to the end of file. */
	while (take(p[0], back, 65536) == 65536)
		;
	partner = p[1];
	fake_idle = partner_closes;
	CHECK_EQ(take(p[0], back, 1), 0);
	fake_idle = NULL;
	file_put(p[0]);
}

static bool partner_reads_once(void)
{
	bool is_first = partner != NULL;

	if (is_first)
		CHECK_EQ(take(partner, back, PIPE_BUF), PIPE_BUF);
	partner = NULL;
	return is_first;
}

/* Just enough room wakes a writer; a byte less would not do for it. */
static void test_threshold(void)
{
	struct file *p[2];

	CHECK_EQ(pipe_create(0, p), 0);
	CHECK_EQ(put(p[1], buf, PIPE_SIZE_DEFAULT), PIPE_SIZE_DEFAULT);
	partner = p[0];
	fake_idle = partner_reads_once;
	CHECK_EQ(put(p[1], buf, PIPE_BUF), PIPE_BUF);
	fake_idle = NULL;
	file_put(p[0]);
	file_put(p[1]);
}

static struct file *open_fifo(struct inode *inode, uint32_t flags, int want)
{
	static const struct file_ops none = { FILE_OPS_DEFAULTS("none") };
	struct file *f;
	int err;

	CHECK_EQ(file_create(&(struct file_spec){ .ops = &none,
	                                          .flags = flags,
	                                          .inode = inode },
	                     &f),
	         0);
	err = fifo_open(inode, f);
	CHECK_EQ(err, want);
	if (err < 0) {
		f->ops = &none; /* as open(2) does: no release */
		file_put(f);
		return NULL;
	}
	return f;
}

static void test_fifo(void)
{
	struct inode *inode = file_anon_inode(S_IFIFO | 0600);
	struct file *in, *out;

	CHECK(!open_fifo(inode, O_WRONLY | O_NONBLOCK, -ENXIO));
	CHECK(!open_fifo(inode, O_RDONLY, -EDEADLK)); /* waits for ever */
	CHECK(!inode->special);
	in = open_fifo(inode, O_RDONLY | O_NONBLOCK, 0);
	CHECK_EQ(look(in), 0); /* nobody has come yet: not hung up */
	CHECK_EQ(take(in, back, 1), 0);
	out = open_fifo(inode, O_WRONLY, 0);
	CHECK_EQ(take(in, back, 1), -EAGAIN);
	CHECK_EQ(put(out, buf, 9), 9);
	file_put(out);
	CHECK(look(in) & POLLHUP);
	/* What is left goes when the last end is closed. */
	file_put(in);
	CHECK(!inode->special);
	in = open_fifo(inode, O_RDWR, 0);
	CHECK_EQ(look(in) & (POLLIN | POLLHUP | POLLOUT), POLLOUT);
	file_put(in);
	inode_put(inode);
}

static void test_interrupt(void)
{
	struct file *p[2];

	CHECK_EQ(pipe_create(0, p), 0);
	fake_thread()->work |= WORK_SIGNAL;
	CHECK_EQ(take(p[0], back, 1), -512); /* ERESTARTSYS */
	/* What was written before the signal counts. */
	CHECK_EQ(put(p[1], buf, 70000), 65536);
	CHECK_EQ(put(p[1], buf, 1), -512);
	fake_thread()->work = 0;
	file_put(p[0]);
	file_put(p[1]);
}

static void test_size(void)
{
	static const struct {
		uint64_t ask;
		long got;
	} sizes[] = {
		{ 1, 4096 },
		{ 4097, 8192 },
		{ 1048576, 1048576 },
		{ 1048577, -EPERM },
		{ 0x80000000u, -EINVAL },
		{ 100000, 131072 },
	};
	struct file *p[2];

	CHECK_EQ(pipe_create(O_NONBLOCK, p), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		CHECK_EQ(p[0]->ops->fcntl(p[0], F_SETPIPE_SZ, sizes[i].ask),
		         sizes[i].got);
	/* Straddle the ring's end, then change its size with bytes in it. */
	CHECK_EQ(put(p[1], buf, 131072), 131072);
	CHECK_EQ(take(p[0], back, 100000), 100000);
	CHECK_EQ(put(p[1], buf + 131072, 50000), 50000);
	CHECK_EQ(p[0]->ops->fcntl(p[0], F_SETPIPE_SZ, 65536), -EBUSY);
	CHECK_EQ(p[0]->ops->fcntl(p[0], F_SETPIPE_SZ, 1048576), 1048576);
	CHECK_EQ(put(p[1], buf + 181072, 900000), 900000);
	CHECK_EQ(take(p[0], back, sizeof(back)), 981072);
	CHECK_EQ(memcmp(back, buf + 100000, 981072), 0);
	CHECK_EQ(put(p[1], buf, 3000), 3000);
	CHECK_EQ(p[0]->ops->fcntl(p[0], F_SETPIPE_SZ, 4096), 4096);
	CHECK_EQ(take(p[0], back, 4096), 3000);
	CHECK_EQ(memcmp(back, buf, 3000), 0);
	file_put(p[0]);
	file_put(p[1]);
}

/* User memory that ends in the middle. */
static void test_fault(void)
{
	char __user *mem = fake_user_alloc(8192);
	struct file *p[2];
	struct iov it;

	CHECK_EQ(copy_to_user(mem, buf, 8192), 0);
	CHECK_EQ(pipe_create(O_NONBLOCK, p), 0);
	iov_init_user(&it, user_ptr(0x10), 100);
	CHECK_EQ(file_write(p[1], &it), -EFAULT);
	CHECK_EQ(look(p[0]), 0);
	iov_init_user(&it, mem, 8192);
	CHECK_EQ(file_write(p[1], &it), 8192);
	iov_init_user(&it, user_ptr(0x10), 100);
	CHECK_EQ(file_read(p[0], &it), -EFAULT);
	CHECK_EQ(take(p[0], back, 8192), 8192); /* nothing was lost */
	CHECK_EQ(memcmp(back, buf, 8192), 0);
	file_put(p[0]);
	file_put(p[1]);
}

static void test_no_memory(void)
{
	struct file *p[2];
	uint64_t n;

	for (n = 1;; n++) {
		int err;

		fake_fault_alloc(n);
		err = pipe_create(O_NONBLOCK, p);
		if (err == 0)
			break;
		CHECK_EQ(err, -ENOMEM);
	}
	CHECK(n > 3);
	fake_fault_alloc(1);
	CHECK_EQ(put(p[1], buf, 10), -ENOMEM);
	CHECK_EQ(put(p[1], buf, 10), 10);
	/* The ring can't grow: the pipe stays as small as it is. */
	fake_fault_alloc(1);
	CHECK_EQ(put(p[1], buf, 4090), -EAGAIN);
	CHECK_EQ(p[1]->ops->fcntl(p[1], F_GETPIPE_SZ, 0), 4096);
	CHECK_EQ(put(p[1], buf, 4086), 4086);
	fake_fault_alloc(0);
	file_put(p[0]);
	file_put(p[1]);
}

static void test_eventfd(void)
{
	uint64_t v = UINT64_MAX;
	struct file *f;

	CHECK_EQ(eventfd_create(3, O_NONBLOCK, &f), 0);
	CHECK_EQ(take(f, &v, 7), -EINVAL);
	CHECK_EQ(take(f, &v, 8), 8);
	CHECK_EQ(v, 3);
	CHECK_EQ(take(f, &v, 8), -EAGAIN);
	CHECK_EQ(look(f), POLLOUT | POLLWRNORM);
	v = UINT64_MAX;
	CHECK_EQ(put(f, &v, 8), -EINVAL);
	v = UINT64_MAX - 1;
	CHECK_EQ(put(f, &v, 8), 8);
	CHECK_EQ(look(f), POLLIN | POLLRDNORM);
	v = 1;
	CHECK_EQ(put(f, &v, 8), -EAGAIN);
	file_put(f);

	CHECK_EQ(eventfd_create(2, O_NONBLOCK | EFD_SEMAPHORE, &f), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(take(f, &v, 8), 8);
		CHECK_EQ(v, 1);
	}
	CHECK_EQ(take(f, &v, 8), -EAGAIN);
	file_put(f);
}

/* A file that gets ready while it is looked at for the first time. */
static struct waitq racer_queue;
static unsigned int racer_looks;

static uint32_t racer_poll(struct file *f __unused, struct poll_table *pt)
{
	poll_wait(pt, &racer_queue);
	if (racer_looks++)
		return POLLIN;
	waitq_wake(&racer_queue, WAKE_ALL, POLLIN);
	return 0;
}

static void test_poll_race(void)
{
	struct file_ops ops = { .poll = racer_poll };
	struct file f = { .ops = &ops };
	struct poll_entry e = { .ref.file = &f, .events = POLLIN };

	waitq_init(&racer_queue);
	CHECK_EQ(poll_entries(&e, 1, NO_DEADLINE), 1);
	CHECK_EQ(racer_looks, 2);
}

/* More than the waiters at hand and one chunk of more. */
enum { MANY = 100 };

static void test_poll(void)
{
	struct poll_entry e[MANY];
	struct file *p[2];
	size_t i;

	CHECK_EQ(pipe_create(0, p), 0);
	for (i = 0; i < ARRAY_SIZE(e); i++)
		e[i] = (struct poll_entry){ .ref.file = p[0],
			                    .events = POLLIN };
	CHECK_EQ(poll_entries(e, MANY, 0), 0);
	CHECK_EQ(poll_entries(e, MANY, 5000000000ull), 0); /* at the deadline */
	CHECK_EQ(poll_entries(e, MANY, NO_DEADLINE), -EDEADLK);
	partner = p[1];
	fake_idle = partner_writes;
	CHECK_EQ(poll_entries(e, MANY, NO_DEADLINE), MANY);
	CHECK_EQ(e[MANY - 1].revents, POLLIN);
	fake_idle = NULL;
	/* The tenth needs more waiters than are at hand, and memory for them. */
	CHECK_EQ(take(p[0], back, 100), 3);
	fake_fault_alloc(1);
	CHECK_EQ(poll_entries(e, MANY, NO_DEADLINE), -ENOMEM);
	fake_fault_alloc(0);
	CHECK(list_empty(&p[0]->watchers));
	file_put(p[0]);
	file_put(p[1]);
}

int main(void)
{
	rig_up();
	sigpipe_set_sender(count_signal);
	fill();
	stream_all();
	test_atomic();
	test_ends();
	test_sleep();
	test_threshold();
	test_fifo();
	test_interrupt();
	test_size();
	test_fault();
	test_no_memory();
	test_eventfd();
	test_poll_race();
	test_poll();
	return rig_down();
}
