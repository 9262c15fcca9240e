/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block.h - what emu keeps for each attached thread: the "logical processor".
 *
 * Touched by its own thread only, from assembly, from C served on the slot's
 * stack, and from signal handlers of the same thread.  Two exceptions: an
 * interrupting thread reads tid and sets tick_sent, a counting one reads the
 * counters.
 *
 * The modes a thread can be in, told by @inside and its RIP:
 *
 *	outside   host code, or this emulator at work on its behalf
 *	inside    enclave code; FS and GS are the enclave's
 *	commit    RIP in the slot's code page: all decided, registers being
 *	          loaded.  A signal here first completes the step in the
 *	          signal frame (signal.c), so nobody ever sees half of it
 *	leaving   RIP in a pad's thunk or on the first instruction behind it:
 *	          counts as outside, although @inside is still set
 */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/backend.h"
#include "platform/emu/layout.h"
#include "sgx/ssa.h"

struct emu_enclave;
struct emu_tcs;

/* General registers, flags and RIP: the first 144 bytes of GPRSGX. */
struct emu_regs {
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags, rip;
};
static_assert(sizeof(struct emu_regs) == offsetof(struct gprsgx, ursp),
              "same order as GPRSGX");

/* An exception an ENCLU raises; vector as enum sgx_vector. */
struct emu_fault {
	uint32_t vector;
	uint32_t error;
	uint64_t addr;
};

/* What assembly does when a leaf has been served. */
enum emu_verdict {
	EMU_FAULT = V_FAULT, /* block->fault; registers untouched */
	EMU_COMMIT =
		V_COMMIT, /* load block->regs; arithmetic flags don't matter */
	EMU_COMMIT_FLAGS =
		V_COMMIT_FLAGS, /* load block->regs, RFLAGS included */
	EMU_RESUME = V_RESUME,  /* XRSTOR @frame, then the same */
};

struct emu_block {
	struct emu_regs regs; /* at the ENCLU, then what to load */
	uint64_t fsbase;      /* the enclave's: found inside, or to load */
	uint64_t gsbase;
	uint64_t host_fs; /* the host's, as EENTER found them */
	uint64_t host_gs;
	uint64_t aep;
	struct emu_tcs *tcs; /* the busy TCS while a thread is inside */
	uint64_t base;       /* ELRANGE */
	uint64_t size;
	uint64_t scratch;
	uint32_t inside;
	uint32_t target_inside; /* what a commit makes of @inside */
	uint32_t pending;       /* a tick waits for this thread's ERESUME */
	uint32_t exit_slow;     /* EEXIT has more to do than fast code does */
	uint32_t pad;           /* index of the pad a thunk came from */
	uint32_t mxcsr;         /* of an AEX's synthetic state */
	uint64_t xfrm;
	uint64_t frame; /* the SSA frame ERESUME restores from */
	uint64_t eexits;
	uint64_t slot; /* address of the slot this block lies in */
	struct emu_fault fault;
	uint64_t next; /* host address behind the ENCLU */
	uint64_t
		raw; /* address of a host ENCLU that is not emu_enter's, or 0 */
	uint32_t has_xinuse; /* XGETBV with ECX = 1 works */

	/* From here on C only. */
	uint16_t fcw; /* of an AEX's synthetic state */
	uint16_t fsw;
	struct enclave_thread thread;
	struct emu_enclave *enclave;
	struct enclave_counters counters;
	uint64_t fault_rip; /* where the served ENCLU that faulted stands */
	uint64_t host_tf;   /* RFLAGS.TF at an opt-out EENTER */
	int tid;
	uint32_t tick_sent; /* set by who interrupts, until it is taken */
	uint32_t level;     /* of nested host handlers on alternate stacks */
	uint8_t sud_selector;
	stack_t old_stack;
	sigset_t old_mask;
	uint8_t bounce[4096] __aligned(64); /* pages on their way in or out */
};
static_assert(sizeof(struct emu_block) <= EMU_SLOT_BLOCK_SIZE, "slot");

/* The next tick may be sent. */
static inline void emu_tick_came(struct emu_block *b)
{
	__atomic_store_n(&b->tick_sent, 0, __ATOMIC_SEQ_CST);
}

/* In this order: one that is sent from now on leaves its mark behind ours. */
static inline void emu_tick_taken(struct emu_block *b)
{
	b->pending = 0;
	emu_tick_came(b);
}

#define EMU_BLOCK_AT(member, offset)                                           \
	static_assert(offsetof(struct emu_block, member) == (offset), #member)
EMU_BLOCK_AT(regs.rax, B_RAX);
EMU_BLOCK_AT(regs.rsp, B_RSP);
EMU_BLOCK_AT(regs.r8, B_R8);
EMU_BLOCK_AT(regs.r15, B_R15);
EMU_BLOCK_AT(regs.rip, B_RIP);
EMU_BLOCK_AT(fsbase, B_FSBASE);
EMU_BLOCK_AT(gsbase, B_GSBASE);
EMU_BLOCK_AT(host_fs, B_HOST_FS);
EMU_BLOCK_AT(host_gs, B_HOST_GS);
EMU_BLOCK_AT(aep, B_AEP);
EMU_BLOCK_AT(tcs, B_TCS);
EMU_BLOCK_AT(base, B_BASE);
EMU_BLOCK_AT(size, B_SIZE);
EMU_BLOCK_AT(scratch, B_SCRATCH);
EMU_BLOCK_AT(inside, B_INSIDE);
EMU_BLOCK_AT(target_inside, B_TARGET_INSIDE);
EMU_BLOCK_AT(pending, B_PENDING);
EMU_BLOCK_AT(exit_slow, B_EXIT_SLOW);
EMU_BLOCK_AT(pad, B_PAD);
EMU_BLOCK_AT(mxcsr, B_MXCSR);
EMU_BLOCK_AT(xfrm, B_XFRM);
EMU_BLOCK_AT(frame, B_FRAME);
EMU_BLOCK_AT(eexits, B_NEXIT);
EMU_BLOCK_AT(slot, B_SLOT);
EMU_BLOCK_AT(fault.vector, B_FAULT_VECTOR);
EMU_BLOCK_AT(fault.error, B_FAULT_ERROR);
EMU_BLOCK_AT(fault.addr, B_FAULT_ADDR);
EMU_BLOCK_AT(next, B_NEXT);
EMU_BLOCK_AT(raw, B_RAW);
EMU_BLOCK_AT(has_xinuse, B_HAS_XINUSE);

static inline enum emu_verdict emu_fault(struct emu_block *b, uint32_t vector,
                                         uint32_t error, uint64_t addr)
{
	b->fault = (struct emu_fault){ vector, error, addr };
	return EMU_FAULT;
}

static inline enum emu_verdict emu_gp(struct emu_block *b)
{
	return emu_fault(b, SGX_VECTOR_GP, 0, 0);
}

/*
 * #PF of an ENCLU on its operand at @addr.  A leaf's operand check refuses by
 * the EPCM, hence the SGX bit; SGX1-only CPUs have #GP instead.
 */
enum emu_verdict emu_pf(struct emu_block *b, uint64_t addr, uint32_t access);

/* The calling thread's block, NULL if it is not attached. */
extern __thread struct emu_block *emu_self
	__attribute__((tls_model("initial-exec")));

/* Slots: thread.c.  Bounds are read by the signal entry. */
extern uint64_t emu_slots_base;
extern uint64_t emu_slots_size;
