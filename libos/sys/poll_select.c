/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll_select.c - select(2) and pselect(2): poll with bitmaps.
 */
#include "base/bitmap.h"
#include "base/string.h"
#include "libos/fs/fdtable.h"
#include "libos/ipc/poll_set.h"
#include "libos/libos_errno.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/poll_time.h"
#include "libos/sys/syscalls_gen.h"

enum select_set { SET_IN, SET_OUT, SET_EX, SET_COUNT };

/* select(2), "Correspondence between select() and poll() notifications". */
static const uint32_t set_events[SET_COUNT] = {
	[SET_IN] = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
	[SET_OUT] = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
	[SET_EX] = POLLPRI,
};

struct select_call {
	size_t nfds;
	size_t size; /* bytes of one bitmap: whole words, as fd_set has */
	unsigned long *sets[SET_COUNT];
	struct poll_entry *entries;
	size_t count;
	void __user *user[SET_COUNT];
};

static int load_sets(struct select_call *c)
{
	unsigned long *words = kcalloc(SET_COUNT, MAX(c->size, sizeof(long)));

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < SET_COUNT; i++) {
		c->sets[i] = words + i * (c->size / sizeof(long));
		if (c->user[i] && c->size &&
		    copy_from_user(c->sets[i], c->user[i], c->size)) {
			kfree(words);
			return -EFAULT;
		}
	}
	return 0;
}

static int store_sets(const struct select_call *c)
{
	for (size_t i = 0; i < SET_COUNT; i++)
		if (c->user[i] && c->size &&
		    copy_to_user(c->user[i], c->sets[i], c->size))
			return -EFAULT;
	return 0;
}

static uint32_t wanted(const struct select_call *c, size_t fd)
{
	uint32_t events = 0;

	for (size_t i = 0; i < SET_COUNT; i++)
		if (bitmap_test(c->sets[i], fd))
			events |= set_events[i];
	return events;
}

static size_t count_wanted(const struct select_call *c)
{
	size_t n = 0;

	for (size_t fd = 0; fd < c->nfds; fd++)
		n += wanted(c, fd) != 0;
	return n;
}

static void entries_end(struct select_call *c)
{
	for (size_t i = 0; i < c->count; i++)
		fd_return(c->entries[i].ref);
	kfree(c->entries);
}

static int entries_begin(struct thread *self, struct select_call *c)
{
	c->entries = kcalloc(count_wanted(c), sizeof(*c->entries));
	if (!c->entries)
		return -ENOMEM;
	for (size_t fd = 0; fd < c->nfds; fd++) {
		uint32_t events = wanted(c, fd);
		struct poll_entry *e;

		if (!events)
			continue;
		e = &c->entries[c->count]; /* behind the last there is none */
		e->events = events;
		e->fd = (int)fd;
		e->ref = fd_borrow(self->files, (int)fd);
		if (!e->ref.file) {
			entries_end(c);
			return -EBADF;
		}
		c->count++;
	}
	return 0;
}

/* Leave in the sets what holds; how many bits that is. */
static long take_results(struct select_call *c)
{
	long bits = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct poll_entry *e = &c->entries[i];

		for (size_t s = 0; s < SET_COUNT; s++) {
			if (!bitmap_test(c->sets[s], (size_t)e->fd))
				continue;
			if (e->revents & set_events[s])
				bits++;
			else
				bitmap_clear(c->sets[s], (size_t)e->fd);
		}
	}
	return bits;
}

static long select_loaded(struct thread *self, struct select_call *c,
                          uint64_t deadline_ns)
{
	long n;
	int err;

	err = entries_begin(self, c);
	if (err < 0)
		return err;
	n = poll_entries(c->entries, c->count, deadline_ns);
	if (n >= 0) {
		n = take_results(c);
		err = store_sets(c);
		if (err < 0)
			n = err;
	}
	entries_end(c);
	return n;
}

/* Numbers above the table's capacity are not open: Linux ignores them too. */
static long select_until(struct thread *self, struct select_call *c, int nfds,
                         uint64_t deadline_ns)
{
	long n;
	int err;

	if (nfds < 0)
		return -EINVAL;
	c->nfds = MIN((size_t)nfds, (size_t)READ_ONCE(self->files->capacity));
	c->size = BITMAP_WORDS(c->nfds) * sizeof(long);
	err = load_sets(c);
	if (err < 0)
		return err;
	n = select_loaded(self, c, deadline_ns);
	kfree(c->sets[0]);
	return n == -ERESTARTSYS ? -ERESTARTNOHAND : n;
}

/*
 * select(2) - wait for descriptors in three sets.
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EFAULT EINTR EINVAL ENOMEM.
 */
long sys_select(struct thread *self, int nfds, void __user *in,
                void __user *out, void __user *ex, void __user *timeout)
{
	struct select_call c = { .user = { in, out, ex } };
	uint64_t deadline;
	long n;
	int err;

	err = deadline_get(timeout, TIME_USEC, &deadline);
	if (err < 0)
		return err;
	n = select_until(self, &c, nfds, deadline);
	deadline_put(timeout, TIME_USEC, deadline);
	return n;
}

/* The sixth argument of pselect6(2): there is no seventh. */
struct sigset_arg {
	uint64_t set;
	uint64_t size;
};

/*
 * pselect6(2) - the same with nanoseconds and a signal mask.
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EFAULT EINTR EINVAL ENOMEM.
 */
long sys_pselect6(struct thread *self, int nfds, void __user *in,
                  void __user *out, void __user *ex, void __user *timeout,
                  void __user *sigmask)
{
	struct select_call c = { .user = { in, out, ex } };
	struct sigset_arg arg = { 0 };
	uint64_t deadline;
	long n;
	int err;

	if (sigmask && copy_from_user(&arg, sigmask, sizeof(arg)))
		return -EFAULT;
	err = deadline_get(timeout, TIME_NSEC, &deadline);
	if (err < 0)
		return err;
	err = poll_mask_begin(self, user_ptr(arg.set), arg.size);
	if (err < 0)
		return err;
	n = select_until(self, &c, nfds, deadline);
	deadline_put(timeout, TIME_NSEC, deadline);
	return poll_mask_end(self, n);
}
