/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elfneeds.c - reads PT_INTERP and the dynamic section.
 *
 * Addresses in the dynamic section are turned into file offsets through the
 * PT_LOADs, because a stripped file may have no section headers.
 */
#include "cli/image/elfneeds.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

struct elf_file {
	struct cspan bytes;
	Elf64_Ehdr eh;
};

static bool fetch(struct cspan file, uint64_t off, void *dst, size_t size)
{
	struct cspan part;

	if (!cspan_sub(file, off, size, &part))
		return false;
	memcpy(dst, part.data, size);
	return true;
}

static bool fetch_phdr(const struct elf_file *f, size_t i, Elf64_Phdr *ret)
{
	return fetch(f->bytes, f->eh.e_phoff + i * sizeof(*ret), ret,
	             sizeof(*ret));
}

/* The string at @off, if its NUL is inside the file. */
static const char *string_at(struct cspan file, uint64_t off)
{
	if (off >= file.size || !memchr(file.data + off, '\0', file.size - off))
		return NULL;
	return (const char *)file.data + off;
}

static bool offset_of(const struct elf_file *f, uint64_t vaddr, uint64_t *ret)
{
	Elf64_Phdr ph;

	for (size_t i = 0; i < f->eh.e_phnum; i++) {
		if (!fetch_phdr(f, i, &ph) || ph.p_type != PT_LOAD)
			continue;
		if (vaddr < ph.p_vaddr || vaddr - ph.p_vaddr >= ph.p_filesz)
			continue;
		*ret = vaddr - ph.p_vaddr + ph.p_offset;
		return true;
	}
	return false;
}

static bool fetch_dyn(const struct elf_file *f, const Elf64_Phdr *dynamic,
                      size_t i, Elf64_Dyn *ret)
{
	return i < dynamic->p_filesz / sizeof(*ret) &&
	       fetch(f->bytes, dynamic->p_offset + i * sizeof(*ret), ret,
	             sizeof(*ret)) &&
	       ret->d_tag != DT_NULL;
}

static bool find_strings(const struct elf_file *f, const Elf64_Phdr *dynamic,
                         uint64_t *ret_off)
{
	Elf64_Dyn dyn;

	for (size_t i = 0; fetch_dyn(f, dynamic, i, &dyn); i++)
		if (dyn.d_tag == DT_STRTAB)
			return offset_of(f, dyn.d_un.d_ptr, ret_off);
	return false;
}

static void keep_one(char **home, const char *s)
{
	if (!*home)
		*home = mem_string(s);
}

static int read_dynamic(const struct elf_file *f, const Elf64_Phdr *dynamic,
                        struct elf_needs *needs)
{
	uint64_t strings;
	Elf64_Dyn dyn;
	const char *s;

	if (!find_strings(f, dynamic, &strings))
		return -ENOEXEC;
	for (size_t i = 0; fetch_dyn(f, dynamic, i, &dyn); i++) {
		if (dyn.d_tag != DT_NEEDED && dyn.d_tag != DT_RPATH &&
		    dyn.d_tag != DT_RUNPATH)
			continue;
		if (dyn.d_un.d_val > f->bytes.size)
			return -ENOEXEC;
		s = string_at(f->bytes, strings + dyn.d_un.d_val);
		if (!s)
			return -ENOEXEC;
		if (dyn.d_tag == DT_NEEDED)
			strings_add(&needs->needed, s);
		else
			keep_one(dyn.d_tag == DT_RPATH ? &needs->rpath
			                               : &needs->runpath,
			         s);
	}
	return 0;
}

static int read_header(const struct elf_file *f, const Elf64_Phdr *ph,
                       struct elf_needs *needs)
{
	const char *s;

	if (ph->p_type == PT_DYNAMIC)
		return read_dynamic(f, ph, needs);
	if (ph->p_type != PT_INTERP)
		return 0;
	s = string_at(f->bytes, ph->p_offset);
	if (!s)
		return -ENOEXEC;
	keep_one(&needs->interp, s);
	return 0;
}

bool elf_needs_is_elf(struct cspan file)
{
	return file.size >= SELFMAG && !memcmp(file.data, ELFMAG, SELFMAG);
}

int elf_needs_read(struct cspan file, struct elf_needs *ret_needs)
{
	struct elf_file f = { .bytes = file };
	Elf64_Phdr ph;
	int ret = 0;

	*ret_needs = (struct elf_needs){ .interp = NULL };
	if (!elf_needs_is_elf(file) || !fetch(file, 0, &f.eh, sizeof(f.eh)) ||
	    f.eh.e_ident[EI_CLASS] != ELFCLASS64 || f.eh.e_machine != EM_X86_64)
		return -ENOEXEC;
	if (f.eh.e_phnum && f.eh.e_phentsize != sizeof(ph))
		return -ENOEXEC;
	for (size_t i = 0; i < f.eh.e_phnum && ret == 0; i++)
		ret = fetch_phdr(&f, i, &ph) ? read_header(&f, &ph, ret_needs)
		                             : -ENOEXEC;
	if (ret < 0)
		elf_needs_fini(ret_needs);
	return ret;
}

void elf_needs_fini(struct elf_needs *needs)
{
	free(needs->interp);
	free(needs->rpath);
	free(needs->runpath);
	strings_fini(&needs->needed);
	*needs = (struct elf_needs){ .interp = NULL };
}
