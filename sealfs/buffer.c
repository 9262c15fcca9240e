/* SPDX-License-Identifier: Apache-2.0 */
#include "sealfs/buffer.h"

#include "base/assert.h"
#include "base/errno.h"
#include "base/hash.h"
#include "base/string.h"
#include "sealfs/block.h"
#include "sealfs/space.h"

static struct list *bucket_of(struct sealfs *v, const struct object *o,
                              uint8_t level, uint64_t index)
{
	uint64_t h = hash_u64((uint64_t)(uintptr_t)o ^ level) ^ index;

	return &v->hash[hash_u64(h) % BUFFER_HASH];
}

static struct buffer *find(struct object *o, uint8_t level, uint64_t index)
{
	struct buffer *b;

	list_for_each_entry (b, bucket_of(o->v, o, level, index), in_hash)
		if (b->o == o && b->level == level && b->index == index)
			return b;
	return NULL;
}

void buffers_init(struct sealfs *v)
{
	for (uint32_t i = 0; i < BUFFER_HASH; i++)
		list_init(&v->hash[i]);
	for (uint32_t i = 0; i < SEALFS_HEIGHT_MAX; i++)
		list_init(&v->dirty[i]);
	list_init(&v->lru);
}

void object_init(struct object *o, struct sealfs *v, uint8_t leaf_type)
{
	memset(o, 0, sizeof(*o));
	o->v = v;
	o->leaf_type = leaf_type;
	list_init(&o->buffers);
}

/* Unlink and free @b, whatever is in it. */
static void destroy(struct buffer *b)
{
	struct sealfs *v = b->o->v;

	list_del(&b->in_hash);
	list_del(&b->in_use);
	list_del(&b->of_object);
	v->nbuffers--;
	if (b->dirty)
		v->ndirty--;
	sealfs_release(v->host, b->data, SEALFS_BLOCK_SIZE);
	sealfs_release(v->host, b, sizeof(*b));
}

void object_forget(struct object *o)
{
	struct buffer *b, *tmp;

	list_for_each_entry_safe (b, tmp, &o->buffers, of_object)
		destroy(b);
}

void buffers_fini(struct sealfs *v)
{
	struct buffer *b, *tmp;

	for (uint32_t i = 0; i < BUFFER_HASH; i++)
		list_for_each_entry_safe (b, tmp, &v->hash[i], in_hash)
			destroy(b);
}

void buffer_put(struct buffer *b)
{
	assert_that(b->refs > 0);
	if (--b->refs == 0 && !b->dirty)
		list_move_tail(&b->o->v->lru, &b->in_use);
}

/* One more reference to @b, which may be NULL. */
static struct buffer *hold(struct buffer *b)
{
	if (!b)
		return NULL;
	b->refs++;
	if (!b->dirty)
		list_del(&b->in_use);
	return b;
}

/* Forget a clean buffer that nobody uses. */
static void evict(struct buffer *b)
{
	struct buffer *parent = b->parent;

	destroy(b);
	if (parent)
		buffer_put(parent);
}

void buffers_shrink(struct sealfs *v, uint32_t n)
{
	while (v->nbuffers > n && !list_empty(&v->lru))
		evict(list_first_entry(&v->lru, struct buffer, in_use));
}

/* A new buffer with one reference; takes that on @parent. */
static int make(struct object *o, struct buffer *parent, uint8_t level,
                uint64_t index, struct buffer **ret)
{
	struct sealfs *v = o->v;
	struct buffer *b;

	buffers_shrink(v, BUFFERS_MAX);
	b = sealfs_alloc(v->host, sizeof(*b));
	if (!b)
		return -ENOMEM;
	memset(b, 0, sizeof(*b));
	b->data = sealfs_alloc(v->host, SEALFS_BLOCK_SIZE);
	if (!b->data) {
		sealfs_release(v->host, b, sizeof(*b));
		return -ENOMEM;
	}
	b->o = o;
	b->parent = parent;
	b->level = level;
	b->index = index;
	b->refs = 1;
	list_init(&b->in_use);
	list_add(bucket_of(v, o, level, index), &b->in_hash);
	list_add(&o->buffers, &b->of_object);
	v->nbuffers++;
	*ret = b;
	return 0;
}

