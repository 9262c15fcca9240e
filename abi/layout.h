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
 *   VCPU_BASE                 one area per vCPU: TCS, SSA, block, stacks
 *   HEAP_BASE                 kernel heap (EADDed, not measured)
 */
#pragma once

#define ELRANGE_SIZE_DEFAULT 0x800000000ull /* 32 GiB of addresses */

#define USER_BASE 0x10000ull
#define USER_END KERNEL_BASE

#define KERNEL_BASE 0x700000000ull
#define KERNEL_IMAGE_MAX 0x1000000ull

#define CONFIG_BASE 0x710000000ull
#define CONFIG_SIZE_MAX 0x1000000ull

/*
 * A vCPU's area.  The gaps are never added: a stack that overflows meets an
 * absent page.  The SSA is NSSA frames of SSAFRAMESIZE pages.
 */
#define VCPU_BASE 0x720000000ull
#define VCPU_STRIDE 0x40000ull
#define VCPU_TCS 0x01000ull
#define VCPU_SSA 0x02000ull
#define VCPU_BLOCK 0x10000ull /* OGSBASE and OFSBASE */
#define VCPU_BLOCK_SIZE 0x2000ull
#define VCPU_IDLE_STACK 0x18000ull
#define VCPU_IDLE_STACK_SIZE 0x8000ull
#define VCPU_TRAP_STACK 0x28000ull
#define VCPU_TRAP_STACK_SIZE 0x4000ull
#define VCPU_MAX 64

#define SSA_FRAME_PAGES 4
#define SSA_FRAMES 3

#define HEAP_BASE 0x740000000ull
#define HEAP_SIZE_MAX 0x80000000ull
