/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso.c - a symbol of the vDSO, which the C library does not hand out.
 *
 * The image is the kernel's, mapped as one piece, so its headers are believed;
 * the number of dynamic symbols comes from DT_HASH, or from DT_GNU_HASH where
 * a kernel (6.12 and later) has dropped the other (gABI ch. 5).
 */
#include <elf.h>
#include <string.h>

#include "platform/sgx/sgx.h"

struct dynamic {
	const Elf64_Sym *symtab;
	const char *strtab;
	const uint32_t *hash;
	const uint32_t *gnu_hash;
};

static const Elf64_Phdr *find_segment(const uint8_t *image, uint32_t type)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Phdr *phdr = (const void *)(image + ehdr->e_phoff);

	for (unsigned int i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == type)
			return &phdr[i];
	return NULL;
}

static void read_dynamic(const uint8_t *image, const uint8_t *bias,
                         struct dynamic *ret_dynamic)
{
	const Elf64_Phdr *phdr = find_segment(image, PT_DYNAMIC);
	const Elf64_Dyn *dyn;

	*ret_dynamic = (struct dynamic){ 0 };
	if (!phdr)
		return;
	for (dyn = (const void *)(bias + phdr->p_vaddr); dyn->d_tag; dyn++) {
		const void *at = bias + dyn->d_un.d_ptr;

		if (dyn->d_tag == DT_SYMTAB)
			ret_dynamic->symtab = at;
		else if (dyn->d_tag == DT_STRTAB)
			ret_dynamic->strtab = at;
		else if (dyn->d_tag == DT_HASH)
			ret_dynamic->hash = at;
		else if (dyn->d_tag == DT_GNU_HASH)
			ret_dynamic->gnu_hash = at;
	}
}

/* One more than the highest symbol that any chain reaches. */
static uint32_t gnu_symbol_count(const uint32_t *table)
{
	uint32_t nbuckets = table[0];
	uint32_t first = table[1];
	const uint32_t *buckets = table + 4 + 2 * (size_t)table[2];
	const uint32_t *chains = buckets + nbuckets;
	uint32_t last = 0;

	for (uint32_t i = 0; i < nbuckets; i++)
		if (buckets[i] > last)
			last = buckets[i];
	if (last < first)
		return first;
	while (!(chains[last - first] & 1))
		last++;
	return last + 1;
}

static uint32_t symbol_count(const struct dynamic *d)
{
	if (d->hash)
		return d->hash[1];
	return d->gnu_hash ? gnu_symbol_count(d->gnu_hash) : 0;
}

void *vdso_symbol(const void *image, const char *name)
{
	const Elf64_Phdr *load;
	const uint8_t *bias;
	struct dynamic d;

	if (!image || memcmp(image, ELFMAG, SELFMAG) != 0)
		return NULL;
	load = find_segment(image, PT_LOAD);
	if (!load)
		return NULL;
	bias = (const uint8_t *)image + load->p_offset - load->p_vaddr;
	read_dynamic(image, bias, &d);
	if (!d.symtab || !d.strtab)
		return NULL;
	for (uint32_t i = 0; i < symbol_count(&d); i++) {
		const Elf64_Sym *sym = &d.symtab[i];

		if (sym->st_shndx != SHN_UNDEF &&
		    strcmp(d.strtab + sym->st_name, name) == 0)
			return (void *)(uintptr_t)(bias + sym->st_value);
	}
	return NULL;
}
