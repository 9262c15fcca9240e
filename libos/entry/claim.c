/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/entry/claim.h"

#include "base/errno.h"
#include "base/units.h"
#include "libos/cpu/fsbase.h"
#include "libos/entry/memops.h"
#include "libos/mm/mm.h"
#include "libos/mm/usercopy.h"
#include "sgx/ssa.h"

static bool is_forbidden(uint64_t addr)
{
	return !user_range_ok(thread_self()->mm, user_ptr(addr), 1, PROT_READ);
}

static bool fault_at(uint64_t addr, uint32_t error, struct trap *ret)
{
	*ret = (struct trap){ SGX_VECTOR_PF, error | SGX_PF_U, addr };
	return true;
}

/* The page is that of @addr; #GP is how SGX1 says it of the enclave's own. */
static bool is_about(const struct trap *claim, uint64_t addr)
{
	return claim->vector == SGX_VECTOR_GP ||
	       (claim->vector == SGX_VECTOR_PF &&
	        ALIGN_DOWN(claim->addr, PAGE_SIZE) ==
	                ALIGN_DOWN(addr, PAGE_SIZE));
}

/* At its first byte, or the first one in the page where it ends. */
static bool operand_faults(const struct trap *claim, const struct memop *op,
                           struct trap *ret)
{
	uint64_t last = op->addr + op->size - 1;
	uint64_t second = ALIGN_DOWN(last, PAGE_SIZE);

	if (is_about(claim, op->addr) && is_forbidden(op->addr))
		return fault_at(op->addr, 0, ret);
	return second > op->addr && is_about(claim, second) &&
	       is_forbidden(second) && fault_at(second, 0, ret);
}

static bool is_nowhere(const struct memops *m)
{
	uint64_t target = m->target;

	for (uint32_t i = 0; i < m->count; i++)
		if (!is_canonical(m->op[i].addr) ||
		    !is_canonical(m->op[i].addr + m->op[i].size - 1))
			return true;
	if (m->branch == BRANCH_LOADED &&
	    copy_from_user(&target, user_ptr(m->target), sizeof(target)) < 0)
		return false;
	return m->branch != BRANCH_NONE && !is_canonical(target);
}

/* #GP, and #SS where the address is made from RSP or RBP. */
static bool has_no_address(const struct trap *claim, const struct memops *m,
                           struct trap *ret)
{
	*ret = (struct trap){ .vector = claim->vector };
	return claim->vector != SGX_VECTOR_PF &&
	       (is_nowhere(m) ||
	        (claim->vector == SGX_VECTOR_GP && m->must_fault));
}

static uint64_t gs_base(void)
{
	uint64_t base;

	__asm__("rdgsbase %0" : "=r"(base));
	return base;
}

bool claim_accept(const struct regs *regs, const struct trap *claim,
                  struct trap *ret)
{
	struct memops_state state = { regs, fsbase_read(), gs_base() };
	uint8_t code[INSN_SIZE_MAX];
	size_t size =
		sizeof(code) -
		copy_from_user_partial(code, user_ptr(regs->rip), sizeof(code));
	struct memops m;
	int err = memops_decode(code, size, &state, &m);

	if (err == -ENODATA)
		return is_about(claim, regs->rip + size) &&
		       fault_at(regs->rip + size, SGX_PF_ID, ret);
	if (err < 0)
		return false;
	if (has_no_address(claim, &m, ret))
		return true;
	for (uint32_t i = 0; i < m.count; i++)
		if (operand_faults(claim, &m.op[i], ret))
			return true;
	return false;
}

bool claim_refused(struct thread *t, uint64_t rip)
{
	if (t->claim_rip != rip)
		t->claims = 0;
	t->claim_rip = rip;
	return ++t->claims >= CLAIMS_MAX;
}
