/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpu_hand.h - components of an XSAVE area, moved register by register.
 */
#pragma once

/* XMM0-15 and MXCSR; @area is the whole area (SDM vol. 1, 13.4.1). */
void fpu_sse_save(void *area);
void fpu_sse_load(const void *area);

/* K0-K7, eight bytes each. */
void fpu_opmask_save(void *component);
void fpu_opmask_load(const void *component);

/* ZMM16-31, 64 bytes each. */
void fpu_hi16_save(void *component);
void fpu_hi16_load(const void *component);
