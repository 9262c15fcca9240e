/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll_set.h - wait for the first of several files: poll(2) and select(2).
 *
 *	struct poll_entry e[2] = {
 *		{ .file = a, .events = POLLIN },
 *		{ .file = b, .events = POLLOUT },
 *	};
 *
 *	n = poll_entries(e, 2, NO_DEADLINE);	<- e[i].revents say which
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/fs/fdtable.h"

struct poll_entry {
	struct fd_ref ref; /* file NULL: skipped, revents stay as they are */
	int fd;
	uint32_t events; /* wanted; errors and hang-ups always are */
	uint32_t revents;
};

/*
 * Sleep until an entry has something or the monotonic @deadline_ns (0: only
 * look).  How many have: entries whose revents are not 0, also those that the
 * caller filled in.  0 at the deadline; -ERESTARTSYS, -ENOMEM.
 */
long __must_check poll_entries(struct poll_entry *entries, size_t count,
                               uint64_t deadline_ns);
