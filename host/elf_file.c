/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf_file.c - the canonical file of a kernel image: what is measured, and
 * headers that can be computed from it.  Symbols and what debuggers read stay
 * in the file that the linker made.
 */
#include <elf.h>
#include <string.h>

#include "base/arith.h"
#include "base/units.h"
#include "host/elf_image.h"
#include "sgx/secinfo.h"

#include "base/banned.h"

struct headers {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[ELF_IMAGE_SEGMENTS_MAX];
};
_Static_assert(sizeof(struct headers) <= PAGE_SIZE, "headers fill one page");

/* Zeros at the end need no bytes in the file. */
static uint64_t size_in_file(const struct elf_image_segment *seg)
{
	size_t n = seg->data.size;

	while (n && !seg->data.data[n - 1])
		n--;
	return PAGES_FOR(n) * PAGE_SIZE;
}

static uint32_t elf_flags(uint32_t prot)
{
	return (prot & SGX_SECINFO_R ? PF_R : 0u) |
	       (prot & SGX_SECINFO_W ? PF_W : 0u) |
	       (prot & SGX_SECINFO_X ? PF_X : 0u);
}

static void make_headers(const struct elf_image *elf, struct headers *h)
{
	uint64_t offset = PAGE_SIZE;

	*h = (struct headers){ .eh = {
				       .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2,
		                                    ELFMAG3, ELFCLASS64,
		                                    ELFDATA2LSB, EV_CURRENT },
				       .e_type = ET_EXEC,
				       .e_machine = EM_X86_64,
				       .e_version = EV_CURRENT,
				       .e_entry = elf->entry,
				       .e_phoff = sizeof(h->eh),
				       .e_ehsize = sizeof(h->eh),
				       .e_phentsize = sizeof(h->ph[0]),
				       .e_phnum = (Elf64_Half)elf->n_segments,
			       } };
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_image_segment *seg = &elf->segment[i];

		h->ph[i] = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_flags = elf_flags(seg->prot),
			.p_offset = offset,
			.p_vaddr = seg->addr,
			.p_paddr = seg->addr,
			.p_filesz = size_in_file(seg),
			.p_memsz = seg->npages * PAGE_SIZE,
			.p_align = PAGE_SIZE,
		};
		offset += h->ph[i].p_filesz;
	}
}

size_t elf_image_file_size(const struct elf_image *elf)
{
	size_t size = PAGE_SIZE;

	for (size_t i = 0; i < elf->n_segments; i++)
		size += size_in_file(&elf->segment[i]);
	return size;
}

void elf_image_write(const struct elf_image *elf, uint8_t *dst)
{
	struct headers h;

	make_headers(elf, &h);
	memset(dst, 0, elf_image_file_size(elf));
	memcpy(dst, &h, sizeof(h));
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct cspan *data = &elf->segment[i].data;
		size_t size = MIN(data->size, (size_t)h.ph[i].p_filesz);

		if (size)
			memcpy(dst + h.ph[i].p_offset, data->data, size);
	}
}

/* The segments' pages are compared by who measures them. */
bool elf_image_is_canonical(const struct elf_image *elf, struct cspan file)
{
	union {
		struct headers h;
		uint8_t bytes[PAGE_SIZE];
	} page = { .bytes = { 0 } };

	make_headers(elf, &page.h);
	return file.size == elf_image_file_size(elf) &&
	       !memcmp(file.data, page.bytes, sizeof(page.bytes));
}
