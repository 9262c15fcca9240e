/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmu.c - what the MMU would say to EENTER's operand.  Compiled without vector
 * registers, which are on their way into the enclave.
 */
#include <sys/mman.h>

#include "platform/fake/fake_internal.h"

bool fake_tcs_is_mapped(const struct sgx_enclave_run *run)
{
	const struct fake_file *file = fake_attached;
	uint64_t offset;
	unsigned int vma;

	if (!file || !file->vma)
		return true; /* the ENCLU faults by itself */
	offset = run->tcs - file->secs.baseaddr;
	if (offset >= file->secs.size)
		return true;
	vma = file->vma[offset >> PAGE_SHIFT];
	return vma & FAKE_VMA_MAPPED && vma & PROT_READ && vma & PROT_WRITE;
}
