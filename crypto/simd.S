/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simd.S - the doors of the hash and the cipher; what a door is, simd_door.inc
 * tells.
 */
#include "crypto/simd_door.inc"

/*
 * Bytes wiped beneath the callee's return address.  The callee is compiled
 * with -Wframe-larger-than=512 as an error; its pushes (56 bytes) and the red
 * zone (128) come on top.
 */
#define SCRUB_SIZE 1024

	.text

	/* 8(%rsp) is the save area, 16-aligned. */
	.globl	simd_save
	.hidden	simd_save
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
	.globl	simd_restore
	.hidden	simd_restore
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

SIMD_DOOR sha256_ni_blocks
SIMD_DOOR sha256_ni_pairs
SIMD_DOOR aes_ni_expand
SIMD_DOOR aes_ni_encrypt
SIMD_DOOR aes_ni_cbc_mac

	.section .note.GNU-stack, "", @progbits
