/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secs.h - the SGX Enclave Control Structure, ECREATE's input.
 *
 * Source: SDM Vol. 3D 35.7.  ECREATE demands zero in every reserved byte; the
 * CPU keeps EID and other private state in the last one afterwards.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sgx/attributes.h"

enum {
	SGX_HASH_SIZE = 32, /* MRENCLAVE, MRSIGNER: SHA-256 */
	SGX_CONFIGID_SIZE = 64,
	SGX_SIZE_MIN = 2 * 4096, /* smallest legal SECS.SIZE */
};

struct secs {
	uint64_t size;         /* power of two, >= SGX_SIZE_MIN */
	uint64_t baseaddr;     /* a multiple of size */
	uint32_t ssaframesize; /* pages */
	uint32_t miscselect;   /* SGX_MISC_* */
	uint64_t cet_leg_bitmap_offset;
	uint8_t cet_attributes;
	uint8_t reserved1[15];
	struct sgx_attributes attributes;
	uint8_t mrenclave[SGX_HASH_SIZE];
	uint8_t reserved2[32];
	uint8_t mrsigner[SGX_HASH_SIZE];
	uint8_t reserved3[32];
	uint8_t configid[SGX_CONFIGID_SIZE]; /* KSS only */
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint16_t configsvn; /* KSS only */
	uint8_t reserved4[3834];
};

_Static_assert(sizeof(struct secs) == 4096, "SECS");
_Static_assert(offsetof(struct secs, ssaframesize) == 16, "SECS");
_Static_assert(offsetof(struct secs, miscselect) == 20, "SECS");
_Static_assert(offsetof(struct secs, cet_leg_bitmap_offset) == 24, "SECS");
_Static_assert(offsetof(struct secs, cet_attributes) == 32, "SECS");
_Static_assert(offsetof(struct secs, attributes) == 48, "SECS");
_Static_assert(offsetof(struct secs, mrenclave) == 64, "SECS");
_Static_assert(offsetof(struct secs, reserved2) == 96, "SECS");
_Static_assert(offsetof(struct secs, mrsigner) == 128, "SECS");
_Static_assert(offsetof(struct secs, configid) == 192, "SECS");
_Static_assert(offsetof(struct secs, isvprodid) == 256, "SECS");
_Static_assert(offsetof(struct secs, isvsvn) == 258, "SECS");
_Static_assert(offsetof(struct secs, configsvn) == 260, "SECS");
_Static_assert(offsetof(struct secs, reserved4) == 262, "SECS");
