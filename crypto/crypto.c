/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"

#include "base/errno.h"
#include "crypto/crypto_internal.h"

struct crypto_features crypto_cpu;

int crypto_init(const struct crypto_features *features)
{
	crypto_cpu = *features;
	/* SHA-NI's byte shuffles and blends are SSSE3 and SSE4.1. */
	if (!features->ssse3 || !features->sse41) {
		crypto_cpu.sha = false;
		crypto_cpu.aesni = false;
	}
	if (!crypto_cpu.aesni)
		crypto_cpu.pclmul = false;
	if (!crypto_cpu.pclmul)
		crypto_cpu.vaes256 = crypto_cpu.vaes512 = false;
	return crypto_cpu.aesni ? 0 : -ENOSYS;
}

bool crypto_equal(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a;
	const uint8_t *y = b;
	uint8_t diff = 0;
	size_t i;

	for (i = 0; i < size; i++) {
		diff |= x[i] ^ y[i];
		/* Hides diff's value, so no early exit can be invented. */
		__asm__("" : "+r"(diff));
	}
	return diff == 0;
}
