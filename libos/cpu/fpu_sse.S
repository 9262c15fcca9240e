/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpu_sse.S - the sixteen XMM registers and MXCSR, to and from the legacy region
 * of an XSAVE area (SDM vol. 1, 13.4.1): what most programs have in use.
 *
 *	void fpu_sse_save(void *area);
 *	void fpu_sse_load(const void *area);
 */
	.text

#define MXCSR 24

	.globl	fpu_sse_save
	.type	fpu_sse_save, @function
fpu_sse_save:
	stmxcsr	MXCSR(%rdi)
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps	%xmm\i, (160 + 16 * \i)(%rdi)
	.endr
	ret
	.size	fpu_sse_save, . - fpu_sse_save

	.globl	fpu_sse_load
	.type	fpu_sse_load, @function
fpu_sse_load:
	ldmxcsr	MXCSR(%rdi)
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps	(160 + 16 * \i)(%rdi), %xmm\i
	.endr
	ret
	.size	fpu_sse_load, . - fpu_sse_load

	.section .note.GNU-stack, "", @progbits