static int load(struct object *o, struct buffer *parent, uint8_t level,
                uint64_t index, const struct ptr *p, struct buffer **ret)
{
	struct buffer *b;
	int err;

	err = make(o, parent, level, index, &b);
	if (err)
		return err;
	b->ptr = *p;
	err = block_open(o->v, p, b->data);
	if (err) {
		destroy(b);
		return err;
	}
	*ret = b;
	return 0;
}

static uint8_t type_at(const struct object *o, uint8_t level)
{
	return level ? SEALFS_BLOCK_NODE : o->leaf_type;
}

static struct disk_ptr *slot_of(const struct buffer *b, uint32_t slot)
{
	return (struct disk_ptr *)(void *)b->data + slot;
}

int buffer_child(const struct buffer *b, uint32_t slot, struct ptr *ret)
{
	uint8_t level = b->level - 1;

	return ptr_parse(slot_of(b, slot), type_at(b->o, level), level,
	                 b->o->v->nblocks, ret);
}

/* The slot of @b in its parent. */
static uint32_t slot_in_parent(const struct buffer *b)
{
	return (uint32_t)(b->index % SEALFS_FANOUT);
}

void buffer_dirty(struct buffer *b)
{
	struct sealfs *v = b->o->v;
	struct object *o = b->o;

	for (; b && !b->dirty; b = b->parent) {
		b->dirty = true;
		list_move_tail(&v->dirty[b->level], &b->in_use);
		v->ndirty++;
	}
	if (!b && o->changed)
		o->changed(o);
	v->changed = true;
}

static int make_new(struct object *o, struct buffer *parent, uint8_t level,
                    uint64_t index, struct buffer **ret)
{
	int err = make(o, parent, level, index, ret);

	if (err)
		return err;
	memset((*ret)->data, 0, SEALFS_BLOCK_SIZE);
	buffer_dirty(*ret);
	return 0;
}

/*
 * One level more: a node above the root, with the root in its first slot.  A
 * root that is in memory finds its parent there.
 */
static int grow_once(struct object *o)
{
	struct buffer *root = NULL;
	struct buffer *up;
	int err;

	if (o->height)
		root = hold(find(o, o->height - 1, 0));
	if (!o->height || (!root && ptr_is_hole(&o->root))) {
		o->height++;
		return 0;
	}
	err = make_new(o, NULL, o->height, 0, &up);
	if (!err) {
		ptr_encode(root ? &root->ptr : &o->root, slot_of(up, 0));
		o->height++;
		if (root)
			root->parent = hold(up);
		buffer_put(up);
	}
	if (root)
		buffer_put(root);
	return err;
}

static int grow(struct object *o, uint64_t nleaves)
{
	int err = 0;

	if (nleaves > SEALFS_FILE_BLOCKS_MAX)
		return -EFBIG;
	while (!err && tree_span(o->height) < nleaves)
		err = grow_once(o);
	return err;
}

/* The pointer of the block (@level, @index), and the buffer that has it. */
static int find_ptr(struct object *o, uint8_t level, uint64_t index,
                    enum buffer_how how, struct buffer **ret_parent,
                    struct ptr *ret)
{
	struct buffer *parent;
	int err;

	*ret_parent = NULL;
	memset(ret, 0, sizeof(*ret));
	if (level == o->height - 1) {
		*ret = o->root;
		return 0;
	}
	err = buffer_get(o, level + 1, index >> SEALFS_FANOUT_SHIFT, how,
	                 &parent);
	if (err || !parent)
		return err;
	err = buffer_child(parent, (uint32_t)(index % SEALFS_FANOUT), ret);
	if (err) {
		buffer_put(parent);
		return err;
	}
	*ret_parent = parent;
	return 0;
}

int buffer_get(struct object *o, uint8_t level, uint64_t index,
               enum buffer_how how, struct buffer **ret_buffer)
{
	uint64_t first = index << SEALFS_FANOUT_SHIFT * level;
	struct buffer *parent;
	struct ptr p;
	int err;

