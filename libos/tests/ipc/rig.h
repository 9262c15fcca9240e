/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig.h - the floor of these tests: fs and ipc started, and short words for
 * reading and writing kernel memory through files.
 */
#pragma once

#include <string.h>

#include "base/errno.h"
#include "libos/fs/file.h"
#include "libos/fs/fs.h"
#include "libos/ipc/ipc.h"
#include "libos/sched/thread.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/fake/fake.h"

static inline void rig_up(void)
{
	fake_init(&fake_default);
	CHECK_EQ(fs_init(), 0);
	ipc_init();
}

static inline int rig_down(void)
{
	fs_fini();
	return fake_fini() | check_result();
}

static inline long put(struct file *f, const void *src, size_t size)
{
	struct iov it;

	iov_init_kernel(&it, (void *)(uintptr_t)src, size);
	return file_write(f, &it);
}

static inline long take(struct file *f, void *dst, size_t size)
{
	struct iov it;

	iov_init_kernel(&it, dst, size);
	return file_read(f, &it);
}

static inline uint32_t look(struct file *f)
{
	return f->ops->poll(f, NULL);
}
