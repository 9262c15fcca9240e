/* SPDX-License-Identifier: Apache-2.0 */
#include "sealfs/super.h"

#include "base/arith.h"
#include "base/errno.h"
#include "base/string.h"
#include "crypto/sha256.h"
#include "sealfs/block.h"
#include "sealfs/epoch.h"
#include "sealfs/keys.h"
#include "sealfs/layout.h"

/* What this code knows of each kind. */
enum {
	FEATURES_RO_COMPAT = 0,
	FEATURES_INCOMPAT = 0,
};

#define HEADER_AAD_SIZE offsetof(struct disk_super_header, tag)

static bool bytes_are_zero(const uint8_t *p, size_t size)
{
	uint8_t any = 0;

	while (size--)
		any |= *p++;
	return !any;
}

static void tree_encode(const struct ptr *root, uint8_t height,
                        struct disk_tree *ret)
{
	memset(ret, 0, sizeof(*ret));
	ptr_encode(root, &ret->root);
	ret->height = height;
}

static int tree_parse(const struct disk_tree *t, uint8_t leaf_type,
                      const struct sealfs *v, struct object *o)
{
	uint8_t level = t->height ? t->height - 1 : 0;

	if (t->height > SEALFS_HEIGHT_MAX ||
	    !bytes_are_zero(t->zero, sizeof(t->zero)))
		return -EUCLEAN;
	o->height = t->height;
	return ptr_parse(&t->root, level ? SEALFS_BLOCK_NODE : leaf_type, level,
	                 v->nblocks, &o->root);
}

static int epochs_parse(const struct disk_tree *t, struct sealfs *v)
{
	uint8_t level = t->height - 1;

	if (!t->height || t->height > SEALFS_EPOCH_HEIGHT_MAX ||
	    !bytes_are_zero(t->zero, sizeof(t->zero)))
		return -EUCLEAN;
	v->epochs_height = t->height;
	return ptr_parse(&t->root, SEALFS_BLOCK_EPOCHS, level, v->nblocks,
	                 &v->epochs_root);
}

static void body_encode(const struct sealfs *v, struct disk_super_body *b)
{
	memset(b, 0, sizeof(*b));
	memcpy(b->parent_digest, v->digest, sizeof(b->parent_digest));
	b->nblocks = le64_of(v->nblocks);
	b->nused = le64_of(v->space.nused);
	b->next_ino = le64_of(v->next_ino);
	b->next_file_generation = le64_of(v->next_file_generation);
	b->ninodes = le64_of(v->ninodes);
	b->created_ns = le64_of((uint64_t)v->created_ns);
	b->committed_ns = le64_of((uint64_t)v->committed_ns);
	b->log_block = le64_of(v->log_block);
	b->log_nblocks = le32_of(v->log_nblocks);
	tree_encode(&v->epochs_root, v->epochs_height, &b->epochs);
	tree_encode(&v->inodes.root, v->inodes.height, &b->inodes);
	tree_encode(&v->freemap.root, v->freemap.height, &b->freemap);
	tree_encode(&v->orphans.root, v->orphans.height, &b->orphans);
	b->norphans = le64_of(v->norphans);
	memcpy(b->label, v->label, sizeof(b->label));
}

static int features_check(const struct disk_super_body *b, bool rdonly)
{
	if (le64_get(&b->features_incompat) & ~(uint64_t)FEATURES_INCOMPAT)
		return -EOPNOTSUPP;
	if (!rdonly &&
	    (le64_get(&b->features_ro_compat) & ~(uint64_t)FEATURES_RO_COMPAT))
		return -EOPNOTSUPP;
	return 0;
}

