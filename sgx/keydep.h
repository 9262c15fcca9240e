/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keydep.h - what an SGX key depends on, as one canonical byte string.
 *
 * Source: SDM Vol. 3D, EGETKEY and EREPORT in 38.4, Table 38-66.  The real
 * derivation function is the CPU's secret; any PRF over a platform secret that
 * takes this string satisfies the table, which is what an emulator does:
 *
 *	if (!keyrequest_is_legal(&req, id.attributes.flags))
 *		...                              // #GP(0)
 *	err = keydep_fill(&dep, &id, &req, &platform);
 *	if (err == SGX_SUCCESS)
 *		cmac_aes(secret, CSPAN_OF(dep), key);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sgx/attributes.h"
#include "sgx/keyrequest.h"
#include "sgx/leaf.h"
#include "sgx/report.h"

/* Who asks: the initialized SECS with what EINIT took from SIGSTRUCT. */
struct key_identity {
	struct sgx_attributes attributes; /* with INIT */
	uint32_t miscselect;
	uint8_t cet_attributes;
	uint8_t mrenclave[32];
	uint8_t mrsigner[32];
	uint8_t configid[64];
	uint8_t isvfamilyid[16];
	uint8_t isvextprodid[16];
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint16_t configsvn;
};

/* The machine's share besides its secret. */
struct key_platform {
	uint8_t cpusvn[SGX_CPUSVN_SIZE];
	uint8_t ownerepoch[16];
};

/*
 * The string itself; a field that a key does not depend on is zero.  A multiple
 * of 16 bytes, without padding.
 */
struct keydep {
	uint16_t keyname;
	uint16_t keypolicy;
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint16_t configsvn;
	uint8_t cet_attributes;
	uint8_t cet_attributes_mask;
	uint32_t miscselect;
	uint32_t miscmask;
	uint32_t reserved1;
	struct sgx_attributes attributes;
	struct sgx_attributes attributemask;
	uint8_t cpusvn[SGX_CPUSVN_SIZE];
	uint8_t ownerepoch[16];
	uint8_t keyid[SGX_KEYID_SIZE];
	uint8_t mrenclave[32];
	uint8_t mrsigner[32];
	uint8_t configid[64];
	uint8_t isvfamilyid[16];
	uint8_t isvextprodid[16];
	uint8_t reserved2[8];
};

_Static_assert(sizeof(struct keydep) == 288, "a key's string has no holes");
_Static_assert(offsetof(struct keydep, attributes) == 24, "keydep");
_Static_assert(offsetof(struct keydep, reserved2) == 280, "keydep");

/*
 * keydep_fill - EGETKEY's checks that return a code, then its dependencies.
 *
 * @req has passed keyrequest_is_legal().  SGX_INVALID_KEYNAME,
 * SGX_INVALID_ATTRIBUTE, SGX_INVALID_CPUSVN or SGX_INVALID_ISVSVN leave
 * @ret_dep untouched.
 */
enum sgx_error keydep_fill(struct keydep *ret_dep,
                           const struct key_identity *id,
                           const struct keyrequest *req,
                           const struct key_platform *platform);

/*
 * keydep_report - the dependencies of @target's report key, for EREPORT.
 *
 * The same string that keydep_fill() gives the target when it asks for
 * SGX_KEY_REPORT with @keyid.
 */
void keydep_report(struct keydep *ret_dep, const struct targetinfo *target,
                   const uint8_t keyid[SGX_KEYID_SIZE],
                   const struct key_platform *platform);

/* Whether any component of @svn is above the same one of @current. */
bool cpusvn_is_beyond(const uint8_t svn[SGX_CPUSVN_SIZE],
                      const uint8_t current[SGX_CPUSVN_SIZE]);
