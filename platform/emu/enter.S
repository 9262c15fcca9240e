/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enter.S - the entry function, and the ways in and out of the emulator.
 *
 * emu_enter keeps the contract of __vdso_sgx_enter_enclave() (<asm/sgx.h>).
 * What is one ENCLU there is the stretch from emu_aep to the call of
 * emu_enclu_outside() here: EENTER and ERESUME start at the same address, and
 * that address is the AEP.
 *
 * RFLAGS at EENTER pass into the enclave except for the arithmetic flags,
 * which the vDSO's own comparisons leave undefined as well.
 */
#include "platform/emu/layout.h"

#define RUN_TCS 0
#define RUN_FUNCTION 8
#define RUN_VECTOR 12
#define RUN_ERROR 14
#define RUN_ADDR 16
#define RUN_HANDLER 24
#define RUN_RESERVED 40
#define RUN_SIZE 256
#define RUN(bp) 16(bp)

#define LEAVE_TRAP 2 /* abi/shared.h */
#define NEG_EINVAL -22

/* What C may use of XCR0's: x87, SSE, AVX, AVX-512; not PKRU, not tiles. */
#define XSAVE_OF_C 0xe7

/* ucontext_t, and struct _fpx_sw_bytes in the XSAVE area it points to. */
#define UC_FPREGS 224
#define SW_XFEATURES 472

#define SYS_SIGALTSTACK 131

	.text

	.globl	emu_enter, emu_aep, emu_next, emu_tick_next, emu_exception
	.type	emu_enter, @function
	.balign	64
emu_enter:
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
	cmpl	$2, %eax
	jb	.Linvalid
	cmpl	$3, %eax
	ja	.Linvalid
	movq	RUN(%rbp), %rcx
	xorl	%ebx, %ebx
	.set	at, RUN_RESERVED
	.rept	(RUN_SIZE - RUN_RESERVED) / 8
	orq	at(%rcx), %rbx
	.set	at, at + 8
	.endr
	jne	.Linvalid
	movq	RUN_TCS(%rcx), %rbx

emu_aep:
	movq	emu_self@gottpoff(%rip), %rcx
	movq	%fs:(%rcx), %rcx
	testq	%rcx, %rcx
	je	.Linvalid
	movq	%rax, B_RAX(%rcx)
	movq	%rdx, B_RDX(%rcx)
	movq	%rbx, B_RBX(%rcx)
	movq	%rsp, B_RSP(%rcx)
	movq	%rbp, B_RBP(%rcx)
	movq	%rsi, B_RSI(%rcx)
	movq	%rdi, B_RDI(%rcx)
	movq	%r8, B_R8(%rcx)
	movq	%r9, B_R9(%rcx)
	movq	%r10, B_R10(%rcx)
	movq	%r11, B_R11(%rcx)
	movq	%r12, B_R12(%rcx)
	movq	%r13, B_R13(%rcx)
	movq	%r14, B_R14(%rcx)
	movq	%r15, B_R15(%rcx)
	leaq	emu_aep(%rip), %rax
	movq	%rax, B_RCX(%rcx)
	leaq	emu_next(%rip), %rax
	movq	%rax, B_NEXT(%rcx)
	movq	$0, B_RAW(%rcx)
	movq	%rcx, %rbx
	movq	B_SLOT(%rbx), %rsp
	addq	$(EMU_SLOT_STACK + EMU_SLOT_STACK_SIZE), %rsp
	pushfq
	popq	B_RFLAGS(%rbx)
	jmp	.Loutside

	/* A host ENCLU elsewhere: the signal handler has filled the block. */
	.globl	emu_raw_enclu
emu_raw_enclu:
.Loutside:
	testl	$(FLAG_DF | FLAG_AC), B_RFLAGS(%rbx)
	je	1f
	pushq	$0x202
	popfq
1:	movq	%rbx, %rdi
	call	emu_enclu_outside
.Lverdict:
	cmpl	$V_COMMIT, %eax
	jb	.Lfault
	movq	B_SLOT(%rbx), %rcx
	je	.Lcommit
	cmpl	$V_COMMIT_FLAGS, %eax
	je	.Lcommit_flags

	/* V_RESUME */
	xorl	%r12d, %r12d
	movq	B_FRAME(%rbx), %rdi
	movl	B_XFRM(%rbx), %eax
	movl	4+B_XFRM(%rbx), %edx
