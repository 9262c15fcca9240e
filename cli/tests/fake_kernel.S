/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_kernel.S - the smallest file that passes for a kernel image: one ENCLU
 * in text, its pad listed, some rodata, data and bss.  It is measured, never
 * entered.  Linked with fake_kernel.lds.
 */
	.section .text, "ax"
	.globl _start
_start:
	mov	$4, %eax
pad:
	.byte	0x0f, 0x01, 0xd7
	.fill	11, 1, 0x90
	ud2

	.section .enclu_pads, "a"
	.quad	pad
	.long	4
	.long	14

	.section .rodata, "a"
	.ascii	"a page of constants"

	.section .data, "aw"
	.quad	0x0123456789abcdef

	.section .bss, "aw", @nobits
	.skip	12345
	.section .note.GNU-stack, "", @progbits
