/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso.S - a function with the contract of __vdso_sgx_enter_enclave()
 * (<asm/sgx.h>): one ENCLU that is EENTER's site and the AEP, a fix-up for its
 * exceptions, the frame pointer as the anchor to `run`.
 *
 * The ENCLU is a real one; emu executes it when it traps.
 */
#define RUN_TCS 0
#define RUN_FUNCTION 8
#define RUN_VECTOR 12
#define RUN_ERROR 14
#define RUN_ADDR 16
#define RUN_HANDLER 24
#define RUN_RESERVED 40
#define RUN_SIZE 256
#define RUN(bp) 16(bp)

#define EENTER 2
#define ERESUME 3
#define EEXIT 4
#define NEG_EINVAL -22
#define VECTOR_PF 14
#define PF_USER 4

	.text
	.globl	fake_vdso_enter, fake_vdso_enclu, fake_vdso_exception
	.type	fake_vdso_enter, @function
	.balign	64
fake_vdso_enter:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	pushq	%rbx
	.cfi_offset %rbx, -24
	movl	%ecx, %eax

.Lagain:
	cmpl	$EENTER, %eax
	jb	.Linvalid
	cmpl	$ERESUME, %eax
	ja	.Linvalid
	movq	RUN(%rbp), %rcx
	movl	$RUN_RESERVED, %ebx
1:	cmpq	$0, (%rcx, %rbx)
	jne	.Linvalid
	addl	$8, %ebx
	cmpl	$RUN_SIZE, %ebx
	jne	1b

	/* The MMU's part of EENTER, which emu does not know of. */
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	movq	%rax, %rbx
	movq	%rsp, %r11
	andq	$-16, %rsp
	pushq	%r11
	pushq	%r11
	movq	%rcx, %rdi
	call	fake_tcs_is_mapped
	popq	%rsp
	movzbl	%al, %ecx
	movq	%rbx, %rax
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdx
	popq	%rsi
	popq	%rdi
	testl	%ecx, %ecx
	movq	RUN(%rbp), %rcx
	movq	RUN_TCS(%rcx), %rbx
	je	.Lunmapped
	leaq	fake_vdso_enclu(%rip), %rcx
fake_vdso_enclu:
	.byte	0x0f, 0x01, 0xd7

	/* EEXIT arrives here. */
	movq	RUN(%rbp), %rbx
	movl	$EEXIT, RUN_FUNCTION(%rbx)
.Lexit:
	cmpq	$0, RUN_HANDLER(%rbx)
	jne	.Lhandler
	xorl	%eax, %eax
.Lout:
	popq	%rbx
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_def_cfa %rbp, 16

.Linvalid:
	movl	$NEG_EINVAL, %eax
	jmp	.Lout

.Lunmapped:
	movl	$VECTOR_PF, %edi
	movl	$PF_USER, %esi
	movq	%rbx, %rdx

	/* The fix-up: EAX is the leaf, the rest is set by who comes here. */
fake_vdso_exception:
	movq	RUN(%rbp), %rbx
	movl	%eax, RUN_FUNCTION(%rbx)
	movw	%di, RUN_VECTOR(%rbx)
	movw	%si, RUN_ERROR(%rbx)
	movq	%rdx, RUN_ADDR(%rbx)
	jmp	.Lexit

	/* The exit's registers are the handler's arguments. */
.Lhandler:
	movq	%rsp, %rcx
	movq	%rbx, %rax
	movq	%rsp, %rbx
	andq	$-16, %rsp
	pushq	%rax
	pushq	%rax
	cld
	call	*RUN_HANDLER(%rax)
	movq	%rbx, %rsp
	testl	%eax, %eax
	jle	.Lout
	jmp	.Lagain
	.cfi_endproc
	.size	fake_vdso_enter, . - fake_vdso_enter

	.section .note.GNU-stack, "", @progbits
