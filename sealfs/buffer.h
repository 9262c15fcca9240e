/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffer.h - metadata blocks in memory: leaves and nodes of radix trees.
 *
 *	err = buffer_get(o, 0, index, BUFFER_FIND, &b);
 *	if (err || !b)                     // NULL: a hole
 *		return err;
 *	... b->data ...
 *	buffer_dirty(b);                   // before or after the change
 *	buffer_put(b);
 *
 * A buffer refers to the one above it, so all above a buffer in memory are in
 * memory too, and all above a dirty one are dirty: its new pointer will change
 * them.  Writing one, from the leaves upwards, puts it to a new place and its
 * pointer into the one above, which publishes nothing.
 *
 * File contents are not buffered here: only their pointers are.
 */
#pragma once

#include "sealfs/volume_internal.h"

struct buffer {
	struct object *o;
	struct buffer *parent; /* NULL: its pointer is o->root */
	uint64_t index;        /* of its first leaf, in units of its level */
	uint8_t level;
	bool dirty;
	uint32_t refs;       /* users, and buffers below */
	struct ptr ptr;      /* where it was read from; a hole if new */
	uint64_t assigned;   /* where it will be written; 0: not decided */
	bool moved;          /* ptr's block is free already */
	struct list in_hash; /* v->hash[] */
	struct list in_use;  /* v->lru, v->dirty[level], or none */
	struct list of_object;
	uint8_t *data;
};

enum buffer_how {
	BUFFER_FIND, /* a hole gives NULL */
	BUFFER_MAKE, /* a hole gives a zeroed, dirty buffer; the tree grows */
};

void buffers_init(struct sealfs *v);
/* Forget all buffers of the volume, dirty ones too. */
void buffers_fini(struct sealfs *v);

void object_init(struct object *o, struct sealfs *v, uint8_t leaf_type);

/* Forget all buffers of @o; nobody uses one. */
void object_forget(struct object *o);

/* Leaves that a tree of @height has room for. */
static inline uint64_t tree_span(uint8_t height)
{
	return height ? UINT64_C(1) << SEALFS_FANOUT_SHIFT * (height - 1) : 0;
}

/*
 * buffer_get - the block at @index of @level; a reference for the caller.
 *
 * -EFBIG for an index no tree can hold.
 */
__must_check int buffer_get(struct object *o, uint8_t level, uint64_t index,
                            enum buffer_how how, struct buffer **ret_buffer);
void buffer_put(struct buffer *b);

/* What it holds has changed, or is about to. */
void buffer_dirty(struct buffer *b);

/* The pointer in @slot of the node @b, checked. */
__must_check int buffer_child(const struct buffer *b, uint32_t slot,
                              struct ptr *ret);

/*
 * buffer_drop - a block is no longer part of its tree.
 *
 * Frees its place and forgets it unwritten.  The caller has the only reference,
 * which this takes, and clears the pointer in the parent.
 */
void buffer_drop(struct buffer *b);

/*
 * buffers_write - write all dirty buffers of objects that @of chooses, from
 * the leaves upwards.
 *
 * After an error those not written are still dirty.
 */
__must_check int buffers_write(struct sealfs *v,
                               bool (*of)(const struct object *o));

/* Give memory back until at most @n buffers are left, if they can be. */
void buffers_shrink(struct sealfs *v, uint32_t n);
