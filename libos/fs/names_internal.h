/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names_internal.h - what removing and renaming have in common.
 */
#pragma once

#include "libos/fs/namei_internal.h"

/*
 * Walk to the last name of @path, which is to change.  @dots is the answer for
 * "/", "." and ".."; 0 lets them pass.  On success the caller ends @s.
 */
int __must_check names_begin(struct steps *s, struct walk *w, const char *path,
                             int dots, struct name *ret);

/* Permission, the sticky bit, nothing mounted: may @child leave @dir? */
int __must_check names_may_remove(const struct path *dir,
                                  const struct dentry *child,
                                  const struct fs_cred *cred);

/* Take @child out of @dir, whose lock is held exclusively. */
int __must_check names_remove_locked(struct inode *dir, struct dentry *child);
