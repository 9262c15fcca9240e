/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_internal.h - the mount tree, for the rest of fs/.
 */
#pragma once

struct mount;
struct superblock;

/* A mount that shows @sb, or NULL.  Under dcache_lock; borrowed. */
struct mount *mount_find_locked(const struct superblock *sb);

/* Forget the root mount; nothing may be mounted on it any more. */
void mount_fini(void);
