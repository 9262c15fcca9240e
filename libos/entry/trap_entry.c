/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap_entry.c - the first half: at CSSA=1.
 *
 * SSA[0] may describe three places:
 *   user code (stubs included)  the thread's state moves to the thread, SSA[0] becomes
 *                               a call of trap_user() with clean state
 *   the exit path               nothing there is lost by starting it again
 *   elsewhere in the kernel     a tick is noted; a fault goes to its fixup, or
 *                               ends the kernel
 * URSP, URBP and GSBASE are never written.
 */
#include "abi/layout.h"
#include "libos/cpu/entry_points.h"
#include "libos/cpu/extable.h"
#include "libos/cpu/vcpu.h"
#include "libos/entry/claim.h"
#include "libos/entry/panic.h"
#include "libos/entry/trap.h"
#include "libos/hostcall/hostcall.h"
#include "libos/sched/thread.h"
#include "sgx/ssa.h"

#define RFLAGS_FIXED 0x2ull
#define RFLAGS_TF 0x100ull
#define RFLAGS_AC 0x40000ull

static struct gprsgx *frame_gprs(struct vcpu *v)
{
	return (void *)((uint8_t *)v->ssa + ssa_gprsgx_offset(SSA_FRAME_PAGES));
}

static const struct exinfo *frame_exinfo(struct vcpu *v)
{
	return (const void *)((uint8_t *)v->ssa +
	                      ssa_exinfo_offset(SSA_FRAME_PAGES));
}

static bool in_kernel_text(uint64_t rip)
{
	return rip >= (uint64_t)kernel_text_start &&
	       rip < (uint64_t)kernel_text_end;
}

static void save_user(struct vcpu *v, const struct gprsgx *g)
{
	struct thread *t = v->current;
	struct regs *r = t->regs;

	r->r15 = g->r15;
	r->r14 = g->r14;
	r->r13 = g->r13;
	r->r12 = g->r12;
	r->r11 = g->r11;
	r->r10 = g->r10;
	r->r9 = g->r9;
	r->r8 = g->r8;
	r->rbp = g->rbp;
	r->rbx = g->rbx;
	r->rax = g->rax;
	r->rcx = g->rcx;
	r->rdx = g->rdx;
	r->rsi = g->rsi;
	r->rdi = g->rdi;
	r->rip = g->rip;
	r->rflags = g->rflags;
	r->rsp = g->rsp;
	r->orig_rax = NOT_A_SYSCALL;
}

/* ERESUME will call trap_user(regs, vector, error, addr). */
static void resume_in_kernel(struct gprsgx *g, struct regs *regs,
                             const struct trap *trap)
{
	g->rip = (uint64_t)entry_trap_continue;
	g->rsp = (uint64_t)regs;
	g->rbp = 0;
	g->rdi = (uint64_t)regs;
	g->rsi = trap->vector;
	g->rdx = trap->error;
	g->rcx = trap->addr;
	g->rflags = RFLAGS_FIXED;
}

static void from_user(struct vcpu *v, struct gprsgx *g, const struct trap *trap)
{
	struct regs *regs = v->current->regs;

	save_user(v, g);
	regs->source = trap->vector == TRAP_NONE ? REGS_TICK : REGS_FAULT;
	resume_in_kernel(g, regs, trap);
}

static void from_exit_path(struct gprsgx *g)
{
	g->rip = (uint64_t)exit_lo;
	g->rflags = RFLAGS_FIXED;
}

static void fault_in_kernel(struct gprsgx *g, const struct trap *trap)
{
	uint64_t fixup = extable_find(g->rip);

	if (fixup) {
		g->rip = fixup;
		return;
	}
	panic_from_trap(g, trap->vector, trap->addr);
}

/*
 * Copies look at the VMA tree before they touch anything, and what it allows is
 * there where the CPU does not tell of faults.  So a claim is the host's doing.
 */
static void claim_in_kernel(struct vcpu *v, struct gprsgx *g,
                            const struct trap *trap)
{
	thread_set_work(v->current, WORK_RESCHED);
	if (claim_refused(v->current, g->rip))
		panic_from_trap(g, trap->vector & ~TRAP_CLAIMED, trap->addr);
}

static void from_kernel(struct vcpu *v, struct gprsgx *g,
                        const struct trap *trap)
{
	switch (trap->vector) {
	case TRAP_NONE:
		/* While the kernel boots there is nothing to switch to. */
		if (v->current)
			thread_set_work(v->current, WORK_RESCHED);
		break;
	case SGX_VECTOR_AC:
	case SGX_VECTOR_DB:
		/* A program's flag, still set at the first instructions. */
		g->rflags &= ~(RFLAGS_AC | RFLAGS_TF);
		break;
	default:
		if (trap->vector & TRAP_CLAIMED)
			claim_in_kernel(v, g, trap);
		else
			fault_in_kernel(g, trap);
	}
}

/* From the SSA, or else what the host says of the faults it may be told of. */
static struct trap what_happened(struct vcpu *v, const struct gprsgx *g)
{
	const struct exinfo *ex = frame_exinfo(v);
	struct host_trap host;

	if (exitinfo_is_valid(g->exitinfo))
		return (struct trap){ exitinfo_vector(g->exitinfo), ex->errcd,
			              ex->maddr };
	host_trap_read(&host);
	if (host.vector < SGX_VECTOR_SS || host.vector > SGX_VECTOR_PF)
		return (struct trap){ .vector = TRAP_NONE };
	return (struct trap){ TRAP_CLAIMED | host.vector, 0, host.addr };
}

void trap_at_cssa1(void)
{
	struct vcpu *v = vcpu_self();
	struct gprsgx *g = frame_gprs(v);
	struct trap trap = what_happened(v, g);

	/* The host may enter again before it resumes: that is a tick. */
	g->exitinfo = 0;
	if (!in_kernel_text(g->rip))
		from_user(v, g, &trap);
	else if (trap.vector == TRAP_NONE && g->rip >= (uint64_t)exit_lo &&
	         g->rip < (uint64_t)exit_hi) {
		thread_set_work(v->current, WORK_RESCHED);
		from_exit_path(g);
	} else
		from_kernel(v, g, &trap);
}
