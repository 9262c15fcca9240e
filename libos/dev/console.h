/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.h - the standard streams that the host passed in.
 *
 * Host descriptors 0, 1 and 2, of whatever kind the host says they are.  Reads
 * and writes are non-blocking host calls; where one would block, the thread
 * sleeps until the host reports readiness.  What comes in is the host's word
 * and what goes out the host sees: nothing here is confidential.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct file;

/* An open file on host descriptor @hostfd (0, 1, 2).  0 or -ENOMEM. */
int __must_check console_open(uint32_t hostfd, struct file **ret);

/* The host says that these descriptors became ready: wakes who waits. */
void console_ready(uint64_t fds);
