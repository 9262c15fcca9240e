/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.h - sees each access to host memory, and may change that memory
 * between two of them.
 *
 *	monitor_watch(shared, size);
 *	monitor_close();        // from here on every access is seen
 *	... kernel code ...
 *	monitor_open();         // the host's turn
 *
 * Watched pages are made inaccessible.  An access faults, is recorded, and is
 * let through alone by single-stepping the instruction (each round of a string
 * instruction by itself); then monitor_hook, if set, may change any byte, and
 * the pages are closed again.  So "the host changes a field between two reads"
 * happens at every read, not now and then.
 *
 * A fault at an instruction in the kernel's exception table goes to its fixup,
 * as in the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MONITOR_LOG_MAX = 8192,
};

struct monitor_access {
	uintptr_t addr; /* of its first byte */
	bool is_write;
};

extern struct monitor_access monitor_log[MONITOR_LOG_MAX];
extern size_t monitor_count; /* accesses since monitor_reset() */

/* Called after each access, with all pages open.  NULL: nothing. */
extern void (*monitor_hook)(const struct monitor_access *access);

/* Install the handlers.  Once. */
void monitor_init(void);
/* Watch @size bytes, whole pages, too.  Up to eight ranges. */
void monitor_watch(void *start, size_t size);
/* Open all, and watch nothing. */
void monitor_forget(void);
void monitor_close(void);
void monitor_open(void);
void monitor_reset(void);

/*
 * The first address in [start, start + size) that was read twice since
 * monitor_reset(), or 0.
 */
uintptr_t monitor_read_twice(const void *start, size_t size);
