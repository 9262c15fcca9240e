/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume_internal.h - a mounted volume, and who may do what to it.
 *
 * From the bottom up; each layer calls only what stands before it:
 *
 *   keys     keys from the volume's secret                     keys.c
 *   block    one block through its pointer                     block.c
 *   epoch    the table of epochs, and the keys in use          epoch.c
 *   space    which blocks are free                             space.c
 *   buffer   metadata blocks in memory, dirty and clean        buffer.c
 *   commit   a new superblock over all that is dirty           commit.c
 *   super    superblock slots                                  super.c
 *
 * The rule that keeps it right: a block that is in use by the last commit, or
 * that a durable part of the intent log points to, is not written before the
 * next commit is durable.  space_free() is where it is kept.
 */
#pragma once

#include "base/bitmap.h"
#include "base/list.h"
#include "crypto/gcm.h"
#include "sealfs/pointer.h"
#include "sealfs/sealfs.h"

enum {
	GROUP_WORDS = BITMAP_WORDS(SEALFS_GROUP_BLOCKS),
	/* Keys of epochs that are kept expanded. */
	EPOCH_KEYS = 32,
	/* Blocks that only deletion and commits may use, or 1/64 of all. */
	SPACE_RESERVE_MIN = 96,
	/* Blocks that are sealed together and written with one call. */
	STAGE_BLOCKS = 64,
	BUFFER_HASH = 1024,
	/* Clean metadata that is kept: 16 MiB. */
	BUFFERS_MAX = 4096,
};

/* What all keys of a volume are made from. */
struct identity {
	uint8_t secret[SEALFS_KEY_SIZE];
	uint8_t volume_id[SEALFS_ID_SIZE];
	uint32_t suite;
};

/* A radix tree of blocks in memory: its root, and whose it is. */
struct object {
	struct sealfs *v;
	struct ptr root; /* of a buffered root: as it was last written */
	uint8_t height;
	uint8_t leaf_type;   /* enum sealfs_block_type */
	struct list buffers; /* struct buffer.of_object */
	/* Told when root or height have become other ones; may be NULL. */
	void (*changed)(struct object *o);
};

struct epoch_key {
	uint32_t epoch; /* 0: unused */
	uint64_t used;  /* of v->key_clock */
	struct gcm_key key;
};

/*
 * 128 MiB of the volume.  A block that is in use by the tree that the next
 * commit will write is in used; busy has those and the ones that are free only
 * after that commit.
 */
struct group {
	unsigned long used[GROUP_WORDS];
	unsigned long busy[GROUP_WORDS];
	uint32_t nfree; /* not busy */
	bool dirty;     /* used differs from the free map's leaf */
};

/* Who allocates: data and metadata lie in separate groups where they can. */
enum space_class {
	SPACE_DATA,
	SPACE_METADATA,
	SPACE_CLASSES,
};

struct space {
	struct group **groups;
	uint32_t ngroups;
	uint64_t nused;
	uint64_t nfree;   /* not busy */
	uint64_t npinned; /* busy and not used */
	uint64_t cursor[SPACE_CLASSES];
};

struct sealfs {
	const struct sealfs_host *host;
	struct identity identity;
	uint32_t ntag_failures;
	bool rdonly;
	/* A change stopped half-way: what is in memory must not be committed. */
	bool aborted;
	bool changed; /* since the last commit */

	/* The last commit. */
	uint64_t generation;
	uint8_t digest[SEALFS_DIGEST_SIZE];
	uint8_t digest_stored[SEALFS_DIGEST_SIZE]; /* of one that may fail */
	uint32_t slot;         /* the one that was tried last */
	uint32_t durable_slot; /* the last one that is known to be whole */
	int64_t committed_ns;

	/* This mount's epoch. */
	uint32_t epoch;
	uint8_t epoch_salt[SEALFS_SALT_SIZE];
	uint64_t counter; /* the last one used */
	struct gcm_key epochs_key;
	struct gcm_key super_key;
	/* Older blocks may be known to something durable. */
	uint32_t flushed_epoch;
	uint64_t flushed_counter;

	struct epoch_key keys[EPOCH_KEYS];
	uint64_t key_clock;
	struct ptr epochs_root;
	uint8_t epochs_height;
	uint32_t nepochs;

	uint64_t nblocks;
	uint64_t next_ino;
	uint64_t next_file_generation;
	uint64_t ninodes;
	uint64_t norphans;
	int64_t created_ns;
	char label[SEALFS_LABEL_SIZE];
	uint64_t log_block;
	uint32_t log_nblocks;
	uint64_t nused_on_disk; /* what the free map has to add up to */

	struct space space;
	struct object inodes;
	struct object freemap;
	struct object orphans;

	/* Metadata in memory; buffer.c. */
	struct list hash[BUFFER_HASH];
	struct list lru; /* clean and unused, the oldest first */
	struct list dirty[SEALFS_HEIGHT_MAX];
	uint32_t nbuffers;
	uint32_t ndirty;
	uint8_t *stage; /* STAGE_BLOCKS */
	struct ptr stage_ptrs[STAGE_BLOCKS];
};

static inline void *sealfs_alloc(const struct sealfs_host *host, size_t size)
{
	return host->alloc(host->arg, size);
}

static inline void sealfs_release(const struct sealfs_host *host, void *p,
                                  size_t size)
{
	if (p)
		host->release(host->arg, p, size);
}
