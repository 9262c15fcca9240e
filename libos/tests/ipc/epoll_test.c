/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll_test.c - epoll(7): level, edge and one-shot, changes, nesting, files
 * that go away while they are watched.
 */
#include "libos/ipc/epoll.h"
#include "libos/ipc/eventfd.h"
#include "libos/ipc/pipe.h"
#include "libos/mm/usercopy.h"
#include "libos/tests/ipc/rig.h"

enum { EVENTS = 8 };

static struct epoll_event __user *user_events;
static struct epoll_event got[EVENTS];

static int change(struct file *ep, int op, int fd, struct file *f,
                  uint32_t events)
{
	struct epoll_change c = { .op = op, .fd = fd, .file = f };

	c.event.events = events;
	c.event.data = (uint64_t)fd;
	return epoll_change(ep, &c);
}

static int add(struct file *ep, int fd, struct file *f, uint32_t events)
{
	return change(ep, EPOLL_CTL_ADD, fd, f, events);
}

static long wait_until(struct file *ep, int max, uint64_t deadline)
{
	long n = epoll_collect(ep, user_events, max, deadline);

	memset(got, 0xee, sizeof(got));
	if (n > 0)
		CHECK_EQ(copy_from_user(got, user_events,
		                        (size_t)n * sizeof(got[0])),
		         0);
	return n;
}

static long check(struct file *ep)
{
	return wait_until(ep, EVENTS, 0);
}

static void bump(struct file *f)
{
	uint64_t one = 1;

	CHECK_EQ(put(f, &one, 8), 8);
}

static void drain(struct file *f)
{
	uint64_t v;

	CHECK_EQ(take(f, &v, 8), 8);
}

static struct file *counter(void)
{
	struct file *f = NULL;

	CHECK_EQ(eventfd_create(0, O_NONBLOCK, &f), 0);
	return f;
}

static struct file *instance(void)
{
	struct file *f = NULL;

	CHECK_EQ(epoll_create_file(&f), 0);
	return f;
}

static void test_level(void)
{
	struct file *ep = instance(), *a = counter(), *b = counter();

	CHECK_EQ(add(ep, 1, a, POLLIN), 0);
	CHECK_EQ(add(ep, 1, a, POLLIN), -EEXIST);
	CHECK_EQ(add(ep, 2, b, POLLIN), 0);
	CHECK_EQ(check(ep), 0);
	bump(a);
	CHECK_EQ(check(ep), 1);
	CHECK_EQ(got[0].data, 1);
	CHECK_EQ(got[0].events, POLLIN);
	CHECK_EQ(check(ep), 1); /* still */
	bump(b);
	CHECK_EQ(check(ep), 2);
	/* One at a time: both get their turn. */
	CHECK_EQ(wait_until(ep, 1, 0), 1);
	CHECK_EQ(got[0].data, 1);
	CHECK_EQ(wait_until(ep, 1, 0), 1);
	CHECK_EQ(got[0].data, 2);
	drain(a);
	drain(b);
	CHECK_EQ(check(ep), 0);
	file_put(a);
	file_put(b);
	file_put(ep);
}

static void test_edge(void)
{
	struct file *ep = instance(), *p[2];
	char c[16];

	CHECK_EQ(pipe_create(O_NONBLOCK, p), 0);
	CHECK_EQ(add(ep, 1, p[0], POLLIN | EPOLLET), 0);
	CHECK_EQ(put(p[1], "a", 1), 1);
	CHECK_EQ(check(ep), 1);
	CHECK_EQ(check(ep), 0); /* no new edge */
	CHECK_EQ(put(p[1], "b", 1), 1);
	CHECK_EQ(check(ep), 1); /* one, though it was not empty */
	CHECK_EQ(take(p[0], c, sizeof(c)), 2);
	CHECK_EQ(check(ep), 0);
	file_put(p[1]);
	CHECK_EQ(check(ep), 1);
	CHECK_EQ(got[0].events, POLLHUP);
	file_put(p[0]);
	file_put(ep);
}

static void test_one_shot(void)
{
	struct file *ep = instance(), *a = counter();

	CHECK_EQ(add(ep, 1, a, POLLIN | EPOLLONESHOT), 0);
	bump(a);
	CHECK_EQ(check(ep), 1);
	bump(a);
	CHECK_EQ(check(ep), 0);
	CHECK_EQ(change(ep, EPOLL_CTL_MOD, 1, a, POLLIN | EPOLLONESHOT), 0);
	CHECK_EQ(check(ep), 1);
	CHECK_EQ(check(ep), 0);
	file_put(a);
	file_put(ep);
}

