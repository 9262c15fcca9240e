/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe.h - pipes and fifos, pipe(7).
 *
 * A ring of bytes between writers and readers.  Up to PIPE_BUF bytes are
 * written at once or not at all.  The limit starts at 64 KiB and is changed by
 * F_SETPIPE_SZ; memory is only taken as bytes need it.
 *
 *	struct file *ends[2];
 *
 *	ret = pipe_create(O_CLOEXEC, ends);	<- [0] to read, [1] to write
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct file;
struct inode;

/* POSIX says at least 512; Linux: a page. */
#define PIPE_BUF 4096
#define PIPE_SIZE_DEFAULT 65536
/* Linux: /proc/sys/fs/pipe-max-size. */
#define PIPE_SIZE_MAX (1024 * 1024)

/* A new pipe; of @flags O_NONBLOCK goes to both ends.  0 or -ENOMEM. */
int __must_check pipe_create(uint32_t flags, struct file *ret[2]);

/*
 * What open(2) does with a fifo, or with a pipe through /proc/PID/fd: waits for
 * the other side unless told not to.  For fs_set_fifo_open().
 */
int __must_check fifo_open(struct inode *inode, struct file *f);
