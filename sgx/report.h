/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - REPORT and TARGETINFO, local attestation's two structures.
 *
 * Source: SDM Vol. 3D 35.16, 35.17 and EREPORT in 38.4.
 *
 * MAC = AES-128-CMAC(the target's report key, bytes 0-383).  KEYID is not
 * under the MAC: it selects the key.  The first 384 bytes are also the report
 * body that a quote carries.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sgx/attributes.h"

enum {
	SGX_REPORTDATA_SIZE = 64,
	SGX_REPORT_MAC_INPUT = 384,
	SGX_CPUSVN_SIZE = 16,
	SGX_KEYID_SIZE = 32,
	SGX_MAC_SIZE = 16,

	/* EREPORT's operand alignments; RDX and RBX 512, RCX 128. */
	SGX_TARGETINFO_ALIGN = 512,
	SGX_REPORTDATA_ALIGN = 128,
	SGX_REPORT_ALIGN = 512,
};

struct sgx_report_body {
	uint8_t cpusvn[SGX_CPUSVN_SIZE];
	uint32_t miscselect;
	uint8_t cet_attributes;
	uint8_t reserved1[11];
	uint8_t isvextprodid[16];
	struct sgx_attributes attributes; /* INIT is 1 here */
	uint8_t mrenclave[32];
	uint8_t reserved2[32];
	uint8_t mrsigner[32];
	uint8_t reserved3[32];
	uint8_t configid[64];
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint16_t configsvn;
	uint8_t reserved4[42];
	uint8_t isvfamilyid[16];
	uint8_t reportdata[SGX_REPORTDATA_SIZE];
};

_Static_assert(sizeof(struct sgx_report_body) == SGX_REPORT_MAC_INPUT,
               "REPORT");
_Static_assert(offsetof(struct sgx_report_body, miscselect) == 16, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, cet_attributes) == 20,
               "REPORT");
_Static_assert(offsetof(struct sgx_report_body, isvextprodid) == 32, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, attributes) == 48, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, mrenclave) == 64, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, mrsigner) == 128, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, configid) == 192, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, isvprodid) == 256, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, isvsvn) == 258, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, configsvn) == 260, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, isvfamilyid) == 304, "REPORT");
_Static_assert(offsetof(struct sgx_report_body, reportdata) == 320, "REPORT");

struct sgx_report {
	struct sgx_report_body body;
	uint8_t keyid[SGX_KEYID_SIZE];
	uint8_t mac[SGX_MAC_SIZE];
};

_Static_assert(sizeof(struct sgx_report) == 432, "REPORT");
_Static_assert(offsetof(struct sgx_report, keyid) == 384, "REPORT");
_Static_assert(offsetof(struct sgx_report, mac) == 416, "REPORT");

struct targetinfo {
	uint8_t measurement[32];
	struct sgx_attributes attributes;
	uint8_t cet_attributes;
	uint8_t reserved1;
	uint16_t configsvn;
	uint32_t miscselect;
	uint8_t reserved2[8];
	uint8_t configid[64];
	uint8_t reserved3[384];
};

_Static_assert(sizeof(struct targetinfo) == 512, "TARGETINFO");
_Static_assert(offsetof(struct targetinfo, attributes) == 32, "TARGETINFO");
_Static_assert(offsetof(struct targetinfo, cet_attributes) == 48, "TARGETINFO");
_Static_assert(offsetof(struct targetinfo, configsvn) == 50, "TARGETINFO");
_Static_assert(offsetof(struct targetinfo, miscselect) == 52, "TARGETINFO");
_Static_assert(offsetof(struct targetinfo, configid) == 64, "TARGETINFO");
_Static_assert(offsetof(struct targetinfo, reserved3) == 128, "TARGETINFO");

/* Whether EREPORT's reserved bytes are zero (else #GP(0)). */
bool targetinfo_is_canonical(const struct targetinfo *target);

/* The TARGETINFO by which others address reports to @body's enclave. */
void targetinfo_from_report(struct targetinfo *ret_target,
                            const struct sgx_report_body *body);
