/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secinfo.h - page types, SECINFO, PAGEINFO, PCMD: the operands of the leaves
 * that add and change pages.
 *
 * Source: SDM Vol. 3D 35.11 to 35.13.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sgx_page_type {
	SGX_PT_SECS = 0,
	SGX_PT_TCS = 1,
	SGX_PT_REG = 2,
	SGX_PT_VA = 3,
	SGX_PT_TRIM = 4,
	SGX_PT_SS_FIRST = 5, /* CET shadow stacks */
	SGX_PT_SS_REST = 6,
};

enum sgx_secinfo_flags {
	SGX_SECINFO_R = 1 << 0,
	SGX_SECINFO_W = 1 << 1,
	SGX_SECINFO_X = 1 << 2,
	SGX_SECINFO_PENDING = 1 << 3,
	SGX_SECINFO_MODIFIED = 1 << 4,
	SGX_SECINFO_PR = 1 << 5,
	SGX_SECINFO_RWX = SGX_SECINFO_R | SGX_SECINFO_W | SGX_SECINFO_X,
	SGX_SECINFO_PT_SHIFT = 8,
	SGX_SECINFO_PT_MASK = 0xff << SGX_SECINFO_PT_SHIFT,

	/* Whole values for the page type alone. */
	SGX_SECINFO_TCS = SGX_PT_TCS << SGX_SECINFO_PT_SHIFT,
	SGX_SECINFO_REG = SGX_PT_REG << SGX_SECINFO_PT_SHIFT,
	SGX_SECINFO_TRIM = SGX_PT_TRIM << SGX_SECINFO_PT_SHIFT,

	/* What EACCEPT wants to see after EAUG, EMODPR to R, EMODT. */
	SGX_SECINFO_ACCEPT_AUG = SGX_SECINFO_REG | SGX_SECINFO_PENDING |
	                         SGX_SECINFO_R | SGX_SECINFO_W,
	SGX_SECINFO_ACCEPT_READ_ONLY =
		SGX_SECINFO_REG | SGX_SECINFO_PR | SGX_SECINFO_R,
	SGX_SECINFO_ACCEPT_TRIM = SGX_SECINFO_TRIM | SGX_SECINFO_MODIFIED,
	SGX_SECINFO_ACCEPT_TCS = SGX_SECINFO_TCS | SGX_SECINFO_MODIFIED,
};

_Static_assert(SGX_SECINFO_ACCEPT_AUG == 0x20b, "SECINFO");
_Static_assert(SGX_SECINFO_ACCEPT_READ_ONLY == 0x221, "SECINFO");
_Static_assert(SGX_SECINFO_ACCEPT_TRIM == 0x410, "SECINFO");
_Static_assert(SGX_SECINFO_ACCEPT_TCS == 0x110, "SECINFO");

/* Bits 7:6 and 63:16. */
#define SGX_SECINFO_RESERVED                                                   \
	(~(uint64_t)(SGX_SECINFO_PT_MASK | SGX_SECINFO_RWX |                   \
	             SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED |              \
	             SGX_SECINFO_PR))

/* The leaves demand 64-byte alignment. */
struct secinfo {
	uint64_t flags;
	uint8_t reserved[56];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct secinfo) == 64, "SECINFO");
_Static_assert(_Alignof(struct secinfo) == 64, "SECINFO");
_Static_assert(offsetof(struct secinfo, reserved) == 8, "SECINFO");

static inline enum sgx_page_type secinfo_page_type(uint64_t flags)
{
	return (enum sgx_page_type)(flags >> SGX_SECINFO_PT_SHIFT & 0xff);
}

/* Whether every reserved bit and byte is zero; any page type will do. */
bool secinfo_is_canonical(const struct secinfo *secinfo);

struct pageinfo {
	uint64_t linaddr;
	uint64_t srcpge;
	uint64_t secinfo; /* or PCMD */
	uint64_t secs;
} __attribute__((aligned(32)));

_Static_assert(sizeof(struct pageinfo) == 32, "PAGEINFO");
_Static_assert(offsetof(struct pageinfo, srcpge) == 8, "PAGEINFO");
_Static_assert(offsetof(struct pageinfo, secinfo) == 16, "PAGEINFO");
_Static_assert(offsetof(struct pageinfo, secs) == 24, "PAGEINFO");

struct pcmd {
	struct secinfo secinfo;
	uint64_t enclaveid;
	uint8_t reserved[40];
	uint8_t mac[16];
} __attribute__((aligned(128)));

_Static_assert(sizeof(struct pcmd) == 128, "PCMD");
_Static_assert(offsetof(struct pcmd, enclaveid) == 64, "PCMD");
_Static_assert(offsetof(struct pcmd, mac) == 112, "PCMD");
