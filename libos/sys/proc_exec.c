/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_exec.c - execve and execveat.
 */
#include "base/errno.h"
#include "libos/fs/uapi.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/exec.h"
#include "libos/proc/process.h"
#include "libos/sys/syscalls_gen.h"

#define EXEC_PATH_MAX 4096

static int copy_strings(struct exec_args *args, uint64_t argv, uint64_t envp)
{
	int ret;

	ret = exec_args_add_user(args, argv, &args->argc);
	/* Programs index argv[0] without a look: Linux makes one up too. */
	if (ret == 0 && args->argc == 0)
		ret = exec_args_add(args, "", &args->argc);
	if (ret == 0)
		ret = exec_args_add_user(args, envp, &args->envc);
	return ret;
}

/* All strings are copied, then nothing of the old memory is looked at. */
static long exec_common(struct thread *self, struct exec_request *req,
                        uint64_t argv, uint64_t envp)
{
	uint64_t stack = process_rlimit(self->process, RLIMIT_STACK);
	struct exec_args args;
	int ret;

	exec_args_init(&args, exec_args_limit(stack));
	req->args = &args;
	ret = copy_strings(&args, argv, envp);
	if (ret == 0)
		ret = exec_replace(self, req);
	exec_args_fini(&args);
	return ret;
}

long sys_execveat(struct thread *self, int dirfd, const char __user *upath,
                  uint64_t argv, uint64_t envp, uint32_t flags)
{
	struct exec_request req = { .dirfd = dirfd, .flags = flags };
	char *path;
	long ret;

	if (flags & ~(uint32_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	path = kmalloc(EXEC_PATH_MAX);
	if (!path)
		return -ENOMEM;
	ret = copy_string_from_user(path, EXEC_PATH_MAX, upath);
	if (ret >= 0) {
		req.path = path;
		ret = exec_common(self, &req, argv, envp);
	}
	kfree(path);
	return ret;
}

long sys_execve(struct thread *self, const char __user *path, uint64_t argv,
                uint64_t envp)
{
	return sys_execveat(self, AT_FDCWD, path, argv, envp, 0);
}