.Lrestore:
	.globl	emu_xrstor
emu_xrstor:
	xrstor64 (%rdi)
	/*
	 * A tick that came before this comparison is seen by it; one that comes
	 * after it is an AEX of the resumed code (signal.c).
	 */
	cmpl	$0, B_PENDING(%rbx)
	.globl	emu_resume_checked, emu_resume_checked_end
emu_resume_checked:
	jne	.Lpending
	movq	B_SLOT(%rbx), %rcx
.Lcommit_flags:
	addq	$EMU_COMMIT_FLAGS_AT, %rcx
.Lcommit:
	jmp	*%rcx
.Lcommit_same:
	addq	$EMU_COMMIT_SAME_AT, %rcx
	jmp	*%rcx
emu_resume_checked_end:

	/* R12: the signal frame that was to be resumed, or none: ERESUME. */
.Lpending:
	testq	%r12, %r12
	jne	.Lsignal_pending
	movq	%rbx, %rdi
	call	emu_resume_pending
	jmp	.Lverdict

	/* XRSTOR faulted: whoever else runs inside has changed the frame. */
	.globl	emu_xrstor_fault
emu_xrstor_fault:
	movq	%rbx, %rdi
	call	emu_resume_failed

.Lfault:
	cmpq	$0, B_RAW(%rbx)
	jne	emu_raw_fault
	movl	B_FAULT_VECTOR(%rbx), %edi
	movl	B_FAULT_ERROR(%rbx), %esi
	movq	B_FAULT_ADDR(%rbx), %rdx
	movl	B_RAX(%rbx), %eax
	movq	B_RSP(%rbx), %rsp
	movq	B_RBP(%rbx), %rbp
	jmp	emu_exception

	/* The handler turns this into a fault at the ENCLU itself. */
	.globl	emu_raw_fault
emu_raw_fault:
	ud2

	/* The handler takes the tick that came before this ERESUME. */
	.globl	emu_raw_tick
emu_raw_tick:
	ud2

	/* Where the EEXIT of a tick's entry arrives. */
emu_tick_next:
	cmpq	$LEAVE_TRAP, %rdi
	jne	emu_next
	movq	RUN(%rbp), %rcx
	movq	RUN_TCS(%rcx), %rbx
	movl	$3, %eax
	jmp	emu_aep

emu_next:
	movq	RUN(%rbp), %rbx
	movl	$4, RUN_FUNCTION(%rbx)
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

emu_exception:
	movq	RUN(%rbp), %rbx
	movl	%eax, RUN_FUNCTION(%rbx)
	movw	%di, RUN_VECTOR(%rbx)
	movw	%si, RUN_ERROR(%rbx)
	movq	%rdx, RUN_ADDR(%rbx)
	jmp	.Lexit

	/* The handler sees the exit's registers; its RSP is aligned for it. */
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
	.size	emu_enter, . - emu_enter

/*
 * EEXIT from a rewritten pad.  RCX = block (EEXIT writes RCX anyway), RAX is
 * known to be 4.  Flags live in AX meanwhile: LAHF's five and OF in AL.
 */
	.globl	emu_exit_fast
	.type	emu_exit_fast, @function
	.balign	64
emu_exit_fast:
	movl	$0, B_INSIDE(%rcx)
	movq	%rdx, B_SCRATCH(%rcx)
	lahf
	seto	%al
	cmpl	$0, B_EXIT_SLOW(%rcx)
	jne	.Lexit_slow
	movq	%rbx, %rdx
	subq	B_BASE(%rcx), %rdx
	cmpq	B_SIZE(%rcx), %rdx
	jb	.Lexit_slow
	movq	%rbx, %rdx
	shlq	$16, %rdx
	sarq	$16, %rdx
	cmpq	%rbx, %rdx
	jne	.Lexit_slow
	movq	B_HOST_FS(%rcx), %rdx
	wrfsbase %rdx
	movq	B_HOST_GS(%rcx), %rdx
	wrgsbase %rdx
	incq	B_NEXIT(%rcx)
	movq	B_TCS(%rcx), %rdx
	movq	$0, B_TCS(%rcx)
	movl	$0, T_STATE(%rdx)
	movq	B_SCRATCH(%rcx), %rdx
	addb	$0x7f, %al
	sahf
	movl	$4, %eax
	movq	B_AEP(%rcx), %rcx
	jmp	*%rbx

