/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offsets.h - struct offsets for assembly, asserted against C in offsets.c.
 */
#pragma once

#define VCPU_O_SELF 0
#define VCPU_O_SYSCALL_ENTRY 8
#define VCPU_O_KSTACK_TOP 16
#define VCPU_O_USER_RSP 24
#define VCPU_O_RETURN_RIP 32
#define VCPU_O_CURRENT 40
#define VCPU_O_HOST_RIP 48
#define VCPU_O_HOST_RSP 56
#define VCPU_O_HOST_RBP 64
#define VCPU_O_HOSTCALL_RSP 72
#define VCPU_O_TRAP_HOST_RIP 80
#define VCPU_O_TRAP_HOST_RSP 88
#define VCPU_O_TRAP_HOST_RBP 96
#define VCPU_O_VDSO_CLOCK 104
#define VCPU_O_INSN_ENTRY 112

#define THREAD_O_FPU_IN_MEMORY 40
#define THREAD_O_WORK 44

#define REGS_O_R15 0
#define REGS_O_RAX 80
#define REGS_O_RIP 128
#define REGS_SIZE 160
