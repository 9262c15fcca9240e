/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procfs.h - /proc as programs read it at start and as tools expect it.
 *
 * The mount point is made here; what processes look like is filled in by
 * proc/ through procfs_set_ops().
 */
#pragma once

#include "base/compiler.h"

struct dentry;

/* The root of a new /proc, for mount_attach(). */
int __must_check procfs_create(struct dentry **ret_root);
