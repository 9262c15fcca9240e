/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/features_host.h"

#include <cpuid.h>

/* SDM Vol. 2A, CPUID: leaf 1 ECX, leaf 7 EBX. */
enum {
	CPUID_1_ECX_SSSE3 = 1 << 9,
	CPUID_1_ECX_SSE41 = 1 << 19,
	CPUID_1_ECX_AESNI = 1 << 25,
	CPUID_7_EBX_SHA = 1 << 29,
};

void crypto_features_host(struct crypto_features *ret_features)
{
	struct crypto_features found = { 0 };
	unsigned int a, b, c, d;

	if (__get_cpuid(1, &a, &b, &c, &d)) {
		found.ssse3 = c & CPUID_1_ECX_SSSE3;
		found.sse41 = c & CPUID_1_ECX_SSE41;
		found.aesni = c & CPUID_1_ECX_AESNI;
	}
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
		found.sha = b & CPUID_7_EBX_SHA;
	*ret_features = found;
}

int crypto_init_host(void)
{
	struct crypto_features found;

	crypto_features_host(&found);
	return crypto_init(&found);
}
