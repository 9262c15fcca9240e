/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - what lies in a sealed volume, byte by byte.  SPEC.md explains it.
 *
 * All numbers are little-endian and unaligned.  Fields called zero are written
 * as zeros and refused otherwise, so that a later version can give them a
 * meaning.  Nothing here is believed before its tag has been checked, but for
 * the plain headers, and nothing is used before its range has been checked
 * either: whoever holds the key may have written nonsense.
 */
#pragma once

#include "base/endian.h"

enum {
	SEALFS_BLOCK_SHIFT = 12,
	SEALFS_BLOCK_SIZE = 1 << SEALFS_BLOCK_SHIFT,
	SEALFS_MAJOR = 1,
	SEALFS_ID_SIZE = 16,
	SEALFS_SALT_SIZE = 32,
	SEALFS_TAG_SIZE = 16,
	SEALFS_DIGEST_SIZE = 32,
	SEALFS_LABEL_SIZE = 64,

	/* Superblock slot i is block i * SEALFS_SLOT_STRIDE. */
	SEALFS_SLOTS = 8,
	SEALFS_SLOT_STRIDE = 256,
	/* The two copies of the wrapped volume secret. */
	SEALFS_KEY_BLOCKS = 2,
	/* 16 MiB: all slots, the log, and room for what a commit needs. */
	SEALFS_NBLOCKS_MIN = 4096,

	/* Pointers in a node; entries in the other metadata blocks. */
	SEALFS_FANOUT_SHIFT = 7,
	SEALFS_FANOUT = 1 << SEALFS_FANOUT_SHIFT,
	SEALFS_HEIGHT_MAX = 7,
	/* Blocks that one leaf of the free map speaks of: 128 MiB. */
	SEALFS_GROUP_BLOCKS = 8 * SEALFS_BLOCK_SIZE,
	SEALFS_INODE_SIZE = 256,
	SEALFS_INODES_PER_BLOCK = SEALFS_BLOCK_SIZE / SEALFS_INODE_SIZE,
	SEALFS_ORPHANS_PER_BLOCK = SEALFS_BLOCK_SIZE / 8,

	/* Blocks of the intent log's ring. */
	SEALFS_LOG_MIN = 64,
	SEALFS_LOG_MAX = 4096,

	SEALFS_EPOCH_HEADER = 64,
	SEALFS_EPOCHS_PER_BLOCK = 100,
	SEALFS_EPOCH_FANOUT = 126,
	SEALFS_EPOCH_HEIGHT_MAX = 4,
};

/* Limits that follow from the widths of a pointer's fields. */
#define SEALFS_NBLOCKS_MAX (UINT64_C(1) << 40)
#define SEALFS_EPOCH_MAX ((UINT32_C(1) << 24) - 1)
/* Where a mount changes its epoch; a pointer could hold twice as much. */
#define SEALFS_COUNTER_MAX (UINT64_C(1) << 32)
#define SEALFS_FILE_BLOCKS_MAX (UINT64_C(1) << 40)
#define SEALFS_INO_MAX ((UINT64_C(1) << 44) - 1)

#define SEALFS_SUPER_MAGIC "SOFASEAL"
#define SEALFS_KEY_MAGIC "SOFAKEYS"

/* The AEAD of a volume; an input of every key. */
enum sealfs_suite {
	SEALFS_AES_256_GCM = 1,
	SEALFS_AES_128_GCM = 2,
};

/* The first 32 bits of each nonce. */
enum sealfs_domain {
	SEALFS_DOMAIN_DATA = 1,
	SEALFS_DOMAIN_METADATA = 2,
	SEALFS_DOMAIN_LOG = 3,
	SEALFS_DOMAIN_SUPER = 4,
	SEALFS_DOMAIN_EPOCHS = 5,
};

/* What a block holds: in its pointer, and authenticated with it. */
enum sealfs_block_type {
	SEALFS_BLOCK_NODE = 1,    /* SEALFS_FANOUT pointers */
	SEALFS_BLOCK_INODES = 2,  /* struct disk_inode */
	SEALFS_BLOCK_BUCKET = 3,  /* directory entries */
	SEALFS_BLOCK_DATA = 4,    /* contents of files */
	SEALFS_BLOCK_XATTRS = 5,  /* extended attributes */
	SEALFS_BLOCK_FREEMAP = 6, /* a bit for each block of a group */
	SEALFS_BLOCK_ORPHANS = 7, /* inode numbers */
	SEALFS_BLOCK_EPOCHS = 8,  /* the epoch table */
};

