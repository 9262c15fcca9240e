/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inode.h - a file as such, without name and without position.
 *
 * A file system embeds struct inode in its own struct, fills it with
 * inode_init(), and gives it operations.  References: the creator holds one;
 * when the last is put, ops->release() frees the whole struct.
 *
 * lock is shared by readers of data and attributes and exclusive for writers;
 * lock order: a directory before what lies in it.  mode, uid, gid, size, rdev
 * and times may be read without it where an old value does no harm.
 *
 * No slot of an operations table is NULL: a kind that cannot do a thing names
 * one of the inode_no_xxx() refusals below.
 *
 *               dir->lock     inode->lock    on failure
 *  lookup       yes, or none  -              *ret untouched
 *  create       exclusive     -              directory unchanged
 *  link         exclusive     exclusive      directory unchanged
 *  unlink       exclusive     exclusive      directory unchanged
 *  rename       exclusive(2)  victim: excl.  both directories unchanged
 *  setattr      -             exclusive      nothing changed
 *  getattr      -             shared
 *  get_link     -             -
 *  open         -             -              file not opened
 *  xattr        -             exclusive or shared
 *  release      nobody else has a reference
 */
#pragma once

#include "base/compiler.h"
#include "base/list.h"
#include "base/types.h"
#include "libos/fs/uapi.h"
#include "libos/sched/mutex.h"

struct fs_cred;
struct dentry;
struct file;
struct file_ops;
struct inode;
struct lock_list;
struct mount;
struct path;
struct superblock;

/* One component of a path: not NUL-terminated. */
struct name {
	const char *text;
	size_t size;
};

/* stat(2) and statx(2) before they take the ABI's form. */
struct kstat {
	uint64_t dev, ino, rdev;
	uint32_t mode, nlink, uid, gid;
	int64_t size;
	int64_t blocks; /* of 512 bytes */
	uint32_t block_size;
	int64_t atime_ns, mtime_ns, ctime_ns, btime_ns; /* since the epoch */
};

struct kstatfs {
	uint64_t type, block_size, blocks, blocks_free, files, files_free;
	uint64_t flags;
};

/* What setattr shall change. */
enum iattr_mask {
	IATTR_MODE = 1u << 0,
	IATTR_UID = 1u << 1,
	IATTR_GID = 1u << 2,
	IATTR_SIZE = 1u << 3,
	IATTR_ATIME = 1u << 4,
	IATTR_MTIME = 1u << 5
};

struct iattr {
	uint32_t mask;
	uint32_t mode; /* permission bits only */
	uint32_t uid, gid;
	int64_t size;
	int64_t atime_ns, mtime_ns;
};

/* What a new directory entry shall be. */
struct create_spec {
	uint32_t mode; /* type and permission bits, umask applied */
	uint32_t uid, gid;
	uint64_t rdev;           /* device nodes */
	const char *link_target; /* symbolic links */
	bool never_named;        /* O_TMPFILE with O_EXCL: no link(2) later */
};

/*
 * Where a symbolic link leads.  Either text, which the walk resolves and frees
 * with kfree() if owned; or jump, a place that needs no walk (/proc/self/fd/3):
 * jump holds references that the caller drops, and text, which may be NULL, is
 * only what readlink(2) shows instead of the place's path ("pipe:[7]").
 */
struct link_target {
	const char *text;
	bool owned;
	bool is_jump;
	struct dentry *jump_dentry;
	struct mount *jump_mnt;
};

struct rename_args {
	struct inode *old_dir, *new_dir;
	struct dentry *old;      /* what moves                      */
	struct dentry *victim;   /* what it replaces, or swaps with; or NULL */
	const struct name *name; /* the new one                     */
	uint32_t flags;          /* RENAME_xxx                      */
};

struct inode_ops {
	const char *name; /* for traces, unique */
	int (*lookup)(struct inode *dir, const struct name *name,
	              struct inode **ret);
	/* Any type but a hard link: files, directories, nodes, links. */
	int (*create)(struct inode *dir, const struct name *name,
	              const struct create_spec *spec, struct inode **ret);
	/* A file without a name, for O_TMPFILE. */
	int (*tmpfile)(struct inode *dir, const struct create_spec *spec,
	               struct inode **ret);
	int (*link)(struct inode *dir, const struct name *name,
	            struct inode *inode);
	/* Also for directories, which the caller found to be empty. */
	int (*unlink)(struct inode *dir, struct dentry *child);
	int (*rename)(const struct rename_args *args);
	int (*get_link)(struct inode *inode, struct link_target *ret);
	int (*setattr)(struct inode *inode, const struct iattr *attr);
	int (*getattr)(struct inode *inode, struct kstat *ret);
	/* The last step of open(2): may replace f->ops and set f->private. */
	int (*open)(struct inode *inode, struct file *f);
	/* Size of the value or list; *size 0 only asks.  -ERANGE, -ENODATA. */
	long (*getxattr)(struct inode *inode, const char *name, void *value,
	                 size_t size);
	int (*setxattr)(struct inode *inode, const char *name,
	                const void *value, size_t size, uint32_t flags);
	long (*listxattr)(struct inode *inode, char *list, size_t size);
	int (*removexattr)(struct inode *inode, const char *name);
	void (*release)(struct inode *inode);
};

