/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enclu_pad.h - ENCLU as the image contains it, for assembly only.
 *
 * The instruction is followed by NOPs up to ENCLU_PAD_SIZE bytes and listed in
 * .enclu_pads with its leaf.  A software platform may put a jump over the pad
 * after the image was measured; on hardware the NOPs run, or nothing does.
 */
#pragma once

#define ENCLU_PAD_SIZE 14

#ifdef __ASSEMBLER__
/* The layouter takes assembly for C. */
/* clang-format off */
#define ENCLU_PAD(leaf)                                                        \
77770:	.byte 0x0f, 0x01, 0xd7;                                                \
	.skip ENCLU_PAD_SIZE - 3, 0x90;                                        \
	.pushsection .enclu_pads, "a", @progbits;                              \
	.balign 8;                                                             \
	.quad 77770b;                                                          \
	.long leaf, ENCLU_PAD_SIZE;                                            \
	.popsection
/* clang-format on */
#endif
