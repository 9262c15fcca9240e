/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enclave.S - the test enclave.  Position independent, copied to TE_CODE.
 */
#include "platform/emu/tests/layout.h"

	.section .rodata.te, "a", @progbits
	.balign	4096
	.globl	te_begin, te_end, te_entry, te_ud2, te_int3, te_load, te_store
	.globl	te_enclu, te_pad_exit, te_pad_exit_gs, te_pad_accept, te_div
	.globl	te_syscall, te_spin, te_exit_slow, te_jump_back, te_hlt
	.globl	te_pad_report, te_int80, te_rdtsc, te_entry_null, te_pad_null
	.globl	te_bytes

	/* ENCLU and its pad, as the kernel image has them. */
	.macro ENCLU_PAD
	.byte	0x0f, 0x01, 0xd7
	.fill	11, 1, 0x90
	.endm

	/* All registers but RSP and RBP to their patterns. */
	.macro PATTERNS
	movabsq	$PATTERN * 1, %rax
	movabsq	$PATTERN * 2, %rcx
	movabsq	$PATTERN * 3, %rdx
	movabsq	$PATTERN * 4, %rbx
	movabsq	$PATTERN * 7, %rsi
	movabsq	$PATTERN * 8, %rdi
	movabsq	$PATTERN * 9, %r8
	movabsq	$PATTERN * 10, %r9
	movabsq	$PATTERN * 11, %r10
	movabsq	$PATTERN * 12, %r11
	movabsq	$PATTERN * 13, %r12
	movabsq	$PATTERN * 14, %r13
	movabsq	$PATTERN * 15, %r14
	movabsq	$PATTERN * 16, %r15
	.endm

	.macro SNAPSHOT at, stack=0x2000
	movq	%rax, %gs:\at+S_RAX
	movq	%rcx, %gs:\at+S_RCX
	movq	%rdx, %gs:\at+S_RDX
	movq	%rbx, %gs:\at+S_RBX
	movq	%rsp, %gs:\at+S_RSP
	movq	%rbp, %gs:\at+S_RBP
	movq	%rsi, %gs:\at+S_RSI
	movq	%rdi, %gs:\at+S_RDI
	movq	%r8, %gs:\at+S_R8
	movq	%r9, %gs:\at+S_R9
	movq	%r10, %gs:\at+S_R10
	movq	%r11, %gs:\at+S_R11
	movq	%r12, %gs:\at+S_R12
	movq	%r13, %gs:\at+S_R13
	movq	%r14, %gs:\at+S_R14
	movq	%r15, %gs:\at+S_R15
	stmxcsr	%gs:\at+S_MXCSR
	fnstcw	%gs:\at+S_FCW
	movups	%xmm0, %gs:\at+S_XMM0
	movups	%xmm15, %gs:\at+S_XMM15
	rdgsbase %rsp
	leaq	TE_STACK0 - TE_BLOCK0 + \stack(%rsp), %rsp
	pushfq
	popq	%gs:\at+S_RFLAGS
	rdfsbase %rax
	movq	%rax, %gs:\at+S_FSBASE
	rdgsbase %rax
	movq	%rax, %gs:\at+S_GSBASE
	.endm

te_begin:
te_entry:
	/* Without touching flags: CSSA = 0 has a place of its own, because a
	 * tick may enter at any moment from here on. */
	xchgq	%rax, %rcx
	jrcxz	1f
	xchgq	%rax, %rcx
	jmp	deeper
1:	xchgq	%rax, %rcx
	SNAPSHOT BLOCK_ENTRY
	cld
	leaq	BLOCK_ENTRY(%rax), %rbx
	jmp	dispatch
deeper:
	/* What it interrupted may have words on its stack. */
	SNAPSHOT BLOCK_TEMP, 0x1800
	cld
	/* Copy to the snapshot of this CSSA. */
	movq	%gs:BLOCK_TEMP+S_RAX, %rdx
	movq	%rdx, %rcx
	shlq	$10, %rcx
	leaq	BLOCK_ENTRY(%rax, %rcx), %rbx
	movq	%rax, %rsi
	movq	%rbx, %rdi
	movl	$S_SIZE / 8, %ecx
	rep movsq
	/* RBX: entry snapshot.  A deeper entry uses a deeper stack. */
	shlq	$10, %rdx
	subq	%rdx, %rsp
dispatch:
	movq	S_RDI(%rbx), %rdi
	movq	S_RSI(%rbx), %rsi
	movq	S_RDX(%rbx), %rdx
	cmpq	$R_COUNT, %rdi
	jae	r_exit
	leaq	table(%rip), %rax
	movslq	(%rax, %rdi, 4), %rcx
	addq	%rcx, %rax
	jmp	*%rax

	.balign	4
