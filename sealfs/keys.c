/* SPDX-License-Identifier: Apache-2.0 */
#include "sealfs/keys.h"

#include "base/errno.h"
#include "base/string.h"
#include "crypto/hkdf.h"

/* HKDF's info. */
struct key_info {
	char name[12];
	struct le32 major;
	struct le32 suite;
	struct le32 purpose;
	uint8_t volume_id[SEALFS_ID_SIZE];
};

static_assert(sizeof(struct key_info) == 40, "no padding in what is hashed");

size_t key_suite_size(uint32_t suite)
{
	if (suite == SEALFS_AES_256_GCM)
		return AES_256_KEY_SIZE;
	if (suite == SEALFS_AES_128_GCM)
		return AES_128_KEY_SIZE;
	return 0;
}

int key_derive(const struct identity *identity,
               const uint8_t salt[SEALFS_SALT_SIZE], enum key_purpose purpose,
               void *dst, size_t size)
{
	struct key_info info = {
		.name = "sofa-sealfs",
		.major = le32_of(SEALFS_MAJOR),
		.suite = le32_of(identity->suite),
		.purpose = le32_of(purpose),
	};

	memcpy(info.volume_id, identity->volume_id, sizeof(info.volume_id));
	return hkdf_sha256(span_make(dst, size),
	                   cspan_make(salt, salt ? SEALFS_SALT_SIZE : 0),
	                   CSPAN_OF(identity->secret), CSPAN_OF(info));
}

int key_derive_gcm(const struct identity *identity,
                   const uint8_t salt[SEALFS_SALT_SIZE],
                   enum key_purpose purpose, struct gcm_key *ret_key)
{
	size_t size = key_suite_size(identity->suite);
	uint8_t bytes[AES_256_KEY_SIZE];
	int err;

	err = key_derive(identity, salt, purpose, bytes, size);
	if (!err)
		err = gcm_key_init(ret_key, bytes, size);
	memzero_explicit(bytes, sizeof(bytes));
	return err;
}

/* The owner's key with the block's salt: the key of one message. */
static int wrapping_key(const struct disk_key_block *block,
                        const uint8_t key[SEALFS_KEY_SIZE],
                        struct gcm_key *ret_key)
{
	struct identity owner = { .suite = le32_get(&block->suite) };
	uint8_t bytes[AES_256_KEY_SIZE];
	int err;

	memcpy(owner.secret, key, sizeof(owner.secret));
	memcpy(owner.volume_id, block->volume_id, sizeof(owner.volume_id));
	/* Always the long key: it guards keys of either length. */
	err = key_derive(&owner, block->salt, KEY_WRAPPING, bytes,
	                 sizeof(bytes));
	if (!err)
		err = gcm_key_init(ret_key, bytes, sizeof(bytes));
	memzero_explicit(bytes, sizeof(bytes));
	memzero_explicit(&owner, sizeof(owner));
	return err;
}

int key_wrap(const struct identity *identity,
             const uint8_t key[SEALFS_KEY_SIZE],
             const uint8_t salt[SEALFS_SALT_SIZE],
             struct disk_key_block *ret_block)
{
	struct disk_key_block *b = ret_block;
	struct gcm_message m = {
		.aad = cspan_make(b, offsetof(struct disk_key_block, tag)),
		.src = identity->secret,
		.dst = b->secret,
		.size = sizeof(b->secret),
	};
	struct gcm_key gcm;
	int err;

	memset(b, 0, sizeof(*b));
	memcpy(b->magic, SEALFS_KEY_MAGIC, sizeof(b->magic));
	b->major = le32_of(SEALFS_MAJOR);
	b->suite = le32_of(identity->suite);
	memcpy(b->volume_id, identity->volume_id, sizeof(b->volume_id));
	memcpy(b->salt, salt, sizeof(b->salt));
	err = wrapping_key(b, key, &gcm);
	if (err)
		return err;
	err = gcm_seal(&gcm, &m, b->tag);
	gcm_key_fini(&gcm);
	return err;
}

int key_unwrap(const struct disk_key_block *block,
               const uint8_t key[SEALFS_KEY_SIZE],
               struct identity *ret_identity)
{
	struct gcm_message m = {
		.aad = cspan_make(block, offsetof(struct disk_key_block, tag)),
		.src = block->secret,
		.dst = ret_identity->secret,
		.size = sizeof(block->secret),
	};
	struct gcm_key gcm;
	int err;

	if (memcmp(block->magic, SEALFS_KEY_MAGIC, sizeof(block->magic)))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(block->zero2); i++)
		if (block->zero2[i])
			return -EKEYREJECTED;
	if (le32_get(&block->major) != SEALFS_MAJOR ||
	    !key_suite_size(le32_get(&block->suite)))
		return -EOPNOTSUPP;
	err = wrapping_key(block, key, &gcm);
	if (err)
		return err;
	err = gcm_open(&gcm, &m, block->tag);
	gcm_key_fini(&gcm);
	if (err)
		return err == -EBADMSG ? -EKEYREJECTED : err;
	memcpy(ret_identity->volume_id, block->volume_id, SEALFS_ID_SIZE);
	ret_identity->suite = le32_get(&block->suite);
	return 0;
}
