/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote.h - the fixed parts of an ECDSA (DCAP) quote, version 3.
 *
 * Source: Intel SGX ECDSA QuoteLibReference, appendix A.4.  A quote is
 *
 *	sgx_quote_header, sgx_report_body, u32 size,
 *	sgx_quote_ecdsa_sig, u16 size, QE authentication data,
 *	u16 certification type, u32 size, certification data
 *
 * The signature covers header and body; the QE report's REPORTDATA begins with
 * SHA-256(attestation key || authentication data), its rest is zero.  Numbers
 * are little endian, ECDSA's r, s, x and y big endian.  Whoever parses one
 * checks every size against what is there; these structs check nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sgx/report.h"

enum sgx_quote_constants {
	SGX_QUOTE_VERSION_3 = 3,
	SGX_QUOTE_VERSION_4 = 4,
	SGX_QUOTE_VERSION_5 = 5,

	SGX_QUOTE_KEY_ECDSA_P256 = 2, /* att_key_type */
	SGX_QUOTE_KEY_ECDSA_P384 = 3,

	SGX_QUOTE_TEE_SGX = 0x00,
	SGX_QUOTE_TEE_TDX = 0x81,

	SGX_QUOTE_CERT_PPID_CLEAR = 1,
	SGX_QUOTE_CERT_PPID_RSA2048 = 2,
	SGX_QUOTE_CERT_PPID_RSA3072 = 3,
	SGX_QUOTE_CERT_PCK_LEAF = 4,
	SGX_QUOTE_CERT_PCK_CHAIN = 5, /* PEM: leaf, intermediate, root */
	SGX_QUOTE_CERT_QE_REPORT = 6, /* version 4 and later */
};

struct sgx_quote_header {
	uint16_t version;
	uint16_t att_key_type;
	uint32_t tee_type; /* reserved, 0, in version 3 */
	uint16_t qe_svn;
	uint16_t pce_svn;
	uint8_t qe_vendor_id[16];
	uint8_t user_data[20];
};

_Static_assert(sizeof(struct sgx_quote_header) == 48, "quote");
_Static_assert(offsetof(struct sgx_quote_header, tee_type) == 4, "quote");
_Static_assert(offsetof(struct sgx_quote_header, qe_svn) == 8, "quote");
_Static_assert(offsetof(struct sgx_quote_header, qe_vendor_id) == 12, "quote");
_Static_assert(offsetof(struct sgx_quote_header, user_data) == 28, "quote");

/* What an SGX quote begins with, and what its signature covers. */
struct sgx_quote_signed {
	struct sgx_quote_header header;
	struct sgx_report_body body;
};

_Static_assert(sizeof(struct sgx_quote_signed) == 432, "quote");

/* At offset 436, behind the u32 size.  Not aligned: copy it out. */
struct sgx_quote_ecdsa_sig {
	uint8_t signature[64];       /* r, s over sgx_quote_signed */
	uint8_t attestation_key[64]; /* x, y */
	struct sgx_report_body qe_report;
	uint8_t qe_report_signature[64]; /* r, s, by the PCK */
};

_Static_assert(sizeof(struct sgx_quote_ecdsa_sig) == 576, "quote");
_Static_assert(offsetof(struct sgx_quote_ecdsa_sig, qe_report) == 128, "quote");
_Static_assert(offsetof(struct sgx_quote_ecdsa_sig, qe_report_signature) == 512,
               "quote");

/* Intel's quoting enclave: 939a7233-f79c-4ca9-940a-0db3957f0607. */
#define SGX_QE_VENDOR_INTEL                                                    \
	{                                                                      \
		0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a,    \
			0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07                     \
	}
