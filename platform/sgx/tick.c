/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tick.c - a tick on hardware: the signal arrives after an AEX, and its handler
 * enters the same TCS at CSSA = 1 before sigreturn executes ERESUME.
 *
 * The vDSO has one ENCLU, which is EENTER's site and the AEP.  So RIP alone
 * does not tell an interrupted enclave from one not entered yet; RAX does:
 *
 *	RIP = RCX = ENCLU, RAX = 3    AEX: enter now
 *	RIP = RCX = ENCLU, RAX = 2    EENTER comes next: leave a flag
 *	elsewhere                     outside: nothing
 *
 * A flag matters where that EENTER is the one for an exception (CSSA = 1): the
 * code behind it is resumed without having looked at anything.  At CSSA = 0
 * the enclave looks by itself, and a tick too many does no harm.
 *
 * Between the flag's check in enter.S and the ENCLU lie some instructions of
 * the vDSO in which a tick is lost; the sender's next one is not.
 */
#include <ucontext.h>

#include "abi/shared.h"
#include "platform/sgx/sgx.h"
#include "sgx/leaf.h"

enum {
	ENCLU_SIZE = 3,
	/* No leaf of ENCLU: #GP, which the vDSO reports as one of entering. */
	ENCLU_NONE = 0xff,
	/* The vDSO's frame: saved RBP, return address, then its 7th argument. */
	RUN_FROM_RBP = 16,
};

static bool is_at_enclu(const greg_t *gregs)
{
	const uint8_t *code = (const uint8_t *)(uintptr_t)gregs[REG_RIP];

	return gregs[REG_RIP] == gregs[REG_RCX] && code[0] == 0x0f &&
	       code[1] == 0x01 && code[2] == 0xd7;
}

/* The interrupted call's; the kernel's own fix-up finds it in the same way. */
static const struct sgx_enclave_run *run_of(const greg_t *gregs)
{
	uintptr_t at = (uintptr_t)gregs[REG_RBP] + RUN_FROM_RBP;

	return *(const struct sgx_enclave_run *const *)at;
}

/*
 * Whether it was the enclave's exception handler, at CSSA = 1, that was
 * interrupted: this run's last exit was the exception, and the vDSO writes
 * run->function at exits only.
 */
static bool is_in_handler(const greg_t *gregs)
{
	return run_of(gregs)->function == ENCLU_ERESUME;
}

/* EENTER at CSSA = 1 with a run of its own.  False: not answered by an EEXIT. */
static bool enter_for_tick(struct sgx_thread *t, uint64_t tcs,
                           struct enclave_regs *regs)
{
	struct sgx_enclave_run run;

	*regs = (struct enclave_regs){ 0 };
	enclave_run_init(&run, tcs, regs);
	run.function = ENCLU_ERESUME; /* is_in_handler() */
	t->missed = 0;
	t->ticks++;
	return enclave_call(&t->enclave->base, regs, ENCLU_EENTER, &run) == 0 &&
	       run.function == ENCLU_EEXIT;
}

/* The enclave has left for good: the interrupted call sees that EEXIT. */
static void finish_as_exit(greg_t *gregs, const struct enclave_regs *regs)
{
	gregs[REG_RIP] += ENCLU_SIZE;
	gregs[REG_RDI] = (greg_t)regs->rdi;
	gregs[REG_RSI] = (greg_t)regs->rsi;
	gregs[REG_RDX] = (greg_t)regs->rdx;
	gregs[REG_R8] = (greg_t)regs->r8;
	gregs[REG_R9] = (greg_t)regs->r9;
}

/*
 * An AEX leaves RFLAGS.AC as the enclave had it, and the kernel clears it for
 * no handler; compiled code counts on unaligned accesses.
 */
static inline void clear_ac(void)
{
	/* Below the red zone. */
	__asm__ volatile("subq $128, %%rsp\n\t"
	                 "pushfq\n\t"
	                 "andq $~0x40000, (%%rsp)\n\t"
	                 "popfq\n\t"
	                 "addq $128, %%rsp" ::
	                         : "memory", "cc");
}

static void take_tick(greg_t *gregs)
{
	struct sgx_thread *t = sgx_self;
	struct enclave_regs regs;

	if (!t)
		return;
	__atomic_store_n(&t->asked, 0, __ATOMIC_SEQ_CST);
	if (!is_at_enclu(gregs))
		return;
	if (gregs[REG_RAX] == ENCLU_EENTER) {
		t->missed = 1;
		return;
	}
	if (gregs[REG_RAX] != ENCLU_ERESUME || is_in_handler(gregs))
		return;
	/*
	 * If the handler itself fails, ERESUME would go on in its frame, whose
	 * URSP and URBP are on this stack: never go there.
	 */
	if (!enter_for_tick(t, (uint64_t)gregs[REG_RBX], &regs))
		gregs[REG_RAX] = ENCLU_NONE;
	else if (regs.rdi != LEAVE_TRAP)
		finish_as_exit(gregs, &regs);
}

void sgx_on_tick(int sig, siginfo_t *info, void *ucontext)
{
	(void)sig;
	(void)info;
	clear_ac();
	take_tick(((ucontext_t *)ucontext)->uc_mcontext.gregs);
}

void sgx_missed_tick(const struct sgx_enclave_run *run)
{
	struct sgx_thread *t = sgx_self;
	struct enclave_regs regs;

	/* What it answers is for a running enclave; this one is resumed anyway. */
	(void)enter_for_tick(t, run->tcs, &regs);
}

/*
 * Signals of this kind queue up, so one at a time.  But one may be lost, so after
 * SGX_TICK_PATIENCE requests another is sent, and later ones ever more rarely: a
 * thread that nobody runs takes all of them at once when its turn comes, and a
 * handler that does not block them has a frame of each on its stack.
 */
static bool is_to_be_sent(uint32_t asked)
{
	bool is_power_of_two = (asked & (asked - 1)) == 0;

	return asked == 0 || (is_power_of_two && asked & SGX_TICK_AGAIN);
}

void sgx_interrupt(struct enclave_thread *base)
{
	struct sgx_thread *t = container_of(base, struct sgx_thread, base);
	struct sgx_calls *c = sgx_calls(t->enclave);
	uint32_t asked;

	asked = __atomic_fetch_add(&t->asked, 1, __ATOMIC_SEQ_CST);
	if (!is_to_be_sent(asked))
		return;
	if (c->tgkill(c, t->tid, PLATFORM_TICK_SIGNAL) < 0)
		__atomic_store_n(&t->asked, 0, __ATOMIC_SEQ_CST);
}
