/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enclave_call(): the entry function as C can call it.  What an enclave may
 * leave in callee-saved registers, DF, AC, MXCSR and FCW stays in here.
 *
 *	int enclave_call(const struct enclave *e, struct enclave_regs *regs,
 *	                 unsigned int function, struct sgx_enclave_run *run)
 */
	.text
	.globl	enclave_call
	.type	enclave_call, @function
enclave_call:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushfq
	subq	$24, %rsp
	stmxcsr	(%rsp)
	fnstcw	8(%rsp)

	/* enum order of struct enclave_regs: rdi, rsi, rdx, r8, r9. */
	pushq	%rcx
	movq	%rdi, %rax
	movq	%rsi, %r10
	movl	%edx, %ecx
	movq	0(%r10), %rdi
	movq	8(%r10), %rsi
	movq	16(%r10), %rdx
	movq	24(%r10), %r8
	movq	32(%r10), %r9
	/* The host's secrets are nobody's: nothing else goes in. */
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	call	*8(%rax)

	cld
	ldmxcsr	-72(%rbp)
	/* An AEX for #MF leaves one pending (SDM Table 37-1): FLDCW waits. */
	fnclex
	fldcw	-64(%rbp)
	/* Not always: POPF is slow, and only AC can be wrong by now. */
	pushfq
	popq	%rcx
	xorq	-48(%rbp), %rcx
	testl	$0x40000, %ecx
	je	1f
	pushq	-48(%rbp)
	popfq
1:	leaq	-40(%rbp), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size	enclave_call, . - enclave_call

	.section .note.GNU-stack, "", @progbits
