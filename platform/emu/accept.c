/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept.c - EACCEPT, EACCEPTCOPY and EMODPE: the enclave's half of SGX2.
 * Checks in the order of SDM Vol. 3D 38.4.
 *
 * An address without a page is augmented first, as Linux does on the fault
 * that the leaf's operand would cause.
 */
#include <string.h>
#include <sys/mman.h>

#include "platform/emu/emu.h"
#include "sgx/zero.h"

/* The SECINFO in RBX, copied.  False: the fault is set. */
static bool take_secinfo(struct emu_block *b, struct secinfo *ret_secinfo)
{
	if (!emu_operand_ok(b, b->regs.rbx, sizeof(*ret_secinfo),
	                    sizeof(*ret_secinfo), SGX_SECINFO_R))
		return false;
	memcpy(ret_secinfo, emu_memory(b->regs.rbx), sizeof(*ret_secinfo));
	if (!secinfo_is_canonical(ret_secinfo)) {
		emu_gp(b);
		return false;
	}
	return true;
}

static bool page_operand_ok(struct emu_block *b, uint64_t addr)
{
	if (IS_ALIGNED(addr, PAGE_SIZE) && epcm_covers(&b->enclave->epcm, addr))
		return true;
	emu_gp(b);
	return false;
}

static bool is_acceptable(uint64_t flags)
{
	uint64_t state = flags & (SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED |
	                          SGX_SECINFO_PR);

	switch (secinfo_page_type(flags)) {
	case SGX_PT_REG:
		return state && !(state & SGX_SECINFO_MODIFIED);
	case SGX_PT_TCS:
	case SGX_PT_TRIM:
		return state == SGX_SECINFO_MODIFIED;
	default:
		return false;
	}
}

/* PR is not among them. */
#define COMPARED                                                               \
	((uint64_t)(SGX_SECINFO_RWX | SGX_SECINFO_PENDING |                    \
	            SGX_SECINFO_MODIFIED | SGX_SECINFO_PT_MASK))

static bool new_tcs_ok(const struct tcs *tcs)
{
	return IS_ZERO(tcs->reserved) &&
	       !(tcs->flags & (SGX_TCS_FLAGS_RESERVED | SGX_TCS_DBGOPTIN)) &&
	       !tcs->aep && tcs->state == SGX_TCS_FREE && tcs->cssa < tcs->nssa;
}

/*
 * A page becomes a TCS: its bytes move to where TCSs are kept.  The lock is
 * held; the page is made readable first, so touching it is harmless.
 */
static bool accept_tcs(struct emu_block *b, uint64_t addr)
{
	struct tcs *tcs = (void *)b->bounce;

	if (mprotect(emu_memory(addr), PAGE_SIZE, PROT_READ) < 0)
		return false;
	memcpy(tcs, emu_memory(addr), sizeof(*tcs));
	if (mprotect(emu_memory(addr), PAGE_SIZE, PROT_NONE) < 0)
		return false;
	return new_tcs_ok(tcs) && emu_tcs_add(b->enclave, addr, tcs) == 0;
}

static enum emu_verdict accept_locked(struct emu_block *b, uint64_t flags)
{
	struct epcm *epcm = &b->enclave->epcm;
	uint64_t addr = b->regs.rcx;
	unsigned int entry = epcm_get(epcm, addr);
	unsigned int accepted;

	if (!(entry & EPCM_VALID))
		return emu_pf(b, addr, SGX_PF_W);
	if ((flags ^ (entry & EPCM_SECINFO)) & COMPARED)
		return emu_leaf_done(b, SGX_PAGE_ATTRIBUTES_MISMATCH);
	if (epcm_type(entry) == SGX_PT_TCS && !accept_tcs(b, addr))
		return emu_gp(b);
	accepted =
		entry & ~(unsigned int)(SGX_SECINFO_PENDING |
	                                SGX_SECINFO_MODIFIED | SGX_SECINFO_PR);
	/* Two processors at one page: #GP for one of them. */
	if (!epcm_swap(epcm, addr, entry, accepted))
		return emu_gp(b);
	return emu_leaf_done(b, SGX_SUCCESS);
}

enum emu_verdict emu_eaccept(struct emu_block *b)
{
	struct emu_enclave *e = b->enclave;
	enum emu_verdict verdict;
	struct secinfo secinfo;

