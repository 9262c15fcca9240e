/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit.S - a template: loads every register from the block and jumps.
 *
 * EENTER and ERESUME define all 16 registers, so the last jump can take its
 * target from nowhere but memory at a fixed place.  Each slot therefore has a
 * copy of this page right below its block, which it addresses by RIP.  The
 * alternative, rt_sigreturn from a frame made up for the purpose, costs a
 * system call and restores neither ID nor NT.
 *
 * Two steps of this are visible to nobody: POPF has RSP in the block, and from
 * the first instruction to the last a signal is taken as if all had been done.
 */
#include "platform/emu/layout.h"

#define BLOCK(field) .Lcode + EMU_SLOT_BLOCK + field(%rip)

	.macro BASES
	movl	BLOCK(B_TARGET_INSIDE), %eax
	movl	%eax, BLOCK(B_INSIDE)
	movq	BLOCK(B_FSBASE), %rax
	wrfsbase %rax
	movq	BLOCK(B_GSBASE), %rax
	wrgsbase %rax
	.endm

	.text
	.balign	64
	.globl	emu_commit_code, emu_commit_fault
	.globl	emu_commit_code_end
emu_commit_code:
.Lcode:
	BASES
	jmp	.Lload
	.org	.Lcode + EMU_COMMIT_FLAGS_AT
	/* First of all, so that a signal does not go below a handler's frame. */
	leaq	BLOCK(B_RFLAGS), %rsp
	BASES
	jmp	.Lflags
	.org	.Lcode + EMU_COMMIT_SAME_AT
	leaq	BLOCK(B_RFLAGS), %rsp
	movl	BLOCK(B_TARGET_INSIDE), %eax
	movl	%eax, BLOCK(B_INSIDE)
	jmp	.Lflags
	.org	.Lcode + EMU_COMMIT_LEAVE_AT
	leaq	BLOCK(B_RFLAGS), %rsp
.Lflags:
	popfq
.Lload:
	movq	BLOCK(B_RAX), %rax
	movq	BLOCK(B_RCX), %rcx
	movq	BLOCK(B_RDX), %rdx
	movq	BLOCK(B_RBX), %rbx
	movq	BLOCK(B_RBP), %rbp
	movq	BLOCK(B_RSI), %rsi
	movq	BLOCK(B_RDI), %rdi
	movq	BLOCK(B_R8), %r8
	movq	BLOCK(B_R9), %r9
	movq	BLOCK(B_R10), %r10
	movq	BLOCK(B_R11), %r11
	movq	BLOCK(B_R12), %r12
	movq	BLOCK(B_R13), %r13
	movq	BLOCK(B_R14), %r14
	movq	BLOCK(B_R15), %r15
	movq	BLOCK(B_RSP), %rsp
	jmp	*BLOCK(B_RIP)

	/* A leaf served from a thunk has faulted: the registers are right now. */
emu_commit_fault:
	ud2
emu_commit_code_end:

	.section .note.GNU-stack, "", @progbits
