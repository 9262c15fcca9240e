/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount.h - which file system is seen where.
 *
 * One mount tree for the instance.  Mounts are made at boot from the measured
 * config and by mount(2) of root; a mount lives as long as it is attached or
 * somebody's path refers to it.
 */
#pragma once

#include "base/list.h"
#include "libos/fs/dentry.h"

enum mount_flags {
	/* The values of MS_xxx, mount(2). */
	MOUNT_RDONLY = 1,
	MOUNT_NOSUID = 2,
	MOUNT_NODEV = 4,
	MOUNT_NOEXEC = 8
};

struct mount {
	int32_t refs;
	uint32_t flags;
	int32_t id;
	struct mount *parent; /* NULL at the top; under dcache_lock */
	struct dentry *point; /* in parent's file system            */
	struct dentry *root;
	struct superblock *sb;
	const char *source; /* for /proc/mounts; a literal or owned by sb */
	struct list node;   /* of all attached mounts */
};

/* The top of the tree; its references are the caller's to get. */
struct path mount_root(void);

/* Make @root (a reference is taken over) the root of everything; once. */
int __must_check mount_set_root(struct dentry *root, uint32_t flags,
                                const char *source);
/* Attach at @at, which is a directory.  Takes over the reference to @root. */
int __must_check mount_attach(struct path *at, struct dentry *root,
                              uint32_t flags, const char *source);
/* Detach what is mounted as @mnt; -EBUSY with mounts below, -EINVAL the root. */
int __must_check mount_detach(struct mount *mnt);

struct mount *mount_get(struct mount *m);
void mount_put(struct mount *m);

/*
 * Step from @p into what is mounted there, as often as needed; *p's references
 * are exchanged.  True if it moved.
 */
bool mount_enter(struct path *p);
/* From the root of a mount to where it is mounted; false at the very top. */
bool mount_leave(struct path *p);

/* Call @func for each attached mount in order; stops at the first non-zero. */
int mount_for_each(int (*func)(const struct mount *m, void *arg), void *arg);
