/* SPDX-License-Identifier: Apache-2.0 */
#include "sealfs/mount.h"

#include "base/errno.h"
#include "base/string.h"
#include "sealfs/block.h"
#include "sealfs/buffer.h"
#include "sealfs/commit.h"
#include "sealfs/epoch.h"
#include "sealfs/keys.h"
#include "sealfs/layout.h"
#include "sealfs/space.h"
#include "sealfs/super.h"

int volume_create(const struct sealfs_host *host, struct sealfs **ret_volume)
{
	struct sealfs *v = sealfs_alloc(host, sizeof(*v));

	if (!v)
		return -ENOMEM;
	memset(v, 0, sizeof(*v));
	v->host = host;
	buffers_init(v);
	object_init(&v->inodes, v, SEALFS_BLOCK_INODES);
	object_init(&v->freemap, v, SEALFS_BLOCK_FREEMAP);
	object_init(&v->orphans, v, SEALFS_BLOCK_ORPHANS);
	v->stage = sealfs_alloc(host, STAGE_BLOCKS * SEALFS_BLOCK_SIZE);
	if (!v->stage) {
		volume_destroy(v);
		return -ENOMEM;
	}
	*ret_volume = v;
	return 0;
}

void volume_destroy(struct sealfs *v)
{
	const struct sealfs_host *host = v->host;

	buffers_fini(v);
	space_fini(v);
	epoch_keys_fini(v);
	sealfs_release(host, v->stage, STAGE_BLOCKS * SEALFS_BLOCK_SIZE);
	memzero_explicit(v, sizeof(*v));
	sealfs_release(host, v, sizeof(*v));
}

/*
 * The secret, from the first copy that the key opens.  The error is of the
 * first that looks like a key block at all.
 */
static int unlock(struct sealfs *v, const uint8_t key[SEALFS_KEY_SIZE])
{
	struct disk_key_block *b = (struct disk_key_block *)(void *)v->stage;
	int ret = -EINVAL;
	int err;

	for (uint32_t i = 0; i < SEALFS_KEY_BLOCKS; i++) {
		err = block_read(v, layout_key_block(i), 1, b);
		if (err)
			return err;
		err = key_unwrap(b, key, &v->identity);
		if (!err)
			return 0;
		if (ret == -EINVAL)
			ret = err;
	}
	return ret;
}

static int load_freemap(struct sealfs *v)
{
	struct buffer *b;
	int err;

	for (uint32_t i = 0; i < v->space.ngroups; i++) {
		err = buffer_get(&v->freemap, 0, i, BUFFER_FIND, &b);
		if (err)
			return err;
		if (!b)
			return -EUCLEAN;
		err = space_load(v, i, b->data);
		buffer_put(b);
		if (err)
			return err;
	}
	return v->space.nused == v->nused_on_disk ? 0 : -EUCLEAN;
}

static int load(struct sealfs *v, const struct sealfs_options *options)
{
	struct disk_super *s = (struct disk_super *)(void *)v->stage;
	int err;

	err = unlock(v, options->key);
	if (err)
		return err;
	if (options->suite && options->suite != v->identity.suite)
		return -EKEYREJECTED;
	err = super_load(v, s);
	if (!err)
		err = space_init(v);
	if (err)
		return err;
	/* All that is there may be known to the last commit or its log. */
	v->flushed_epoch = v->epoch;
	v->flushed_counter = UINT64_MAX;
	return load_freemap(v);
}

int sealfs_mount(const struct sealfs_host *host,
                 const struct sealfs_options *options,
                 struct sealfs **ret_volume)
{
	struct sealfs *v;
	int err;

	err = volume_create(host, &v);
	if (err)
		return err;
	v->rdonly = options->flags & SEALFS_MOUNT_RDONLY;
	err = load(v, options);
	if (!err && !v->rdonly) {
		err = epoch_begin(v);
		if (!err)
			err = volume_commit(v);
	}
	if (err) {
		volume_destroy(v);
		return err;
	}
	*ret_volume = v;
	return 0;
}

void sealfs_unmount(struct sealfs *v)
{
	volume_destroy(v);
}

void sealfs_info(const struct sealfs *v, struct sealfs_info *ret_info)
{
	struct sealfs_info info = {
		.suite = v->identity.suite,
		.epoch = v->epoch,
		.generation = v->generation,
		.nblocks = v->nblocks,
		.nfree = space_available(v),
		.ninodes = v->ninodes,
		.created_ns = v->created_ns,
		.committed_ns = v->committed_ns,
		.rdonly = v->rdonly || v->aborted,
		.ntag_failures = v->ntag_failures,
	};

	memcpy(info.volume_id, v->identity.volume_id, SEALFS_ID_SIZE);
	memcpy(info.label, v->label, sizeof(v->label));
	*ret_info = info;
}
