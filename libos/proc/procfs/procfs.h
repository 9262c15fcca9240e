/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procfs.h - /proc and /sys as programs read them at start and as tools expect
 * them.
 *
 * Texts are made when they are read.  What is shown of a process is what its
 * owner may see: environ, maps' contents, fd and the like are the owner's.
 *
 *	err = procfs_create(&root);
 *	err = mount_attach(&at, root, 0, "proc");
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct dentry;

/* The root of a new /proc, or /sys, for mount_attach().  0 or -ENOMEM. */
int __must_check procfs_create(struct dentry **ret_root);
int __must_check sysfs_create(struct dentry **ret_root);

/*
 * Who counts the calls that came through patched sites, and through faults: for
 * /proc/occlum/syscalls.  Once, at boot.
 */
void procfs_set_syscall_counts(void (*counts)(uint64_t *ret_patched,
                                              uint64_t *ret_trapped));
