/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_internal.h - how fs/ itself makes open files.
 */
#pragma once

#include "libos/fs/file.h"

int file_init(void);
void file_fini(void);

/*
 * An open file of @inode at @p (or without a name: NULL), which is what open
 * does before the inode's own open.  Takes its own references.
 */
int file_alloc(struct inode *inode, struct path *p, const struct file_ops *ops,
               uint32_t flags, struct file **ret);
/* Undo file_alloc() of a file that was never opened: no release. */
void file_discard(struct file *f);

/* Count as a writer of the inode: 0 or -ETXTBSY. */
int __must_check inode_writer_get(struct inode *inode);
void inode_writer_put(struct inode *inode);
/* Keep writers out: 0 or -ETXTBSY. */
int __must_check inode_deny_writers(struct inode *inode);
void inode_allow_writers(struct inode *inode);

/* namei.c: what a fifo, a device or a socket does when it is opened. */
int node_open(struct inode *inode, struct file *f);
