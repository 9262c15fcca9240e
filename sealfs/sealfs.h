/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealfs.h - sealed volumes: a file system in one file of an untrusted host.
 *
 * Everything but the few plain bytes of superblock headers is encrypted and
 * authenticated, names and sizes included.  Pointers carry the tag of what they
 * point to, so a volume is one Merkle tree below its superblock: the host can
 * take it away, or give an old one back whole, but not change it.  SPEC.md has
 * the format and what it promises.
 *
 * Life of a volume:
 *
 *	err = sealfs_format(&host, &options);
 *	err = sealfs_mount(&host, &options, &v);
 *	...
 *	err = sealfs_sync(v);              // all of it is on the host's disk
 *	sealfs_unmount(v);                 // forgets what was not synced
 *
 * Copy on write: nothing that the last commit refers to is ever overwritten.
 * A commit writes blocks, waits, writes one superblock slot, waits; a crash
 * leaves the last commit, whole.
 *
 * Locking: none here.  The caller serialises all calls on one volume.  Calls
 * may sleep in the host's read, write and flush.
 *
 * Freestanding, the same in the enclave and in tools: no allocation but through
 * struct sealfs_host, no global state.
 *
 * Errors, besides each function's own:
 *
 *   -EIO       the host failed, or reached a length it should not have
 *   -EBADMSG   a block is not what was written: changed, swapped or stale
 *   -EUCLEAN   authentic and yet nonsense: a fault of whoever wrote it
 *   -ENOMEM    the host's alloc
 *   -EROFS     mounted read-only, or made so by SEALFS_TAG_FAILURES_MAX forged
 *              blocks, or by a failure in the middle of a change
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "sealfs/format.h"

enum {
	SEALFS_KEY_SIZE = 32,
	SEALFS_TAG_FAILURES_MAX = 16,
};

struct sealfs;

/*
 * What a volume needs from whoever embeds it.  Blocks have SEALFS_BLOCK_SIZE
 * bytes; all functions return 0 or -errno; @arg is the first argument of each.
 *
 * read must fill all of @dst or fail; what it fills in is not believed.  After a
 * flush all that was written before it survives a crash; until then each
 * write may survive whole, torn or not at all, in any order.
 */
struct sealfs_host {
	void *arg;
	int (*read)(void *arg, uint64_t block, size_t nblocks, void *dst);
	int (*write)(void *arg, uint64_t block, size_t nblocks,
	             const void *src);
	int (*flush)(void *arg);
	/*
	 * Memory that the host of an enclave cannot see, aligned for any type.
	 * release() is given the size that was asked for.
	 */
	void *(*alloc)(void *arg, size_t size);
	void (*release)(void *arg, void *p, size_t size);
	/* Bytes that keys may be made of. */
	int (*random)(void *arg, void *dst, size_t size);
	/* Nanoseconds since 1970, for the times of files. */
	int64_t (*now_ns)(void *arg);
};

struct sealfs_options {
	/* Wraps the volume's secret; see sealfs_rekey(). */
	uint8_t key[SEALFS_KEY_SIZE];
	/* Format: 0 is SEALFS_AES_256_GCM.  Mount: 0 takes any. */
	uint32_t suite;
	/* Format: the size.  Mount: ignored. */
	uint64_t nblocks;
	/* Format: a name for people, NUL-padded. */
	char label[SEALFS_LABEL_SIZE];
	/* Mount: SEALFS_MOUNT_xxx. */
	uint32_t flags;
};

enum sealfs_mount_flags {
	/* Writes nothing at all; what is in the intent log is not seen. */
	SEALFS_MOUNT_RDONLY = 1u << 0,
};

/* What statfs(2) and people ask. */
struct sealfs_info {
	uint8_t volume_id[SEALFS_ID_SIZE];
	char label[SEALFS_LABEL_SIZE + 1];
	uint32_t suite;
	uint32_t epoch;
	uint64_t generation; /* of the last commit */
	uint64_t nblocks;
	uint64_t nfree; /* blocks that files may still have */
	uint64_t ninodes;
	int64_t created_ns;
	int64_t committed_ns;
	bool rdonly;
	uint32_t ntag_failures;
};

/*
 * sealfs_format - make an empty volume of options->nblocks blocks.
 *
 * -EINVAL for a size or suite that cannot be.  What was on the device before is
 * lost once this succeeds; where it fails no volume may be left.
 */
__must_check int sealfs_format(const struct sealfs_host *host,
                               const struct sealfs_options *options);

/*
 * sealfs_mount - find the newest commit and go on from there.
 *
 * A writable mount starts a new epoch and commits it before it returns.  @host
 * must outlive the volume, @options need not.
 *
 * -EINVAL where no superblock is, -EKEYREJECTED if the key is not the volume's,
 * -EOPNOTSUPP if the volume wants what this code does not have.
 */
__must_check int sealfs_mount(const struct sealfs_host *host,
                              const struct sealfs_options *options,
                              struct sealfs **ret_volume);

/* Forget the volume.  What sealfs_sync() has not written is lost. */
void sealfs_unmount(struct sealfs *v);

/*
 * sealfs_sync - commit: all changes so far survive, and none of them partly.
 *
 * After an error nothing is lost: they are still in memory, and the next call
 * tries again.
 */
__must_check int sealfs_sync(struct sealfs *v);

void sealfs_info(const struct sealfs *v, struct sealfs_info *ret_info);

/*
 * sealfs_rekey - wrap the volume's secret under @new_key instead of @old_key.
 *
 * On a volume that nobody has mounted.  Two blocks are written, one after the
 * other, so a crash leaves at least one of the keys valid.
 */
__must_check int sealfs_rekey(const struct sealfs_host *host,
                              const uint8_t old_key[SEALFS_KEY_SIZE],
                              const uint8_t new_key[SEALFS_KEY_SIZE]);
