/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usercopy_asm.S - see usercopy_asm.h.
 *
 * rep movsb is fast for any size on CPUs that have SGX2 (ERMS, FSRM); short
 * copies, which are most, go by plain moves.  At a fault RCX says how much of a
 * rep is left, so the fixups need no record of their own.
 *
 * Where the destination lies 1 to 15 bytes behind the source, modulo a page, AMD's
 * family 19H copies byte by byte: 16 times slower.  rep movsq is half as fast as
 * usual there.
 */
#define EFAULT 14
#define PAGE_MASK 4095
#define SLOW_DISTANCE 15
#define SLOW_MIN 256

	.macro	may_fault insn, fixup
	.pushsection .ex_table, "a", @progbits
	.balign	8
	.quad	\insn, \fixup
	.popsection
	.endm

	.macro	function name
	.globl	\name
	.hidden	\name
	.type	\name, @function
	.balign	16
\name:
	.endm

	.text

/* size_t usercopy_bytes(void *dst, const void *src, size_t size) */
	function usercopy_bytes
	cmp	$8, %rdx
	je	10f
	cmp	$4, %rdx
	je	20f
	cmp	$1, %rdx
	je	50f
	cmp	$SLOW_MIN, %rdx
	jae	40f
3:	mov	%rdx, %rcx
1:	rep movsb
2:	mov	%rcx, %rax
	ret
10:	mov	(%rsi), %rax
11:	mov	%rax, (%rdi)
	xor	%eax, %eax
	ret
20:	mov	(%rsi), %eax
21:	mov	%eax, (%rdi)
	xor	%eax, %eax
	ret
50:	mov	(%rsi), %al
51:	mov	%al, (%rdi)
	xor	%eax, %eax
	ret
/* Byte by byte, so that what can be copied is. */
30:	mov	%rdx, %rcx
	jmp	1b
40:	lea	-1(%rdi), %eax
	sub	%esi, %eax
	and	$PAGE_MASK, %eax
	cmp	$SLOW_DISTANCE, %eax
	jae	3b
	mov	%rdx, %rcx
	shr	$3, %rcx
	and	$7, %edx
41:	rep movsq
42:	lea	(%rdx, %rcx, 8), %rcx
	jmp	1b
	may_fault 1b, 2b
	may_fault 41b, 42b
	may_fault 50b, 30b
	may_fault 51b, 30b
	may_fault 10b, 30b
	may_fault 11b, 30b
	may_fault 20b, 30b
	may_fault 21b, 30b
	.size	usercopy_bytes, . - usercopy_bytes

/* size_t usercopy_clear(void *dst, size_t size) */
	function usercopy_clear
	mov	%rsi, %rcx
	xor	%eax, %eax
1:	rep stosb
2:	mov	%rcx, %rax
	ret
	may_fault 1b, 2b
	.size	usercopy_clear, . - usercopy_clear

/* int usercopy_load_u32(const uint32_t *p, uint32_t *ret) */
	function usercopy_load_u32
1:	mov	(%rdi), %eax
	mov	%eax, (%rsi)
	xor	%eax, %eax
	ret
2:	mov	$-EFAULT, %eax
	ret
	may_fault 1b, 2b
	.size	usercopy_load_u32, . - usercopy_load_u32

/* int usercopy_cmpxchg_u32(uint32_t *p, uint32_t *seen, uint32_t desired) */
	function usercopy_cmpxchg_u32
	mov	(%rsi), %eax
1:	lock cmpxchg %edx, (%rdi)
	mov	%eax, (%rsi)
	xor	%eax, %eax
	ret
2:	mov	$-EFAULT, %eax
	ret
	may_fault 1b, 2b
	.size	usercopy_cmpxchg_u32, . - usercopy_cmpxchg_u32

	.section .note.GNU-stack, "", @progbits
