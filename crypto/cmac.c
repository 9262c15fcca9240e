/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cmac.h"

#include "base/endian.h"
#include "base/string.h"

int cmac_init(struct cmac *m, struct cspan key)
{
	memset(m->mac, 0, sizeof(m->mac));
	m->used = 0;
	return aes_key_init(&m->key, key.data, key.size);
}

void cmac_update(struct cmac *m, const void *data, size_t size)
{
	const uint8_t *src = data;
	size_t n, nblocks;

	if (size == 0)
		return;
	/* The last block waits for final(), which masks it. */
	n = MIN(size, sizeof(m->block) - m->used);
	memcpy(m->block + m->used, src, n);
	m->used += n;
	src += n;
	size -= n;
	if (size == 0)
		return;

	aes_cbc_mac(&m->key, m->mac, m->block, 1);
	nblocks = (size - 1) / AES_BLOCK_SIZE;
	if (nblocks)
		aes_cbc_mac(&m->key, m->mac, src, nblocks);
	src += nblocks * AES_BLOCK_SIZE;
	m->used = size - nblocks * AES_BLOCK_SIZE;
	memcpy(m->block, src, m->used);
}

/* Multiply by x in GF(2^128), most significant bit first, without a branch. */
static void double_block(uint8_t block[AES_BLOCK_SIZE])
{
	uint64_t hi = get_be64(block);
	uint64_t lo = get_be64(block + 8);
	uint64_t carry = 0 - (hi >> 63);

	put_be64(block, hi << 1 | lo >> 63);
	put_be64(block + 8, lo << 1 ^ (carry & 0x87));
}

void cmac_final(struct cmac *m, uint8_t ret_tag[CMAC_SIZE])
{
	uint8_t mask[AES_BLOCK_SIZE] = { 0 };
	size_t i;

	aes_encrypt(&m->key, mask, mask, 1);
	double_block(mask);
	if (m->used < sizeof(m->block)) {
		double_block(mask);
		memset(m->block + m->used, 0, sizeof(m->block) - m->used);
		m->block[m->used] = 0x80;
	}
	for (i = 0; i < sizeof(mask); i++)
		m->block[i] ^= mask[i];
	aes_cbc_mac(&m->key, m->mac, m->block, 1);
	memcpy(ret_tag, m->mac, CMAC_SIZE);
	memzero_explicit(mask, sizeof(mask));
	memzero_explicit(m, sizeof(*m));
}

int cmac_aes(struct cspan key, struct cspan data, uint8_t ret_tag[CMAC_SIZE])
{
	struct cmac m;
	int err;

	err = cmac_init(&m, key);
	if (err < 0)
		return err;
	cmac_update(&m, data.data, data.size);
	cmac_final(&m, ret_tag);
	return 0;
}
