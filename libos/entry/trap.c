/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.c - the second half: what an exception in user code means.
 *
 * A table of vectors.  #UD is the gate of everything an enclave can't execute:
 * SYSCALL, CPUID, RDTSC on SGX1, INT3 after an opt-out entry (SDM 36.6.1).
 */
#include "libos/entry/trap.h"

#include "abi/booterror.h"
#include "abi/sites.h"
#include "base/log.h"
#include "libos/entry/claim.h"
#include "libos/entry/insn.h"
#include "libos/entry/syscall.h"
#include "libos/hostcall/hostcall.h"
#include "libos/mm/mm.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/sites/sites.h"
#include "libos/sched/sched.h"
#include "libos/signal/siginfo.h"
#include "libos/signal/signal.h"
#include "sgx/ssa.h"

typedef void trap_func(struct thread *self, struct regs *regs,
                       const struct trap *trap);

static void raise(struct thread *self, const struct trap *trap, int sig,
                  int code, uint64_t addr)
{
	self->sig->trap_nr = trap->vector;
	self->sig->trap_error = trap->error;
	self->sig->trap_addr = trap->addr;
	signal_fault(self, sig, code, addr);
}

/* A moved instruction faults in a stub; its program knows another address. */
static uint64_t user_rip(const struct regs *regs)
{
	return sites_rip_to_user(regs->rip);
}

static void page_fault(struct thread *self, struct regs *regs,
                       const struct trap *trap)
{
	uint32_t access = PROT_READ;
	int code = 0;
	int sig;

	if (trap->error & SGX_PF_ID)
		access = PROT_EXEC;
	else if (trap->error & SGX_PF_W)
		access = PROT_WRITE;
	(void)regs;
	sig = mm_fault(self->mm, trap->addr, access, &code);
	if (sig)
		raise(self, trap, sig, code, trap->addr);
}

static void invalid_opcode(struct thread *self, struct regs *regs,
                           const struct trap *trap)
{
	uint8_t op[3] = { 0, 0, 0 };
	size_t left;

	left = copy_from_user_partial(op, user_ptr(regs->rip), sizeof(op));
	if (left == sizeof(op)) {
		raise(self, trap, SIGSEGV, SEGV_MAPERR, regs->rip);
		return;
	}
	if (op[0] == 0x0f && op[1] == 0x05)
		syscall_trapped(self, regs);
	else if (op[0] == 0x0f && op[1] == 0xa2)
		insn_emulate(regs, SITE_CPUID, 2);
	else if (op[0] == 0x0f && op[1] == 0x31)
		insn_emulate(regs, SITE_RDTSC, 2);
	else if (op[0] == 0x0f && op[1] == 0x01 && op[2] == 0xf9)
		insn_emulate(regs, SITE_RDTSCP, 3);
	else if (op[0] == 0xcc) {
		regs->rip++;
		raise(self, trap, SIGTRAP, SI_KERNEL, 0);
	} else
		raise(self, trap, SIGILL, ILL_ILLOPN, user_rip(regs));
}

static void general_protection(struct thread *self, struct regs *regs,
                               const struct trap *trap)
{
	(void)regs;
	raise(self, trap, SIGSEGV, SI_KERNEL, 0);
}

static void stack_fault(struct thread *self, struct regs *regs,
                        const struct trap *trap)
{
	(void)regs;
	raise(self, trap, SIGBUS, SI_KERNEL, 0);
}

static void divide_error(struct thread *self, struct regs *regs,
                         const struct trap *trap)
{
	raise(self, trap, SIGFPE, FPE_INTDIV, user_rip(regs));
}

static void float_error(struct thread *self, struct regs *regs,
                        const struct trap *trap)
{
	raise(self, trap, SIGFPE, FPE_FLTINV, user_rip(regs));
}

static void alignment(struct thread *self, struct regs *regs,
                      const struct trap *trap)
{
	(void)regs;
	raise(self, trap, SIGBUS, BUS_ADRALN, 0);
}

static void breakpoint(struct thread *self, struct regs *regs,
                       const struct trap *trap)
{
	if (trap->vector == SGX_VECTOR_BP)
		regs->rip++;
	raise(self, trap, SIGTRAP,
	      trap->vector == SGX_VECTOR_BP ? SI_KERNEL : TRAP_TRACE,
	      user_rip(regs));
}

static trap_func *const handlers[] = {
	[SGX_VECTOR_DE] = divide_error,
	[SGX_VECTOR_DB] = breakpoint,
	[SGX_VECTOR_BP] = breakpoint,
	[SGX_VECTOR_BR] = general_protection,
	[SGX_VECTOR_UD] = invalid_opcode,
	[SGX_VECTOR_SS] = stack_fault,
	[SGX_VECTOR_GP] = general_protection,
	[SGX_VECTOR_PF] = page_fault,
	[SGX_VECTOR_MF] = float_error,
	[SGX_VECTOR_AC] = alignment,
	[SGX_VECTOR_XM] = float_error,
	[SGX_VECTOR_CP] = general_protection,
};

static void claimed(struct thread *self, struct regs *regs,
                    const struct trap *claim)
{
	struct trap trap;

	if (claim_accept(regs, claim, &trap)) {
		self->claims = 0;
		handlers[trap.vector](self, regs, &trap);
	} else if (claim_refused(self, regs->rip)) {
		log_error("refused vector %u at 0x%lx, page 0x%lx, %d times",
		          claim->vector, user_rip(regs), claim->addr,
		          CLAIMS_MAX);
		host_exit(EXIT_KERNEL, 0, BOOT_FALSE_FAULT);
	}
}

void trap_user(struct regs *regs, uint32_t vector, uint32_t error,
               uint64_t addr)
{
	struct thread *self = thread_self();
	struct trap trap = { vector & ~TRAP_CLAIMED, error, addr };

	if (vector == TRAP_NONE)
		sched_tick();
	else if (vector & TRAP_CLAIMED)
		claimed(self, regs, &trap);
	else if (vector < ARRAY_SIZE(handlers) && handlers[vector])
		handlers[vector](self, regs, &trap);
	else
		general_protection(self, regs, &trap);
}
