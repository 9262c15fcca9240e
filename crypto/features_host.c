/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/features_host.h"

#include <cpuid.h>

/* SDM Vol. 2A, CPUID: leaf 1 ECX, leaf 7 EBX and ECX, leaf 0DH.1 EAX. */
enum {
	CPUID_1_ECX_PCLMUL = 1 << 1,
	CPUID_1_ECX_SSSE3 = 1 << 9,
	CPUID_1_ECX_SSE41 = 1 << 19,
	CPUID_1_ECX_AESNI = 1 << 25,
	CPUID_1_ECX_OSXSAVE = 1 << 27,
	CPUID_7_EBX_AVX2 = 1 << 5,
	CPUID_7_EBX_AVX512F = 1 << 16,
	CPUID_7_EBX_SHA = 1 << 29,
	CPUID_7_EBX_AVX512BW = 1 << 30,
	CPUID_7_ECX_VAES = 1 << 9,
	CPUID_7_ECX_VPCLMUL = 1 << 10,
	CPUID_D1_EAX_XSAVEC = 1 << 1,
};

#define CPUID_7_EBX_AVX512VL (1u << 31)
#define CPUID_7_EBX_AVX512                                                     \
	(CPUID_7_EBX_AVX512F | CPUID_7_EBX_AVX512BW | CPUID_7_EBX_AVX512VL)

/* XCR0 (SDM Vol. 1, 13.3). */
enum {
	XCR0_AVX = 0x6,     /* SSE and AVX */
	XCR0_AVX512 = 0xe6, /* these and opmask, ZMM_Hi256, Hi16_ZMM */
};

static uint64_t xcr0(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static bool has_all(uint64_t set, uint64_t wanted)
{
	return (set & wanted) == wanted;
}

/* What needs state beyond xmm; @ebx and @ecx are leaf 7's. */
static void find_wide(struct crypto_features *found, unsigned int ebx,
                      unsigned int ecx)
{
	unsigned int a, b, c, d;

	if (!has_all(ecx, CPUID_7_ECX_VAES | CPUID_7_ECX_VPCLMUL) ||
	    !__get_cpuid_count(0xd, 1, &a, &b, &c, &d) ||
	    !(a & CPUID_D1_EAX_XSAVEC))
		return;
	found->vaes256 = ebx & CPUID_7_EBX_AVX2 && has_all(xcr0(), XCR0_AVX);
	found->vaes512 = has_all(ebx, CPUID_7_EBX_AVX512) &&
	                 has_all(xcr0(), XCR0_AVX512);
}

void crypto_features_host(struct crypto_features *ret_features)
{
	struct crypto_features found = { 0 };
	unsigned int a, b, c, d;
	bool osxsave = false;

	if (__get_cpuid(1, &a, &b, &c, &d)) {
		found.pclmul = c & CPUID_1_ECX_PCLMUL;
		found.ssse3 = c & CPUID_1_ECX_SSSE3;
		found.sse41 = c & CPUID_1_ECX_SSE41;
		found.aesni = c & CPUID_1_ECX_AESNI;
		osxsave = c & CPUID_1_ECX_OSXSAVE;
	}
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
		found.sha = b & CPUID_7_EBX_SHA;
		if (osxsave)
			find_wide(&found, b, c);
	}
	*ret_features = found;
}

int crypto_init_host(void)
{
	struct crypto_features found;

	crypto_features_host(&found);
	return crypto_init(&found);
}
