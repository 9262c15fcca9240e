/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gcm.h - AES-GCM (SP 800-38D), keys of 16 or 32 bytes, nonces of 12.
 *
 *	struct gcm_key key;
 *	uint8_t tag[GCM_TAG_SIZE];
 *	int err = gcm_key_init(&key, bytes, 32);
 *
 *	if (!err)
 *		err = gcm_seal(&key, &msg, tag);    // msg: see below
 *	...
 *	err = gcm_open(&key, &msg, tag);            // -EBADMSG: forged
 *	gcm_key_fini(&key);
 *
 * The sealed volumes' AEAD.  A nonce must never meet a key twice: two messages
 * under one nonce give away their difference and the key of the hash.
 *
 * Single-touch: every byte of src is loaded once, and what is hashed is what
 * is encrypted or decrypted; no byte of dst is read back.  So src of an open
 * and dst of a seal may lie in memory that somebody else is changing, and the
 * tag still speaks of exactly the bytes that were used.
 *
 * Three code paths, chosen by crypto_init(): 16, 32 and 64 bytes of vector at a
 * time.  All give the same bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/span.h"
#include "crypto/aes.h"

enum {
	GCM_NONCE_SIZE = 12,
	GCM_TAG_SIZE = 16,
	/* Blocks hashed between two reductions by the widest path. */
	GCM_POWERS = 32,
};

/* SP 800-38D 5.2.1.1: the block counter has 32 bits, two values are taken. */
#define GCM_TEXT_MAX (((UINT64_C(1) << 32) - 2) * AES_BLOCK_SIZE)

/* A secret: wipe it with gcm_key_fini(). */
struct gcm_key {
	struct aes_key aes;
	/*
	 * H^32 to H, each times x, so that an odd product of two bit-reflected
	 * numbers comes out aligned; then zeros that a last vector may read.
	 */
	uint8_t powers[GCM_POWERS + 3][AES_BLOCK_SIZE];
};

/* One message.  @dst may be @src; otherwise the two must not overlap. */
struct gcm_message {
	uint8_t nonce[GCM_NONCE_SIZE];
	struct cspan aad; /* authenticated, not encrypted */
	const uint8_t *src;
	uint8_t *dst;
	size_t size; /* of src and of dst, at most GCM_TEXT_MAX */
};

/*
 * gcm_key_init - expand @size bytes of key.
 *
 * -EINVAL for a size other than 16 and 32, -ENOSYS if crypto_init() has not
 * found AES-NI and PCLMULQDQ; @key is untouched then.
 */
__must_check int gcm_key_init(struct gcm_key *key, const void *bytes,
                              size_t size);
void gcm_key_fini(struct gcm_key *key);

/* Encrypt and authenticate.  -EINVAL, and nothing written, if it is too long. */
__must_check int gcm_seal(const struct gcm_key *key,
                          const struct gcm_message *m,
                          uint8_t ret_tag[GCM_TAG_SIZE]);

/*
 * Decrypt if @tag is right.  -EBADMSG if it is not, and @dst is zeros then;
 * until the return it holds what nobody vouches for, so it must be memory that
 * only the caller can see.  -EINVAL as in gcm_seal().
 */
__must_check int gcm_open(const struct gcm_key *key,
                          const struct gcm_message *m,
                          const uint8_t tag[GCM_TAG_SIZE]);
