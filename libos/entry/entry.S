/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.S - every way into and out of the enclave and of user code.
 *
 *   enclave_entry      OENTRY of each TCS
 *   entry_leave_*      EEXIT
 *   entry_syscall      from a stub in user code
 *   entry_trap_continue  from user code by way of the CSSA=1 handler
 *   exit_to_user       back to user code
 *   entry_switch       from one kernel stack to another
 *
 * EENTER passes every register through but RAX and RCX (SDM, EENTER), so
 * nothing that the host left in DF, AC, MXCSR or a general register may matter:
 * flags are loaded before the first C code runs, vector state is loaded whole
 * before user code runs.
 */
#include "abi/layout.h"
#include "libos/cpu/enclu_pad.h"
#include "libos/cpu/offsets.h"

#define LEAVE_HOSTCALL 1
#define LEAVE_TRAP 2
#define LEAVE_DEAD 3
#define ENTER_RETURN 3

/* NT, AC, ID: a program may set them, and arithmetic leaves them alone. */
#define FLAGS_STAY 0x244000

#define REGS_STUB 1
#define NOT_A_SYSCALL (-1)
#define ENOSYS 38

	.section .text.entry, "ax", @progbits

/* RAX = CSSA, RCX = where to leave to, RDI = reason, RSI = host_shared. */
	.globl	enclave_entry
	.type	enclave_entry, @function
enclave_entry:
	cld
	cmp	$1, %rax
	ja	leave_untouched
	je	trap_entry

	mov	%rsp, %gs:VCPU_O_HOST_RSP
	mov	%rbp, %gs:VCPU_O_HOST_RBP
	mov	%rcx, %gs:VCPU_O_HOST_RIP
	mov	%gs:VCPU_O_HOSTCALL_RSP, %rsp
	test	%rsp, %rsp
	jz	first_entry
	movq	$0, %gs:VCPU_O_HOSTCALL_RSP
	push	$2
	popfq
	cmp	$ENTER_RETURN, %rdi
	jne	entry_leave_dead
	pop	%rax
	wrfsbase %rax
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	xor	%eax, %eax
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	ret

first_entry:
	rdgsbase %rax
	lea	(VCPU_IDLE_STACK + VCPU_IDLE_STACK_SIZE - VCPU_BLOCK)(%rax), %rsp
	push	$2
	popfq
	xor	%ebp, %ebp
	call	boot_enter
	/* Not reached unless the entry was refused. */
	jmp	entry_leave_dead

/*
 * CSSA >= 2: nothing of ours runs that deep.  CSSA = 1 before the vCPU's block
 * is filled: nothing to look at yet.  Back as we came.
 */
leave_untouched:
	mov	%rcx, %rbx
	mov	$LEAVE_TRAP, %edi
	mov	$4, %eax
	ENCLU_PAD(4)
	ud2

/*
 * CSSA = 1: an exception or a tick met the enclave.  A fixed stack, one C
 * function, back out; ERESUME then goes on where SSA[0] says.
 */
trap_entry:
	cmpq	$0, %gs:VCPU_O_SELF
	je	leave_untouched
	mov	%rsp, %gs:VCPU_O_TRAP_HOST_RSP
	mov	%rbp, %gs:VCPU_O_TRAP_HOST_RBP
	mov	%rcx, %gs:VCPU_O_TRAP_HOST_RIP
	rdgsbase %rax
	lea	(VCPU_TRAP_STACK + VCPU_TRAP_STACK_SIZE - VCPU_BLOCK)(%rax), %rsp
	push	$2
	popfq
	xor	%ebp, %ebp
	call	trap_at_cssa1
	mov	%gs:VCPU_O_TRAP_HOST_RIP, %rbx
	mov	%gs:VCPU_O_TRAP_HOST_RSP, %rsp
	mov	%gs:VCPU_O_TRAP_HOST_RBP, %rbp
	mov	$LEAVE_TRAP, %edi
	jmp	leave

	.globl	entry_leave_dead
	.type	entry_leave_dead, @function
entry_leave_dead:
	mov	$LEAVE_DEAD, %edi
	jmp	leave_main

	.globl	entry_leave_hostcall
	.type	entry_leave_hostcall, @function
