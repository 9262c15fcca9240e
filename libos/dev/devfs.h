/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devfs.h - /dev: null zero full random urandom tty console fd stdin stdout
 * stderr shm pts.
 */
#pragma once

#include "base/compiler.h"

struct dentry;

/* The root of a new /dev, for mount_attach(). */
int __must_check devfs_create(struct dentry **ret_root);
