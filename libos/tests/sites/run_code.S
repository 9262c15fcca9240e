/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_code.S - functions whose windows are rewritten in a copy, and gates that
 * stand for the kernel's: they do what was asked and go back.
 */
	.section .rodata
	.balign	16

/* long f(long fd, const void *buf, size_t size): write(2), in three shapes. */
	.globl	code_mov, code_mov_end
code_mov:
	mov	$1, %eax
	syscall
	ret
code_mov_end:

	.globl	code_cmp, code_cmp_end
code_cmp:
	xor	%eax, %eax
	inc	%eax
	jmp	1f
1:	syscall
	cmp	$-4095, %rax
	jae	2f
	ret
2:	neg	%rax
	ret
code_cmp_end:

/* The red zone is in use, and both sides of the site move. */
	.globl	code_red, code_red_end
code_red:
	movq	$0x1234, -8(%rsp)
	lea	1(,%rdi,1), %eax
	sub	%edi, %eax
	syscall
	add	-8(%rsp), %rax
	ret
code_red_end:

/* uint64_t f(uint32_t leaf): EAX and EBX of CPUID, added. */
	.globl	code_cpuid, code_cpuid_end
code_cpuid:
	push	%rbx
	mov	%edi, %eax
	cpuid
	add	%ebx, %eax
	pop	%rbx
	ret
code_cpuid_end:

	.text
/* RCX is the way back; SYSCALL needs it for itself. */
	.globl	gate_syscall
gate_syscall:
	mov	%rcx, %gs:32
	incq	%gs:24
	syscall
	jmp	*%gs:32

/* Answers EAX = 7 * leaf, EBX = 5; RDX is the way back. */
	.globl	gate_insn
gate_insn:
	incq	%gs:24
	lea	(%rax,%rax,2), %ebx
	lea	(%rax,%rbx,2), %eax
	mov	$5, %ebx
	jmp	*%rdx

	.section .note.GNU-stack, "", @progbits
