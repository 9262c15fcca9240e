/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf_test.c - the parser of program files against a good file, a table of bad
 * ones, and every single-byte change of both.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "base/errno.h"
#include "base/units.h"
#include "libos/proc/elf.h"
#include "libos/tests/fake/check.h"

enum { NPHDRS = 5 };

struct file {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[NPHDRS];
};

/* Text at offset 0, data with .bss that shares a page with file contents. */
static const struct file good = {
	.eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = 0x1040,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = NPHDRS,
	},
	.ph = {
		{ .p_type = PT_PHDR, .p_vaddr = 0x40, .p_offset = 0x40 },
		{ .p_type = PT_INTERP, .p_offset = 0x318, .p_filesz = 0x1c },
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
		  .p_filesz = 0x1234, .p_memsz = 0x1234, .p_align = 0x1000 },
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_W,
		  .p_offset = 0x2df0, .p_vaddr = 0x3df0, .p_filesz = 0x250,
		  .p_memsz = 0x3000, .p_align = 0x1000 },
		{ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
	},
};

static int parse(const struct file *f, struct elf_image *elf)
{
	int ret = elf_parse_header(CSPAN_OF(f->eh), elf);

	if (ret < 0)
		return ret;
	if (elf->phdrs_size > sizeof(f->ph))
		return -ENOEXEC;
	return elf_parse_phdrs(cspan_make(f->ph, elf->phdrs_size), elf);
}

static void good_file(void)
{
	struct elf_image elf;

	CHECK_EQ(parse(&good, &elf), 0);
	CHECK(elf.is_dyn);
	CHECK_EQ(elf.entry, 0x1040);
	CHECK_EQ(elf.phdrs_vaddr, 0x40);
	CHECK_EQ(elf.interp_size, 0x1c);
	CHECK_EQ(elf.nsegments, 2);
	CHECK_EQ(elf.segments[0].prot, ELF_READ | ELF_EXEC);
	CHECK_EQ(elf.segments[1].prot, ELF_READ | ELF_WRITE);
	CHECK_EQ(elf.segments[1].vaddr, 0x3df0);
	CHECK_EQ(elf.lowest, 0);
	CHECK_EQ(elf.end, 0x7000);
	CHECK(!elf.stack_exec);
}

/* Without PT_PHDR the headers are found in the segment that holds them. */
static void phdrs_without_entry(void)
{
	struct file f = good;
	struct elf_image elf;

	f.ph[0].p_type = PT_NULL;
	CHECK_EQ(parse(&f, &elf), 0);
	CHECK_EQ(elf.phdrs_vaddr, 0x40);
	f.ph[2].p_offset = 0x1000;
	f.ph[2].p_vaddr = 0x1000;
	CHECK_EQ(parse(&f, &elf), 0);
	CHECK_EQ(elf.phdrs_vaddr, 0);
}

static void alignment(void)
{
	struct file f = good;
	struct elf_image elf;

	f.ph[2].p_align = 0x200000;
	CHECK_EQ(parse(&f, &elf), 0);
	CHECK_EQ(elf.align, 0x200000);
	f.ph[2].p_align = 0x3000; /* no power of two: ignored */
	CHECK_EQ(parse(&f, &elf), 0);
	CHECK_EQ(elf.align, 0x1000);
}

struct bad {
	const char *what;
	size_t offset;
	size_t size;
	uint64_t value;
};

#define EH(m) offsetof(struct file, eh.m), sizeof(good.eh.m)
#define PH(i, m) offsetof(struct file, ph[i].m), sizeof(good.ph[i].m)

static const struct bad bad[] = {
	{ "magic", 0, 1, 'E' },
	{ "32 bit", offsetof(struct file, eh.e_ident[4]), 1, 1 },
	{ "big endian", offsetof(struct file, eh.e_ident[5]), 1, 2 },
	{ "object file", EH(e_type), 1 },
	{ "core file", EH(e_type), 4 },
	{ "i386", EH(e_machine), 3 },
	{ "version", EH(e_version), 2 },
	{ "no program header", EH(e_phnum), 0 },
	{ "too many", EH(e_phnum), 0xffff },
	{ "header size", EH(e_phentsize), 32 },
	{ "headers beyond all files", EH(e_phoff), UINT64_MAX },
	{ "address wraps", PH(3, p_vaddr), UINT64_MAX - 0x20f },
	{ "address is the kernel's", PH(3, p_vaddr),
	  USER_END - 0x1000 + 0xdf0 },
	{ "size wraps", PH(3, p_memsz), UINT64_MAX },
	{ "more in the file than in memory", PH(3, p_filesz), 0x4000 },
	{ "offset wraps", PH(3, p_offset), UINT64_MAX - 0x20f },
	{ "offset and address disagree", PH(3, p_offset), 0x2df8 },
	{ "segments overlap", PH(3, p_vaddr), 0xdf0 },
	{ "interpreter's name is empty", PH(1, p_filesz), 1 },
	{ "interpreter's name is long", PH(1, p_filesz), 4096 },
};

