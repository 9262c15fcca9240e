/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaf.c - ENCLU inside an enclave: which leaf, and what leaves share.
 *
 * Reached in two ways, from a rewritten pad's thunk and from SIGILL at an ENCLU
 * that was not rewritten; both put the registers into block->regs first, RIP at
 * the ENCLU and block->next behind it.
 */
#include "platform/emu/emu.h"
#include "platform/emu/layout.h"

bool emu_operand_ok(struct emu_block *b, uint64_t addr, size_t size,
                    size_t align, unsigned int rwx)
{
	const struct emu_enclave *e = b->enclave;

	if (addr & (align - 1) || !epcm_covers(&e->epcm, addr) ||
	    !epcm_covers(&e->epcm, addr + size - 1)) {
		emu_gp(b);
		return false;
	}
	/* Alignment to at least the size: one page. */
	if (!epcm_allows(epcm_get(&e->epcm, addr), rwx)) {
		emu_pf(b, addr, rwx & SGX_SECINFO_W ? SGX_PF_W : 0);
		return false;
	}
	return true;
}

/* Leaves without a code: past the instruction, nothing else changes. */
static enum emu_verdict step_over(struct emu_block *b)
{
	b->regs.rip = b->next;
	return EMU_COMMIT_FLAGS;
}

/* Serve @leaf, which sets RAX and flags itself if it has a code. */
struct leaf {
	enum emu_verdict (*serve)(struct emu_block *b);
	bool is_sgx2;
	bool is_silent; /* no code: step over on success */
};

static const struct leaf leaves[] = {
	[ENCLU_EREPORT] = { .serve = emu_ereport, .is_silent = true },
	[ENCLU_EGETKEY] = { .serve = emu_egetkey },
	[ENCLU_EENTER] = { .serve = emu_gp },
	[ENCLU_ERESUME] = { .serve = emu_gp },
	[ENCLU_EEXIT] = { .serve = emu_eexit },
	[ENCLU_EACCEPT] = { .serve = emu_eaccept, .is_sgx2 = true },
	[ENCLU_EMODPE] = { .serve = emu_emodpe,
	                   .is_sgx2 = true,
	                   .is_silent = true },
	[ENCLU_EACCEPTCOPY] = { .serve = emu_eacceptcopy, .is_sgx2 = true },
	[8] = { .serve = emu_gp },
	[ENCLU_EDECCSSA] = { .serve = emu_decssa,
	                     .is_sgx2 = true,
	                     .is_silent = true },
};

enum emu_verdict emu_leaf(struct emu_block *b)
{
	uint64_t number = b->regs.rax & UINT32_MAX;
	enum emu_verdict verdict;
	const struct leaf *leaf;

	b->target_inside = 1;
	if (number >= ARRAY_SIZE(leaves))
		return emu_gp(b);
	leaf = &leaves[number];
	if (leaf->is_sgx2 && !emu_is_sgx2(b->enclave))
		return emu_gp(b);
	verdict = leaf->serve(b);
	if (verdict != EMU_FAULT && leaf->is_silent)
		return step_over(b);
	return verdict;
}

/*
 * From a thunk.  A fault can't become an AEX here, for want of a signal frame
 * with the vector registers: the enclave's registers are loaded and the next
 * thing executed is an UD2 whose handler finds the fault in the block.
 */
enum emu_verdict emu_leaf_inside(struct emu_block *b)
{
	const struct enclave_pad *pad = &b->enclave->pads[b->pad];

	b->regs.rax = pad->leaf;
	b->regs.rip = pad->vaddr;
	b->next = pad->vaddr + pad->size;
	if (emu_leaf(b) == EMU_FAULT) {
		b->fault_rip = pad->vaddr;
		b->regs.rip = b->slot + EMU_SLOT_CODE +
		              (uint64_t)(emu_commit_fault - emu_commit_code);
	}
	return EMU_COMMIT_FLAGS;
}
