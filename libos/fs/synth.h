/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth.h - files and directories whose content is made up when asked for.
 *
 * For procfs, sysfs and devfs.  A tree is described by tables:
 *
 *	static const struct synth_entry proc_root[] = {
 *		{ .name = "uptime", .mode = S_IFREG | 0444,
 *		  .show = show_uptime },
 *		{ .name = "self", .mode = S_IFLNK | 0777,
 *		  .readlink = link_self },
 *		{ .name = "sys", .mode = S_IFDIR | 0555,
 *		  .entries = proc_sys, .nentries = ARRAY_SIZE(proc_sys) },
 *		{ .name = "null", .mode = S_IFCHR | 0666, .rdev = ...,
 *		  .fops = &null_ops },
 *	};
 *
 * A regular file with show: the text is made whole at the first read of an
 * open file (or at a read from position 0) and then read from memory.  Names
 * that come and go (/proc/PID, /proc/PID/fd/N) are a directory with
 * synth_dir_ops, looked up afresh each time.
 *
 * @key is 64 bits of the owner's (a pid, a pid and an fd; not 0) that each
 * entry below a dynamic name inherits, so that callbacks know whom they speak
 * for.  Below the root, and where nothing is dynamic, it is 0.
 *
 * Callbacks may sleep and take any lock but RANK_FILE_POS; owner and lookup are
 * called without any lock of the file system, show and next may run under the
 * position's.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/fs/file.h"
#include "libos/fs/inode.h"

/* Grows as text is added; after a failed allocation only counts. */
struct synth_text {
	char *data;
	size_t size;
	size_t capacity;
	bool failed;
};

__printf(2, 3) void synth_print(struct synth_text *t, const char *fmt, ...);
void synth_write(struct synth_text *t, const void *data, size_t size);

struct synth_entry;

/* A name found or listed in a dynamic directory. */
struct synth_found {
	const struct synth_entry *entry; /* what it is; its name is not used */
	uint64_t key;
};

struct synth_dir_ops {
	/* 0 and *ret, or -ENOENT. */
	int (*lookup)(uint64_t key, const struct name *name,
	              struct synth_found *ret);
	/*
	 * The first name at or behind cursor *pos (0 at first): writes it to
	 * @name, moves *pos behind it; 0, or -ENOENT at the end.
	 */
	int (*next)(uint64_t key, uint64_t *pos, char name[NAME_MAX + 1],
	            struct synth_found *ret);
};

struct synth_entry {
	const char *name;
	uint32_t mode; /* type and permission bits */
	uint64_t rdev;
	/* Regular files: 0 or -errno. */
	int (*show)(uint64_t key, struct synth_text *t);
	/* Regular files that can be written: @size bytes at once; 0, -errno. */
	int (*store)(uint64_t key, const char *data, size_t size);
	/* Symbolic links: text, or a jump. */
	int (*readlink)(uint64_t key, struct link_target *ret);
	/* Owner of files below a dynamic name; NULL: root. */
	void (*owner)(uint64_t key, uint32_t *ret_uid, uint32_t *ret_gid);
	/* Directories: a table, a function, or both (table first). */
	const struct synth_entry *entries;
	size_t nentries;
	const struct synth_dir_ops *dir;
	/* Anything else: operations of the open file; open may refuse. */
	const struct file_ops *fops;
	int (*open)(uint64_t key, struct file *f);
};

/* The key an inode was made with; only for inodes of synth trees. */
uint64_t synth_inode_key(const struct inode *inode);
const struct synth_entry *synth_inode_entry(const struct inode *inode);

/*
 * A file system whose root directory is @root.  @sb_ops names it; @magic is
 * what statfs reports.  Gives a root dentry for mount_attach().
 */
int __must_check synth_create(const char *type, uint64_t magic,
                              const struct synth_entry *root,
                              struct dentry **ret_root);
