/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfs_internal.h - the structs of tmpfs, for its files and for rootfs.c.
 */
#pragma once

#include "libos/fs/filedata.h"
#include "libos/fs/inode.h"
#include "libos/fs/rootchunk.h"
#include "libos/fs/tmpfs.h"
#include "libos/fs/xattr.h"
#include "libos/mm/object.h"

/* What Linux's tmpfs adds to a directory's size for each entry. */
#define TMPFS_ENTRY_SIZE 20

struct tmpfs_super {
	struct superblock sb;
	struct page_quota pages;
	uint64_t ninodes; /* atomic; the last one to go frees all this */
	uint64_t max_inodes;
	/* The measured root only; what root_free releases. */
	void (*root_free)(struct tmpfs_super *ts);
	void *root;
};

/* Any kind but a regular file. */
struct tmpfs_inode {
	struct inode inode;
	struct xattrs xattrs; /* under inode.lock */
	bool can_link; /* O_TMPFILE without O_EXCL: link(2) may name it */
	char *link;    /* symbolic links; of a memfd what /proc shows */
};

struct tmpfs_file {
	struct tmpfs_inode t;
	uint32_t seals; /* F_SEAL_xxx; under inode.lock */
	struct filedata data;
	struct vm_object object;
};

extern const struct inode_ops tmpfs_inode_ops;
extern const struct file_ops tmpfs_file_ops;
extern const struct file_ops tmpfs_dir_ops;
extern const struct file_ops tmpfs_node_ops;
extern const struct vm_object_ops tmpfs_object_ops;

static inline struct tmpfs_super *tmpfs_super(const struct inode *inode)
{
	return container_of(inode->sb, struct tmpfs_super, sb);
}

static inline struct tmpfs_inode *tmpfs_inode(struct inode *inode)
{
	return container_of(inode, struct tmpfs_inode, inode);
}

/* Only for S_ISREG(inode->mode). */
static inline struct tmpfs_file *tmpfs_file(struct inode *inode)
{
	return container_of(inode, struct tmpfs_file, t.inode);
}

struct tmpfs_super *tmpfs_super_create(const struct tmpfs_options *opts);
/* While there is no inode yet. */
void tmpfs_super_destroy(struct tmpfs_super *ts);

/* A new inode of any kind; -ENOSPC. */
int __must_check tmpfs_inode_create(struct tmpfs_super *ts,
                                    const struct create_spec *spec,
                                    struct inode **ret);

/* After the size of a file has been set: data, mappings, times. */
int __must_check tmpfs_resize(struct tmpfs_file *tf, int64_t size);

void tmpfs_release(struct inode *inode);

/* The internal instance that memfd_create(2) uses. */
int tmpfs_init(void);
void tmpfs_fini(void);
