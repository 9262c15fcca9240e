/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.h - the standard streams that the host passed in.
 *
 * Host descriptors 0, 1 and 2, of whatever kind the host says they are: a
 * terminal, a pipe, a socket, a regular file, a character device.  fstat(2)
 * shows that kind.  Reads and writes are non-blocking host calls; where one
 * would block, the thread sleeps until the host reports readiness.  What comes
 * in is the host's word and what goes out the host sees: nothing here is
 * confidential.
 *
 * A regular file's position is the host's own, shared with whoever else has
 * the descriptor there, so that `run >> log` appends.
 *
 *	ret = console_open(0, &stdio[0]);
 *	if (ret == -EBADF)
 *		stdio[0] = NULL;	<- the host had it closed
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct file;
struct inode;

/* An open file on host descriptor @hostfd (0, 1, 2).  0, -EBADF or -ENOMEM. */
int __must_check console_open(uint32_t hostfd, struct file **ret);

/*
 * Make @f, which is being opened, a file on the terminal: the first of the
 * standard streams that is one.  0 or -ENXIO.  For /dev/tty.
 */
int __must_check console_open_tty(struct file *f);

/*
 * @node is /dev/console: a terminal's fstat(2) gives its numbers, and
 * /proc/self/fd its name, so that ttyname(3) finds it.
 */
void console_set_node(const struct inode *node);

/* The host says that these descriptors became ready: wakes who waits. */
void console_ready(uint64_t fds);

/*
 * The process group in the foreground of the terminal, tcsetpgrp(3): what the
 * terminal's signals are for.  Before anybody set one, that of the first process.
 */
int32_t console_foreground(void);
