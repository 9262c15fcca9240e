/* SPDX-License-Identifier: Apache-2.0 */
/*
 * namei.h - from a path to what it names, and the changes of names.
 *
 *	struct walk w;
 *	struct path p;
 *	int ret;
 *
 *	walk_begin(&w, self, dirfd);
 *	ret = path_lookup(&w, "a/b", LOOKUP_FOLLOW, &p);
 *	walk_end(&w);
 *	if (ret < 0)
 *		return ret;
 *	...
 *	path_put(&p);
 *
 * A walk holds where relative paths start, the root and the credentials.
 * Results are new references.  Every call may sleep.
 *
 * Symbolic links are followed up to WALK_LINKS_MAX (Linux: MAXSYMLINKS), then
 * -ELOOP.  Each directory that is passed needs search permission.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/fs/dentry.h"
#include "libos/fs/file.h"

struct fs_context;
struct thread;

#define WALK_LINKS_MAX 40

struct walk {
	struct path root;
	struct path start; /* dentry NULL: see start_error */
	int start_error;   /* what a relative path gets instead */
	struct fs_cred *cred;
	uint32_t resolve; /* RESOLVE_xxx, 0 without openat2 */
	uint32_t umask;
};

enum lookup_flags {
	LOOKUP_FOLLOW = 1u << 0,    /* a link at the end is followed   */
	LOOKUP_DIRECTORY = 1u << 1, /* the result must be a directory  */
	LOOKUP_EMPTY = 1u << 2      /* "" is the start: AT_EMPTY_PATH  */
};

/*
 * Walk as @t does from @dirfd (AT_FDCWD or a descriptor).  A bad descriptor is
 * -EBADF, and one that has no name -ENOTDIR, from the first call that has a
 * relative path: absolute ones never look at it.
 */
void walk_begin(struct walk *w, struct thread *t, int dirfd);
/* The same from a context, at its working directory; cannot fail. */
void walk_begin_fs(struct walk *w, struct fs_context *fs);
void walk_end(struct walk *w);

int __must_check path_lookup(struct walk *w, const char *path, uint32_t flags,
                             struct path *ret);

/*
 * Open as open(2) does, with O_CREAT, O_EXCL, O_TRUNC, O_PATH, O_TMPFILE and
 * so on in @flags; @mode is that of a file to be created, umask not applied.
 */
int __must_check path_open(struct walk *w, const char *path, uint32_t flags,
                           uint32_t mode, struct file **ret);
/* Open what has been found already; permissions are checked. */
int __must_check path_open_at(struct path *p, const struct fs_cred *cred,
                              uint32_t flags, struct file **ret);

/*
 * For execve(2): a regular file that @w's identity may execute, on a mount
 * that allows it, open for reading, with writers kept out (-ETXTBSY) until it
 * is released.  @flags: LOOKUP_FOLLOW.
 */
int __must_check path_open_exec(struct walk *w, const char *path,
                                uint32_t flags, struct file **ret);
/* The same for a file that is open already: fexecve(3). */
int __must_check file_open_exec(struct file *f, const struct fs_cred *cred,
                                struct file **ret);

/* mknod, mkdir, symlink: @spec.mode has type and permission, uid and gid are
 * filled in. */
int __must_check path_create(struct walk *w, const char *path,
                             const struct create_spec *spec);
/* As path_create(), and a reference to the inode: bind(2) of UNIX sockets. */
int __must_check path_create_inode(struct walk *w, const char *path,
                                   const struct create_spec *spec,
                                   struct inode **ret);
int __must_check path_unlink(struct walk *w, const char *path);
int __must_check path_rmdir(struct walk *w, const char *path);
int __must_check path_link(struct path *old, struct walk *w, const char *path);
int __must_check path_rename(struct walk *from, const char *old,
                             struct walk *to, const char *new, uint32_t flags);

int __must_check path_setattr(struct path *p, const struct iattr *attr);
/* Permission, write access to the mount, size limit; for truncate(2). */
int __must_check path_truncate(struct path *p, const struct fs_cred *cred,
                               int64_t size);
int __must_check path_permission(const struct path *p,
                                 const struct fs_cred *cred, uint32_t may);
int __must_check path_stat(const struct path *p, struct kstat *ret);

/* How fifos, sockets and devices open: set once, at boot, by ipc/ and dev/. */
typedef int node_open_func(struct inode *inode, struct file *f);
void fs_set_fifo_open(node_open_func *func);
void fs_set_device_open(node_open_func *func);
