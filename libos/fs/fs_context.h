/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fs_context.h - a thread's root, working directory, umask and credentials.
 *
 * Shared by threads made with CLONE_FS, else copied.
 */
#pragma once

#include "libos/fs/cred.h"
#include "libos/fs/dentry.h"
#include "libos/sched/spinlock.h"

struct thread;

struct fs_context {
	int32_t refs;
	struct spinlock lock; /* the rest; RANK_LEAF */
	uint32_t umask;
	struct path root;
	struct path cwd;
	struct fs_cred *cred;
};

/* At the mount root, with @cred's reference taken over. */
struct fs_context *fs_context_create(struct fs_cred *cred, uint32_t umask);
struct fs_context *fs_context_copy(struct fs_context *fs);
struct fs_context *fs_context_get(struct fs_context *fs);
void fs_context_put(struct fs_context *fs); /* NULL is fine */

/* With references for the caller. */
struct path fs_context_root(struct fs_context *fs);
struct path fs_context_cwd(struct fs_context *fs);
struct fs_cred *fs_context_cred(struct fs_context *fs);

/* These take their own reference to @p, and take over the one to @c. */
void fs_context_set_root(struct fs_context *fs, struct path *p);
void fs_context_set_cwd(struct fs_context *fs, struct path *p);
void fs_context_set_cred(struct fs_context *fs, struct fs_cred *c);

static inline uint32_t fs_context_umask(const struct fs_context *fs)
{
	return READ_ONCE(fs->umask);
}
