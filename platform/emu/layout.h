/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - a thread's slot, and the field offsets that assembly needs.
 * Included by .S files: macros only.  block.h asserts each of them.
 *
 * A slot is aligned to its size, so that a signal handler, whose FS and GS may
 * be the enclave's, finds its block by masking its own stack pointer:
 *
 *	0x00000  4 KiB   code page: a copy of commit.S's template
 *	0x01000  8 KiB   struct emu_block
 *	0x03000 16 KiB   XSAVE area for leaves that are served inside
 *	0x08000 64 KiB   stack on which leaves are served
 *	0x19000 80 KiB   alternate signal stack, level 0
 *	0x2e000 72 KiB   alternate signal stack, level 1
 *
 * What lies between is never mapped.
 */
#pragma once

#define EMU_SLOT_SIZE 0x40000
#define EMU_SLOT_CODE 0x00000
#define EMU_SLOT_BLOCK 0x01000
#define EMU_SLOT_BLOCK_SIZE 0x2000
#define EMU_SLOT_XSAVE 0x03000
#define EMU_SLOT_XSAVE_SIZE 0x4000
#define EMU_SLOT_STACK 0x08000
#define EMU_SLOT_STACK_SIZE 0x10000
#define EMU_SLOT_ALT0 0x19000
#define EMU_SLOT_ALT0_SIZE 0x14000
#define EMU_SLOT_ALT1 0x2e000
#define EMU_SLOT_ALT1_SIZE 0x12000

/* struct emu_block; the first 18 words are laid out as in GPRSGX. */
#define B_RAX 0
#define B_RCX 8
#define B_RDX 16
#define B_RBX 24
#define B_RSP 32
#define B_RBP 40
#define B_RSI 48
#define B_RDI 56
#define B_R8 64
#define B_R9 72
#define B_R10 80
#define B_R11 88
#define B_R12 96
#define B_R13 104
#define B_R14 112
#define B_R15 120
#define B_RFLAGS 128
#define B_RIP 136
#define B_FSBASE 144
#define B_GSBASE 152
#define B_HOST_FS 160
#define B_HOST_GS 168
#define B_AEP 176
#define B_TCS 184
#define B_BASE 192
#define B_SIZE 200
#define B_SCRATCH 208
#define B_INSIDE 216
#define B_TARGET_INSIDE 220
#define B_PENDING 224
#define B_EXIT_SLOW 228
#define B_PAD 232
#define B_MXCSR 236
#define B_XFRM 240
#define B_FRAME 248
#define B_NEXIT 256
#define B_SLOT 264
#define B_FAULT_VECTOR 272
#define B_FAULT_ERROR 276
#define B_FAULT_ADDR 280
#define B_NEXT 288
#define B_RAW 296
#define B_HAS_XINUSE 304

/* struct emu_tcs */
#define T_STATE 0

/* enum emu_verdict */
#define V_FAULT 0
#define V_COMMIT 1
#define V_COMMIT_FLAGS 2
#define V_RESUME 3

/* enum emu_signal_verdict */
#define S_RETURN 0
#define S_LEAVE 1
#define S_GO 2
#define S_RESUME 3

/* Where in the code page begins the commit that loads RFLAGS too, */
#define EMU_COMMIT_FLAGS_AT 0x40
/* the one that does, where FS and GS are right, */
#define EMU_COMMIT_SAME_AT 0x70
/* and the one after an AEX: RFLAGS, but FS, GS and the mode are right. */
#define EMU_COMMIT_LEAVE_AT 0x88

/* RFLAGS */
#define FLAG_TF 0x100
#define FLAG_DF 0x400
#define FLAG_AC 0x40000
