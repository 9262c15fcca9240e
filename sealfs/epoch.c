/* SPDX-License-Identifier: Apache-2.0 */
#include "sealfs/epoch.h"

#include "base/errno.h"
#include "base/string.h"
#include "crypto/sha256.h"
#include "sealfs/block.h"
#include "sealfs/keys.h"
#include "sealfs/space.h"

/* A block of the table, opened. */
struct table_block {
	struct disk_epoch_header header;
	union {
		struct disk_epoch entry[SEALFS_EPOCHS_PER_BLOCK];
		struct disk_ptr child[SEALFS_EPOCH_FANOUT];
		uint8_t bytes[SEALFS_BLOCK_SIZE - SEALFS_EPOCH_HEADER];
	};
};

static_assert(sizeof(struct table_block) == SEALFS_BLOCK_SIZE, "SPEC.md");

struct table_aad {
	struct disk_epoch_header header;
	uint8_t level;
	uint8_t zero[7];
};

/* Epochs below one node of @level. */
static uint64_t span_of(uint32_t level)
{
	uint64_t n = SEALFS_EPOCHS_PER_BLOCK;

	while (level--)
		n *= SEALFS_EPOCH_FANOUT;
	return n;
}

static struct gcm_message message_of(const struct table_aad *aad,
                                     struct table_block *b, const struct ptr *p)
{
	struct gcm_message m = {
		.aad = cspan_make(aad, sizeof(*aad)),
		.src = b->bytes,
		.dst = b->bytes,
		.size = sizeof(b->bytes),
	};

	block_nonce(m.nonce, SEALFS_DOMAIN_EPOCHS, p->counter);
	return m;
}

static int table_read(struct sealfs *v, const struct ptr *p,
                      struct table_block *ret_block)
{
	struct table_aad aad = { .level = p->level };
	struct gcm_message m = message_of(&aad, ret_block, p);
	struct gcm_key key;
	int err;

	err = block_read(v, p->block, 1, ret_block);
	if (err)
		return err;
	aad.header = ret_block->header;
	err = key_derive_gcm(&v->identity, aad.header.salt, KEY_EPOCHS, &key);
	if (err)
		return err;
	err = gcm_open(&key, &m, p->tag);
	gcm_key_fini(&key);
	return err == -EBADMSG ? block_forged(v) : err;
}

/* Put @b, which is sealed in place, somewhere new and free the old one. */
static int table_write(struct sealfs *v, struct table_block *b, struct ptr *p)
{
	struct ptr new = { .type = SEALFS_BLOCK_EPOCHS, .level = p->level };
	struct table_aad aad = { .level = p->level };
	struct gcm_message m;
	uint32_t n;
	int err;

	err = space_alloc(v, SPACE_METADATA, 1, &new.block, &n);
	if (!err)
		err = block_next_counter(v, &new.counter);
	if (err)
		return err;
	new.epoch = v->epoch;
	memset(&b->header, 0, sizeof(b->header));
	memcpy(b->header.salt, v->epoch_salt, SEALFS_SALT_SIZE);
	aad.header = b->header;
	m = message_of(&aad, b, &new);
	err = gcm_seal(&v->epochs_key, &m, new.tag);
	if (!err)
		err = block_write(v, new.block, 1, b);
	if (err)
		return err;
	if (!ptr_is_hole(p))
		space_free(v, p);
	*p = new;
	return 0;
}

static int child_parse(const struct sealfs *v, const struct table_block *b,
                       uint32_t slot, uint32_t level, struct ptr *ret)
{
	return ptr_parse(&b->child[slot], SEALFS_BLOCK_EPOCHS, (uint8_t)level,
	                 v->nblocks, ret);
}

/* Read @p's block, or start an empty one. */
static int table_load(struct sealfs *v, const struct ptr *p,
                      struct table_block *ret_block)
{
	if (!ptr_is_hole(p))
		return table_read(v, p, ret_block);
	memset(ret_block, 0, sizeof(*ret_block));
	return 0;
}

