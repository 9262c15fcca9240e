/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xsave.h - the XSAVE area at the start of an SSA frame.
 *
 * Source: SDM Vol. 1, 13.4 (layout) and 13.8 (XRSTOR); Vol. 3D 39.7.  An SSA
 * frame always holds the standard form, x87/SSE in the 64-bit (REX.W) layout.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	XSAVE_LEGACY_SIZE = 512,
	XSAVE_HEADER_SIZE = 64,
	XSAVE_SIZE_MIN = XSAVE_LEGACY_SIZE + XSAVE_HEADER_SIZE,
	XSAVE_COMPONENTS = 63, /* XCR0[63] names none */

	XSAVE_FCW_INIT = 0x037f,
	XSAVE_MXCSR_INIT = 0x1f80,
	XSAVE_MXCSR_MASK_DEFAULT = 0xffbf, /* where FXSAVE reports mask 0 */

	/* Synthetic state outside after an AEX (SDM Vol. 3D 37.3). */
	SGX_AEX_MXCSR = 0x1fb0,
	SGX_AEX_MXCSR_XM = 0x1f01,
	SGX_AEX_FCW_MF = 0x037e,
	SGX_AEX_FSW_MF = 0x8081,
};

struct xsave_legacy {
	uint16_t fcw;
	uint16_t fsw;
	uint8_t ftw; /* abridged */
	uint8_t reserved1;
	uint16_t fop;
	uint64_t fip;
	uint64_t fdp;
	uint32_t mxcsr;
	uint32_t mxcsr_mask;
	uint8_t st[8][16];
	uint8_t xmm[16][16];
	uint8_t reserved2[96];
};

_Static_assert(sizeof(struct xsave_legacy) == XSAVE_LEGACY_SIZE, "XSAVE");
_Static_assert(offsetof(struct xsave_legacy, fop) == 6, "XSAVE");
_Static_assert(offsetof(struct xsave_legacy, mxcsr) == 24, "XSAVE");
_Static_assert(offsetof(struct xsave_legacy, st) == 32, "XSAVE");
_Static_assert(offsetof(struct xsave_legacy, xmm) == 160, "XSAVE");

struct xsave_header {
	uint64_t xstate_bv; /* components not in their initial state */
	uint64_t xcomp_bv;  /* bit 63: compacted form */
	uint64_t reserved[6];
};

_Static_assert(sizeof(struct xsave_header) == XSAVE_HEADER_SIZE, "XSAVE");

#define XSAVE_XCOMP_COMPACTED (UINT64_C(1) << 63)

/* The part every area has; extended components follow. */
struct xsave_area {
	struct xsave_legacy legacy;
	struct xsave_header header;
};

_Static_assert(sizeof(struct xsave_area) == XSAVE_SIZE_MIN, "XSAVE");
_Static_assert(offsetof(struct xsave_area, header) == 512, "XSAVE");

/*
 * One machine's component geometry: CPUID leaf 0DH, subleaf i, EAX and EBX.
 * The caller fills it (from CPUID, or from a table it has checked) because an
 * enclave has no CPUID.  Entries 0 and 1 are not used.
 */
struct xsave_table {
	struct {
		uint32_t size;
		uint32_t offset; /* standard form */
	} component[XSAVE_COMPONENTS];
};

/*
 * xsave_size - bytes of a standard-form area for @xfrm, at least 576.
 *
 * 0 if @xfrm asks for a component that the table says has no size, or that
 * lies inside the legacy area, or past 4 GiB.
 */
uint32_t xsave_size(const struct xsave_table *table, uint64_t xfrm);

/*
 * xfrm_is_legal - whether @xfrm could be loaded into XCR0 on a machine that
 * supports @supported (SDM Vol. 1, 13.3): x87 and SSE set, groups whole,
 * AVX-512 only with AVX, nothing unsupported, bit 63 clear.
 */
bool xfrm_is_legal(uint64_t xfrm, uint64_t supported);

/*
 * ssa_frame_fits - ECREATE's test of SSAFRAMESIZE: XSAVE area, GPRSGX and the
 * MISC region of @miscselect within @ssaframesize pages.
 */
bool ssa_frame_fits(uint32_t ssaframesize, uint32_t xsave_bytes,
                    uint32_t miscselect);

/*
 * xsave_restorable - whether XRSTOR with XCR0 = @xfrm takes @area without
 * #GP(0), which is what ERESUME demands: XSTATE_BV within @xfrm, header bytes
 * 8-23 zero, MXCSR within @mxcsr_mask (0 means the default mask).
 */
bool xsave_restorable(const struct xsave_area *area, uint64_t xfrm,
                      uint32_t mxcsr_mask);

/* The initial state: FCW 037FH, MXCSR 1F80H, all else zero. */
void xsave_init(struct xsave_area *area);