/* The numbers that others are checked against. */
static int sizes_check(const struct sealfs *v, uint64_t nused)
{
	uint64_t slots_end = layout_slot(SEALFS_SLOTS - 1) + 1;

	if (v->nblocks < SEALFS_NBLOCKS_MIN ||
	    v->nblocks > SEALFS_NBLOCKS_MAX || nused > v->nblocks ||
	    v->ninodes > v->next_ino || v->next_ino > SEALFS_INO_MAX + 1 ||
	    v->norphans > v->next_ino)
		return -EUCLEAN;
	if (v->log_block < slots_end || v->log_nblocks < SEALFS_LOG_MIN ||
	    !range_within(v->log_block, v->log_nblocks, v->nblocks))
		return -EUCLEAN;
	return 0;
}

static int body_parse(const struct disk_super_body *b, struct sealfs *v)
{
	int err;

	err = features_check(b, v->rdonly);
	if (err)
		return err;
	v->nblocks = le64_get(&b->nblocks);
	v->next_ino = le64_get(&b->next_ino);
	v->next_file_generation = le64_get(&b->next_file_generation);
	v->ninodes = le64_get(&b->ninodes);
	v->norphans = le64_get(&b->norphans);
	v->created_ns = (int64_t)le64_get(&b->created_ns);
	v->committed_ns = (int64_t)le64_get(&b->committed_ns);
	v->log_block = le64_get(&b->log_block);
	v->log_nblocks = le32_get(&b->log_nblocks);
	v->nused_on_disk = le64_get(&b->nused);
	memcpy(v->label, b->label, sizeof(v->label));
	err = sizes_check(v, v->nused_on_disk);
	if (!err)
		err = epochs_parse(&b->epochs, v);
	if (!err)
		err = tree_parse(&b->inodes, SEALFS_BLOCK_INODES, v,
		                 &v->inodes);
	if (!err)
		err = tree_parse(&b->freemap, SEALFS_BLOCK_FREEMAP, v,
		                 &v->freemap);
	if (!err)
		err = tree_parse(&b->orphans, SEALFS_BLOCK_ORPHANS, v,
		                 &v->orphans);
	if (!err && !bytes_are_zero(b->zero, sizeof(b->zero)))
		err = -EUCLEAN;
	return err;
}

/* Could @h be a superblock of this volume?  All in it is the host's word. */
static bool header_fits(const struct sealfs *v,
                        const struct disk_super_header *h)
{
	return !memcmp(h->magic, SEALFS_SUPER_MAGIC, sizeof(h->magic)) &&
	       le32_get(&h->major) == SEALFS_MAJOR &&
	       le32_get(&h->suite) == v->identity.suite &&
	       !memcmp(h->volume_id, v->identity.volume_id, SEALFS_ID_SIZE) &&
	       le32_get(&h->epoch) && le64_get(&h->generation);
}

static struct gcm_message super_message(struct disk_super *s)
{
	struct gcm_message m = {
		.aad = cspan_make(&s->header, HEADER_AAD_SIZE),
		.src = (const uint8_t *)&s->body,
		.dst = (uint8_t *)&s->body,
		.size = sizeof(s->body),
	};

	block_nonce(m.nonce, SEALFS_DOMAIN_SUPER, le64_get(&s->header.counter));
	return m;
}

static int super_open(const struct sealfs *v, struct disk_super *s)
{
	struct gcm_message m = super_message(s);
	struct gcm_key key;
	int err;

	err = key_derive_gcm(&v->identity, s->header.epoch_salt, KEY_SUPER,
	                     &key);
	if (err)
		return err;
	err = gcm_open(&key, &m, s->header.tag);
	gcm_key_fini(&key);
	return err;
}

/*
 * The slot with the greatest generation below @below, among those whose header
 * fits; SEALFS_SLOTS if there is none.
 */
static int newest_below(const struct sealfs *v, struct disk_super *block,
                        uint64_t below, uint32_t *ret_slot)
{
	uint64_t newest = 0;
	uint64_t g;
	int err;

	*ret_slot = SEALFS_SLOTS;
	for (uint32_t i = 0; i < SEALFS_SLOTS; i++) {
		err = block_read(v, layout_slot(i), 1, block);
		if (err)
			return err;
		g = le64_get(&block->header.generation);
		if (header_fits(v, &block->header) && g < below && g > newest) {
			newest = g;
			*ret_slot = i;
		}
	}
	return 0;
}

