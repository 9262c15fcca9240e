/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gcm_doors.S - the doors of AES-GCM's three paths; what a door is, simd_door.inc
 * tells.
 */
#include "crypto/simd_door.inc"

/* As in simd.S, with -Wframe-larger-than=1024 and one call beneath that. */
#define SCRUB_SIZE 2048

/*
 * SSE, AVX, opmask, ZMM_Hi256 and Hi16_ZMM (SDM Vol. 1, 13.1), and the compacted
 * area that holds all of them: legacy region, header, then 256, 64, 512 and
 * 1024 bytes (13.4.3).
 */
#define WIDE_STATE      0xe6
#define WIDE_HEADER     512
#define WIDE_SAVE_SIZE  (512 + 64 + 256 + 64 + 512 + 1024)

	.text

	/*
	 * 8(%rsp) is the save area, 64-aligned.  XSAVEC writes the header's
	 * first 16 bytes; XRSTOR wants the others zero (13.4.2).
	 */
	.type	wide_save, @function
wide_save:
	xor	%eax, %eax
	.irp	n, 16, 24, 32, 40, 48, 56
	mov	%rax, (8 + WIDE_HEADER + \n)(%rsp)
	.endr
	mov	$WIDE_STATE, %eax
	xor	%edx, %edx
	xsavec	8(%rsp)
	ret
	.size	wide_save, . - wide_save

	.type	wide_restore, @function
wide_restore:
	pushq	$0
	sub	$SCRUB_SIZE, %rsp
	xorps	%xmm0, %xmm0
	lea	SCRUB_SIZE(%rsp), %rcx
	mov	%rsp, %rax
1:	movaps	%xmm0, (%rax)
	movaps	%xmm0, 16(%rax)
	movaps	%xmm0, 32(%rax)
	movaps	%xmm0, 48(%rax)
	add	$64, %rax
	cmp	%rcx, %rax
	jb	1b
	add	$(SCRUB_SIZE + 8), %rsp
	mov	$WIDE_STATE, %eax
	xor	%edx, %edx
	xrstor	8(%rsp)
	ret
	.size	wide_restore, . - wide_restore

.macro WIDE_DOOR name
	DOOR \name, wide_save, wide_restore, WIDE_SAVE_SIZE, 64
.endm

SIMD_DOOR gcm_ni_powers
SIMD_DOOR gcm_ni_run
WIDE_DOOR gcm_vaes256_run
WIDE_DOOR gcm_vaes512_run

	.section .note.GNU-stack, "", @progbits
