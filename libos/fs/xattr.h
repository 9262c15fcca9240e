/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xattr.h - extended attributes kept in memory (xattr(7)).
 *
 * A short list for each inode that has any; the inode's lock guards it.
 */
#pragma once

#include "base/compiler.h"
#include "base/list.h"
#include "base/types.h"

/* Bytes of names and values one inode may have: bounds what a program takes. */
#define XATTRS_BYTES_MAX (256 * 1024)

struct xattrs {
	struct list list;
	size_t bytes;
};

void xattrs_init(struct xattrs *x);
void xattrs_fini(struct xattrs *x);

/* Size of the value; @size 0 only asks.  -ENODATA, -ERANGE. */
long __must_check xattrs_get(const struct xattrs *x, const char *name,
                             void *value, size_t size);
/* XATTR_CREATE: -EEXIST; XATTR_REPLACE: -ENODATA; -ENOSPC. */
int __must_check xattrs_set(struct xattrs *x, const char *name,
                            const void *value, size_t size, uint32_t flags);
/* Names, each with its NUL. */
long __must_check xattrs_list(const struct xattrs *x, char *list, size_t size);
int __must_check xattrs_remove(struct xattrs *x, const char *name);
