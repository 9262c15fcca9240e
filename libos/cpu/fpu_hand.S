/* SPDX-License-Identifier: Apache-2.0 */
/* fpu_hand.S - see fpu_hand.h. */
	.text

#define MXCSR 24
#define XMM 160

	.macro	FUNCTION name
	.globl	\name
	.type	\name, @function
\name:
	.endm

	.macro	END name
	ret
	.size	\name, . - \name
	.endm

	FUNCTION fpu_sse_save
	stmxcsr	MXCSR(%rdi)
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps	%xmm\i, (XMM + 16 * \i)(%rdi)
	.endr
	END fpu_sse_save

	FUNCTION fpu_sse_load
	ldmxcsr	MXCSR(%rdi)
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps	(XMM + 16 * \i)(%rdi), %xmm\i
	.endr
	END fpu_sse_load

	FUNCTION fpu_opmask_save
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7
	kmovq	%k\i, (8 * \i)(%rdi)
	.endr
	END fpu_opmask_save

	FUNCTION fpu_opmask_load
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7
	kmovq	(8 * \i)(%rdi), %k\i
	.endr
	END fpu_opmask_load

	FUNCTION fpu_hi16_save
	.set	off, 0
	.irp	i, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	vmovdqu64 %zmm\i, off(%rdi)
	.set	off, off + 64
	.endr
	END fpu_hi16_save

	FUNCTION fpu_hi16_load
	.set	off, 0
	.irp	i, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	vmovdqu64 off(%rdi), %zmm\i
	.set	off, off + 64
	.endr
	END fpu_hi16_load

	.section .note.GNU-stack, "", @progbits
