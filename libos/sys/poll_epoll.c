/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll_epoll.c - the system calls of epoll(7).
 */
#include "base/errno.h"
#include "libos/fs/fdtable.h"
#include "libos/ipc/epoll.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/poll_time.h"
#include "libos/sys/syscalls_gen.h"

/* Linux: EP_MAX_EVENTS, what fits an int in bytes. */
#define EVENTS_MAX (INT32_MAX / (int)sizeof(struct epoll_event))

/* epoll_create1(2).  Status: full.  Sleeps: no.  Errors: EINVAL EMFILE ENOMEM. */
long sys_epoll_create1(struct thread *self, int flags)
{
	struct file *f;
	int err;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	err = epoll_create_file(&f);
	if (err < 0)
		return err;
	return fd_install_new(self->files, f, (uint32_t)flags, 0);
}

/* epoll_create(2).  Status: full.  Sleeps: no.  Errors: EINVAL EMFILE ENOMEM. */
long sys_epoll_create(struct thread *self, int size)
{
	return size > 0 ? sys_epoll_create1(self, 0) : -EINVAL;
}

static long control(struct file *ep, const struct epoll_change *c)
{
	if (!c->file)
		return -EBADF;
	if (!file_is_epoll(ep))
		return -EINVAL;
	return epoll_change(ep, c);
}

/*
 * epoll_ctl(2) - change what an instance watches.
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EEXIST EFAULT EINVAL ELOOP ENOENT
 * ENOMEM EPERM.
 */
long sys_epoll_ctl(struct thread *self, int epfd, int op, int fd,
                   void __user *event)
{
	struct epoll_change c = { .op = op, .fd = fd };
	struct fd_ref ep;
	long ret;

	if (op != EPOLL_CTL_DEL &&
	    copy_from_user(&c.event, event, sizeof(c.event)))
		return -EFAULT;
	ep = fd_borrow(self->files, epfd);
	if (!ep.file)
		return -EBADF;
	/* Counted: the item is of an open file, as long as this takes. */
	c.file = fd_get(self->files, fd);
	ret = control(ep.file, &c);
	file_put(c.file);
	fd_return(ep);
	return ret;
}

static long wait_until(struct thread *self, int epfd, void __user *events,
                       int maxevents, uint64_t deadline_ns)
{
	struct fd_ref ep;
	long n;

	if (maxevents <= 0 || maxevents > EVENTS_MAX)
		return -EINVAL;
	ep = fd_borrow(self->files, epfd);
	if (!ep.file)
		return -EBADF;
	if (file_is_epoll(ep.file))
		n = epoll_collect(ep.file, events, maxevents, deadline_ns);
	else
		n = -EINVAL;
	fd_return(ep);
	return n;
}

/*
 * epoll_wait(2) - events of what an instance watches.
 *
 * Status: full.  Sleeps: yes.  Errors: EBADF EFAULT EINTR EINVAL.
 */
long sys_epoll_wait(struct thread *self, int epfd, void __user *events,
                    int maxevents, int timeout_ms)
{
	return wait_until(self, epfd, events, maxevents,
	                  deadline_of_ms(timeout_ms));
}

static long masked_wait(struct thread *self, int epfd, void __user *events,
                        int maxevents, uint64_t deadline_ns,
                        const void __user *sigmask, size_t sigset_size)
{
	int err = poll_mask_begin(self, sigmask, sigset_size);

	if (err < 0)
		return err;
	return poll_mask_end(
		self, wait_until(self, epfd, events, maxevents, deadline_ns));
}

/* epoll_pwait(2).  Status: full.  Sleeps: yes.  Errors: as epoll_wait(2). */
long sys_epoll_pwait(struct thread *self, int epfd, void __user *events,
                     int maxevents, int timeout_ms, void __user *sigmask,
                     size_t sigset_size)
{
	return masked_wait(self, epfd, events, maxevents,
	                   deadline_of_ms(timeout_ms), sigmask, sigset_size);
}

/* epoll_pwait2(2).  Status: full.  Sleeps: yes.  Errors: as epoll_wait(2). */
long sys_epoll_pwait2(struct thread *self, int epfd, void __user *events,
                      int maxevents, void __user *timeout, void __user *sigmask,
                      size_t sigset_size)
{
	uint64_t deadline;
	int err = deadline_get(timeout, TIME_NSEC, &deadline);

	if (err < 0)
		return err;
	return masked_wait(self, epfd, events, maxevents, deadline, sigmask,
	                   sigset_size);
}
