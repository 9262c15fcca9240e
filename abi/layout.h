/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - where everything lies in ELRANGE.
 *
 * ELRANGE starts at 0, so an offset from BASEADDR and an address are the same
 * number.  User space goes from USER_BASE upward; the kernel owns everything
 * from KERNEL_BASE.  The kernel is linked at KERNEL_BASE without relocations,
 * the signer lays the image out with these numbers, the kernel checks them.
 *
 *   0            64 KiB       never mapped: null pointers fault
 *   USER_BASE    ...          user space, EADDed up to user_space_size
 *   KERNEL_BASE  +16 MiB      text, rodata, data, bss (measured)
 *   CONFIG_BASE               boot config (measured)
 *   VCPU_BASE                 one area per vCPU: TCS and block (measured), SSA
 *                             and stacks (EADDed, not measured)
 *   HEAP_BASE                 kernel heap (EADDed, not measured)
 *   SHADOW_BASE               of the checked kernel only: one byte for each
 *                             eight from KERNEL_BASE (EADDed, not measured)
 */
#pragma once

/* Assemblers know no suffixes. */
#ifdef __ASSEMBLER__
#define LAYOUT(n) n
#else
#define LAYOUT(n) n##ull
#endif

#define ELRANGE_SIZE_DEFAULT LAYOUT(0x800000000) /* 32 GiB of addresses */

#define USER_BASE LAYOUT(0x10000)
#define USER_END KERNEL_BASE
/*
 * Below lies the place of non-PIE images, used for others only if need be.
 * The largest of Debian's gcc, cc1plus, ends at 0x2774000.  What programs map
 * where they like begins here.
 */
#define USER_LOW_END LAYOUT(0x2800000)

#define KERNEL_BASE LAYOUT(0x700000000)
#define KERNEL_IMAGE_MAX LAYOUT(0x1000000)

#define CONFIG_BASE LAYOUT(0x710000000)
#define CONFIG_SIZE_MAX LAYOUT(0x1000000)

/*
 * A vCPU's area.  The gaps are never added: a stack that overflows meets an
 * absent page.  The SSA is NSSA frames of SSAFRAMESIZE pages.
 */
#define VCPU_BASE LAYOUT(0x720000000)
#define VCPU_STRIDE LAYOUT(0x40000)
#define VCPU_TCS LAYOUT(0x01000)
#define VCPU_SSA LAYOUT(0x02000)
#define VCPU_SSA_SIZE LAYOUT(0x0c000)
#define VCPU_BLOCK LAYOUT(0x10000) /* OGSBASE and OFSBASE */
#define VCPU_BLOCK_SIZE LAYOUT(0x1000)
#define VCPU_IDLE_STACK LAYOUT(0x18000)
#define VCPU_IDLE_STACK_SIZE LAYOUT(0x8000)
#define VCPU_TRAP_STACK LAYOUT(0x28000)
#define VCPU_TRAP_STACK_SIZE LAYOUT(0x4000)
#define VCPU_MAX 64

#define SSA_FRAME_PAGES 4
#define SSA_FRAMES 3

#define HEAP_BASE LAYOUT(0x740000000)
#define HEAP_SIZE_MAX LAYOUT(0x80000000)

/* The shadow of @addr is at (@addr >> SHADOW_SHIFT) + SHADOW_OFFSET. */
#define SHADOW_BASE LAYOUT(0x7c0000000)
#define SHADOW_OFFSET LAYOUT(0x6e0000000)
#define SHADOW_SHIFT 3
