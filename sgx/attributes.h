/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attributes.h - ATTRIBUTES, XFRM and MISCSELECT: what an enclave may do and
 * which processor state its SSA frames hold.
 *
 * Source: SDM Vol. 3D (December 2023) 35.7.1 ATTRIBUTES, 35.7.2
 * SECS.MISCSELECT, 39.7.2 XFRM.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum sgx_attribute_flags {
	SGX_ATTR_INIT = 1 << 0, /* set by EINIT; 0 in SECS source, SIGSTRUCT */
	SGX_ATTR_DEBUG = 1 << 1,
	SGX_ATTR_MODE64BIT = 1 << 2,
	SGX_ATTR_PROVISIONKEY = 1 << 4,
	SGX_ATTR_EINITTOKEN_KEY = 1 << 5,
	SGX_ATTR_CET = 1 << 6,
	SGX_ATTR_KSS = 1 << 7,
	SGX_ATTR_AEXNOTIFY = 1 << 10,
};

/* Bits 3, 8, 9 and 63:11. */
#define SGX_ATTR_RESERVED                                                      \
	(~(uint64_t)(SGX_ATTR_INIT | SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT |     \
	             SGX_ATTR_PROVISIONKEY | SGX_ATTR_EINITTOKEN_KEY |         \
	             SGX_ATTR_CET | SGX_ATTR_KSS | SGX_ATTR_AEXNOTIFY))

/* XFRM uses XCR0's bits (SDM Vol. 1, 13.1). */
enum sgx_xfrm {
	SGX_XFRM_X87 = 1 << 0,
	SGX_XFRM_SSE = 1 << 1,
	SGX_XFRM_AVX = 1 << 2,
	SGX_XFRM_BNDREGS = 1 << 3,
	SGX_XFRM_BNDCSR = 1 << 4,
	SGX_XFRM_OPMASK = 1 << 5,
	SGX_XFRM_ZMM_HI256 = 1 << 6,
	SGX_XFRM_HI16_ZMM = 1 << 7,
	SGX_XFRM_PKRU = 1 << 9,
	SGX_XFRM_TILECFG = 1 << 17,
	SGX_XFRM_TILEDATA = 1 << 18,

	/* Groups that are legal only as a whole. */
	SGX_XFRM_LEGACY = SGX_XFRM_X87 | SGX_XFRM_SSE, /* always both set */
	SGX_XFRM_MPX = SGX_XFRM_BNDREGS | SGX_XFRM_BNDCSR,
	SGX_XFRM_AVX512 =
		SGX_XFRM_OPMASK | SGX_XFRM_ZMM_HI256 | SGX_XFRM_HI16_ZMM,
	SGX_XFRM_AMX = SGX_XFRM_TILECFG | SGX_XFRM_TILEDATA,
};

enum sgx_miscselect {
	SGX_MISC_EXINFO = 1 << 0, /* report #PF and #GP in the SSA frame */
	SGX_MISC_CPINFO = 1 << 1, /* likewise #CP */
};

#define SGX_MISC_RESERVED (~(uint32_t)(SGX_MISC_EXINFO | SGX_MISC_CPINFO))

/* The 128-bit field as it stands in SECS, SIGSTRUCT, REPORT, KEYREQUEST. */
struct sgx_attributes {
	uint64_t flags;
	uint64_t xfrm;
};

_Static_assert(sizeof(struct sgx_attributes) == 16, "ATTRIBUTES");