/* Put @e at @index below *p, copying the path; @b has room for each level. */
static int table_set(struct sealfs *v, struct table_block *b, struct ptr *p,
                     uint64_t index, const struct disk_epoch *e)
{
	uint64_t below = p->level ? span_of(p->level - 1u) : 1;
	uint32_t slot = (uint32_t)(index / below);
	struct ptr child;
	int err;

	err = table_load(v, p, b);
	if (err)
		return err;
	if (p->level == 0) {
		b->entry[slot] = *e;
		return table_write(v, b, p);
	}
	err = child_parse(v, b, slot, p->level - 1u, &child);
	if (err)
		return err;
	child.level = p->level - 1;
	err = table_set(v, b + 1, &child, index % below, e);
	if (err)
		return err;
	ptr_encode(&child, &b->child[slot]);
	return table_write(v, b, p);
}

/* A node above the root, for an entry that it does not reach. */
static int table_grow(struct sealfs *v, struct table_block *b)
{
	struct ptr up = { .level = v->epochs_height };
	int err;

	if (v->epochs_height == SEALFS_EPOCH_HEIGHT_MAX)
		return -ENOSPC;
	if (v->epochs_height) {
		memset(b, 0, sizeof(*b));
		ptr_encode(&v->epochs_root, &b->child[0]);
		err = table_write(v, b, &up);
		if (err)
			return err;
	}
	v->epochs_root = up;
	v->epochs_height++;
	return 0;
}

static int table_append(struct sealfs *v, const struct disk_epoch *e)
{
	size_t size = SEALFS_EPOCH_HEIGHT_MAX * sizeof(struct table_block);
	struct table_block *b = sealfs_alloc(v->host, size);
	uint64_t index = v->epoch - 1;
	int err = 0;

	if (!b)
		return -ENOMEM;
	while (!err &&
	       (!v->epochs_height || index >= span_of(v->epochs_height - 1u)))
		err = table_grow(v, b);
	if (!err)
		err = table_set(v, b, &v->epochs_root, index, e);
	memzero_explicit(b, size);
	sealfs_release(v->host, b, size);
	return err;
}

/*
 * The salt of @epoch.  A table that ends before is nonsense: pointers of an
 * epoch are written after its entry.
 */
static int table_find(struct sealfs *v, struct table_block *b, uint32_t epoch,
                      uint8_t ret_salt[SEALFS_SALT_SIZE])
{
	struct ptr p = v->epochs_root;
	uint64_t index = epoch - 1;
	uint32_t level = v->epochs_height;
	int err;

	while (level--) {
		if (ptr_is_hole(&p))
			return -EUCLEAN;
		err = table_read(v, &p, b);
		if (!err && level) {
			uint64_t below = span_of(level - 1);

			err = child_parse(v, b, (uint32_t)(index / below),
			                  level - 1, &p);
			index %= below;
		}
		if (err)
			return err;
	}
	memcpy(ret_salt, b->entry[index].salt, SEALFS_SALT_SIZE);
	return 0;
}

static int key_of_older(struct sealfs *v, uint32_t epoch, struct gcm_key *key)
{
	uint8_t salt[SEALFS_SALT_SIZE];
	struct table_block *b;
	int err;

	if (epoch > v->nepochs || !v->epochs_height)
		return -EUCLEAN;
	b = sealfs_alloc(v->host, sizeof(*b));
	if (!b)
		return -ENOMEM;
	err = table_find(v, b, epoch, salt);
	sealfs_release(v->host, b, sizeof(*b));
	if (err)
		return err;
	return key_derive_gcm(&v->identity, salt, KEY_BLOCKS, key);
}

/* The entry that has not been asked for longest. */
static struct epoch_key *key_victim(struct sealfs *v)
{
	struct epoch_key *oldest = &v->keys[0];

