/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epcm.c - the EPCM as a table: life cycle, and runs of equal pages.
 */
#include "platform/emu/epcm.h"

#include <errno.h>
#include <sys/mman.h>

int epcm_init(struct epcm *m, uint64_t base, uint64_t size)
{
	uint64_t npages = size >> PAGE_SHIFT;
	void *table =
		mmap(NULL, npages * sizeof(*m->entry), PROT_READ | PROT_WRITE,
	             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (table == MAP_FAILED)
		return -ENOMEM;
	*m = (struct epcm){ .entry = table, .base = base, .npages = npages };
	return 0;
}

void epcm_fini(struct epcm *m)
{
	munmap(m->entry, m->npages * sizeof(*m->entry));
}

void epcm_populate(struct epcm *m, uint64_t addr, uint64_t npages)
{
	uint16_t *first = &m->entry[(addr - m->base) >> PAGE_SHIFT];
	uintptr_t start = ALIGN_DOWN((uintptr_t)first, (uintptr_t)PAGE_SIZE);

	madvise((void *)start, (uintptr_t)(first + npages) - start,
	        MADV_POPULATE_WRITE);
}

int epcm_prot(unsigned int entry)
{
	int prot = PROT_NONE;

	if (!epcm_is_settled(entry) || epcm_type(entry) != SGX_PT_REG)
		return prot;
	if (entry & SGX_SECINFO_R)
		prot |= PROT_READ;
	if (entry & SGX_SECINFO_W)
		prot |= PROT_WRITE;
	if (entry & SGX_SECINFO_X)
		prot |= PROT_EXEC;
	return prot;
}

uint64_t epcm_run(const struct epcm *m, uint64_t addr, uint64_t *ret_size)
{
	uint64_t first = (addr - m->base) >> PAGE_SHIFT;
	uint64_t end = first + 1;
	int prot = epcm_prot(READ_ONCE(m->entry[first]));

	while (first > 0 && epcm_prot(READ_ONCE(m->entry[first - 1])) == prot)
		first--;
	while (end < m->npages && epcm_prot(READ_ONCE(m->entry[end])) == prot)
		end++;
	*ret_size = (end - first) << PAGE_SHIFT;
	return m->base + (first << PAGE_SHIFT);
}
