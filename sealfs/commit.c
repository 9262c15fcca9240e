/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit.c - the order that keeps a volume whole:
 *
 *   1. trees of files, then the inode file, then the free map: each is
 *      changed by what the ones before it did
 *   2. barrier: the tree below the new root is on disk
 *   3. superblock
 *   4. barrier: the new root is; what only the old one used is free
 *
 * The free map describes the blocks it lies in itself, so its places are chosen
 * first, which may make more of it dirty, until nothing changes any more; then
 * its contents are final and it is written.
 */
#include "sealfs/commit.h"

#include "base/errno.h"
#include "base/string.h"
#include "sealfs/block.h"
#include "sealfs/buffer.h"
#include "sealfs/epoch.h"
#include "sealfs/space.h"
#include "sealfs/super.h"

static bool is_freemap(const struct object *o)
{
	return o->leaf_type == SEALFS_BLOCK_FREEMAP;
}

static bool is_volumes(const struct object *o)
{
	return o == &o->v->inodes || o == &o->v->orphans;
}

static bool is_files(const struct object *o)
{
	return !is_volumes(o) && !is_freemap(o);
}

/* A dirty leaf for each dirty group. */
static int freemap_touch(struct sealfs *v, bool *ret_changed)
{
	struct buffer *b;
	int err;

	for (uint32_t i = 0; i < v->space.ngroups; i++) {
		if (!v->space.groups[i]->dirty)
			continue;
		err = buffer_get(&v->freemap, 0, i, BUFFER_MAKE, &b);
		if (err)
			return err;
		if (!b->dirty)
			*ret_changed = true;
		buffer_dirty(b);
		buffer_put(b);
		v->space.groups[i]->dirty = false;
	}
	return 0;
}

/* A place for each dirty buffer of the free map that has none. */
static int freemap_place(struct sealfs *v, uint8_t level, bool *ret_changed)
{
	struct buffer *b;
	uint32_t n;
	int err;

	list_for_each_entry (b, &v->dirty[level], in_use) {
		if (!is_freemap(b->o) || b->assigned)
			continue;
		err = space_alloc(v, SPACE_METADATA, 1, &b->assigned, &n);
		if (err)
			return err;
		if (!ptr_is_hole(&b->ptr) && !b->moved)
			space_free(v, &b->ptr);
		b->moved = true;
		*ret_changed = true;
	}
	return 0;
}

static int freemap_settle(struct sealfs *v)
{
	bool changed;
	int err;

	do {
		changed = false;
		err = freemap_touch(v, &changed);
		for (uint8_t i = 0; !err && i < SEALFS_HEIGHT_MAX; i++)
			err = freemap_place(v, i, &changed);
	} while (!err && changed);
	return err;
}

static void freemap_fill(struct sealfs *v)
{
	struct buffer *b;

	list_for_each_entry (b, &v->dirty[0], in_use)
		if (is_freemap(b->o))
			memcpy(b->data, v->space.groups[b->index]->used,
			       SEALFS_BLOCK_SIZE);
}

/* A failed try has left places behind that a retry uses; or gives back. */
static int freemap_write(struct sealfs *v)
{
	int err = freemap_settle(v);

	if (err)
		return err;
	freemap_fill(v);
	return buffers_write(v, is_freemap);
}

int volume_write_back(struct sealfs *v)
{
	int err;

	if (v->aborted || v->rdonly)
		return -EROFS;
	err = buffers_write(v, is_files);
	if (!err)
		err = buffers_write(v, is_volumes);
	return err;
}

/* Everything below the superblock. */
static int tree_write(struct sealfs *v)
{
	int err = 0;

	if (v->counter > SEALFS_COUNTER_MAX) {
		err = epoch_begin(v);
		/* Blocks of an epoch that the table lacks could not be read. */
		if (err)
			v->aborted = true;
	}
	if (!err)
		err = volume_write_back(v);
	if (!err)
		err = freemap_write(v);
	/* A block that two pointers name shows when it is freed. */
	if (!err && v->aborted)
		err = -EUCLEAN;
	return err;
}

int volume_commit(struct sealfs *v)
{
	int err;

	if (v->aborted || v->rdonly)
		return -EROFS;
	err = tree_write(v);
	if (!err)
		err = block_flush(v);
	if (err)
		return err;
	v->committed_ns = v->host->now_ns(v->host->arg);
	/* From here on a crash may find the new root, whatever we are told. */
	space_flushed(v);
	err = super_store(v);
	if (!err)
		err = block_flush(v);
	if (err)
		return err;
	super_stored(v);
	space_committed(v);
	v->changed = false;
	return 0;
}

int sealfs_sync(struct sealfs *v)
{
	return v->changed ? volume_commit(v) : 0;
}
