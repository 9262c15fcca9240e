/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simd.S - the only doors to code that uses vector registers.
 *
 * SIMD_DOOR name defines name(): it saves xmm0-15, calls name_simd() with the
 * same arguments (up to six, all in registers), then wipes the stack that the
 * callee may have used and loads xmm0-15 back, which wipes them of keys too.
 * In the enclave's kernel these registers are the program's; on the host the
 * caller does not mind.
 *
 * Legacy SSE stores leave the upper halves of ymm and zmm alone, in both
 * directions.  MXCSR is neither read nor written by integer code.
 */

/*
 * Bytes wiped beneath the callee's return address.  The callee is compiled
 * with -Wframe-larger-than=512 as an error; its pushes (56 bytes) and the red
 * zone (128) come on top.
 */
#define SCRUB_SIZE 1024
#define SAVE_SIZE  256

	.text

	/* 8(%rsp) is the save area, 16-aligned. */
	.type	simd_save, @function
simd_save:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps	%xmm\n, (8 + 16 * \n)(%rsp)
	.endr
	ret
	.size	simd_save, . - simd_save

	/*
	 * The return address of this call lies where the callee's lay, so
	 * all that the callee wrote is beneath %rsp.
	 */
	.type	simd_restore, @function
simd_restore:
	pushq	$0
	sub	$SCRUB_SIZE, %rsp
	xorps	%xmm0, %xmm0
	.set	off, 0
	.rept	SCRUB_SIZE / 16
	movaps	%xmm0, off(%rsp)
	.set	off, off + 16
	.endr
	add	$(SCRUB_SIZE + 8), %rsp
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps	(8 + 16 * \n)(%rsp), %xmm\n
	.endr
	ret
	.size	simd_restore, . - simd_restore

.macro SIMD_DOOR name
	.globl	\name
	.hidden	\name
	.hidden	\name\()_simd
	.type	\name, @function
	.p2align 4
\name:
	.cfi_startproc
	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub	$SAVE_SIZE, %rsp
	and	$-16, %rsp
	call	simd_save
	call	\name\()_simd
	call	simd_restore
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size	\name, . - \name
.endm

SIMD_DOOR sha256_ni_blocks
SIMD_DOOR aes_ni_expand
SIMD_DOOR aes_ni_encrypt
SIMD_DOOR aes_ni_cbc_mac

	.section .note.GNU-stack, "", @progbits
