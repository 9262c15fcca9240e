/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.c - mmap, mprotect and munmap, of the enclave's file and otherwise.
 *
 * emu keeps ELRANGE mapped by itself and lets protection follow the EPCM, so
 * for an enclave these only check and remember.  A reservation that a client
 * makes before CREATE is real until CREATE takes its place.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/personality.h>

#include "platform/emu/emu.h"
#include "platform/fake/fake_internal.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

static struct fake_range *find_reservation(struct fake *f, uint64_t addr,
                                           uint64_t end)
{
	for (size_t i = 0; i < FAKE_RESERVATIONS; i++) {
		struct fake_range *r = &f->reserved[i];

		if (r->end && addr < r->end && end > r->addr)
			return r;
	}
	return NULL;
}

void fake_unreserve(struct fake *f, uint64_t addr, uint64_t end)
{
	struct fake_range *r;

	while ((r = find_reservation(f, addr, end)) != NULL) {
		munmap((void *)(uintptr_t)r->addr, r->end - r->addr);
		r->end = 0;
	}
}

static int reserve(struct fake *f, uint64_t addr, uint64_t size, int prot,
                   int flags)
{
	void *want = (void *)(uintptr_t)addr;
	void *got;

	for (size_t i = 0; i < FAKE_RESERVATIONS; i++) {
		if (f->reserved[i].end)
			continue;
		got = mmap(want, size, prot, flags, -1, 0);
		if (got == MAP_FAILED)
			return -errno;
		f->reserved[i] = (struct fake_range){ addr, addr + size };
		return got == want ? 0 : -EEXIST;
	}
	return -ENOMEM;
}

/* vm_max_prot_bits of every page that is there. */
static int may_map(const struct fake_file *file, uint64_t addr, uint64_t size,
                   int prot)
{
	const struct epcm *epcm = &emu_enclave(file->enclave)->epcm;

	/* PROT_* and SECINFO's R, W, X are the same bits. */
	for (uint64_t at = addr; prot && at < addr + size; at += PAGE_SIZE) {
		unsigned int entry = epcm_get(epcm, at);

		if (entry &&
		    (unsigned int)prot & ~(entry >> EPCM_MAX_SHIFT & PROT_ALL))
			return -EACCES;
	}
	return 0;
}

static void set_vma(struct fake_file *file, uint64_t addr, uint64_t size,
                    unsigned int vma)
{
	uint64_t first = (addr - file->secs.baseaddr) >> PAGE_SHIFT;

	for (uint64_t i = first; i < first + (size >> PAGE_SHIFT); i++) {
		file->n_mapped += !!(vma & FAKE_VMA_MAPPED);
		file->n_mapped -= !!(file->vma[i] & FAKE_VMA_MAPPED);
		file->vma[i] = (uint8_t)vma;
	}
}

static bool is_inside(const struct fake_file *file, uint64_t addr,
                      uint64_t size)
{
	uint64_t offset = addr - file->secs.baseaddr;

	return offset < file->secs.size && size <= file->secs.size - offset;
}

static int map_enclave(struct fake_file *file, uint64_t addr, uint64_t size,
                       int prot, int flags)
{
	int ret;

	if ((flags & MAP_TYPE) != MAP_SHARED)
		return -EINVAL;
	if (personality(0xffffffff) & READ_IMPLIES_EXEC)
		return -EACCES;
	/* Before CREATE the kernel would allow it; nobody here does that. */
	if (!file->enclave || !is_inside(file, addr, size))
		return -EACCES;
	ret = may_map(file, addr, size, prot);
	if (ret == 0)
		set_vma(file, addr, size, (unsigned int)prot | FAKE_VMA_MAPPED);
	return ret;
}

int fake_mmap(struct sgx_calls *c, uint64_t addr, uint64_t size, int prot,
              int flags, int fd)
{
	struct fake *f = fake_of(c);
	struct fake_file *file = fake_file(f, fd, FAKE_ENCLAVE);

	if (fake_fails(f))
		return f->trouble.error;
	if (!size || !IS_ALIGNED(addr, PAGE_SIZE) ||
	    !IS_ALIGNED(size, PAGE_SIZE))
		return -EINVAL;
	if (flags & MAP_ANONYMOUS)
		return reserve(f, addr, size, prot, flags);
	return file ? map_enclave(file, addr, size, prot, flags) : -EBADF;
}

int fake_mprotect(struct sgx_calls *c, uint64_t addr, uint64_t size, int prot)
{
	struct fake *f = fake_of(c);
	struct fake_file *file = fake_file_at(f, addr);
	int ret;

	if (fake_fails(f))
		return f->trouble.error;
	if (!IS_ALIGNED(addr, PAGE_SIZE) || !IS_ALIGNED(size, PAGE_SIZE))
		return -EINVAL;
	if (!file || !is_inside(file, addr, size))
		return -ENOMEM;
	for (uint64_t at = addr; at < addr + size; at += PAGE_SIZE)
		if (!(file->vma[(at - file->secs.baseaddr) >> PAGE_SHIFT] &
		      FAKE_VMA_MAPPED))
			return -ENOMEM;
	ret = may_map(file, addr, size, prot);
	if (ret == 0)
		set_vma(file, addr, size, (unsigned int)prot | FAKE_VMA_MAPPED);
	return ret;
}

int fake_munmap(struct sgx_calls *c, uint64_t addr, uint64_t size)
{
	struct fake *f = fake_of(c);
	struct fake_file *file = fake_file_at(f, addr);

	fake_unreserve(f, addr, addr + size);
	if (file && is_inside(file, addr, size)) {
		set_vma(file, addr, size, 0);
		fake_file_put(f, file);
	}
	return 0;
}

int fake_prot(struct fake *f, uint64_t addr)
{
	const struct fake_file *file = fake_file_at(f, addr);
	unsigned int vma;

	if (!file)
		return -ENOMEM;
	vma = file->vma[(addr - file->secs.baseaddr) >> PAGE_SHIFT];
	return vma & FAKE_VMA_MAPPED ? (int)(vma & FAKE_VMA_PROT) : -ENOMEM;
}

static uint64_t first_unmapped(const struct fake_file *file)
{
	const struct epcm *epcm = &emu_enclave(file->enclave)->epcm;

	for (uint64_t at = 0; at < file->secs.size; at += PAGE_SIZE) {
		uint64_t addr = file->secs.baseaddr + at;
		unsigned int entry = epcm_get(epcm, addr);
		unsigned int want = entry >> EPCM_MAX_SHIFT & PROT_ALL;

		want |= FAKE_VMA_MAPPED;
		if (entry && (file->vma[at >> PAGE_SHIFT] & want) != want)
			return addr;
	}
	return 0;
}

uint64_t fake_first_unmapped(const struct fake *f)
{
	uint64_t addr = 0;

	for (size_t i = 0; !addr && i < FAKE_FILES; i++)
		if (f->file[i].enclave)
			addr = first_unmapped(&f->file[i]);
	return addr;
}
