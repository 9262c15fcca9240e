/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe.c - system calls that make descriptors in pairs and counters.
 */
#include "libos/ipc/pipe.h"

#include "base/errno.h"
#include "libos/fs/fdtable.h"
#include "libos/ipc/eventfd.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/thread.h"
#include "libos/sys/syscalls_gen.h"

/* Both numbers, or none.  Nobody sees the files before both are written. */
static int reserve_two(struct fdtable *t, uint32_t flags, int32_t fds[2])
{
	int fd = fd_reserve(t, 0, flags);

	if (fd < 0)
		return fd;
	fds[0] = fd;
	fd = fd_reserve(t, 0, flags);
	if (fd < 0) {
		fd_release(t, fds[0]);
		return fd;
	}
	fds[1] = fd;
	return 0;
}

static int install_two(struct fdtable *t, uint32_t flags, struct file *ends[2],
                       int32_t __user *ret_fds)
{
	int32_t fds[2];
	int err = reserve_two(t, flags, fds);

	if (err < 0)
		return err;
	if (copy_to_user(ret_fds, fds, sizeof(fds))) {
		fd_release(t, fds[0]);
		fd_release(t, fds[1]);
		return -EFAULT;
	}
	fd_install(t, fds[0], ends[0]);
	fd_install(t, fds[1], ends[1]);
	return 0;
}

/*
 * pipe2(2) - a pipe as two descriptors.
 *
 * Status: no packet mode.  Sleeps: yes.  Errors: EINVAL EFAULT EMFILE ENOMEM.
 */
long sys_pipe2(struct thread *self, int32_t __user *fds, int flags)
{
	struct file *ends[2];
	int err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	err = pipe_create((uint32_t)flags, ends);
	if (err < 0)
		return err;
	err = install_two(self->files, (uint32_t)flags & O_CLOEXEC, ends, fds);
	if (err < 0) {
		file_put(ends[0]);
		file_put(ends[1]);
	}
	return err;
}

/* pipe(2).  Status: full.  Sleeps: yes.  Errors: EFAULT EMFILE ENOMEM. */
long sys_pipe(struct thread *self, int32_t __user *fds)
{
	return sys_pipe2(self, fds, 0);
}

/* eventfd2(2).  Status: full.  Sleeps: no.  Errors: EINVAL EMFILE ENOMEM. */
long sys_eventfd2(struct thread *self, uint32_t count, int flags)
{
	struct file *f;
	int err;

	if (flags & ~(int)(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE))
		return -EINVAL;
	err = eventfd_create(count, (uint32_t)flags, &f);
	if (err < 0)
		return err;
	return fd_install_new(self->files, f, (uint32_t)flags & O_CLOEXEC, 0);
}

/* eventfd(2).  Status: full.  Sleeps: no.  Errors: EMFILE ENOMEM. */
long sys_eventfd(struct thread *self, uint32_t count)
{
	return sys_eventfd2(self, count, 0);
}
