/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enter.S - the entry function: the vDSO's, but for a tick that has to come
 * before an ERESUME.
 *
 * Every register that passes into the enclave passes through here, so RAX is
 * the only one to work with; `run` stays where it is on the stack, because the
 * vDSO is reached by a jump.
 */
#include "platform/sgx/layout.h"

#define ERESUME 3
#define NEG_EINVAL -22

	.text
	.globl	sgx_enter
	.type	sgx_enter, @function
	.balign	64
sgx_enter:
	.cfi_startproc
	movq	sgx_self@gottpoff(%rip), %rax
	movq	%fs:(%rax), %rax
	testq	%rax, %rax
	je	.Lnot_attached
	cmpl	$ERESUME, %ecx
	je	.Lresume
.Lgo:
	jmp	*T_ENTRY(%rax)

.Lresume:
	cmpl	$0, T_MISSED(%rax)
	je	.Lgo
	/* What ERESUME loads anyway is lost; the arguments are not. */
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%r8
	pushq	%r9
	movq	16(%rbp), %rdi
	call	sgx_missed_tick
	popq	%r9
	popq	%r8
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	leave
	.cfi_def_cfa %rsp, 8
	movq	sgx_self@gottpoff(%rip), %rax
	movq	%fs:(%rax), %rax
	jmp	.Lgo

.Lnot_attached:
	movl	$NEG_EINVAL, %eax
	ret
	.cfi_endproc
	.size	sgx_enter, . - sgx_enter

	.section .note.GNU-stack, "", @progbits
