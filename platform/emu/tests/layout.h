/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - the test enclave: where its pages lie and how it is told what to
 * do.  Included by .S files: macros only.
 *
 * ELRANGE is 16 MiB from 0.  An entry stores every register at GS:0 (the
 * block), copies that to GS:0x400 + 0x400 * CSSA, and jumps to routine RDI.
 */
#pragma once

#define TE_SIZE 0x1000000
#define TE_CODE 0x100000 /* RX, measured */
#define TE_DATA 0x200000 /* 4 pages RW, measured zero */
#define TE_TCS0 0x300000
#define TE_SSA0 0x301000   /* 3 frames of 4 pages */
#define TE_BLOCK0 0x310000 /* 2 pages RW; GS and FS base */
#define TE_STACK0 0x318000 /* 2 pages RW below this address + 0x2000 */
#define TE_THREAD_STRIDE 0x20000
#define TE_RW 0x400000   /* 64 pages RW, unmeasured */
#define TE_RO 0x440000   /* 1 page R */
#define TE_HOLE 0x500000 /* nothing: EAUG */

/* Snapshot of registers. */
#define S_RAX 0
#define S_RCX 8
#define S_RDX 16
#define S_RBX 24
#define S_RSP 32
#define S_RBP 40
#define S_RSI 48
#define S_RDI 56
#define S_R8 64
#define S_R9 72
#define S_R10 80
#define S_R11 88
#define S_R12 96
#define S_R13 104
#define S_R14 112
#define S_R15 120
#define S_RFLAGS 128
#define S_RIP 136
#define S_MXCSR 144
#define S_FCW 148
#define S_FSBASE 152
#define S_GSBASE 160
#define S_XMM0 176
#define S_XMM15 192
#define S_SIZE 208

#define BLOCK_TEMP 0x000
#define BLOCK_ENTRY 0x400  /* + 0x400 * CSSA: at entry */
#define BLOCK_AFTER 0x1000 /* what a routine found when it went on */
#define BLOCK_ARG 0x1400   /* RBX, RCX, RDX of an ENCLU; then its results */
#define BLOCK_GO 0x1440    /* R_SPIN ends when this is not 0 */
#define BLOCK_SPUN 0x1450  /* R_SPIN has come to its loop */
#define BLOCK_SKIP 0x1448  /* H_SKIP adds this to SSA[0].RIP */

/* What the routines put into registers: register n holds PATTERN * (n + 1). */
#define PATTERN 0x0123456789abcd

#define R_EXIT 0
#define R_PATTERN_EXIT 1
#define R_UD2 2
#define R_SPIN 3
#define R_LOAD 4
#define R_STORE 5
#define R_JUMP 6
#define R_ENCLU 7
#define R_EXIT_SLOW 8
#define R_EXIT_PAD_GS 9
#define R_ACCEPT_PAD 10
#define R_DIV0 11
#define R_INT3 12
#define R_SYSCALL 13
#define R_INT80 14
#define R_RDTSC 15
#define R_AC 16
#define R_XM 17
#define R_MF 18
#define R_HLT 19
#define R_WRFSBASE 20
#define R_SKIP 21 /* at CSSA > 0 */
#define R_POPF_TF 22
#define R_EXIT_TO 23
#define R_GP_LOAD 24
#define R_REPORT_PAD 25
#define R_BYTES 26 /* the instruction the host has put at te_bytes */
#define R_SS 27
#define R_AC_EXIT 28
#define R_WRFSBASE_UD2 29
#define R_COUNT 30
