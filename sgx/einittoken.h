/* SPDX-License-Identifier: Apache-2.0 */
/*
 * einittoken.h - EINITTOKEN, the launch enclave's permit for EINIT.
 *
 * Source: SDM Vol. 3D 35.15.  With flexible launch control Linux passes 304
 * zero bytes (VALID = 0) and sets IA32_SGXLEPUBKEYHASH to MRSIGNER instead.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sgx/attributes.h"

enum {
	SGX_EINITTOKEN_MAC_INPUT = 192, /* bytes 0-191 are under the MAC */
};

struct einittoken {
	uint32_t valid;
	uint8_t reserved1[44];
	struct sgx_attributes attributes;
	uint8_t mrenclave[32];
	uint8_t reserved2[32];
	uint8_t mrsigner[32];
	uint8_t reserved3[32];
	uint8_t cpusvnle[16];
	uint16_t isvprodidle;
	uint16_t isvsvnle;
	uint8_t reserved4[24];
	uint32_t maskedmiscselectle;
	struct sgx_attributes maskedattributesle;
	uint8_t keyid[32];
	uint8_t mac[16];
};

_Static_assert(sizeof(struct einittoken) == 304, "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, attributes) == 48, "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, mrenclave) == 64, "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, mrsigner) == 128, "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, cpusvnle) ==
                       SGX_EINITTOKEN_MAC_INPUT,
               "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, isvprodidle) == 208, "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, isvsvnle) == 210, "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, maskedmiscselectle) == 236,
               "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, maskedattributesle) == 240,
               "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, keyid) == 256, "EINITTOKEN");
_Static_assert(offsetof(struct einittoken, mac) == 288, "EINITTOKEN");
