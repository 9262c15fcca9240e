/* SPDX-License-Identifier: Apache-2.0 */
/* enclu.S - one function for each leaf of enclu.h. */
#include "libos/cpu/enclu_pad.h"

	.text

/* name(rdi, rsi, rdx) -> RBX, RCX, RDX; @keep: RAX is not written by the leaf. */
#define LEAF(name, leaf, keep)                                                 \
	.globl	name;                                                          \
	.type	name, @function;                                               \
name:	push	%rbx;                                                          \
	mov	%rdi, %rbx;                                                    \
	mov	%rsi, %rcx;                                                    \
	mov	$leaf, %eax;                                                   \
1:	ENCLU_PAD(leaf);                                                       \
	keep;                                                                  \
	pop	%rbx;                                                          \
	ret;                                                                   \
2:	mov	$-1, %rax; /* ENCLU_FAULT */                                    \
	pop	%rbx;                                                          \
	ret;                                                                   \
	.pushsection .ex_table, "a", @progbits;                                \
	.balign 8;                                                             \
	.quad	1b, 2b;                                                        \
	.popsection;                                                           \
	.size	name, . - name

#define CLEAR_RAX xor %eax, %eax
#define KEEP_RAX

	LEAF(enclu_ereport, 0, CLEAR_RAX)
	LEAF(enclu_egetkey, 1, KEEP_RAX)
	LEAF(enclu_eaccept, 5, KEEP_RAX)
	LEAF(enclu_emodpe, 6, CLEAR_RAX)
	LEAF(enclu_eacceptcopy, 7, KEEP_RAX)

	.section .note.GNU-stack, "", @progbits