table:
	.long	r_exit - table, r_pattern_exit - table, r_ud2 - table
	.long	r_spin - table, r_load - table, r_store - table
	.long	r_jump - table, r_enclu - table, r_exit_slow - table
	.long	r_exit_pad_gs - table, r_accept_pad - table, r_div0 - table
	.long	r_int3 - table, r_syscall - table, r_int80 - table
	.long	r_rdtsc - table, r_ac - table, r_xm - table
	.long	r_mf - table, r_hlt - table, r_wrfsbase - table
	.long	r_skip - table, r_popf_tf - table, r_exit_to - table
	.long	r_gp_load - table, r_report_pad - table
	.long	r_bytes - table, r_ss - table, r_ac_exit - table
	.long	r_wrfsbase_ud2 - table

	/* Leave with RDX and R8 as results, RDI = 2 from CSSA > 0, else 1. */
r_exit:
	xorl	%edi, %edi
	cmpq	$0, S_RAX(%rbx)
	setne	%dil
	incl	%edi
leave_now:
	movq	S_RSP(%rbx), %rsp
	movq	S_RBP(%rbx), %rbp
	movq	S_RCX(%rbx), %rbx
	movl	$4, %eax
te_pad_exit:
	ENCLU_PAD

	/* The same by an ENCLU that no list names. */
r_exit_slow:
	movl	$1, %edi
	movq	S_RSP(%rbx), %rsp
	movq	S_RBP(%rbx), %rbp
	movq	S_RCX(%rbx), %rbx
	movl	$4, %eax
te_exit_slow:
	.byte	0x0f, 0x01, 0xd7

	/* A pad reached with a GS base that belongs to no TCS. */
r_exit_pad_gs:
	movl	$0x12345000, %eax
	wrgsbase %rax
	movl	$1, %edi
	movq	S_RSP(%rbx), %rsp
	movq	S_RBP(%rbx), %rbp
	movq	S_RCX(%rbx), %rbx
	movl	$4, %eax
te_pad_exit_gs:
	ENCLU_PAD

	/* Leave to RSI. */
r_exit_to:
	movq	S_RSP(%rbx), %rsp
	movq	S_RBP(%rbx), %rbp
	movq	%rsi, %rbx
	movl	$4, %eax
	jmp	te_pad_exit

	/* Leave with patterns in all but RBX, RCX, RAX; DF and CF set. */
r_pattern_exit:
	movq	S_RCX(%rbx), %rsi
	movq	%rsi, %gs:BLOCK_ARG
	pushq	$0xc03 /* OF DF CF */
	popfq
	movl	$0x9fc0, %eax
	movl	%eax, %gs:BLOCK_ARG+8
	ldmxcsr	%gs:BLOCK_ARG+8
	PATTERNS
	movabsq	$PATTERN * 5, %rsp
	movabsq	$PATTERN * 6, %rbp
	movq	%gs:BLOCK_ARG, %rbx
	movl	$4, %eax
	jmp	te_pad_exit

	/* What runs on after an exception arrives here. */
went_on:
	SNAPSHOT BLOCK_AFTER
	cld
	rdgsbase %rax
	leaq	BLOCK_ENTRY(%rax), %rbx
	xorl	%edx, %edx
	jmp	r_exit

r_ud2:
	pcmpeqd	%xmm0, %xmm0
	movdqa	%xmm0, %xmm15
	psrlw	$4, %xmm15
	movl	$0x1f40, %eax
	movl	%eax, %gs:BLOCK_ARG+8
	ldmxcsr	%gs:BLOCK_ARG+8
	pushq	$0x240cd7 /* ID AC DF OF SF ZF AF PF CF */
	popfq
	PATTERNS
	movabsq	$PATTERN * 5, %rsp
	movabsq	$PATTERN * 6, %rbp
te_ud2:
	ud2
	jmp	went_on

r_spin:
	PATTERNS
te_spin:
	movl	$1, %gs:BLOCK_SPUN
	cmpl	$0, %gs:BLOCK_GO
	je	te_spin
	jmp	went_on

r_load:
te_load:
	movq	(%rsi), %rdx
	jmp	r_exit
r_store:
te_store:
	movq	%rdx, (%rsi)
	jmp	r_exit
r_jump:
	leaq	te_jump_back(%rip), %rax
	jmp	*%rsi