	*ret_buffer = hold(find(o, level, index));
	if (*ret_buffer)
		return 0;
	if (how == BUFFER_MAKE) {
		err = grow(o, first + 1);
		if (err)
			return err;
	}
	if (first >= tree_span(o->height))
		return 0;
	err = find_ptr(o, level, index, how, &parent, &p);
	if (err)
		return err;
	if (!ptr_is_hole(&p))
		err = load(o, parent, level, index, &p, ret_buffer);
	else if (how == BUFFER_MAKE)
		err = make_new(o, parent, level, index, ret_buffer);
	/* A new buffer has taken the reference. */
	if (parent && !*ret_buffer)
		buffer_put(parent);
	return err;
}

void buffer_drop(struct buffer *b)
{
	struct buffer *parent = b->parent;
	struct sealfs *v = b->o->v;

	assert_that(b->refs == 1);
	if (!ptr_is_hole(&b->ptr))
		space_free(v, &b->ptr);
	if (b->assigned)
		space_unalloc(v, b->assigned);
	destroy(b);
	if (parent)
		buffer_put(parent);
}

/* Places for the @n buffers of @run that have none yet. */
static int assign(struct sealfs *v, struct buffer *const *run, uint32_t n)
{
	uint64_t block = 0;
	uint32_t left = 0;
	int err;

	for (uint32_t i = 0; i < n; i++) {
		if (run[i]->assigned)
			continue;
		if (!left) {
			err = space_alloc(v, SPACE_METADATA, n - i, &block,
			                  &left);
			if (err)
				return err;
		}
		run[i]->assigned = block++;
		left--;
	}
	/* Some had places already. */
	while (left--)
		space_unalloc(v, block++);
	return 0;
}

/* Write stage[0..n), each to its place, what is contiguous with one call. */
static int write_stage(struct sealfs *v, const struct ptr *p, uint32_t n)
{
	uint32_t k;
	int err = 0;

	for (uint32_t i = 0; !err && i < n; i += k) {
		for (k = 1; i + k < n; k++)
			if (p[i + k].block != p[i].block + k)
				break;
		err = block_write(v, p[i].block, k,
		                  v->stage + (size_t)i * SEALFS_BLOCK_SIZE);
	}
	return err;
}

/* @b is at @p from now on. */
static void install(struct buffer *b, const struct ptr *p)
{
	struct sealfs *v = b->o->v;

	if (!ptr_is_hole(&b->ptr) && !b->moved)
		space_free(v, &b->ptr);
	b->ptr = *p;
	b->assigned = 0;
	b->moved = false;
	b->dirty = false;
	v->ndirty--;
	list_del(&b->in_use);
	if (!b->refs)
		list_add_tail(&v->lru, &b->in_use);
	if (b->parent)
		ptr_encode(p, slot_of(b->parent, slot_in_parent(b)));
	else
		b->o->root = *p;
}

static int write_run(struct sealfs *v, struct buffer *const *run, uint32_t n)
{
	struct ptr *p = v->stage_ptrs;
	int err;

	err = assign(v, run, n);
	for (uint32_t i = 0; !err && i < n; i++) {
		p[i] = (struct ptr){
			.block = run[i]->assigned,
			.type = type_at(run[i]->o, run[i]->level),
			.level = run[i]->level,
		};
		err = block_seal(v, run[i]->data,
		                 v->stage + (size_t)i * SEALFS_BLOCK_SIZE,
		                 &p[i]);
	}
	if (!err)
		err = write_stage(v, p, n);
	for (uint32_t i = 0; !err && i < n; i++)
		install(run[i], &p[i]);
	return err;
}

/* The next dirty buffers of one level that @of chooses. */
static uint32_t collect(struct sealfs *v, uint8_t level,
                        bool (*of)(const struct object *o),
                        struct buffer *run[STAGE_BLOCKS])
{
	struct buffer *b;
	uint32_t n = 0;

	list_for_each_entry (b, &v->dirty[level], in_use) {
		if (of(b->o))
			run[n++] = b;
		if (n == STAGE_BLOCKS)
			break;
	}
	return n;
}

int buffers_write(struct sealfs *v, bool (*of)(const struct object *o))
{
	struct buffer *run[STAGE_BLOCKS];
	uint32_t n;
	int err;

	for (uint8_t level = 0; level < SEALFS_HEIGHT_MAX; level++) {
		while ((n = collect(v, level, of, run))) {
			err = write_run(v, run, n);
			if (err)
				return err;
		}
	}
	return 0;
}
