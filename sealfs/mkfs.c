/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkfs.c - a new volume, and its secret under another key.
 */
#include "base/errno.h"
#include "base/string.h"
#include "sealfs/block.h"
#include "sealfs/commit.h"
#include "sealfs/epoch.h"
#include "sealfs/keys.h"
#include "sealfs/layout.h"
#include "sealfs/mount.h"
#include "sealfs/space.h"
#include "sealfs/super.h"

static int random_bytes(const struct sealfs *v, void *dst, size_t size)
{
	return v->host->random(v->host->arg, dst, size);
}

static int identity_create(struct sealfs *v, uint32_t suite)
{
	struct identity *id = &v->identity;
	int err;

	id->suite = suite ? suite : SEALFS_AES_256_GCM;
	if (!key_suite_size(id->suite))
		return -EINVAL;
	err = random_bytes(v, id->secret, sizeof(id->secret));
	if (!err)
		err = random_bytes(v, id->volume_id, sizeof(id->volume_id));
	return err;
}

/* One copy of the key block. */
static int write_key_block(struct sealfs *v, const uint8_t *key, uint32_t copy)
{
	struct disk_key_block *b = (struct disk_key_block *)(void *)v->stage;
	uint8_t salt[SEALFS_SALT_SIZE];
	int err;

	err = random_bytes(v, salt, sizeof(salt));
	if (!err)
		err = key_wrap(&v->identity, key, salt, b);
	if (!err)
		err = block_write(v, layout_key_block(copy), 1, b);
	if (!err)
		err = block_flush(v);
	return err;
}

/* The ring is written once, so that no later write has to make room for it. */
static int write_log_ring(struct sealfs *v)
{
	uint32_t n;
	int err = 0;

	memset(v->stage, 0, STAGE_BLOCKS * SEALFS_BLOCK_SIZE);
	for (uint32_t i = 0; !err && i < v->log_nblocks; i += n) {
		n = MIN(v->log_nblocks - i, (uint32_t)STAGE_BLOCKS);
		err = block_write(v, v->log_block + i, n, v->stage);
	}
	return err;
}

static int sizes_init(struct sealfs *v, const struct sealfs_options *options)
{
	uint64_t ring = options->nblocks / 64;

	if (options->nblocks < SEALFS_NBLOCKS_MIN ||
	    options->nblocks > SEALFS_NBLOCKS_MAX)
		return -EINVAL;
	v->nblocks = options->nblocks;
	v->log_nblocks = (uint32_t)MIN(MAX(ring, (uint64_t)SEALFS_LOG_MIN),
	                               (uint64_t)SEALFS_LOG_MAX);
	v->log_block = layout_slot(SEALFS_SLOTS);
	v->next_ino = 1;
	v->next_file_generation = 1;
	v->created_ns = v->host->now_ns(v->host->arg);
	memcpy(v->label, options->label, sizeof(v->label));
	return space_init(v);
}

/* The old superblocks go first: a crash must not leave half of each volume. */
static int format(struct sealfs *v, const struct sealfs_options *options)
{
	int err;

	err = identity_create(v, options->suite);
	if (!err)
		err = sizes_init(v, options);
	if (!err)
		err = super_wipe(v);
	if (!err)
		err = block_flush(v);
	for (uint32_t i = 0; !err && i < SEALFS_KEY_BLOCKS; i++)
		err = write_key_block(v, options->key, i);
	if (!err)
		err = write_log_ring(v);
	if (!err)
		err = epoch_begin(v);
	if (!err)
		err = volume_commit(v);
	return err;
}

int sealfs_format(const struct sealfs_host *host,
                  const struct sealfs_options *options)
{
	struct sealfs *v;
	int err;

	err = volume_create(host, &v);
	if (err)
		return err;
	err = format(v, options);
	volume_destroy(v);
	return err;
}

/* Both copies get the new key if the old one opens either. */
static int rekey(struct sealfs *v, const uint8_t *old_key,
                 const uint8_t *new_key)
{
	struct disk_key_block *b = (struct disk_key_block *)(void *)v->stage;
	int ret = -EKEYREJECTED;
	int err;

	for (uint32_t i = 0; ret && i < SEALFS_KEY_BLOCKS; i++) {
		err = block_read(v, layout_key_block(i), 1, b);
		if (err)
			return err;
		ret = key_unwrap(b, old_key, &v->identity);
	}
	for (uint32_t i = 0; !ret && i < SEALFS_KEY_BLOCKS; i++)
		ret = write_key_block(v, new_key, i);
	return ret;
}

int sealfs_rekey(const struct sealfs_host *host,
                 const uint8_t old_key[SEALFS_KEY_SIZE],
                 const uint8_t new_key[SEALFS_KEY_SIZE])
{
	struct sealfs *v;
	int err;

	err = volume_create(host, &v);
	if (err)
		return err;
	err = rekey(v, old_key, new_key);
	volume_destroy(v);
	return err;
}