.Lexit_slow:
	movq	B_SCRATCH(%rcx), %rdx
	addb	$0x7f, %al
	sahf
	movq	%rcx, %rax
	jmp	emu_leaf_entry
	.size	emu_exit_fast, . - emu_exit_fast

/*
 * Any other leaf from a rewritten pad.  RAX = block (the leaf's number is the
 * pad's), RCX has been saved.  Vector registers and the bases are the enclave's:
 * quick.c does not touch them, and if it passes, what serves the leaf is ordinary
 * C and they are put aside.
 */
	.globl	emu_leaf_entry
	.type	emu_leaf_entry, @function
	.balign	64
emu_leaf_entry:
	movl	$0, B_INSIDE(%rax)
	movq	%rdx, B_RDX(%rax)
	movq	%rbx, B_RBX(%rax)
	movq	%rsp, B_RSP(%rax)
	movq	%rbp, B_RBP(%rax)
	movq	%rsi, B_RSI(%rax)
	movq	%rdi, B_RDI(%rax)
	movq	%r8, B_R8(%rax)
	movq	%r9, B_R9(%rax)
	movq	%r10, B_R10(%rax)
	movq	%r11, B_R11(%rax)
	movq	%r12, B_R12(%rax)
	movq	%r13, B_R13(%rax)
	movq	%r14, B_R14(%rax)
	movq	%r15, B_R15(%rax)
	movq	%rax, %rbx
	movq	B_SLOT(%rbx), %rsp
	leaq	(EMU_SLOT_STACK + EMU_SLOT_STACK_SIZE)(%rsp), %rsp
	pushfq
	popq	B_RFLAGS(%rbx)
	pushq	$0x202
	popfq
	rdfsbase %rcx
	movq	%rcx, B_FSBASE(%rbx)
	rdgsbase %rcx
	movq	%rcx, B_GSBASE(%rbx)
	movq	%rbx, %rdi
	call	emu_leaf_quick
	testb	%al, %al
	movq	B_SLOT(%rbx), %rcx
	jnz	.Lcommit_same
	movq	B_HOST_FS(%rbx), %rcx
	wrfsbase %rcx
	movq	B_HOST_GS(%rbx), %rcx
	wrgsbase %rcx
	movq	B_SLOT(%rbx), %r12
	addq	$EMU_SLOT_XSAVE, %r12
	movl	$XSAVE_OF_C, %eax
	xorl	%edx, %edx
	xsave64	(%r12)
	movq	%rbx, %rdi
	call	emu_leaf_inside
	movl	$XSAVE_OF_C, %eax
	xorl	%edx, %edx
	xrstor64 (%r12)
	movq	B_SLOT(%rbx), %rcx
	jmp	.Lcommit_flags
	.size	emu_leaf_entry, . - emu_leaf_entry

/*
 * EEXIT to an address inside ELRANGE has completed, and this is the fetch that
 * meets the abort page; the handler moves RIP to RBX.
 */
	.globl	emu_abort_fetch
emu_abort_fetch:
	ud2

/*
 * Signal handler.  FS and GS may be the enclave's, so the block is found by the
 * stack pointer; off the slots this thread is not attached and FS is right.
 *
 * What emu_signal() decides is how the thread goes on:
 *
 *	S_RETURN  by rt_sigreturn, after the bases, which it does not know
 *	S_LEAVE   an AEX: to block->regs with vector state INIT, as the host
 *	          kernel has made it for this handler, but for MXCSR
 *	S_GO      to block->regs with the frame's vector state
 *	S_RESUME  the same, unless a tick is pending
 *
 * The last three are a system call cheaper.  They may skip rt_sigreturn because
 * it would restore nothing else: signals are blocked as they were, and the
 * signal stack counts as free when RSP has left it.
 *
 * RBX block, R12 ucontext, R13 struct emu_bases, R14 siginfo, R15D signal.
 */
	.globl	emu_signal_entry
	.type	emu_signal_entry, @function
	.balign	64
