/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpu.h - vector and x87 state.
 *
 * The kernel is compiled without vector registers, so between entry and exit
 * they hold the program's values.  They are saved when another thread takes the
 * vCPU and before the enclave is left, where they are also reset to INIT so
 * that the host sees nothing of them.
 *
 * Areas are in XSAVE's standard format, 64-byte aligned, fpu_size() bytes.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

#define FPU_AREA_MAX 16000 /* what a frame of four pages can hold */

/*
 * fpu_setup - @xfrm is the enclave's XFRM, from a REPORT.  Measures the size of
 * an area by executing XSAVE, because CPUID's word is the host's.
 */
void fpu_setup(uint64_t xfrm);
/* What CPUID says there is.  If that is a lie, the first use ends us. */
struct fpu_features {
	bool xinuse; /* XGETBV with ECX = 1 */
	bool avx512; /* F and BW */
};
void fpu_use_features(const struct fpu_features *features);
uint64_t fpu_xfrm(void);
size_t fpu_size(void);

/* Make @area the state of a fresh program. */
void fpu_init(void *area);

/*
 * Check an area that a program wrote (sigreturn): header bits outside XFRM,
 * reserved header bytes, reserved MXCSR bits.  0 or -EINVAL; no effect.
 */
int __must_check fpu_check(const void *area);

/*
 * Name the area of the thread that runs on this vCPU from now on, and the flag that
 * tells whether the area (1) or the registers (0) hold its state.  NULL: a
 * kernel thread, which has none.
 */
void fpu_set_owner(void *area, uint32_t *in_memory);
/*
 * The owner ends and its state with it: whatever is in the registers, it is
 * nobody's.
 */
void fpu_forget_current(void);
/* Bring the owner's state into its area; the registers are then nobody's. */
void fpu_save_current(void);
/* Load the owner's area into the registers. */
void fpu_restore_current(void);
/* Before EEXIT: save, and reset the registers to INIT. */
void fpu_leave(void);
