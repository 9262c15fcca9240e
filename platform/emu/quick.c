/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quick.c - EACCEPT and EMODPE as a kernel executes them by the thousand: on a
 * page that is there and as it should be.
 *
 * Compiled without vector registers, and without a use of FS or GS, so that the
 * entry code need not put the enclave's aside, which takes longer than the leaf.  Whatever is out of the
 * ordinary is left to accept.c, with nothing changed: this code takes no lock,
 * and one compare and swap of the page's entry is all it does.
 */
#include "platform/emu/emu.h"

enum {
	FLAGS_CLEARED = 0x895, /* CF PF AF SF OF */
	FLAG_ZF = 0x40,
};

enum emu_verdict emu_leaf_done(struct emu_block *b, enum sgx_error code)
{
	b->regs.rax = code;
	b->regs.rflags &= ~(uint64_t)(FLAGS_CLEARED | FLAG_ZF);
	if (code != SGX_SUCCESS)
		b->regs.rflags |= FLAG_ZF;
	b->regs.rip = b->next;
	return EMU_COMMIT_FLAGS;
}

/* The SECINFO in RBX if it is one for a REG page, else 0. */
static uint64_t take_flags(const struct emu_block *b)
{
	const volatile uint64_t *words = emu_memory(b->regs.rbx);
	uint64_t flags, rest = 0;

	if (!IS_ALIGNED(b->regs.rbx, sizeof(struct secinfo)) ||
	    !epcm_allows(epcm_get(&b->enclave->epcm, b->regs.rbx),
	                 SGX_SECINFO_R))
		return 0;
	flags = words[0];
	for (size_t i = 1; i < sizeof(struct secinfo) / 8; i++)
		rest |= words[i];
	if (rest || flags & SGX_SECINFO_RESERVED ||
	    secinfo_page_type(flags) != SGX_PT_REG)
		return 0;
	return flags;
}

enum {
	STATE = SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED | SGX_SECINFO_PR,
	/* PR is not compared. */
	COMPARED = EPCM_VALID | (EPCM_SECINFO & ~SGX_SECINFO_PR),
};

static bool accept(struct epcm *m, uint64_t addr, unsigned int flags)
{
	unsigned int entry = epcm_get(m, addr);

	if (!(flags & STATE) || flags & SGX_SECINFO_MODIFIED ||
	    (entry ^ (flags | EPCM_VALID)) & COMPARED)
		return false;
	return epcm_swap(m, addr, entry, entry & ~(unsigned int)STATE);
}

static bool extend(struct epcm *m, uint64_t addr, unsigned int flags)
{
	unsigned int entry = epcm_get(m, addr);

	if (!epcm_allows(entry, 0) ||
	    (flags & SGX_SECINFO_W && !((flags | entry) & SGX_SECINFO_R)))
		return false;
	return epcm_swap(m, addr, entry, entry | (flags & SGX_SECINFO_RWX));
}

bool emu_leaf_quick(struct emu_block *b)
{
	struct emu_enclave *e = b->enclave;
	const struct enclave_pad *pad = &e->pads[b->pad];
	uint64_t addr = b->regs.rcx;
	unsigned int flags;

	if ((pad->leaf != ENCLU_EACCEPT && pad->leaf != ENCLU_EMODPE) ||
	    !emu_is_sgx2(e) || !IS_ALIGNED(addr, PAGE_SIZE) ||
	    !epcm_covers(&e->epcm, addr))
		return false;
	flags = (unsigned int)take_flags(b);
	if (!flags)
		return false;
	b->target_inside = 1;
	b->next = pad->vaddr + pad->size;
	if (pad->leaf == ENCLU_EACCEPT) {
		if (!accept(&e->epcm, addr, flags))
			return false;
		emu_leaf_done(b, SGX_SUCCESS);
		return true;
	}
	/* The last of a row makes the host's protection follow. */
	if (!b->regs.rdx || !extend(&e->epcm, addr, flags))
		return false;
	b->regs.rax = ENCLU_EMODPE;
	b->regs.rip = b->next;
	return true;
}
