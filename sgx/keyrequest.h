/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyrequest.h - KEYREQUEST, EGETKEY's input.
 *
 * Source: SDM Vol. 3D 35.18 and EGETKEY in 38.4.  What a key is derived from
 * is sgx/keydep.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sgx/attributes.h"

enum sgx_keyname {
	SGX_KEY_EINITTOKEN = 0,
	SGX_KEY_PROVISION = 1,
	SGX_KEY_PROVISION_SEAL = 2,
	SGX_KEY_REPORT = 3,
	SGX_KEY_SEAL = 4,
};

/* Bits 2-5 are #GP(0) in an enclave without KSS. */
enum sgx_keypolicy {
	SGX_KEYPOLICY_MRENCLAVE = 1 << 0,
	SGX_KEYPOLICY_MRSIGNER = 1 << 1,
	SGX_KEYPOLICY_NOISVPRODID = 1 << 2,
	SGX_KEYPOLICY_CONFIGID = 1 << 3,
	SGX_KEYPOLICY_ISVFAMILYID = 1 << 4,
	SGX_KEYPOLICY_ISVEXTPRODID = 1 << 5,
	SGX_KEYPOLICY_KSS = SGX_KEYPOLICY_NOISVPRODID | SGX_KEYPOLICY_CONFIGID |
	                    SGX_KEYPOLICY_ISVFAMILYID |
	                    SGX_KEYPOLICY_ISVEXTPRODID,
	SGX_KEYPOLICY_ALL = SGX_KEYPOLICY_MRENCLAVE | SGX_KEYPOLICY_MRSIGNER |
	                    SGX_KEYPOLICY_KSS,
};

enum {
	SGX_KEY_SIZE = 16,
	SGX_KEYREQUEST_ALIGN = 512,
	SGX_KEY_ALIGN = 16, /* of EGETKEY's output */
};

struct keyrequest {
	uint16_t keyname;
	uint16_t keypolicy;
	uint16_t isvsvn;
	uint8_t cet_attributes_mask;
	uint8_t reserved1;
	uint8_t cpusvn[16];
	struct sgx_attributes attributemask;
	uint8_t keyid[32];
	uint32_t miscmask;
	uint16_t configsvn;
	uint8_t reserved2[434];
};

_Static_assert(sizeof(struct keyrequest) == 512, "KEYREQUEST");
_Static_assert(offsetof(struct keyrequest, keypolicy) == 2, "KEYREQUEST");
_Static_assert(offsetof(struct keyrequest, isvsvn) == 4, "KEYREQUEST");
_Static_assert(offsetof(struct keyrequest, cet_attributes_mask) == 6,
               "KEYREQUEST");
_Static_assert(offsetof(struct keyrequest, cpusvn) == 8, "KEYREQUEST");
_Static_assert(offsetof(struct keyrequest, attributemask) == 24, "KEYREQUEST");
_Static_assert(offsetof(struct keyrequest, keyid) == 40, "KEYREQUEST");
_Static_assert(offsetof(struct keyrequest, miscmask) == 72, "KEYREQUEST");
_Static_assert(offsetof(struct keyrequest, configsvn) == 76, "KEYREQUEST");
_Static_assert(offsetof(struct keyrequest, reserved2) == 78, "KEYREQUEST");

/*
 * keyrequest_is_legal - EGETKEY's #GP(0) conditions on the structure itself.
 *
 * @flags: the enclave's ATTRIBUTES.flags.  False: reserved bytes or
 * KEYPOLICY[15:6] are set, or a KSS policy bit or CONFIGSVN without KSS, or a
 * CET mask without CET.
 */
bool keyrequest_is_legal(const struct keyrequest *req, uint64_t flags);