emu_signal_entry:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	/* The kernel clears DF, not AC. */
	pushfq
	testl	$FLAG_AC, (%rsp)
	jne	.Lclear_ac
.Lac_is_clear:
	movq	%rsp, %rax
	subq	emu_slots_base(%rip), %rax
	cmpq	emu_slots_size(%rip), %rax
	jae	.Lnot_attached
	movq	%rsp, %rbx
	andq	$-EMU_SLOT_SIZE, %rbx
	addq	$EMU_SLOT_BLOCK, %rbx
	rdfsbase %rax
	pushq	%rax
	rdgsbase %rax
	pushq	%rax
	movq	B_HOST_FS(%rbx), %rax
	wrfsbase %rax
	movq	B_HOST_GS(%rbx), %rax
	wrgsbase %rax
	movq	%rdx, %r12
	movq	%rsp, %r13
	movq	%rsi, %r14
	movq	%rbx, %rcx
	movq	%r13, %r8
	andq	$-16, %rsp
	call	emu_signal
.Lsignal_verdict:
	cmpl	$S_LEAVE, %eax
	jb	.Lsignal_return
	je	.Lsignal_leave
	movq	UC_FPREGS(%r12), %rdi
	cmpl	$S_GO, %eax
	movl	SW_XFEATURES(%rdi), %eax
	movl	4+SW_XFEATURES(%rdi), %edx
	jne	.Lrestore
	xrstor64 (%rdi)
	movq	B_SLOT(%rbx), %rcx
	jmp	.Lcommit_flags

.Lsignal_return:
	movq	0(%r13), %rcx
	movq	8(%r13), %rax
	wrfsbase %rax
	wrgsbase %rcx
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_def_cfa %rbp, 16

	/* From the first instruction on nothing on the signal stack is needed. */
.Lsignal_leave:
	movq	B_SLOT(%rbx), %rsp
	addq	$(EMU_SLOT_STACK + EMU_SLOT_STACK_SIZE), %rsp
	cmpl	$0, B_HAS_XINUSE(%rbx)
	je	1f
	movl	$1, %ecx
	xgetbv
	andl	B_XFRM(%rbx), %eax
	andl	4+B_XFRM(%rbx), %edx
	orl	%edx, %eax
	je	2f
1:	movl	B_XFRM(%rbx), %eax
	movl	4+B_XFRM(%rbx), %edx
	xrstor64 .Linit(%rip)
2:	ldmxcsr	B_MXCSR(%rbx)
	movq	B_SLOT(%rbx), %rcx
	addq	$EMU_COMMIT_LEAVE_AT, %rcx
	jmp	*%rcx

	/* A tick came before the frame was resumed: an AEX of what it holds. */
.Lsignal_pending:
	movq	%r14, %rdi
	movq	%r12, %rsi
	movq	%rbx, %rdx
	movq	%r13, %rcx
	call	emu_signal_pending
	jmp	.Lsignal_verdict

.Lclear_ac:
	andq	$~FLAG_AC, (%rsp)
	popfq
	pushq	$0
	jmp	.Lac_is_clear

.Lnot_attached:
	xorl	%ecx, %ecx
	xorl	%r8d, %r8d
	andq	$-16, %rsp
	call	emu_signal
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size	emu_signal_entry, . - emu_signal_entry

/*
 * sigaltstack(2) refuses while RSP is on the stack in force, so it is nowhere
 * for the length of the call; the caller has blocked signals.
 */
	.globl	emu_sigaltstack
	.type	emu_sigaltstack, @function
emu_sigaltstack:
	movq	%rsp, %r8
	xorl	%esi, %esi
	movl	$SYS_SIGALTSTACK, %eax
	xorl	%esp, %esp
	syscall
	movq	%r8, %rsp
	ret
	.size	emu_sigaltstack, . - emu_sigaltstack

	.section .rodata
	.balign	64
.Linit:
	.short	0x37f
	.org	.Linit + 24
	.long	0x1f80
	.org	.Linit + 576

	.section .note.GNU-stack, "", @progbits
