/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw.S - ENCLU executed by host code with every register chosen and seen.
 *
 *	void raw_enclu(const struct snapshot *in, struct snapshot *out);
 *
 * @out->rip says where control came back: raw_after, raw_aep, or wherever the
 * signal handler found it before it continued at raw_stop.  One thread at a
 * time.
 */
#include "platform/emu/tests/layout.h"

	.text
	.globl	raw_enclu, raw_site, raw_after, raw_aep, raw_stop
raw_enclu:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushfq
	subq	$16, %rsp
	stmxcsr	(%rsp)
	fnstcw	8(%rsp)
	movq	%rsp, saved_rsp(%rip)
	movq	%rsi, out(%rip)
	movups	S_XMM0(%rdi), %xmm0
	movups	S_XMM15(%rdi), %xmm15
	ldmxcsr	S_MXCSR(%rdi)
	fldcw	S_FCW(%rdi)
	pushq	S_RFLAGS(%rdi)
	popfq
	movq	S_RAX(%rdi), %rax
	movq	S_RCX(%rdi), %rcx
	movq	S_RDX(%rdi), %rdx
	movq	S_RBX(%rdi), %rbx
	movq	S_RBP(%rdi), %rbp
	movq	S_RSI(%rdi), %rsi
	movq	S_R8(%rdi), %r8
	movq	S_R9(%rdi), %r9
	movq	S_R10(%rdi), %r10
	movq	S_R11(%rdi), %r11
	movq	S_R12(%rdi), %r12
	movq	S_R13(%rdi), %r13
	movq	S_R14(%rdi), %r14
	movq	S_R15(%rdi), %r15
	movq	S_RDI(%rdi), %rdi
raw_site:
	.byte	0x0f, 0x01, 0xd7
raw_after:
	movq	%rax, scratch(%rip)
	leaq	raw_after(%rip), %rax
	jmp	store
raw_aep:
	movq	%rax, scratch(%rip)
	leaq	raw_aep(%rip), %rax
store:
	movq	%rbx, scratch+8(%rip)
	movq	out(%rip), %rbx
	movq	%rax, S_RIP(%rbx)
	movq	%rsp, S_RSP(%rbx)
	movq	saved_rsp(%rip), %rsp
	pushfq
	popq	S_RFLAGS(%rbx)
	movq	scratch(%rip), %rax
	movq	%rax, S_RAX(%rbx)
	movq	scratch+8(%rip), %rax
	movq	%rax, S_RBX(%rbx)
	movq	%rcx, S_RCX(%rbx)
	movq	%rdx, S_RDX(%rbx)
	movq	%rbp, S_RBP(%rbx)
	movq	%rsi, S_RSI(%rbx)
	movq	%rdi, S_RDI(%rbx)
	movq	%r8, S_R8(%rbx)
	movq	%r9, S_R9(%rbx)
	movq	%r10, S_R10(%rbx)
	movq	%r11, S_R11(%rbx)
	movq	%r12, S_R12(%rbx)
	movq	%r13, S_R13(%rbx)
	movq	%r14, S_R14(%rbx)
	movq	%r15, S_R15(%rbx)
	stmxcsr	S_MXCSR(%rbx)
	fnstcw	S_FCW(%rbx)
	movups	%xmm0, S_XMM0(%rbx)
	movups	%xmm15, S_XMM15(%rbx)
	rdfsbase %rax
	movq	%rax, S_FSBASE(%rbx)
	rdgsbase %rax
	movq	%rax, S_GSBASE(%rbx)
raw_stop:
	movq	saved_rsp(%rip), %rsp
	fninit
	ldmxcsr	(%rsp)
	fldcw	8(%rsp)
	addq	$16, %rsp
	popfq
	cld
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

/*
 *	int fixed_enclave_call(e, regs, function, run);
 *
 * An enclave that was resumed leaves to the stack of its last EENTER, so all
 * calls of a vector start from the same stack pointer.
 */
	.globl	fixed_enclave_call
fixed_enclave_call:
	pushq	%rbx
	movq	%rsp, %rbx
	leaq	fixed_stack_end(%rip), %rsp
	call	enclave_call
	movq	%rbx, %rsp
	popq	%rbx
	ret

	.bss
	.balign	16
	.skip	16384
fixed_stack_end:
saved_rsp:
	.skip	8
out:
	.skip	8
scratch:
	.skip	16

	.section .note.GNU-stack, "", @progbits
