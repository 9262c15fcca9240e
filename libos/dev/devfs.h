/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devfs.h - /dev: null zero full random urandom tty console fd stdin stdout
 * stderr core shm pts.
 *
 * The devices are kernel code; nothing here asks the host but the terminal.
 * A node made by mknod(2) elsewhere opens the same devices by its number.
 */
#pragma once

#include "base/compiler.h"

struct dentry;

/* The root of a new /dev, for mount_attach(). */
int __must_check devfs_create(struct dentry **ret_root);
