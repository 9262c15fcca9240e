/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - what the CPU says this enclave is, by EREPORT to itself.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct identity {
	uint64_t attributes;
	uint64_t xfrm;
	uint32_t miscselect;
	uint8_t mrenclave[32];
	uint8_t mrsigner[32];
	uint16_t isvprodid, isvsvn;
};

/*
 * Read it and check what the kernel can't do without: 64-bit mode, x87 and SSE
 * in XFRM, a frame that holds XFRM's state.  DEBUG must be as the measured
 * config says: @is_debuggable false and a debug enclave is refused.  0, -EINVAL.
 */
int __must_check identity_read(bool is_debuggable, struct identity *ret);
