/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfs.h - files in memory; also what the measured root turns into.
 *
 * Names are pinned dentries, file data is pages (pages.h).  All node types,
 * hard links, xattrs, O_TMPFILE, holes, seals.
 */
#pragma once

#include "libos/fs/inode.h"

struct tmpfs_options {
	uint64_t max_bytes;  /* 0: no limit of its own */
	uint64_t max_inodes; /* 0: no limit of its own */
	uint32_t mode;       /* of the root directory, permission bits */
	uint32_t uid, gid;
};

/* An empty tmpfs; gives a root dentry for mount_attach(). */
int __must_check tmpfs_create(const struct tmpfs_options *opts,
                              struct dentry **ret_root);
/*
 * "size=64M,mode=1777,nr_inodes=100,uid=..,gid=.." as mount(8) has it.  -EINVAL
 * for what is not understood.
 */
int __must_check tmpfs_parse(const char *text, size_t size,
                             struct tmpfs_options *ret);

/* memfd_create(2), and kernel users of anonymous shared memory: SysV shm. */
int __must_check tmpfs_memfd(const char *name, uint32_t flags,
                             struct file **ret);
