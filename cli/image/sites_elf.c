/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites_elf.c - where the code of an ELF file lies, and where functions start.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "cli/image/sites_internal.h"

#include "base/banned.h"

/* The first @count elements of @size at @off; an empty span if not there. */
static struct cspan array_at(struct cspan file, uint64_t off, uint64_t count,
                             uint64_t size)
{
	struct cspan part = cspan_make(NULL, 0);

	if (count > file.size / size ||
	    !cspan_sub(file, off, count * size, &part))
		return cspan_make(NULL, 0);
	return part;
}

static bool read_headers(struct text *t)
{
	struct cspan ph;

	if (t->file.size < sizeof(t->eh))
		return false;
	memcpy(&t->eh, t->file.data, sizeof(t->eh));
	if (memcmp(t->eh.e_ident, ELFMAG, SELFMAG) != 0 ||
	    t->eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    t->eh.e_machine != EM_X86_64 ||
	    (t->eh.e_type != ET_EXEC && t->eh.e_type != ET_DYN) ||
	    t->eh.e_phentsize != sizeof(Elf64_Phdr))
		return false;
	ph = array_at(t->file, t->eh.e_phoff, t->eh.e_phnum,
	              sizeof(Elf64_Phdr));
	if (!ph.size)
		return false;
	t->nph = t->eh.e_phnum;
	t->ph = mem_alloc(t->nph, sizeof(*t->ph));
	memcpy(t->ph, ph.data, ph.size);
	return true;
}

/* The segment that @vaddr is loaded with, if the file has bytes for it. */
static const Elf64_Phdr *segment_at(const struct text *t, uint64_t vaddr)
{
	for (size_t i = 0; i < t->nph; i++) {
		const Elf64_Phdr *ph = &t->ph[i];

		if (ph->p_type == PT_LOAD && vaddr >= ph->p_vaddr &&
		    vaddr - ph->p_vaddr < ph->p_filesz &&
		    ph->p_offset <= t->file.size)
			return ph;
	}
	return NULL;
}

struct cspan text_loaded(const struct text *t, uint64_t vaddr)
{
	const Elf64_Phdr *ph = segment_at(t, vaddr);
	uint64_t skip, size;

	if (!ph)
		return cspan_make(NULL, 0);
	skip = vaddr - ph->p_vaddr;
	size = MIN(ph->p_filesz, t->file.size - ph->p_offset);
	if (skip >= size)
		return cspan_make(NULL, 0);
	return cspan_make(t->file.data + ph->p_offset + skip, size - skip);
}

/*
 * Code at @vaddr.  It counts only if it is loaded from @offset by a segment
 * that may be executed.
 */
static void add_area(struct text *t, uint64_t vaddr, uint64_t offset,
                     uint64_t size)
{
	const Elf64_Phdr *ph = segment_at(t, vaddr);
	struct text_area *a;

	if (!size || !ph || !(ph->p_flags & PF_X) ||
	    offset - ph->p_offset != vaddr - ph->p_vaddr ||
	    size > text_loaded(t, vaddr).size || vaddr + size < vaddr ||
	    offset + size > UINT32_MAX)
		return;
	t->area = mem_grow(t->area, t->nareas, sizeof(*t->area));
	a = &t->area[t->nareas++];
	*a = (struct text_area){ .vaddr = vaddr,
		                 .offset = offset,
		                 .size = size,
		                 .bytes = t->file.data + offset,
		                 .target = mem_alloc(size, 1) };
}

static struct cspan sections(const struct text *t)
{
	if (t->eh.e_shentsize != sizeof(Elf64_Shdr))
		return cspan_make(NULL, 0);
	return array_at(t->file, t->eh.e_shoff, t->eh.e_shnum,
	                sizeof(Elf64_Shdr));
}

static void add_section_areas(struct text *t)
{
	struct cspan all = sections(t);
	Elf64_Shdr sh;

	for (size_t i = 0; i < all.size / sizeof(sh); i++) {
		memcpy(&sh, all.data + i * sizeof(sh), sizeof(sh));
		if (sh.sh_type == SHT_PROGBITS &&
		    (sh.sh_flags & SHF_EXECINSTR) && (sh.sh_flags & SHF_ALLOC))
			add_area(t, sh.sh_addr, sh.sh_offset, sh.sh_size);
	}
}

