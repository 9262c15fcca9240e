/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll.c - poll(2) and ppoll(2).
 */
#include "libos/fs/fdtable.h"
#include "libos/ipc/poll_set.h"
#include "libos/libos_errno.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/signal/signal.h"
#include "libos/sys/poll_time.h"
#include "libos/sys/syscalls_gen.h"

/* So many descriptors need no memory of the heap. */
#define POLL_INLINE 16

struct pollfd {
	int32_t fd;
	int16_t events;
	int16_t revents;
};
static_assert(sizeof(struct pollfd) == 8, "poll(2)");

struct poll_call {
	struct pollfd __user *fds;
	uint32_t nfds;
	struct poll_entry *entries;
	struct poll_entry small[POLL_INLINE];
};

/* poll(2): a negative number is skipped, a bad one is reported. */
static void entry_begin(struct thread *self, struct poll_entry *e,
                        const struct pollfd *p)
{
	*e = (struct poll_entry){ .fd = p->fd, .events = (uint16_t)p->events };
	if (p->fd < 0)
		return;
	e->ref = fd_borrow(self->files, p->fd);
	if (!e->ref.file)
		e->revents = POLLNVAL;
}

static void entries_end(struct poll_call *c, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (c->entries[i].ref.file)
			fd_return(c->entries[i].ref);
	if (c->entries != c->small)
		kfree(c->entries);
}

static int entries_begin(struct thread *self, struct poll_call *c)
{
	struct pollfd p;

	c->entries = c->small;
	if (c->nfds > POLL_INLINE)
		c->entries = kcalloc(c->nfds, sizeof(*c->entries));
	if (!c->entries)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->nfds; i++) {
		if (copy_from_user(&p, c->fds + i, sizeof(p))) {
			entries_end(c, i);
			return -EFAULT;
		}
		entry_begin(self, &c->entries[i], &p);
	}
	return 0;
}

/* Only revents: another thread may change the rest meanwhile. */
static int store_revents(const struct poll_call *c)
{
	for (uint32_t i = 0; i < c->nfds; i++)
		if (put_user_u16((uint16_t __user *)&c->fds[i].revents,
		                 (uint16_t)c->entries[i].revents))
			return -EFAULT;
	return 0;
}

static long poll_until(struct thread *self, struct pollfd __user *fds,
                       uint32_t nfds, uint64_t deadline_ns)
{
	struct poll_call c = { .fds = fds, .nfds = nfds };
	long n;
	int err;

	if (nfds > READ_ONCE(self->files->limit))
		return -EINVAL;
	err = entries_begin(self, &c);
	if (err < 0)
		return err;
	n = poll_entries(c.entries, nfds, deadline_ns);
	if (n >= 0) {
		err = store_revents(&c);
		if (err < 0)
			n = err;
	}
	entries_end(&c, nfds);
	return n;
}

static long poll_restart(struct thread *self, struct restart_block *rb);

/* Should no handler run, go on until the same deadline: signal(7). */
static long poll_again(struct thread *self, struct pollfd __user *fds,
                       uint32_t nfds, uint64_t deadline_ns)
{
	long n = poll_until(self, fds, nfds, deadline_ns);

	if (n != -ERESTARTSYS)
		return n;
	self->sig->restart = (struct restart_block){
		.func = poll_restart,
		.deadline_ns = deadline_ns,
		.uaddr = user_addr(fds),
		.val = nfds,
	};
	return -ERESTART_BLOCK;
}

static long poll_restart(struct thread *self, struct restart_block *rb)
{
	return poll_again(self, (struct pollfd __user *)user_ptr(rb->uaddr),
	                  rb->val, rb->deadline_ns);
}

/*
 * poll(2) - wait for events on descriptors.
 *
 * Status: full.  Sleeps: yes.  Errors: EFAULT EINTR EINVAL ENOMEM.
 */
long sys_poll(struct thread *self, void __user *fds, uint32_t nfds,
              int timeout_ms)
{
	return poll_again(self, fds, nfds, deadline_of_ms(timeout_ms));
}

/*
 * ppoll(2) - the same with nanoseconds, and a signal mask for its duration.
 *
 * Status: full.  Sleeps: yes.  Errors: EFAULT EINTR EINVAL ENOMEM.
 */
long sys_ppoll(struct thread *self, void __user *fds, uint32_t nfds,
               void __user *timeout, void __user *sigmask, size_t sigset_size)
{
	uint64_t deadline;
	long n;
	int err;

	err = deadline_get(timeout, TIME_NSEC, &deadline);
	if (err < 0)
		return err;
	err = poll_mask_begin(self, sigmask, sigset_size);
	if (err < 0)
		return err;
	n = poll_until(self, fds, nfds, deadline);
	if (n == -ERESTARTSYS)
		n = -ERESTARTNOHAND;
	deadline_put(timeout, TIME_NSEC, deadline);
	return poll_mask_end(self, n);
}
