/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF headers of a program, as exec reads them. */
#include <string.h>

#include "base/arith.h"
#include "base/units.h"
#include "libos/proc/elf.h"
#include "tests/fuzz/fuzz.h"

static void check_segment(const struct elf_image *elf, uint32_t i)
{
	const struct elf_segment *s = &elf->segments[i];

	MUST(s->filesz <= s->memsz);
	MUST(s->memsz > 0);
	MUST((s->vaddr - s->offset) % PAGE_SIZE == 0);
	MUST(range_within(s->offset, s->filesz, INT64_MAX));
	MUST(s->vaddr >= elf->lowest);
	MUST(s->vaddr + s->memsz >= s->vaddr);
	MUST(s->vaddr + s->memsz <= elf->end);
	MUST(!i || s->vaddr >= elf->segments[i - 1].vaddr +
	                               elf->segments[i - 1].memsz);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cspan file = cspan_make(data, size), phdrs;
	struct elf_image elf;

	memset(&elf, 0, sizeof(elf));
	if (elf_parse_header(file, &elf) < 0)
		return 0;
	MUST(elf_has_magic(file));
	MUST(elf.nphdrs <= ELF_PHDRS_MAX);
	MUST(elf.phdrs_size == (size_t)elf.nphdrs * ELF_PHDR_SIZE);
	if (!cspan_sub(file, elf.phdrs_offset, elf.phdrs_size, &phdrs) ||
	    elf_parse_phdrs(phdrs, &elf) < 0)
		return 0;
	MUST(elf.nsegments && elf.nsegments <= ELF_SEGMENTS_MAX);
	MUST(elf.lowest % PAGE_SIZE == 0 && elf.end % PAGE_SIZE == 0);
	MUST(elf.lowest < elf.end);
	MUST(is_power_of_two(elf.align) && elf.align >= PAGE_SIZE);
	MUST(elf.interp_size <= ELF_INTERP_MAX + 1);
	for (uint32_t i = 0; i < elf.nsegments; i++)
		check_segment(&elf, i);
	return 0;
}
