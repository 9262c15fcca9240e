/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.h - the block that GS points at: one for each vCPU, a TCS and the host
 * thread that entered it.
 *
 * It is measured as zeros and filled by the first entry.  GS is the kernel's
 * in user code too: stubs reach the kernel by `jmp *%gs:8`, which is all of it
 * that user code may rely on.
 */
#pragma once

#include "abi/layout.h"
#include "base/compiler.h"
#include "base/types.h"

struct thread;

struct vcpu {
	/* Entry code: offsets in cpu/offsets.h, asserted in vcpu.c. */
	struct vcpu *self;
	uint64_t syscall_entry; /* ABI with stubs and the vDSO: %gs:8      */
	uint64_t kstack_top;    /* of the current thread                   */
	uint64_t user_rsp;      /* scratch of the entry path               */
	uint64_t return_rip;    /* the exit path's last jump               */
	struct thread *current;
	uint64_t host_rip; /* where EEXIT goes: RCX, RSP, RBP of EENTER */
	uint64_t host_rsp;
	uint64_t host_rbp;
	uint64_t hostcall_rsp;  /* kernel stack while outside, else 0 */
	uint64_t trap_host_rip; /* the same for an entry at CSSA=1   */
	uint64_t trap_host_rsp;
	uint64_t trap_host_rbp;
	const void *vdso_clock; /* ABI with the vDSO: time/vdso_clock.h */
	uint64_t insn_entry;    /* ABI with stubs: %gs:112             */

	/* C code only. */
	uint32_t index;
	uint32_t is_started;
	struct thread *idle;
	void *fpu; /* XSAVE area of the current thread, or NULL */
	uint32_t *fpu_in_memory;
	/* Components that are INIT, while the registers are nobody's. */
	uint64_t fpu_clean;
	void *ssa; /* frame 0 */
};

_Static_assert(sizeof(struct vcpu) <= VCPU_BLOCK_SIZE, "vcpu block");

static __always_inline struct vcpu *vcpu_self(void)
{
	struct vcpu *v;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(v));
	return v;
}

/* Addresses of vCPU @index's area, by layout.h. */
static inline struct vcpu *vcpu_block(uint32_t index)
{
	return (struct vcpu *)(VCPU_BASE + index * VCPU_STRIDE + VCPU_BLOCK);
}

/*
 * Fill the block of the calling vCPU and clear its SSA; false if that was done
 * before.
 */
bool vcpu_init_self(void);