static void add_segment_areas(struct text *t)
{
	for (size_t i = 0; i < t->nph; i++)
		if (t->ph[i].p_type == PT_LOAD && (t->ph[i].p_flags & PF_X))
			add_area(t, t->ph[i].p_vaddr, t->ph[i].p_offset,
			         t->ph[i].p_filesz);
}

static int by_area(const void *a, const void *b)
{
	const struct text_area *x = a;
	const struct text_area *y = b;

	return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

/* Only an odd file has overlapping sections; it does without a table. */
static bool sort_areas(struct text *t)
{
	if (!t->nareas)
		return false;
	qsort(t->area, t->nareas, sizeof(*t->area), by_area);
	for (size_t i = 1; i < t->nareas; i++)
		if (t->area[i].vaddr - t->area[i - 1].vaddr <
		    t->area[i - 1].size)
			return false;
	return true;
}

bool text_open(struct text *t, struct cspan file)
{
	*t = (struct text){ .file = file };
	if (!read_headers(t))
		return false;
	add_section_areas(t);
	if (!t->nareas)
		add_segment_areas(t);
	return sort_areas(t);
}

void text_close(struct text *t)
{
	for (size_t i = 0; i < t->nareas; i++)
		free(t->area[i].target);
	free(t->area);
	free(t->function);
	free(t->region);
	free(t->ph);
}

struct text_area *text_area_at(const struct text *t, uint64_t vaddr)
{
	size_t lo = 0, hi = t->nareas;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		struct text_area *a = &t->area[mid];

		if (vaddr < a->vaddr)
			hi = mid;
		else if (vaddr - a->vaddr < a->size)
			return a;
		else
			lo = mid + 1;
	}
	return NULL;
}

void text_mark(const struct text *t, uint64_t vaddr, enum target how)
{
	struct text_area *a = text_area_at(t, vaddr);

	if (a)
		a->target[vaddr - a->vaddr] =
			MAX(a->target[vaddr - a->vaddr], (uint8_t)how);
}

enum target text_target(const struct text *t, uint64_t vaddr)
{
	const struct text_area *a = text_area_at(t, vaddr);

	return a ? a->target[vaddr - a->vaddr] : TARGET_NONE;
}

void text_add_function(struct text *t, uint64_t vaddr, uint64_t size)
{
	if (!text_area_at(t, vaddr))
		return;
	text_mark(t, vaddr, TARGET_SEEN);
	t->function =
		mem_grow(t->function, t->nfunctions, sizeof(*t->function));
	t->function[t->nfunctions++] = (struct function){ vaddr, size };
}

static void read_symbol_table(struct text *t, const Elf64_Shdr *sh)
{
	struct cspan all =
		array_at(t->file, sh->sh_offset,
	                 sh->sh_size / sizeof(Elf64_Sym), sizeof(Elf64_Sym));
	Elf64_Sym sym;

	for (size_t i = 0; i < all.size / sizeof(sym); i++) {
		memcpy(&sym, all.data + i * sizeof(sym), sizeof(sym));
		if (sym.st_shndx == SHN_UNDEF)
			continue;
		if (ELF64_ST_TYPE(sym.st_info) == STT_FUNC ||
		    ELF64_ST_TYPE(sym.st_info) == STT_GNU_IFUNC)
			text_add_function(t, sym.st_value, sym.st_size);
		else
			text_mark(t, sym.st_value, TARGET_SEEN);
	}
}

void text_read_symbols(struct text *t)
{
	struct cspan all = sections(t);
	Elf64_Shdr sh;

	text_add_function(t, t->eh.e_entry, 0);
	for (size_t i = 0; i < all.size / sizeof(sh); i++) {
		memcpy(&sh, all.data + i * sizeof(sh), sizeof(sh));
		if (sh.sh_type == SHT_SYMTAB || sh.sh_type == SHT_DYNSYM)
			read_symbol_table(t, &sh);
	}
}