/* Where a block is and how it is sealed; all zeros is a hole. */
struct disk_ptr {
	uint8_t block[5];
	uint8_t epoch[3];
	uint8_t counter[5];
	uint8_t type;
	uint8_t level; /* 0: not a node */
	uint8_t zero;
	uint8_t tag[SEALFS_TAG_SIZE];
};

/* A radix tree: height 0 is empty, height 1 has the one leaf as its root. */
struct disk_tree {
	struct disk_ptr root;
	uint8_t height;
	uint8_t zero[7];
};

/* AAD of the superblock, without the tag. */
struct disk_super_header {
	uint8_t magic[8];
	struct le32 major;
	struct le32 suite;
	uint8_t volume_id[SEALFS_ID_SIZE];
	uint8_t epoch_salt[SEALFS_SALT_SIZE];
	struct le32 epoch;
	uint8_t zero[4];
	struct le64 counter;
	struct le64 generation;
	uint8_t zero2[24];
	uint8_t tag[SEALFS_TAG_SIZE];
};

struct disk_super_body {
	/* Unknown bits of the third kind refuse a mount, of the second a
	 * writable one. */
	struct le64 features_compat;
	struct le64 features_ro_compat;
	struct le64 features_incompat;
	uint8_t parent_digest[SEALFS_DIGEST_SIZE];
	struct le64 nblocks;
	struct le64 nused;
	struct le64 next_ino;
	struct le64 next_file_generation;
	struct le64 ninodes;
	struct le64 created_ns;
	struct le64 committed_ns;
	/* The ring of the intent log, and where its chain starts. */
	struct le64 log_block;
	struct le32 log_nblocks;
	struct le32 log_head;
	struct le64 log_sequence;
	uint8_t log_tag[SEALFS_TAG_SIZE];
	struct disk_tree epochs;
	struct disk_tree inodes;
	struct disk_tree freemap;
	struct disk_tree orphans;
	struct le64 norphans; /* slots, free ones included */
	uint8_t label[SEALFS_LABEL_SIZE];
	uint8_t zero[3584];
};

struct disk_super {
	struct disk_super_header header;
	struct disk_super_body body; /* sealed */
};

/* The volume secret under the key that the owner holds. */
struct disk_key_block {
	uint8_t magic[8];
	struct le32 major;
	struct le32 suite;
	uint8_t volume_id[SEALFS_ID_SIZE];
	uint8_t salt[SEALFS_SALT_SIZE];
	uint8_t zero[32];
	uint8_t tag[SEALFS_TAG_SIZE];
	uint8_t secret[32]; /* sealed */
	uint8_t zero2[3952];
};

/* A block of the epoch table; its plain salt tells the key of the rest. */
struct disk_epoch_header {
	uint8_t salt[SEALFS_SALT_SIZE];
	uint8_t zero[32];
};

struct disk_epoch {
	uint8_t salt[SEALFS_SALT_SIZE];
	struct le64 generation; /* the first that may use it */
};

static_assert(sizeof(struct disk_ptr) == 32, "SPEC.md");
static_assert(sizeof(struct disk_tree) == 40, "SPEC.md");
static_assert(sizeof(struct disk_super_header) == 128, "SPEC.md");
static_assert(sizeof(struct disk_super) == SEALFS_BLOCK_SIZE, "SPEC.md");
static_assert(sizeof(struct disk_key_block) == SEALFS_BLOCK_SIZE, "SPEC.md");
static_assert(sizeof(struct disk_epoch_header) == SEALFS_EPOCH_HEADER,
              "SPEC.md");
static_assert(sizeof(struct disk_epoch) == 40, "SPEC.md");
static_assert(SEALFS_EPOCHS_PER_BLOCK * sizeof(struct disk_epoch) <=
                      SEALFS_BLOCK_SIZE - SEALFS_EPOCH_HEADER,
              "a leaf of the epoch table");
static_assert(SEALFS_EPOCH_FANOUT * sizeof(struct disk_ptr) ==
                      SEALFS_BLOCK_SIZE - SEALFS_EPOCH_HEADER,
              "a node of the epoch table");
