/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssa.h - what an asynchronous exit leaves in an SSA frame.
 *
 * Source: SDM Vol. 3D 35.9.  Frame i begins at BASEADDR + OSSA + i * size with
 * size = 4096 * SSAFRAMESIZE.  Inside it:
 *
 *	0                    XSAVE area, standard form (sgx/xsave.h)
 *	...                  unused
 *	size - 184 - 16      EXINFO, if MISCSELECT.EXINFO
 *	size - 184           GPRSGX, which ends at the frame's end
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers are in ModRM order, not alphabetical. */
struct gprsgx {
	uint64_t rax;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rbx;
	uint64_t rsp;
	uint64_t rbp;
	uint64_t rsi;
	uint64_t rdi;
	uint64_t r8;
	uint64_t r9;
	uint64_t r10;
	uint64_t r11;
	uint64_t r12;
	uint64_t r13;
	uint64_t r14;
	uint64_t r15;
	uint64_t rflags;
	uint64_t rip;
	uint64_t ursp; /* host's RSP and RBP: written by EENTER, read by AEX */
	uint64_t urbp;
	uint32_t exitinfo;
	uint8_t reserved[3];
	uint8_t aexnotify; /* bit 0 arms ERESUME to enter instead */
	uint64_t fsbase;
	uint64_t gsbase;
};

_Static_assert(sizeof(struct gprsgx) == 184, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, rbx) == 24, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, rdi) == 56, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, r8) == 64, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, r15) == 120, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, rflags) == 128, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, rip) == 136, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, ursp) == 144, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, urbp) == 152, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, exitinfo) == 160, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, aexnotify) == 167, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, fsbase) == 168, "GPRSGX");
_Static_assert(offsetof(struct gprsgx, gsbase) == 176, "GPRSGX");

enum sgx_aexnotify {
	SGX_GPRSGX_AEXNOTIFY = 1 << 0,
};

/* EXINFO of the MISC region, 35.9.2; written only for #PF and #GP. */
struct exinfo {
	uint64_t maddr; /* #PF: full linear address; #GP: 0 */
	uint32_t errcd;
	uint32_t reserved;
};

_Static_assert(sizeof(struct exinfo) == 16, "EXINFO");
_Static_assert(offsetof(struct exinfo, errcd) == 8, "EXINFO");

/* EXITINFO, 35.9.1.  All zero if the cause is not one it may report. */
#define SGX_EXITINFO_VALID UINT32_C(0x80000000)

enum sgx_exit_type {
	SGX_EXIT_HARDWARE = 3,
	SGX_EXIT_SOFTWARE = 6, /* #BP only */
};

enum sgx_vector {
	SGX_VECTOR_DE = 0,
	SGX_VECTOR_DB = 1,
	SGX_VECTOR_BP = 3,
	SGX_VECTOR_BR = 5,
	SGX_VECTOR_UD = 6,
	SGX_VECTOR_NM = 7,
	SGX_VECTOR_SS = 12,
	SGX_VECTOR_GP = 13,
	SGX_VECTOR_PF = 14,
	SGX_VECTOR_MF = 16,
	SGX_VECTOR_AC = 17,
	SGX_VECTOR_XM = 19,
	SGX_VECTOR_CP = 21,
};

/* ERRCD of a #PF, as the page-fault error code plus SGX's own bit. */
enum sgx_pf_error {
	SGX_PF_P = 1 << 0,
	SGX_PF_W = 1 << 1,
	SGX_PF_U = 1 << 2,
	SGX_PF_RSVD = 1 << 3,
	SGX_PF_ID = 1 << 4,
	SGX_PF_PK = 1 << 5,
	SGX_PF_SS = 1 << 6,
	SGX_PF_SGX = 1 << 15, /* the EPCM refused */
};

static inline bool exitinfo_is_valid(uint32_t exitinfo)
{
	return exitinfo & SGX_EXITINFO_VALID;
}

static inline unsigned int exitinfo_vector(uint32_t exitinfo)
{
	return exitinfo & 0xff;
}

static inline unsigned int exitinfo_type(uint32_t exitinfo)
{
	return exitinfo >> 8 & 7;
}

/*
 * exitinfo_make - the EXITINFO an AEX writes for @vector with @miscselect.
 *
 * 0 for interrupts and for exceptions that the enclave is not told about.
 */
uint32_t exitinfo_make(unsigned int vector, uint32_t miscselect);

static inline uint64_t ssa_frame_size(uint32_t ssaframesize)
{
	return (uint64_t)ssaframesize * 4096;
}

/* Offset of GPRSGX in a frame; @ssaframesize in pages, at least 1. */
static inline uint64_t ssa_gprsgx_offset(uint32_t ssaframesize)
{
	return ssa_frame_size(ssaframesize) - sizeof(struct gprsgx);
}

static inline uint64_t ssa_exinfo_offset(uint32_t ssaframesize)
{
	return ssa_gprsgx_offset(ssaframesize) - sizeof(struct exinfo);
}
