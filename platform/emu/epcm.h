/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epcm.h - what the EPCM knows about each page of one enclave's ELRANGE.
 *
 * One 16-bit entry per page, in the form of SECINFO.FLAGS with VALID added, in
 * a table of address space that costs memory only where ELRANGE has pages (an
 * absent page of it is 2,048 absent entries, so the host's page tables are the
 * second level).
 *
 * Entries are read without a lock and changed with enclave->lock held, but for
 * quick.c, which takes none: where the two can meet, by epcm_swap().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/units.h"
#include "sgx/secinfo.h"

enum epcm_bits {
	/* R, W, X, PENDING, MODIFIED, PR and the type: as SECINFO.FLAGS. */
	EPCM_SECINFO = SGX_SECINFO_RWX | SGX_SECINFO_PENDING |
	               SGX_SECINFO_MODIFIED | SGX_SECINFO_PR | 7 << 8,
	/* Linux's vm_max_prot_bits: what EADD's SECINFO allowed. */
	EPCM_MAX_SHIFT = 11,
	EPCM_MAX_RW = (SGX_SECINFO_R | SGX_SECINFO_W) << EPCM_MAX_SHIFT,
	EPCM_MAX_RWX = SGX_SECINFO_RWX << EPCM_MAX_SHIFT,
	EPCM_VALID = 1 << 15,
};

struct epcm {
	uint16_t *entry;
	uint64_t base;
	uint64_t npages;
};

/* -ENOMEM.  @size is SECS.SIZE. */
__must_check int epcm_init(struct epcm *m, uint64_t base, uint64_t size);
void epcm_fini(struct epcm *m);

/* In one call what would be two faults for each 2,048 pages from @addr on. */
void epcm_populate(struct epcm *m, uint64_t addr, uint64_t npages);

static inline bool epcm_covers(const struct epcm *m, uint64_t addr)
{
	return addr - m->base < m->npages * PAGE_SIZE;
}

/* The entry for the page of @addr, 0 if it has none; any address will do. */
static inline unsigned int epcm_get(const struct epcm *m, uint64_t addr)
{
	uint64_t page = (addr - m->base) >> PAGE_SHIFT;

	return page < m->npages ? READ_ONCE(m->entry[page]) : 0;
}

/* @addr lies in ELRANGE. */
static inline void epcm_set(struct epcm *m, uint64_t addr, unsigned int entry)
{
	WRITE_ONCE(m->entry[(addr - m->base) >> PAGE_SHIFT], (uint16_t)entry);
}

/* @from becomes @to; false if it is no longer @from. */
static inline bool epcm_swap(struct epcm *m, uint64_t addr, unsigned int from,
                             unsigned int to)
{
	uint16_t expected = (uint16_t)from;

	return __atomic_compare_exchange_n(
		&m->entry[(addr - m->base) >> PAGE_SHIFT], &expected,
		(uint16_t)to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static inline enum sgx_page_type epcm_type(unsigned int entry)
{
	return (enum sgx_page_type)(entry >> 8 & 7);
}

static inline bool epcm_is_settled(unsigned int entry)
{
	return entry & EPCM_VALID &&
	       !(entry & (SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED));
}

/* A settled REG page that has all of @rwx. */
static inline bool epcm_allows(unsigned int entry, unsigned int rwx)
{
	return epcm_is_settled(entry) && epcm_type(entry) == SGX_PT_REG &&
	       (entry & rwx) == rwx;
}

/* mprotect's bits for a page: what the EPCM would let the enclave do. */
int epcm_prot(unsigned int entry);

/*
 * epcm_run - the longest run of pages around @addr that deserve the same
 * protection as its page.  Returns its start, *@ret_size its bytes.
 */
uint64_t epcm_run(const struct epcm *m, uint64_t addr, uint64_t *ret_size);
