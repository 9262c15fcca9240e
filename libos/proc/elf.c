/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/elf.h"

#include "abi/layout.h"
#include "base/arith.h"
#include "base/cursor.h"
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"

#define ET_EXEC 2
#define ET_DYN 3
#define EM_X86_64 62
#define EV_CURRENT 1

#define PT_LOAD 1
#define PT_INTERP 3
#define PT_PHDR 6
#define PT_GNU_STACK 0x6474e551u

#define PF_X 1u
#define PF_W 2u
#define PF_R 4u

/* Programs ask for at most a huge page. */
#define ALIGN_MAX GIB

/* e_ident: magic, 64-bit class, little endian, version 1. */
static const uint8_t ident[7] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

bool elf_has_magic(struct cspan head)
{
	return head.size >= 4 && memcmp(head.data, ident, 4) == 0;
}

int elf_parse_header(struct cspan head, struct elf_image *ret)
{
	uint16_t type, machine, phentsize;
	const uint8_t *id;
	struct cursor c;
	uint32_t version;

	memset(ret, 0, sizeof(*ret));
	cursor_init(&c, head);
	id = cursor_bytes(&c, 16);
	type = cursor_u16le(&c);
	machine = cursor_u16le(&c);
	version = cursor_u32le(&c);
	ret->entry = cursor_u64le(&c);
	ret->phdrs_offset = cursor_u64le(&c);
	cursor_skip(&c, 8 + 4 + 2); /* e_shoff, e_flags, e_ehsize */
	phentsize = cursor_u16le(&c);
	ret->nphdrs = cursor_u16le(&c);
	cursor_skip(&c, 3 * 2); /* e_shentsize, e_shnum, e_shstrndx */

	if (!cursor_ok(&c) || memcmp(id, ident, sizeof(ident)) != 0)
		return -ENOEXEC;
	if ((type != ET_EXEC && type != ET_DYN) || machine != EM_X86_64 ||
	    version != EV_CURRENT)
		return -ENOEXEC;
	if (phentsize != ELF_PHDR_SIZE || ret->nphdrs == 0 ||
	    ret->nphdrs > ELF_PHDRS_MAX || ret->phdrs_offset > INT64_MAX)
		return -ENOEXEC;
	ret->is_dyn = type == ET_DYN;
	ret->phdrs_size = (size_t)ret->nphdrs * ELF_PHDR_SIZE;
	return 0;
}

struct phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

static void read_phdr(struct cursor *c, struct phdr *ret)
{
	ret->type = cursor_u32le(c);
	ret->flags = cursor_u32le(c);
	ret->offset = cursor_u64le(c);
	ret->vaddr = cursor_u64le(c);
	ret->paddr = cursor_u64le(c);
	ret->filesz = cursor_u64le(c);
	ret->memsz = cursor_u64le(c);
	ret->align = cursor_u64le(c);
}

static uint32_t prot_of(uint32_t flags)
{
	return (flags & PF_R ? ELF_READ : 0u) |
	       (flags & PF_W ? ELF_WRITE : 0u) | (flags & PF_X ? ELF_EXEC : 0u);
}

/* In user space, consistent with the file, behind the segments before it. */
static int check_load(const struct elf_image *elf, const struct phdr *p)
{
	const struct elf_segment *last;
	uint64_t mem_end, file_end;

	if (add_overflow(p->vaddr, p->memsz, &mem_end) ||
	    add_overflow(p->offset, p->filesz, &file_end))
		return -ENOEXEC;
	if (mem_end > USER_END || file_end > INT64_MAX || p->filesz > p->memsz)
		return -ENOEXEC;
	/* mmap(2) can't do otherwise. */
	if ((p->vaddr - p->offset) % PAGE_SIZE != 0)
		return -ENOEXEC;
	if (!elf->is_dyn && p->vaddr < USER_BASE)
		return -ENOEXEC;
	if (elf->nsegments == 0)
		return 0;
	last = &elf->segments[elf->nsegments - 1];
	return p->vaddr < last->vaddr + last->memsz ? -ENOEXEC : 0;
}

static int add_load(struct elf_image *elf, const struct phdr *p)
{
	int ret;

	if (p->memsz == 0)
		return 0;
	if (elf->nsegments == ELF_SEGMENTS_MAX)
		return -ENOEXEC;
	ret = check_load(elf, p);
	if (ret < 0)
		return ret;
	elf->segments[elf->nsegments++] = (struct elf_segment){
		.vaddr = p->vaddr,
		.memsz = p->memsz,
		.offset = p->offset,
		.filesz = p->filesz,
		.prot = prot_of(p->flags),
	};
	/* Others are ignored, as Linux does. */
	if (p->align > elf->align && p->align <= ALIGN_MAX &&
	    (p->align & (p->align - 1)) == 0)
		elf->align = p->align;
	return 0;
}

static int add_interp(struct elf_image *elf, const struct phdr *p)
{
	if (elf->interp_size)
		return 0; /* the first one counts */
	if (p->filesz < 2 || p->filesz > ELF_INTERP_MAX + 1 ||
	    p->offset > INT64_MAX)
		return -ENOEXEC;
	elf->interp_offset = p->offset;
	elf->interp_size = p->filesz;
	return 0;
}

static int add_phdr(struct elf_image *elf, const struct phdr *p)
{
	switch (p->type) {
	case PT_LOAD:
		return add_load(elf, p);
	case PT_INTERP:
		return add_interp(elf, p);
	case PT_PHDR:
		elf->phdrs_vaddr = p->vaddr;
		return 0;
	case PT_GNU_STACK:
		elf->stack_exec = (p->flags & PF_X) != 0;
		return 0;
	default:
		return 0;
	}
}

/* The address at which the file's bytes at @offset are loaded, or 0. */
static uint64_t vaddr_of(const struct elf_image *elf, uint64_t offset,
                         size_t size)
{
	const struct elf_segment *s;

	for (s = elf->segments; s < elf->segments + elf->nsegments; s++)
		if (offset >= s->offset && s->filesz >= size &&
		    offset - s->offset <= s->filesz - size)
			return s->vaddr + (offset - s->offset);
	return 0;
}

static void find_extent(struct elf_image *elf)
{
	const struct elf_segment *last = &elf->segments[elf->nsegments - 1];
	uint64_t align = elf->is_dyn ? elf->align : PAGE_SIZE;

	elf->lowest = ALIGN_DOWN(elf->segments[0].vaddr, align);
	elf->end = ALIGN_UP(last->vaddr + last->memsz, PAGE_SIZE);
}

int elf_parse_phdrs(struct cspan phdrs, struct elf_image *elf)
{
	struct cursor c;
	struct phdr p;
	uint32_t i;
	int ret;

	cursor_init(&c, phdrs);
	elf->align = PAGE_SIZE;
	for (i = 0; i < elf->nphdrs; i++) {
		read_phdr(&c, &p);
		if (!cursor_ok(&c))
			return -ENOEXEC;
		ret = add_phdr(elf, &p);
		if (ret < 0)
			return ret;
	}
	if (elf->nsegments == 0)
		return -ENOEXEC;
	find_extent(elf);
	if (!elf->phdrs_vaddr)
		elf->phdrs_vaddr =
			vaddr_of(elf, elf->phdrs_offset, elf->phdrs_size);
	return 0;
}
