/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig.h - a small instance of the file system for a test: a root, a thread
 * with descriptors, and ways to take it all down and see that nothing is left.
 */
#pragma once

#include "base/types.h"
#include "fake.h"
#include "libos/fs/dentry.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/fs_context.h"
#include "libos/fs/uapi.h"
#include "libos/sys/syscalls_gen.h"

#define T (&fake_thread)

/* An empty tmpfs as the root; 0 or -errno with nothing left over. */
int rig_up(void);
/* The same over a given root dentry, whose reference is taken over. */
int rig_up_root(struct dentry *root);
void rig_down(void);

/* Become @uid and @gid without groups. */
void rig_become(uint32_t uid, uint32_t gid);

/* Whole files: exit on trouble, for setting things up. */
void rig_file(const char *path, const char *text);
void rig_dir(const char *path);
/* The content of @path in a static buffer, or "<-errno>". */
const char *rig_cat(const char *path);
/* Entries of a directory but the dots, sorted, with spaces between. */
const char *rig_ls(const char *path);
