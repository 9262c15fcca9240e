/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootindex.h - reading the index of the measured root, entry by entry.
 *
 * The index has the measured digest when this code sees it; it is parsed as if
 * it had not, so that a faulty image tool gives a reason and not a crash.
 */
#pragma once

#include "abi/rootidx.h"
#include "base/compiler.h"
#include "base/cursor.h"
#include "base/types.h"

struct root_entry {
	struct rootidx_entry e; /* a copy: entries are not aligned */
	const char *path;       /* e.path_size bytes, into the index */
	const char *target;     /* e.target_size bytes */
	const uint8_t *digests; /* e.n_chunks of ROOTIDX_DIGEST bytes */
	const uint8_t *sites_digest;
};

struct root_index {
	struct cursor cursor;
	uint64_t body_size;
	uint32_t n_entries;
	uint32_t next; /* number of the entry that root_index_next() gives */
	/* The path before: entries are sorted. */
	const char *last_path;
	size_t last_size;
};

/* 0 or -EBADMSG. */
int __must_check root_index_open(struct root_index *x, struct cspan bytes,
                                 uint64_t body_size);
/* 1: an entry, checked; 0: the end, and nothing is left over; -EBADMSG. */
int __must_check root_index_next(struct root_index *x, struct root_entry *ret);
