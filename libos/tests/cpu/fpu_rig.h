/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpu_rig.h - XSAVE areas with random contents, and the instructions that
 * fpu.c must agree with.
 *
 * The layout of an area comes from this CPU's own CPUID, which fpu.c does not
 * ask.
 */
#pragma once

#include "base/types.h"

enum {
	X87 = 1 << 0,
	SSE = 1 << 1,
	AVX = 1 << 2,
	OPMASK = 1 << 5,
	ZMM_HI256 = 1 << 6,
	HI16_ZMM = 1 << 7,
	AVX512 = OPMASK | ZMM_HI256 | HI16_ZMM,
	KNOWN = X87 | SSE | AVX | AVX512
};

enum { AREA = 4096, NCOMPONENTS = 8 };

struct area {
	uint8_t bytes[AREA];
} __attribute__((aligned(64)));

/* What the CPU and XCR0 have of KNOWN; 0: not even XSAVE. */
uint64_t rig_components(void);
bool rig_has_xinuse(void);

uint32_t rig_random(void);
/* Any state, with some of @mask in use; what is not is filled with garbage. */
void rig_random_state(struct area *a, uint64_t mask);
/* Do both areas stand for the same contents of the registers? */
bool rig_same_state(const struct area *a, const struct area *b);

void rig_xsave(struct area *a);
void rig_xrstor(const struct area *a);

/* Change registers of @component by instructions, as a program does. */
void rig_touch(uint64_t component);