static void bad_files(void)
{
	struct elf_image elf;
	struct file f;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		f = good;
		memcpy((char *)&f + bad[i].offset, &bad[i].value, bad[i].size);
		ret = parse(&f, &elf);
		if (ret != -ENOEXEC)
			fprintf(stderr, "%s: %d\n", bad[i].what, ret);
		CHECK_EQ(ret, -ENOEXEC);
	}
}

/* A fixed address below user space is refused, at its start it is not. */
static void fixed_address(void)
{
	struct file f = good;
	struct elf_image elf;

	f.eh.e_type = ET_EXEC;
	CHECK_EQ(parse(&f, &elf), -ENOEXEC);
	f.ph[2].p_vaddr += USER_BASE;
	f.ph[3].p_vaddr += USER_BASE;
	CHECK_EQ(parse(&f, &elf), 0);
	CHECK(!elf.is_dyn);
	CHECK_EQ(elf.lowest, USER_BASE);
}

static void no_segment(void)
{
	struct file f = good;
	struct elf_image elf;

	f.ph[2].p_type = PT_NOTE;
	f.ph[3].p_memsz = 0;
	f.ph[3].p_filesz = 0;
	CHECK_EQ(parse(&f, &elf), -ENOEXEC);
}

static void cut_off(void)
{
	struct elf_image elf;
	size_t n;

	for (n = 0; n < sizeof(good.eh); n++)
		CHECK_EQ(elf_parse_header(cspan_make(&good.eh, n), &elf),
		         -ENOEXEC);
	for (n = 0; n < sizeof(good.ph); n++) {
		CHECK_EQ(elf_parse_header(CSPAN_OF(good.eh), &elf), 0);
		CHECK_EQ(elf_parse_phdrs(cspan_make(good.ph, n), &elf),
		         -ENOEXEC);
	}
}

/* What the mapping code relies on, whatever the file says. */
static void check_promises(const struct elf_image *elf)
{
	uint64_t last = 0;
	uint32_t i;

	CHECK(elf->nsegments > 0 && elf->nsegments <= ELF_SEGMENTS_MAX);
	CHECK(elf->lowest % PAGE_SIZE == 0 && elf->end % PAGE_SIZE == 0);
	CHECK(elf->lowest < elf->end && elf->end <= USER_END);
	CHECK((elf->align & (elf->align - 1)) == 0 && elf->align >= PAGE_SIZE);
	CHECK(elf->interp_size <= ELF_INTERP_MAX + 1);
	for (i = 0; i < elf->nsegments; i++) {
		const struct elf_segment *s = &elf->segments[i];

		CHECK(s->vaddr >= last && s->filesz <= s->memsz);
		CHECK(s->vaddr + s->memsz <= elf->end &&
		      s->vaddr >= elf->lowest);
		CHECK((s->vaddr - s->offset) % PAGE_SIZE == 0);
		last = s->vaddr + s->memsz;
	}
}

static void every_byte(void)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct elf_image elf;
	struct file f;
	size_t at, v, kept = 0;

	for (at = 0; at < sizeof(f); at++) {
		for (v = 0; v < ARRAY_SIZE(values); v++) {
			f = good;
			((uint8_t *)&f)[at] = values[v];
			if (parse(&f, &elf) < 0)
				continue;
			kept++;
			check_promises(&elf);
		}
	}
	CHECK(kept > 100);
}

int main(void)
{
	good_file();
	phdrs_without_entry();
	alignment();
	bad_files();
	fixed_address();
	no_segment();
	cut_off();
	every_byte();
	return check_result();
}
