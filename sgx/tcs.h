/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcs.h - the Thread Control Structure: one entry ticket into an enclave.
 *
 * Source: SDM Vol. 3D 35.8.  All o* fields are relative to SECS.BASEADDR.  EADD
 * zeroes state, FLAGS.DBGOPTIN, cssa and aep and refuses anything from byte 72
 * on; the page alignment of ossa, ofsbase and ogsbase is EENTER's to check.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum sgx_tcs_state {
	SGX_TCS_FREE = 0,
	SGX_TCS_BUSY = 1,
};

enum sgx_tcs_flags {
	SGX_TCS_DBGOPTIN = 1 << 0, /* written by a debugger, never by EADD */
	SGX_TCS_AEXNOTIFY = 1 << 1,
};

#define SGX_TCS_FLAGS_RESERVED                                                 \
	(~(uint64_t)(SGX_TCS_DBGOPTIN | SGX_TCS_AEXNOTIFY))

struct tcs {
	uint64_t state;
	uint64_t flags;
	uint64_t ossa;
	uint32_t cssa; /* frame that the next AEX will fill */
	uint32_t nssa; /* frames at ossa */
	uint64_t oentry;
	uint64_t aep;
	uint64_t ofsbase;
	uint64_t ogsbase;
	uint32_t fslimit; /* 32-bit enclaves only */
	uint32_t gslimit;
	uint8_t reserved[4024];
};

_Static_assert(sizeof(struct tcs) == 4096, "TCS");
_Static_assert(offsetof(struct tcs, flags) == 8, "TCS");
_Static_assert(offsetof(struct tcs, ossa) == 16, "TCS");
_Static_assert(offsetof(struct tcs, cssa) == 24, "TCS");
_Static_assert(offsetof(struct tcs, nssa) == 28, "TCS");
_Static_assert(offsetof(struct tcs, oentry) == 32, "TCS");
_Static_assert(offsetof(struct tcs, aep) == 40, "TCS");
_Static_assert(offsetof(struct tcs, ofsbase) == 48, "TCS");
_Static_assert(offsetof(struct tcs, ogsbase) == 56, "TCS");
_Static_assert(offsetof(struct tcs, fslimit) == 64, "TCS");
_Static_assert(offsetof(struct tcs, gslimit) == 68, "TCS");
_Static_assert(offsetof(struct tcs, reserved) == 72, "TCS");