te_jump_back:
	movl	$0x600d, %edx
	jmp	r_exit

	/* Leaf RSI with RBX, RCX, RDX from the block. */
r_enclu:
	pushq	%rbx
	movl	%esi, %eax
	movq	%gs:BLOCK_ARG, %rbx
	movq	%gs:BLOCK_ARG+8, %rcx
	movq	%gs:BLOCK_ARG+16, %rdx
	pushq	$0xad7 /* OF SF ZF AF PF CF */
	popfq
te_enclu:
	.byte	0x0f, 0x01, 0xd7
	.fill	11, 1, 0x90
	pushfq
	popq	%gs:BLOCK_ARG+24
	popq	%rbx
	movq	%rax, %rdx
	movq	%gs:BLOCK_ARG+24, %r8
	jmp	r_exit

r_accept_pad:
	pushq	%rbx
	movl	$5, %eax
	movq	%gs:BLOCK_ARG, %rbx
	movq	%gs:BLOCK_ARG+8, %rcx
	movdqu	%gs:BLOCK_ARG, %xmm7
te_pad_accept:
	ENCLU_PAD
	pushfq
	popq	%r8
	/* R9: 0 if the vector register came through. */
	movdqu	%gs:BLOCK_ARG, %xmm6
	pxor	%xmm7, %xmm6
	movq	%xmm6, %r9
	popq	%rbx
	movq	%rax, %rdx
	jmp	r_exit

r_report_pad:
	pushq	%rbx
	xorl	%eax, %eax
	movq	%gs:BLOCK_ARG, %rbx
	movq	%gs:BLOCK_ARG+8, %rcx
	movq	%gs:BLOCK_ARG+16, %rdx
te_pad_report:
	ENCLU_PAD
	popq	%rbx
	movq	%rax, %rdx
	jmp	r_exit

r_div0:
	xorl	%edx, %edx
	xorl	%ecx, %ecx
	movl	$1, %eax
te_div:
	divl	%ecx
	jmp	r_exit
r_int3:
te_int3:
	int3
	jmp	r_exit
r_syscall:
	movl	$39, %eax
te_syscall:
	syscall
	jmp	r_exit
r_int80:
	movl	$20, %eax
te_int80:
	int	$0x80
	jmp	r_exit
r_rdtsc:
te_rdtsc:
	rdtsc
	movl	$1, %edx
	jmp	r_exit
r_ac:
	pushq	$0x40002
	popfq
	movl	1(%rbx), %eax
	jmp	r_exit
r_xm:
	movl	$0x1d80, %eax /* zero divide not masked */
	movl	%eax, %gs:BLOCK_ARG
	ldmxcsr	%gs:BLOCK_ARG
	movl	$0x3f800000, %eax
	movd	%eax, %xmm0
	pxor	%xmm1, %xmm1
	divss	%xmm1, %xmm0
	jmp	r_exit
r_mf:
	movl	$0x37b, %eax /* zero divide not masked */
	movl	%eax, %gs:BLOCK_ARG
	fldcw	%gs:BLOCK_ARG
	fld1
	fldz
	fdivrp
	fwait
	jmp	r_exit
r_hlt:
te_hlt:
	hlt
	jmp	r_exit
r_gp_load:
	movabsq	$0x8000000000000000, %rax
	movq	(%rax), %rdx
	jmp	r_exit
r_bytes:
te_bytes:
	.fill	15, 1, 0x90
	movl	$0x600d, %edx
	jmp	r_exit
r_ss:
	movabsq	$0x8000000000000000, %rbp
	movq	(%rbp), %rdx
	jmp	r_exit
r_ac_exit:
	movl	$1, %edi
	pushq	$0x40202
	popfq
	jmp	leave_now
r_wrfsbase_ud2:
	wrfsbase %rsi
	ud2
r_wrfsbase:
	wrfsbase %rsi
	xorl	%edx, %edx
	jmp	r_exit
r_popf_tf:
	pushq	$0x102
	popfq
	nop
	nop
	pushfq
	popq	%rdx
	jmp	r_exit

	/* The second TCS: in and out. */
te_entry_null:
	movq	%rcx, %rbx
	movl	$4, %eax
te_pad_null:
	ENCLU_PAD

	/* Move the interrupted frame on, then let the host resume. */
r_skip:
	movq	%gs:BLOCK_SKIP, %rax
	rdgsbase %rcx
	addq	%rax, TE_SSA0 - TE_BLOCK0 + 0x4000 - 184 + 136(%rcx)
	jmp	r_exit
te_end:

	.section .note.GNU-stack, "", @progbits
