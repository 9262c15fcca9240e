/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.S - the smallest kernel that shows the whole way: it boots, raises an
 * exception and mends it at CSSA = 1, writes a line by HC_WRITE, and ends with
 * an exit code that says how often the handler ran.
 *
 * State lies in the vCPU block, which starts as zeros.
 */
#include "abi/layout.h"

/* ENCLU and room behind it, listed as host/elf_image.h reads it. */
#define PAD_SIZE 14
.macro enclu leaf
7777:	.byte	0x0f, 0x01, 0xd7
	.skip	PAD_SIZE - 3, 0x90
	.pushsection .enclu_pads, "a", @progbits
	.quad	7777b
	.long	\leaf, PAD_SIZE
	.popsection
.endm

/* The vCPU block. */
#define STEP 0
#define TRAPS 8
#define VCPU_SHARED 16
#define HOST_RIP 24
#define HOST_RSP 32
#define HOST_RBP 40

/* abi/shared.h, abi/hostcall.h */
#define BOOT_VCPU_OFFSET 16
#define SHARED_RESULT 8
#define SHARED_ARGS (4096 - 1032)
#define SHARED_SCRATCH 4096
#define HC_EXIT 3
#define HC_WRITE 5
#define LEAVE_HOSTCALL 1
#define LEAVE_TRAP 2

/* RIP in the GPR area at the end of SSA frame 0 (SDM Vol. 3D 35.9.2). */
#define SSA_RIP (VCPU_SSA + SSA_FRAME_PAGES * 4096 - 184 + 136 - VCPU_BLOCK)

	.text
	.globl	_start
_start:
	cld
	test	%eax, %eax
	jnz	trap

	mov	%rcx, %gs:HOST_RIP
	mov	%rsp, %gs:HOST_RSP
	mov	%rbp, %gs:HOST_RBP
	incq	%gs:STEP
	cmpq	$1, %gs:STEP
	jne	written

boot:
	add	BOOT_VCPU_OFFSET(%rsi), %rsi
	mov	%rsi, %gs:VCPU_SHARED
	.globl	fault
fault:
	ud2
	mov	%gs:VCPU_SHARED, %rbx
	movl	$HC_WRITE, (%rbx)
	movl	$1, SHARED_ARGS(%rbx)
	lea	SHARED_SCRATCH(%rbx), %rdi
	mov	%rdi, SHARED_ARGS+8(%rbx)
	movq	$text_size, SHARED_ARGS+16(%rbx)
	lea	text(%rip), %rsi
	mov	$text_size, %ecx
	rep movsb
	mov	$LEAVE_HOSTCALL, %edi
	jmp	leave

/* Exit code: bytes written + 16 for each exception. */
written:
	mov	%gs:VCPU_SHARED, %rbx
	mov	SHARED_RESULT(%rbx), %rax
	mov	%gs:TRAPS, %rdx
	shl	$4, %rdx
	add	%rdx, %rax
	shl	$8, %rax
	movl	$HC_EXIT, (%rbx)
	movl	$1, SHARED_ARGS(%rbx)
	mov	%eax, SHARED_ARGS+4(%rbx)
	movl	$0, SHARED_ARGS+8(%rbx)
	mov	$LEAVE_HOSTCALL, %edi
	jmp	leave

/* RCX is where this entry leaves to; the block keeps the other one's. */
trap:
	mov	%rcx, %rbx
	rdgsbase %rax
	lea	fault(%rip), %rdx
	cmp	%rdx, SSA_RIP(%rax)
	jne	resume
	addq	$2, SSA_RIP(%rax)
	incq	%gs:TRAPS
resume:
	mov	$LEAVE_TRAP, %edi
	jmp	out
leave:
	mov	%gs:HOST_RIP, %rbx
	mov	%gs:HOST_RSP, %rsp
	mov	%gs:HOST_RBP, %rbp
out:
	xor	%edx, %edx
	xor	%esi, %esi
	mov	$4, %eax
	enclu	4
	ud2

	.section .rodata
text:
	.ascii	"hello\n"
	.set	text_size, . - text

	.section .note.GNU-stack, "", @progbits