	for (uint32_t i = 1; i < EPOCH_KEYS; i++)
		if (v->keys[i].used < oldest->used)
			oldest = &v->keys[i];
	return oldest;
}

static struct epoch_key *key_in_memory(struct sealfs *v, uint32_t epoch)
{
	for (uint32_t i = 0; i < EPOCH_KEYS; i++)
		if (v->keys[i].epoch == epoch)
			return &v->keys[i];
	return NULL;
}

int epoch_key_find(struct sealfs *v, uint32_t epoch,
                   const struct gcm_key **ret_key)
{
	struct epoch_key *k = key_in_memory(v, epoch);
	int err;

	if (!k) {
		k = key_victim(v);
		k->epoch = 0;
		if (epoch == v->epoch)
			err = key_derive_gcm(&v->identity, v->epoch_salt,
			                     KEY_BLOCKS, &k->key);
		else
			err = key_of_older(v, epoch, &k->key);
		if (err)
			return err;
		k->epoch = epoch;
	}
	k->used = ++v->key_clock;
	*ret_key = &k->key;
	return 0;
}

int epoch_keys_init(struct sealfs *v)
{
	int err;

	err = key_derive_gcm(&v->identity, v->epoch_salt, KEY_SUPER,
	                     &v->super_key);
	if (err)
		return err;
	return key_derive_gcm(&v->identity, v->epoch_salt, KEY_EPOCHS,
	                      &v->epochs_key);
}

void epoch_keys_fini(struct sealfs *v)
{
	gcm_key_fini(&v->super_key);
	gcm_key_fini(&v->epochs_key);
	memzero_explicit(v->keys, sizeof(v->keys));
}

/*
 * Random bytes, hashed with the root and the time: even a generator that
 * repeats itself gives other salts for other contents.
 */
static int draw_salt(struct sealfs *v)
{
	int64_t now = v->host->now_ns(v->host->arg);
	uint8_t bytes[SEALFS_SALT_SIZE];
	struct sha256 h;
	int err;

	err = v->host->random(v->host->arg, bytes, sizeof(bytes));
	if (err)
		return err;
	sha256_init(&h);
	sha256_update(&h, bytes, sizeof(bytes));
	sha256_update(&h, v->digest, sizeof(v->digest));
	sha256_update(&h, v->epoch_salt, sizeof(v->epoch_salt));
	sha256_update(&h, &now, sizeof(now));
	sha256_final(&h, v->epoch_salt);
	return 0;
}

int epoch_begin(struct sealfs *v)
{
	struct disk_epoch e = { .generation = le64_of(v->generation + 1) };
	int err;

	if (v->nepochs >= SEALFS_EPOCH_MAX)
		return -ENOSPC;
	err = draw_salt(v);
	if (err)
		return err;
	v->epoch = ++v->nepochs;
	v->counter = 0;
	err = epoch_keys_init(v);
	if (err)
		return err;
	memcpy(e.salt, v->epoch_salt, sizeof(e.salt));
	return table_append(v, &e);
}

static int walk_below(struct sealfs *v, const struct ptr *p,
                      int (*visit)(void *arg, const struct ptr *p), void *arg)
{
	struct table_block *b = sealfs_alloc(v->host, sizeof(*b));
	struct ptr child;
	int err;

	if (!b)
		return -ENOMEM;
	err = visit(arg, p);
	if (!err)
		err = table_read(v, p, b);
	for (uint32_t i = 0; !err && p->level && i < SEALFS_EPOCH_FANOUT; i++) {
		err = child_parse(v, b, i, p->level - 1u, &child);
		if (!err && !ptr_is_hole(&child))
			err = walk_below(v, &child, visit, arg);
	}
	sealfs_release(v->host, b, sizeof(*b));
	return err;
}

int epoch_table_walk(struct sealfs *v,
                     int (*visit)(void *arg, const struct ptr *p), void *arg)
{
	if (!v->epochs_height)
		return 0;
	return walk_below(v, &v->epochs_root, visit, arg);
}