	if (!take_secinfo(b, &secinfo) || !page_operand_ok(b, b->regs.rcx))
		return EMU_FAULT;
	if (!is_acceptable(secinfo.flags))
		return emu_gp(b);
	emu_page_augment(e, b->regs.rcx);
	pthread_mutex_lock(&e->lock);
	verdict = accept_locked(b, secinfo.flags);
	pthread_mutex_unlock(&e->lock);
	return verdict;
}

static bool is_copy_target(unsigned int entry)
{
	unsigned int want = EPCM_VALID | SGX_SECINFO_REG | SGX_SECINFO_PENDING |
	                    SGX_SECINFO_R | SGX_SECINFO_W;

	return (entry & (EPCM_VALID | EPCM_SECINFO)) == want;
}

/* The lock is held; @b->bounce has the source's bytes. */
static enum emu_verdict copy_locked(struct emu_block *b, uint64_t flags)
{
	struct epcm *epcm = &b->enclave->epcm;
	uint64_t addr = b->regs.rcx;
	unsigned int entry = epcm_get(epcm, addr);

	if (!(entry & EPCM_VALID))
		return emu_pf(b, addr, SGX_PF_W);
	if (!is_copy_target(entry))
		return emu_leaf_done(b, SGX_PAGE_ATTRIBUTES_MISMATCH);
	if (mprotect(emu_memory(addr), PAGE_SIZE, PROT_READ | PROT_WRITE) < 0)
		return emu_pf(b, addr, SGX_PF_W);
	memcpy(emu_memory(addr), b->bounce, PAGE_SIZE);
	entry &= ~(unsigned int)(SGX_SECINFO_RWX | SGX_SECINFO_PENDING);
	entry |= (unsigned int)(flags & SGX_SECINFO_RWX);
	if (mprotect(emu_memory(addr), PAGE_SIZE, epcm_prot(entry)) < 0)
		return emu_pf(b, addr, SGX_PF_W);
	epcm_set(epcm, addr, entry);
	return emu_leaf_done(b, SGX_SUCCESS);
}

enum emu_verdict emu_eacceptcopy(struct emu_block *b)
{
	struct emu_enclave *e = b->enclave;
	enum emu_verdict verdict;
	struct secinfo secinfo;

	if (!take_secinfo(b, &secinfo) || !page_operand_ok(b, b->regs.rcx) ||
	    !page_operand_ok(b, b->regs.rdx))
		return EMU_FAULT;
	if (secinfo_page_type(secinfo.flags) != SGX_PT_REG ||
	    (secinfo.flags & SGX_SECINFO_W && !(secinfo.flags & SGX_SECINFO_R)))
		return emu_gp(b);
	if (!emu_operand_ok(b, b->regs.rdx, PAGE_SIZE, PAGE_SIZE,
	                    SGX_SECINFO_R))
		return EMU_FAULT;
	memcpy(b->bounce, emu_memory(b->regs.rdx), PAGE_SIZE);
	emu_page_augment(e, b->regs.rcx);
	pthread_mutex_lock(&e->lock);
	verdict = copy_locked(b, secinfo.flags);
	pthread_mutex_unlock(&e->lock);
	return verdict;
}

static enum emu_verdict extend_locked(struct emu_block *b, uint64_t flags)
{
	struct epcm *epcm = &b->enclave->epcm;
	uint64_t addr = b->regs.rcx;
	unsigned int entry = epcm_get(epcm, addr);

	if (!epcm_is_settled(entry) || epcm_type(entry) != SGX_PT_REG)
		return emu_pf(b, addr, SGX_PF_W);
	if (flags & SGX_SECINFO_W && !((flags | entry) & SGX_SECINFO_R))
		return emu_gp(b);
	if (!epcm_swap(epcm, addr, entry,
	               entry | (unsigned int)(flags & SGX_SECINFO_RWX)))
		return emu_gp(b);
	return EMU_COMMIT_FLAGS;
}

enum emu_verdict emu_emodpe(struct emu_block *b)
{
	struct emu_enclave *e = b->enclave;
	enum emu_verdict verdict;
	struct secinfo secinfo;

	if (!take_secinfo(b, &secinfo) || !page_operand_ok(b, b->regs.rcx))
		return EMU_FAULT;
	pthread_mutex_lock(&e->lock);
	verdict = extend_locked(b, secinfo.flags);
	pthread_mutex_unlock(&e->lock);
	/* A kernel may say in RDX that more follow: at the last one, tell the
	 * host, which is cheaper than the signal that would ask for it. */
	if (verdict != EMU_FAULT && b->regs.rdx == 0)
		emu_page_sync(e, b->regs.rcx);
	return verdict;
}
