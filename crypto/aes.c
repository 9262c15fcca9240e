/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aes.h"

#include "base/errno.h"
#include "base/string.h"
#include "crypto/crypto_internal.h"

int aes_key_init(struct aes_key *key, const void *bytes, size_t size)
{
	if (size != AES_128_KEY_SIZE && size != AES_256_KEY_SIZE)
		return -EINVAL;
	if (!crypto_cpu.aesni)
		return -ENOSYS;
	aes_ni_expand(key, bytes, size);
	return 0;
}

void aes_key_fini(struct aes_key *key)
{
	memzero_explicit(key, sizeof(*key));
}

void aes_encrypt(const struct aes_key *key, void *dst, const void *src,
                 size_t nblocks)
{
	aes_ni_encrypt(key, dst, src, nblocks);
}

void aes_cbc_mac(const struct aes_key *key, uint8_t mac[AES_BLOCK_SIZE],
                 const void *data, size_t nblocks)
{
	aes_ni_cbc_mac(key, mac, data, nblocks);
}
