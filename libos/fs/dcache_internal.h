/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dcache_internal.h - the name cache, for the files of fs/ that share its lock.
 */
#pragma once

#include "libos/fs/dentry.h"
#include "libos/sched/spinlock.h"

/* "." and ".." have the cookies 0 and 1; end of a directory is beyond all. */
#define DENTRY_COOKIE_FIRST 2

/* RANK_DCACHE: names, the tree they form, and the mount tree. */
extern struct spinlock dcache_lock;

void dcache_fini(void);

/* As dentry_create(), with a name that outlives the dentry: not copied. */
struct dentry *dentry_create_static(struct dentry *parent,
                                    const struct name *name,
                                    struct inode *inode);

/*
 * The first child of a pinned directory with that cookie or a later one, or
 * NULL.  Borrowed: the caller holds the directory's lock.
 */
struct dentry *dentry_child_from(struct dentry *dir, uint64_t cookie);

void dentry_prune(struct dentry *root);

/* getdents of a pinned directory. */
struct dir_ctx;
int dentry_readdir(struct file *f, struct dir_ctx *ctx);
