/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_clone.c - clone, clone3, vfork, unshare; the ends of threads.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/clone.h"
#include "libos/proc/process.h"
#include "libos/sys/syscalls_gen.h"

/* Flags of clone3 only, and one that clone(2) ignores and clone3 refuses. */
#define CLONE3_FLAGS (CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP)

long sys_clone(struct thread *self, uint64_t flags, uint64_t stack,
               uint64_t parent_tid, uint64_t child_tid, uint64_t tls)
{
	struct clone_request req = {
		.flags = (uint32_t)flags & ~CSIGNAL,
		.exit_signal = (int)(flags & CSIGNAL),
		.stack = stack,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
	};

	return task_clone(self, &req);
}

long sys_vfork(struct thread *self)
{
	struct clone_request req = {
		.flags = CLONE_VM | CLONE_VFORK,
		.exit_signal = SIGCHLD,
	};

	return task_clone(self, &req);
}

/* struct clone_args (clone3(2)), as of its third version. */
struct clone_args {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};
#define CLONE_ARGS_SIZE_VER0 64
static_assert(sizeof(struct clone_args) == 88, "clone3(2)");

/* What a newer program passes beyond what we know must be zero. */
static int check_tail(const void __user *p, size_t from, size_t size)
{
	uint8_t byte;
	int ret;

	for (; from < size; from++) {
		ret = get_user_u8(&byte, user_ptr(user_addr(p) + from));
		if (ret < 0)
			return ret;
		if (byte)
			return -E2BIG;
	}
	return 0;
}

static int read_clone_args(const void __user *p, size_t size,
                           struct clone_args *ret)
{
	int err;

	if (size > 4096)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	memset(ret, 0, sizeof(*ret));
	err = copy_from_user(ret, p, MIN(size, sizeof(*ret)));
	return err < 0 ? err : check_tail(p, sizeof(*ret), size);
}

static int check_clone_args(const struct clone_args *a)
{
	if (a->flags & (CSIGNAL & ~CLONE_NEWTIME))
		return -EINVAL;
	if ((a->flags & ~(CLONE3_FLAGS | UINT32_MAX)) ||
	    (a->flags & (CLONE_DETACHED | CLONE_NEWTIME)))
		return -EINVAL;
	if (a->exit_signal > NSIG || a->set_tid || a->set_tid_size)
		return -EINVAL;
	if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal)
		return -EINVAL;
	if (!a->stack != !a->stack_size || a->stack + a->stack_size < a->stack)
		return -EINVAL;
	return 0;
}

long sys_clone3(struct thread *self, void __user *args, size_t size)
{
	struct clone_request req;
	struct clone_args a;
	int ret;

	ret = read_clone_args(args, size, &a);
	if (ret == 0)
		ret = check_clone_args(&a);
	if (ret < 0)
		return ret;
	req = (struct clone_request){
		.flags = a.flags,
		.exit_signal = (int)a.exit_signal,
		.stack = a.stack ? a.stack + a.stack_size : 0,
		.parent_tid = a.parent_tid,
		.child_tid = a.child_tid,
		.tls = a.tls,
	};
	return task_clone(self, &req);
}

static int unshare_files(struct thread *self)
{
	struct fdtable *new = fdtable_copy(self->files);

	if (!new)
		return -ENOMEM;
	fdtable_put(thread_files_swap(self, new));
	return 0;
}

static int unshare_fs(struct thread *self)
{
	struct fs_context *new = fs_context_copy(self->fs);

	if (!new)
		return -ENOMEM;
	fs_context_put(thread_fs_swap(self, new));
	return 0;
}

long sys_unshare(struct thread *self, uint64_t flags)
{
	int ret = 0;

	if (flags & ~(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM))
		return flags & CLONE_NAMESPACES ? -EPERM : -EINVAL;
	if (flags & CLONE_FILES)
		ret = unshare_files(self);
	if (ret == 0 && (flags & CLONE_FS))
		ret = unshare_fs(self);
	return ret;
}

long sys_exit(struct thread *self, int code)
{
	thread_exit(self, wait_status_exited(code));
}

/* The caller ends with the others, on its way out. */
long sys_exit_group(struct thread *self, int code)
{
	signal_group_exit(&self->process->sig, wait_status_exited(code));
	return 0;
}

long sys_set_tid_address(struct thread *self, uint64_t addr)
{
	self->clear_child_tid = addr;
	return self->tid;
}

#define ROBUST_HEAD_SIZE 24

long sys_set_robust_list(struct thread *self, uint64_t head, size_t size)
{
	if (size != ROBUST_HEAD_SIZE)
		return -EINVAL;
	self->robust_list = head;
	return 0;
}

long sys_get_robust_list(struct thread *self, int pid, uint64_t __user *head,
                         uint64_t __user *size)
{
	uint64_t list = self->robust_list;
	struct thread *t;
	int ret;

	if (pid) {
		t = thread_lookup(pid);
		if (!t)
			return -ESRCH;
		list = READ_ONCE(t->robust_list);
		thread_put(t);
	}
	ret = put_user_u64(size, ROBUST_HEAD_SIZE);
	return ret < 0 ? ret : put_user_u64(head, list);
}
