/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - site tables of files of the measured root.
 *
 * A table is measured like its file, so a wrong one is the owner's own; it is
 * checked all the same, because the kernel writes by it.  Tables are kept for
 * ever: there are no more of them than the root has programs.
 */
#pragma once

#include "abi/sites.h"
#include "base/compiler.h"
#include "base/types.h"

struct content_id;
struct vm_object;

/* Is it a table (abi/sites.h) for a file of @file_size bytes?  0 or -EBADMSG. */
int __must_check site_table_check(const void *bytes, size_t size,
                                  uint64_t file_size);

struct site_table {
	struct site_table *next;
	uint64_t id[4];
	void *bytes; /* the whole table; NULL: there is none */
	const struct site *sites;
	uint32_t count;
};

/*
 * The table of @obj, whose contents are @id; NULL: it has none, or it can't be
 * had now.  The caller serialises.  May sleep.
 */
const struct site_table *site_table_get(struct vm_object *obj,
                                        const struct content_id *id);

/* Index of the first site at or behind @offset. */
uint32_t site_table_from(const struct site_table *t, uint64_t offset);

uint64_t site_table_total(void);
/* Forget all.  For tests. */
void site_table_fini(void);