static void test_changes(void)
{
	struct file *ep = instance(), *a = counter();

	CHECK_EQ(change(ep, EPOLL_CTL_MOD, 1, a, POLLIN), -ENOENT);
	CHECK_EQ(change(ep, EPOLL_CTL_DEL, 1, a, 0), -ENOENT);
	CHECK_EQ(change(ep, 9, 1, a, 0), -EINVAL);
	CHECK_EQ(add(ep, 1, ep, POLLIN), -EINVAL);
	CHECK_EQ(add(ep, 1, a, POLLIN | POLLPRI | EPOLLEXCLUSIVE), -EINVAL);
	CHECK_EQ(change(ep, EPOLL_CTL_MOD, 1, a, POLLIN | EPOLLEXCLUSIVE),
	         -EINVAL);
	bump(a);
	CHECK_EQ(add(ep, 1, a, POLLOUT), 0); /* ready when it is added */
	CHECK_EQ(check(ep), 1);
	CHECK_EQ(got[0].events, POLLOUT);
	CHECK_EQ(change(ep, EPOLL_CTL_MOD, 1, a, POLLIN), 0);
	CHECK_EQ(check(ep), 1);
	CHECK_EQ(got[0].events, POLLIN);
	CHECK_EQ(change(ep, EPOLL_CTL_DEL, 1, a, 0), 0);
	CHECK_EQ(check(ep), 0);
	/* The same file by two numbers is two items. */
	CHECK_EQ(add(ep, 1, a, POLLIN), 0);
	CHECK_EQ(add(ep, 2, a, POLLIN | EPOLLEXCLUSIVE), 0);
	CHECK_EQ(change(ep, EPOLL_CTL_MOD, 2, a, POLLIN), -EINVAL);
	CHECK_EQ(check(ep), 2);
	file_put(a); /* closed: both go */
	CHECK_EQ(check(ep), 0);
	file_put(ep);
}

static void test_fault(void)
{
	struct file *ep = instance(), *a = counter();

	CHECK_EQ(add(ep, 1, a, POLLIN | EPOLLET), 0);
	bump(a);
	CHECK_EQ(epoll_collect(ep, user_ptr(0x10), 1, 0), -EFAULT);
	CHECK_EQ(check(ep), 1); /* the edge was not lost */
	CHECK_EQ(check(ep), 0);
	file_put(a);
	file_put(ep);
}

static struct file *partner;

static bool partner_bumps(void)
{
	bump(partner);
	return true;
}

static struct file *added;

static bool partner_adds(void)
{
	added = counter();
	bump(added);
	CHECK_EQ(add(partner, 7, added, POLLIN), 0);
	return true;
}

static void test_sleep(void)
{
	struct file *ep = instance(), *a = counter();

	CHECK_EQ(add(ep, 1, a, POLLIN), 0);
	CHECK_EQ(wait_until(ep, 1, 3000000000ull), 0);
	partner = a;
	fake_idle = partner_bumps;
	CHECK_EQ(wait_until(ep, 1, NO_DEADLINE), 1);
	fake_idle = NULL;
	drain(a);
	fake_thread()->work |= WORK_SIGNAL;
	CHECK_EQ(wait_until(ep, 1, NO_DEADLINE), -EINTR);
	fake_thread()->work = 0;
	file_put(a);
	file_put(ep);
}

static void test_nested(void)
{
	struct file *ep[6], *a = counter();
	int i;

	for (i = 0; i < 6; i++)
		ep[i] = instance();
	CHECK_EQ(add(ep[0], 1, ep[1], POLLIN), 0);
	CHECK_EQ(add(ep[1], 1, ep[0], POLLIN), -ELOOP);
	CHECK_EQ(change(ep[0], EPOLL_CTL_DEL, 1, ep[1], 0), 0);
	file_put(ep[0]);
	ep[0] = instance();
	CHECK_EQ(add(ep[0], 1, a, POLLIN), 0);
	for (i = 1; i < 5; i++)
		CHECK_EQ(add(ep[i], i, ep[i - 1], POLLIN), 0);
	CHECK_EQ(add(ep[5], 5, ep[4], POLLIN), -ELOOP); /* too deep */
	CHECK_EQ(add(ep[0], 9, ep[4], POLLIN), -ELOOP); /* a circle */
	CHECK_EQ(check(ep[4]), 0);
	bump(a);
	CHECK_EQ(check(ep[4]), 1);
	CHECK_EQ(got[0].data, 4);
	CHECK_EQ(check(ep[0]), 1);
	drain(a);
	CHECK_EQ(check(ep[4]), 0);
	/* An instance in the middle is closed. */
	file_put(ep[2]);
	bump(a);
	CHECK_EQ(check(ep[4]), 0);
	CHECK_EQ(check(ep[1]), 1);
	for (i = 0; i < 6; i++)
		if (i != 2)
			file_put(ep[i]);
	file_put(a);
}

static void test_no_memory(void)
{
	struct file *ep, *p[2];
	int err = -1;

	for (uint64_t n = 1; err; n++) {
		fake_fault_alloc(n);
		err = epoll_create_file(&ep);
		if (err)
			CHECK_EQ(err, -ENOMEM);
	}
	fake_fault_alloc(0);
	CHECK_EQ(pipe_create(0, p), 0);
	fake_fault_alloc(1);
	CHECK_EQ(add(ep, 1, p[0], POLLIN), -ENOMEM);
	CHECK(list_empty(&p[0]->watchers));
	CHECK_EQ(add(ep, 1, p[0], POLLIN), 0);
	fake_fault_alloc(0);
	file_put(ep);
	CHECK(list_empty(&p[0]->watchers));
	file_put(p[0]);
	file_put(p[1]);
}

/* A file that is added while another thread waits. */
static void test_add_while_waiting(void)
{
	struct file *ep = instance();

	partner = ep;
	fake_idle = partner_adds;
	CHECK_EQ(wait_until(ep, 1, NO_DEADLINE), 1);
	CHECK_EQ(got[0].data, 7);
	fake_idle = NULL;
	file_put(ep);
	file_put(added);
}

int main(void)
{
	rig_up();
	user_events = fake_user_alloc(4096);
	test_level();
	test_edge();
	test_one_shot();
	test_changes();
	test_fault();
	test_sleep();
	test_nested();
	test_no_memory();
	test_add_while_waiting();
	return rig_down();
}