enum inode_flags {
	/*
	 * A directory whose names are made up at each lookup (/proc): nothing
	 * found in it is remembered.
	 */
	INODE_VOLATILE = 1u << 0,
	/*
	 * A directory whose entries are all in memory as dentries, each pinned
	 * by its name: what the cache does not have does not exist.
	 */
	INODE_PINNED = 1u << 1,
	/* Reading does not touch atime. */
	INODE_NOATIME = 1u << 2,
	/* Has been looked up by inotify: events are worth reporting. */
	INODE_WATCHED = 1u << 3
};

struct super_ops {
	const char *name; /* file system type, as /proc/mounts has it */
	int (*statfs)(struct superblock *sb, struct kstatfs *ret);
};

/* One instance of a file system. */
struct superblock {
	const struct super_ops *ops;
	uint64_t dev;
	uint64_t next_ino; /* atomic; see super_new_ino() */
	uint32_t flags;
	void *private;
};

#define SUPER_RDONLY 1u

struct inode {
	int32_t refs;   /* atomic */
	uint32_t flags; /* enum inode_flags; atomic */
	struct superblock *sb;
	const struct inode_ops *ops;
	const struct file_ops *fops; /* what open gives its files */
	uint64_t ino;
	uint64_t rdev;
	void *special; /* of fifos, sockets, devices: their opener's */
	struct lock_list *locks; /* flock.h; under its own lock */
	struct list aliases;     /* dentries of this inode; under dcache_lock */
	int32_t writers; /* atomic; files open for writing, or -(executing) */

	struct rwlock lock;
	/* Under lock. */
	uint32_t mode;
	uint32_t uid, gid;
	uint32_t nlink;
	int64_t size;
	int64_t atime_ns, mtime_ns, ctime_ns, btime_ns;
};

/* A superblock with a device number of its own. */
void super_init(struct superblock *sb, const struct super_ops *ops);
uint64_t super_new_ino(struct superblock *sb);

/*
 * inode_init - make @inode a file of @sb with one reference, one link, all
 * times now, and a fresh inode number.  @mode has type and permission bits.
 */
void inode_init(struct inode *inode, struct superblock *sb,
                const struct inode_ops *ops, const struct file_ops *fops,
                uint32_t mode);
struct inode *inode_get(struct inode *inode);
void inode_put(struct inode *inode); /* NULL is fine */

/* May @cred do @may (MAY_READ | MAY_WRITE | MAY_EXEC)?  0, -EACCES, -EROFS. */
int __must_check inode_permission(const struct inode *inode,
                                  const struct fs_cred *cred, uint32_t may);
/* Is @cred root or the owner? */
bool inode_is_owner(const struct inode *inode, const struct fs_cred *cred);

/* Fill what every inode has; for getattr. */
void inode_stat(const struct inode *inode, struct kstat *ret);
/* Apply all of @attr but the size, and ctime; for setattr. */
void inode_apply(struct inode *inode, const struct iattr *attr);
/* The clock for timestamps. */
int64_t inode_now_ns(void);
void inode_touch_mtime(struct inode *inode); /* mtime and ctime; exclusive */
void inode_touch_atime(struct inode *inode); /* relatime; shared is enough */

/* Refusals and plain answers for tables. */
int inode_no_lookup(struct inode *dir, const struct name *name,
                    struct inode **ret); /* -ENOTDIR */
int inode_no_entry(struct inode *dir, const struct name *name,
                   struct inode **ret); /* -ENOENT: a pinned directory */
int inode_no_create(struct inode *dir, const struct name *name,
                    const struct create_spec *spec,
                    struct inode **ret); /* -EPERM */
int inode_no_tmpfile(struct inode *dir, const struct create_spec *spec,
                     struct inode **ret); /* -EOPNOTSUPP */
int inode_no_link(struct inode *dir, const struct name *name,
                  struct inode *inode);                       /* -EPERM */
int inode_no_unlink(struct inode *dir, struct dentry *child); /* -EPERM */
int inode_no_rename(const struct rename_args *args);          /* -EPERM */
int inode_no_get_link(struct inode *inode,
                      struct link_target *ret); /* -EINVAL */
int inode_no_setattr(struct inode *inode,
                     const struct iattr *attr); /* -EPERM */
int inode_simple_setattr(struct inode *inode, const struct iattr *attr);
int inode_simple_getattr(struct inode *inode, struct kstat *ret);
int inode_simple_open(struct inode *inode, struct file *f); /* 0 */
long inode_no_getxattr(struct inode *inode, const char *name, void *value,
                       size_t size); /* -EOPNOTSUPP, as the next three */
int inode_no_setxattr(struct inode *inode, const char *name, const void *value,
                      size_t size, uint32_t flags);
long inode_no_listxattr(struct inode *inode, char *list, size_t size); /* 0 */
int inode_no_removexattr(struct inode *inode, const char *name);
