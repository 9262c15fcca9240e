/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigstruct.h - SIGSTRUCT, the enclave's certificate, and EINIT's checks of it.
 *
 * Source: SDM Vol. 3D 35.14 and EINIT in 38.3.  All functions are pure; the
 * RSA operation is not here (sgx/ needs no big numbers) but in platform/rsa.
 *
 * The four big numbers stand least significant byte first.  Signed are bytes
 * [0,128) and [900,1028).  enclavehash is the plain FIPS digest.
 *
 *	struct sigstruct sig;
 *
 *	sigstruct_fill(&sig, &params);          // everything but RSA
 *	rsa3072_sign_sigstruct(key, &sig);      // modulus, signature, q1, q2
 *	err = sigstruct_check_header(&sig);     // what EINIT looks at first
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sgx/attributes.h"
#include "sgx/leaf.h"
#include "sgx/secs.h"

enum {
	SGX_RSA_SIZE = 384,
	SGX_RSA_EXPONENT = 3,
	SGX_SIGSTRUCT_BODY_OFFSET = 900,
	SGX_SIGSTRUCT_SIGNED_SIZE = 256,
	SGX_VENDOR_NONE = 0,
	SGX_VENDOR_INTEL = 0x8086,
};

struct sigstruct {
	uint8_t header[16]; /* signed from here ... */
	uint32_t vendor;
	uint32_t date; /* BCD 0xYYYYMMDD */
	uint8_t header2[16];
	uint32_t swdefined;
	uint8_t reserved1[84]; /* ... to here */
	uint8_t modulus[SGX_RSA_SIZE];
	uint32_t exponent;
	uint8_t signature[SGX_RSA_SIZE];
	uint32_t miscselect; /* signed from here ... */
	uint32_t miscmask;
	uint8_t cet_attributes;
	uint8_t cet_attributes_mask;
	uint8_t reserved2[2];
	uint8_t isvfamilyid[16];
	struct sgx_attributes attributes; /* INIT stays 0 */
	struct sgx_attributes attributemask;
	uint8_t enclavehash[SGX_HASH_SIZE];
	uint8_t reserved3[16];
	uint8_t isvextprodid[16];
	uint16_t isvprodid;
	uint16_t isvsvn; /* ... to here */
	uint8_t reserved4[12];
	uint8_t q1[SGX_RSA_SIZE];
	uint8_t q2[SGX_RSA_SIZE];
};

_Static_assert(sizeof(struct sigstruct) == 1808, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, vendor) == 16, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, date) == 20, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, header2) == 24, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, swdefined) == 40, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, reserved1) == 44, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, modulus) == 128, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, exponent) == 512, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, signature) == 516, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, miscselect) == 900, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, miscmask) == 904, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, cet_attributes) == 908, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, reserved2) == 910, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, isvfamilyid) == 912, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, attributes) == 928, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, attributemask) == 944, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, enclavehash) == 960, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, reserved3) == 992, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, isvextprodid) == 1008, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, isvprodid) == 1024, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, isvsvn) == 1026, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, reserved4) == 1028, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, q1) == 1040, "SIGSTRUCT");
_Static_assert(offsetof(struct sigstruct, q2) == 1424, "SIGSTRUCT");

/*
 * What a signer decides.  A set mask bit pins the bit of the enclave to the
 * value given, a clear one leaves it to the loader; a value may have no bit
 * outside its mask.
 */
struct sigstruct_params {
	uint32_t vendor;
	uint32_t date;
	uint32_t swdefined;
	uint32_t miscselect;
	uint32_t miscmask;
	struct sgx_attributes attributes;
	struct sgx_attributes attributemask;
	uint8_t isvfamilyid[16];
	uint8_t isvextprodid[16];
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint8_t enclavehash[SGX_HASH_SIZE];
};

/*
 * sigstruct_fill - all fields but modulus, signature, q1 and q2 (left zero).
 *
 * -EINVAL if a pinned value has a bit its mask leaves open, INIT is set, or
 * the date is not eight BCD digits of a month and a day; @ret_sig untouched.
 */
int sigstruct_fill(struct sigstruct *ret_sig,
                   const struct sigstruct_params *params);

/*
 * sigstruct_check_header - EINIT's first row: HEADER, VENDOR, HEADER2,
 * EXPONENT, reserved bytes.  SGX_SUCCESS or SGX_INVALID_SIG_STRUCT.
 */
enum sgx_error sigstruct_check_header(const struct sigstruct *sig);

/*
 * sigstruct_check_identity - EINIT's rows after the signature and before the
 * token, in EINIT's order.
 *
 * @secs: SECS.MRENCLAVE holds the final measurement.  @lepubkeyhash: the
 * four IA32_SGXLEPUBKEYHASH registers, in MRSIGNER's byte order.
 * Returns SGX_INVALID_SIG_STRUCT, SGX_INVALID_MEASUREMENT or
 * SGX_INVALID_ATTRIBUTE, or SGX_SUCCESS.
 */
enum sgx_error sigstruct_check_identity(const struct sigstruct *sig,
                                        const struct secs *secs,
                                        const uint8_t lepubkeyhash[32]);

/*
 * sigstruct_check_launch - EINIT without a token (VALID = 0), which is how
 * Linux does it: SGX_INVALID_EINITTOKEN unless MRSIGNER is @lepubkeyhash.
 */
enum sgx_error sigstruct_check_launch(const struct sigstruct *sig,
                                      const uint8_t lepubkeyhash[32]);

/* The 256 signed bytes in one piece. */
void sigstruct_signed_bytes(const struct sigstruct *sig,
                            uint8_t ret_bytes[SGX_SIGSTRUCT_SIGNED_SIZE]);

/* SHA-256 of the signed bytes: what the RSA signature vouches for. */
void sigstruct_digest(const struct sigstruct *sig, uint8_t ret_digest[32]);

/* MRSIGNER = SHA-256 of the modulus as stored. */
void sigstruct_mrsigner(const struct sigstruct *sig, uint8_t ret_hash[32]);

/* Turn a number of @size bytes round, from or to most significant first. */
void sigstruct_swap_bytes(uint8_t *dst, const uint8_t *src, size_t size);
