/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synth_internal.h - between the inodes of a synthetic tree and its files.
 */
#pragma once

#include "libos/fs/synth.h"

struct synth_inode {
	struct inode inode;
	const struct synth_entry *entry;
	uint64_t key;
};

static inline struct synth_inode *synth_inode(struct inode *inode)
{
	return container_of(inode, struct synth_inode, inode);
}

extern const struct inode_ops synth_inode_ops;
extern const struct file_ops synth_text_ops;
extern const struct file_ops synth_dir_file_ops;
extern const struct file_ops synth_node_ops;

/* Refuses access that the entry has no function for. */
int __must_check synth_text_open(const struct synth_entry *e, struct file *f);
