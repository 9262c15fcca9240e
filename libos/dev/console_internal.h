/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "libos/fs/file.h"
#include "libos/hostcall/hostcall.h"

#define CONSOLE_COUNT 3

/* One host descriptor; lives for ever. */
struct console {
	uint32_t fd;
	uint32_t kind;          /* enum hc_fdkind; 0: not asked yet */
	uint32_t flags;         /* O_ACCMODE and O_APPEND of the host's file */
	struct waitq ready;     /* the host reported readiness */
	struct mutex seek_lock; /* the host's position, for pread and pwrite */
	struct inode inode;
};

static inline struct console *console_of(const struct file *f)
{
	return f->private;
}

long console_ioctl(struct file *f, uint32_t cmd, uint64_t arg);
