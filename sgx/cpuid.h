/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid.h - how CPUID describes SGX, as bits; nothing here executes CPUID.
 *
 * Source: SDM Vol. 3D 34.7 (discovery), Vol. 2A CPUID leaf 12H.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cpuid_regs {
	uint32_t eax;
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
};

enum sgx_cpuid {
	SGX_CPUID_7_EBX_SGX = 1 << 2,
	SGX_CPUID_7_ECX_SGX_LC = 1 << 30,

	/* Leaf 12H, subleaf 0. */
	SGX_CPUID_12_EAX_SGX1 = 1 << 0,
	SGX_CPUID_12_EAX_SGX2 = 1 << 1,
	SGX_CPUID_12_EAX_EUPDATESVN = 1 << 10,
	SGX_CPUID_12_EAX_EDECCSSA = 1 << 11,

	/* Leaf 12H, subleaf 2 and on: EAX[3:0]. */
	SGX_CPUID_EPC_TYPE_MASK = 0xf,
	SGX_CPUID_EPC_SECTION = 1,
};

/* log2 of the first SIZE that a 64-bit ECREATE refuses: 12H.0:EDX[15:8]. */
static inline unsigned int sgx_cpuid_size64_log2(uint32_t edx)
{
	return edx >> 8 & 0xff;
}

/*
 * sgx_cpuid_epc_section - decode subleaf 2 or later.
 *
 * False, nothing written, if the subleaf does not describe a section.
 */
static inline bool sgx_cpuid_epc_section(const struct cpuid_regs *regs,
                                         uint64_t *ret_base, uint64_t *ret_size)
{
	if ((regs->eax & SGX_CPUID_EPC_TYPE_MASK) != SGX_CPUID_EPC_SECTION)
		return false;
	*ret_base = (regs->eax & UINT32_C(0xfffff000)) |
	            (uint64_t)(regs->ebx & 0xfffff) << 32;
	*ret_size = (regs->ecx & UINT32_C(0xfffff000)) |
	            (uint64_t)(regs->edx & 0xfffff) << 32;
	return true;
}

enum sgx_msr {
	SGX_MSR_FEATURE_CONTROL = 0x3a,
	SGX_MSR_LEPUBKEYHASH0 = 0x8c, /* to 0x8f: MRSIGNER as four qwords */

	SGX_FEATURE_CONTROL_LOCK = 1 << 0,
	SGX_FEATURE_CONTROL_SGX_LC = 1 << 17,
	SGX_FEATURE_CONTROL_SGX = 1 << 18,
};
