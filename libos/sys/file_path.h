/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_path.h - paths as arguments of system calls.
 *
 *	struct path_arg a;
 *	long ret;
 *
 *	ret = path_arg_get(&a, upath);
 *	if (ret < 0)
 *		return ret;
 *	...a.text...
 *	path_arg_put(&a);
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/fs/namei.h"

/* Most paths fit here, and need no allocation. */
#define PATH_ARG_SMALL 192

struct path_arg {
	char *text;
	char small[PATH_ARG_SMALL];
};

/* Copy @upath in, once: 0, -EFAULT, -ENAMETOOLONG, -ENOMEM. */
int __must_check path_arg_get(struct path_arg *a, const char __user *upath);
void path_arg_put(struct path_arg *a);

/* path_lookup() of a user's path. */
int __must_check user_lookup(struct thread *self, int dirfd,
                             const char __user *upath, uint32_t flags,
                             struct path *ret);
/*
 * The same for calls with AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH in @at_flags,
 * where an empty path means any descriptor, also one without a name.
 */
int __must_check user_lookup_at(struct thread *self, int dirfd,
                                const char __user *upath, uint32_t at_flags,
                                struct path *ret);
/* The place of an open descriptor, O_PATH or not: -EBADF. */
int __must_check user_lookup_fd(struct thread *self, int fd, struct path *ret);