/* The opened superblock in @block is the one: take it over. */
static int super_adopt(struct sealfs *v, const struct disk_super *block,
                       uint32_t slot, const uint8_t *digest)
{
	const struct disk_super_header *h = &block->header;

	v->slot = v->durable_slot = slot;
	v->generation = le64_get(&h->generation);
	v->epoch = le32_get(&h->epoch);
	v->nepochs = v->epoch;
	if (v->epoch > SEALFS_EPOCH_MAX)
		return -EUCLEAN;
	memcpy(v->digest, digest, sizeof(v->digest));
	memcpy(v->epoch_salt, h->epoch_salt, sizeof(v->epoch_salt));
	return body_parse(&block->body, v);
}

int super_load(struct sealfs *v, struct disk_super *block)
{
	uint8_t digest[SEALFS_DIGEST_SIZE];
	uint64_t below = UINT64_MAX;
	uint32_t slot;
	int err;

	for (;;) {
		err = newest_below(v, block, below, &slot);
		if (err)
			return err;
		if (slot == SEALFS_SLOTS)
			return -EBADMSG;
		err = block_read(v, layout_slot(slot), 1, block);
		if (err)
			return err;
		/* The host may show another header now than it did before. */
		if (!header_fits(v, &block->header) ||
		    le64_get(&block->header.generation) >= below)
			return -EBADMSG;
		below = le64_get(&block->header.generation);
		sha256(block, sizeof(*block), digest);
		err = super_open(v, block);
		if (!err)
			return super_adopt(v, block, slot, digest);
		if (err != -EBADMSG)
			return err;
	}
}

static void header_encode(const struct sealfs *v, uint64_t counter,
                          struct disk_super_header *h)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, SEALFS_SUPER_MAGIC, sizeof(h->magic));
	h->major = le32_of(SEALFS_MAJOR);
	h->suite = le32_of(v->identity.suite);
	memcpy(h->volume_id, v->identity.volume_id, sizeof(h->volume_id));
	memcpy(h->epoch_salt, v->epoch_salt, sizeof(h->epoch_salt));
	h->epoch = le32_of(v->epoch);
	h->counter = le64_of(counter);
	h->generation = le64_of(v->generation + 1);
}

int super_store(struct sealfs *v)
{
	struct disk_super *s = (struct disk_super *)(void *)v->stage;
	struct gcm_message m;
	uint64_t counter;
	int err;

	err = block_next_counter(v, &counter);
	if (err)
		return err;
	header_encode(v, counter, &s->header);
	body_encode(v, &s->body);
	m = super_message(s);
	err = gcm_seal(&v->super_key, &m, s->header.tag);
	if (err)
		return err;
	sha256(s, sizeof(*s), v->digest_stored);
	/*
	 * Even where the write fails: the host may have it, and whoever tries
	 * again must not call other contents by the same number.
	 */
	v->slot = (v->slot + 1) % SEALFS_SLOTS;
	if (v->slot == v->durable_slot)
		v->slot = (v->slot + 1) % SEALFS_SLOTS;
	v->generation++;
	return block_write(v, layout_slot(v->slot), 1, s);
}

void super_stored(struct sealfs *v)
{
	memcpy(v->digest, v->digest_stored, sizeof(v->digest));
	v->durable_slot = v->slot;
}

int super_wipe(struct sealfs *v)
{
	int err = 0;

	memset(v->stage, 0, SEALFS_BLOCK_SIZE);
	for (uint32_t i = 0; !err && i < SEALFS_SLOTS; i++)
		err = block_write(v, layout_slot(i), 1, v->stage);
	return err;
}
