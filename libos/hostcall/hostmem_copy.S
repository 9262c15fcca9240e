/* SPDX-License-Identifier: Apache-2.0 */
/* size_t hostmem_copy(void *dst, const void *src, size_t size) */
	.text
	.globl	hostmem_copy
	.type	hostmem_copy, @function
hostmem_copy:
	mov	%rdx, %rcx
	/*
	 * Whole aligned 8-byte groups first, then the tail: an access that is
	 * neither aligned nor a multiple of 8 may reveal stale data to the host
	 * (MMIO stale data, INTEL-SA-00615); hosts' buffers are page aligned.
	 */
	shr	$3, %rcx
1:	rep movsq
	mov	%edx, %ecx
	and	$7, %ecx
2:	rep movsb
	xor	%eax, %eax
	ret
3:	lea	(, %rcx, 8), %rax
	and	$7, %edx
	add	%rdx, %rax
	ret
4:	mov	%rcx, %rax
	ret
	.size	hostmem_copy, . - hostmem_copy

	.pushsection .ex_table, "a", @progbits
	.balign	8
	.quad	1b, 3b
	.quad	2b, 4b
	.popsection

	.section .note.GNU-stack, "", @progbits
