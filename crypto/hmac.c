/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"

#include "base/string.h"

enum {
	INNER_PAD = 0x36,
	OUTER_PAD = 0x5c,
};

static void xor_pad(uint8_t block[SHA256_BLOCK_SIZE], uint8_t pad)
{
	size_t i;

	for (i = 0; i < SHA256_BLOCK_SIZE; i++)
		block[i] ^= pad;
}

void hmac_init(struct hmac *m, struct cspan key)
{
	uint8_t block[SHA256_BLOCK_SIZE] = { 0 };

	if (key.size > sizeof(block))
		sha256(key.data, key.size, block);
	else if (key.size)
		memcpy(block, key.data, key.size);

	xor_pad(block, INNER_PAD);
	sha256_init(&m->inner);
	sha256_update(&m->inner, block, sizeof(block));

	xor_pad(block, INNER_PAD ^ OUTER_PAD);
	sha256_init(&m->outer);
	sha256_update(&m->outer, block, sizeof(block));
	memzero_explicit(block, sizeof(block));
}

void hmac_update(struct hmac *m, const void *data, size_t size)
{
	sha256_update(&m->inner, data, size);
}

void hmac_final(struct hmac *m, uint8_t ret_tag[SHA256_SIZE])
{
	uint8_t digest[SHA256_SIZE];

	sha256_final(&m->inner, digest);
	sha256_update(&m->outer, digest, sizeof(digest));
	sha256_final(&m->outer, ret_tag);
	memzero_explicit(digest, sizeof(digest));
}

void hmac_sha256(struct cspan key, struct cspan data,
                 uint8_t ret_tag[SHA256_SIZE])
{
	struct hmac m;

	hmac_init(&m, key);
	hmac_update(&m, data.data, data.size);
	hmac_final(&m, ret_tag);
}
