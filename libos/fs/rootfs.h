/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootfs.h - the measured root (abi/rootidx.h).
 *
 * The index is copied in once, hashed, compared with the measured digest and
 * turned into a tmpfs whose regular files are at first backed by the body.  A
 * chunk of the body is read from the host and checked against its digest
 * before any byte of it is used; a mismatch is -EIO for whoever needs it, and
 * one sentence in the log.  Writes go to memory: a page that is written gets
 * memory of its own, so there are no layers, and rename, links and whiteouts
 * are tmpfs's.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/fs/dentry.h"

struct file;
struct vm_object;

struct rootfs_config {
	const uint8_t *index_sha256; /* ROOTIDX_DIGEST bytes */
	uint64_t index_size;
	uint64_t body_size;
	uint64_t cache_bytes; /* for verified chunks; 0: a sensible default */
	/* Copy from the host's index: whole size or -errno. */
	long (*read_index)(void *arg, void *dst, size_t size);
	/* Hostile bytes of the body: 0 or -EIO. */
	int (*read_body)(void *dst, size_t size, uint64_t offset);
	void *arg;
};

/*
 * rootfs_create - load the index and give the root dentry.
 *
 * -EBADMSG: not the measured index, or one that breaks abi/rootidx.h;
 * -ENOMEM; what read_index said.  Nothing of the host's survives a failure.
 */
int __must_check rootfs_create(const struct rootfs_config *config,
                               struct dentry **ret_root);

/*
 * The site table (abi/sites.h) that was measured with an ELF file: verified
 * bytes on the heap, the caller frees them with kfree().  Returns the size, 0
 * if the file has none or was written to, -EIO on a mismatch, -ENOMEM.
 */
long __must_check rootfs_sites(struct file *f, void **ret);
/* The same for a mapped file.  Takes no lock ranked below RANK_ROOT_CHUNKS. */
long __must_check rootfs_object_sites(struct vm_object *obj, void **ret);