entry_leave_hostcall:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	rdfsbase %rax
	push	%rax
	mov	%rsp, %gs:VCPU_O_HOSTCALL_RSP
	mov	$LEAVE_HOSTCALL, %edi
leave_main:
	pushfq
	testl	$FLAGS_STAY, (%rsp)
	jnz	clear_flags
1:	mov	%gs:VCPU_O_HOST_RIP, %rbx
	mov	%gs:VCPU_O_HOST_RSP, %rsp
	mov	%gs:VCPU_O_HOST_RBP, %rbp

/* RDI is the reason, RBX, RSP and RBP are the host's own; no other survives. */
leave:
	xor	%edx, %edx
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
	xor	%ecx, %ecx
	mov	$4, %eax
	xor	%esi, %esi	/* last: leaves the same flags on every exit */
	ENCLU_PAD(4)
	ud2

/* What the program has set there and no instruction of ours has changed. */
clear_flags:
	push	$2
	popfq
	jmp	1b

/*
 * From a stub: registers are the program's.  Until the stack is ours nothing
 * may fault, and nothing does: the vCPU block is mapped and aligned.
 * \rip is where the stub goes on, \nr the call's number, \r11 what R11 shall be.
 */
	.macro	ENTER_FROM_STUB rip, nr, rax
	mov	%rsp, %gs:VCPU_O_USER_RSP
	mov	%gs:VCPU_O_KSTACK_TOP, %rsp
	push	$REGS_STUB
	push	%gs:VCPU_O_USER_RSP
	pushfq
	push	\rip
	push	\nr
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	\rax
	push	%r8
	push	%r9
	push	%r10
	.endm

	.macro	SAVE_REST
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi
	.endm

/* A system call: RCX is the return address, RAX the number. */
	.globl	entry_syscall
	.type	entry_syscall, @function
	.balign	64
entry_syscall:
	ENTER_FROM_STUB %rcx, %rax, $-ENOSYS
	push	10*8(%rsp)	/* R11 = RFLAGS, as SYSCALL sets it */
	SAVE_REST
	call	syscall_enter
	jmp	exit_to_user

/* CPUID and its like: RDX is the return address. */
	.globl	entry_insn
	.type	entry_insn, @function
entry_insn:
	ENTER_FROM_STUB %rdx, $NOT_A_SYSCALL, %rax
	push	%r11
	SAVE_REST
	call	insn_enter
	jmp	exit_to_user

/* From the CSSA=1 handler: RSP = struct regs, RDI..RCX = what happened. */
	.globl	entry_trap_continue
	.type	entry_trap_continue, @function
entry_trap_continue:
	call	trap_user
	jmp	exit_to_user

/*
 * A new thread's first switch ends here: RBX(RBP), then user code.  A kernel
 * thread's function does not return.
 */
	.globl	entry_thread_start
	.type	entry_thread_start, @function
entry_thread_start:
	call	sched_first_run
	test	%rbx, %rbx
	jz	exit_to_user
	mov	%rbp, %rdi
	xor	%ebp, %ebp
	call	*%rbx
	jmp	exit_to_user

/*
 * Back to user code.  From exit_lo on the path only reads the thread's regs and
 * state that a restart computes again, so a tick in [exit_lo, exit_hi) is
 * answered by going back to exit_lo.
 */
exit_work:
	mov	%rsp, %rdi
	call	exit_to_user_work
	.globl	exit_lo
exit_to_user:
exit_lo:
	mov	%gs:VCPU_O_KSTACK_TOP, %rsp
	sub	$REGS_SIZE, %rsp
	mov	%gs:VCPU_O_CURRENT, %rax
	mov	THREAD_O_WORK(%rax), %ecx
	or	THREAD_O_FPU_IN_MEMORY(%rax), %ecx
	jnz	exit_work
	mov	REGS_O_RIP(%rsp), %rax
	mov	%rax, %gs:VCPU_O_RETURN_RIP
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	lea	16(%rsp), %rsp	/* orig_rax, rip */
	popfq
	pop	%rsp
	jmp	*%gs:VCPU_O_RETURN_RIP
	.globl	exit_hi
exit_hi:
	ud2

/* entry_switch(uint64_t *save_rsp, uint64_t load_rsp) */
	.globl	entry_switch
	.type	entry_switch, @function
entry_switch:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
