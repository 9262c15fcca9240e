/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - keys of a volume: HKDF-SHA256 of its secret, one for each purpose.
 *
 * Suite, format version, volume and purpose are inputs of each key, so a header
 * that the host has changed gives a wrong key, not a weaker cipher.
 */
#pragma once

#include "sealfs/volume_internal.h"

enum key_purpose {
	KEY_SUPER = 1,   /* salt: the epoch's */
	KEY_BLOCKS = 2,  /* salt: the epoch's */
	KEY_LOG = 3,     /* salt: the epoch's */
	KEY_EPOCHS = 4,  /* salt: the one in the block */
	KEY_NAMES = 5,   /* salt: none; hashes of names */
	KEY_WRAPPING = 6 /* of the owner's key, salt: the one in the block */
};

/* Bytes of an AES key; 0 for a suite that does not exist. */
size_t key_suite_size(uint32_t suite);

/* @size bytes at @dst; @salt may be NULL for none. */
__must_check int key_derive(const struct identity *identity,
                            const uint8_t salt[SEALFS_SALT_SIZE],
                            enum key_purpose purpose, void *dst, size_t size);

/* The AEAD key of a purpose; wipe it with gcm_key_fini(). */
__must_check int key_derive_gcm(const struct identity *identity,
                                const uint8_t salt[SEALFS_SALT_SIZE],
                                enum key_purpose purpose,
                                struct gcm_key *ret_key);

/*
 * key_wrap - fill @ret_block with identity->secret under the owner's @key.
 *
 * @salt must be fresh: a nonce is never used, the key is new each time.
 */
__must_check int key_wrap(const struct identity *identity,
                          const uint8_t key[SEALFS_KEY_SIZE],
                          const uint8_t salt[SEALFS_SALT_SIZE],
                          struct disk_key_block *ret_block);

/*
 * key_unwrap - -EINVAL if @block is no key block, -EOPNOTSUPP for a version or
 * suite that is not known, -EKEYREJECTED if @key does not open it.
 */
__must_check int key_unwrap(const struct disk_key_block *block,
                            const uint8_t key[SEALFS_KEY_SIZE],
                            struct identity *ret_identity);
