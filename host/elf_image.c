/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf_image.c - reads the kernel's program headers and its list of pads.
 *
 * Everything is bounds-checked against the file, although EINIT refuses a
 * kernel that was changed: a reason is worth more than "wrong measurement".
 */
#include "host/elf_image.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "abi/layout.h"
#include "base/arith.h"
#include "base/units.h"
#include "sgx/secinfo.h"

#include "base/banned.h"

static int refuse(const char **ret_reason, const char *reason)
{
	*ret_reason = reason;
	return -ENOEXEC;
}

/* Copy the @size bytes at @off: the file promises no alignment. */
static bool fetch(struct cspan file, uint64_t off, void *dst, size_t size)
{
	struct cspan part;

	if (!cspan_sub(file, off, size, &part))
		return false;
	memcpy(dst, part.data, size);
	return true;
}

static int check_header(const Elf64_Ehdr *eh, const char **ret_reason)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_machine != EM_X86_64)
		return refuse(ret_reason, "is not an x86-64 ELF file");
	if (eh->e_type != ET_EXEC)
		return refuse(ret_reason, "is not linked at a fixed address");
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return refuse(ret_reason, "has malformed program headers");
	return 0;
}

static uint32_t secinfo_prot(uint32_t flags)
{
	return (flags & PF_R ? SGX_SECINFO_R : 0u) |
	       (flags & PF_W ? SGX_SECINFO_W : 0u) |
	       (flags & PF_X ? SGX_SECINFO_X : 0u);
}

/* The address after the last segment taken so far. */
static uint64_t segments_end(const struct elf_image *elf)
{
	const struct elf_image_segment *last;

	if (!elf->n_segments)
		return KERNEL_BASE;
	last = &elf->segment[elf->n_segments - 1];
	return last->addr + last->npages * PAGE_SIZE;
}

static int check_segment(const Elf64_Phdr *ph, uint64_t floor,
                         const char **ret_reason)
{
	if (!IS_ALIGNED(ph->p_vaddr, PAGE_SIZE))
		return refuse(ret_reason, "has a segment off page boundaries");
	if (ph->p_vaddr < floor || !range_within(ph->p_vaddr - KERNEL_BASE,
	                                         ph->p_memsz, KERNEL_IMAGE_MAX))
		return refuse(ret_reason, "has a segment outside its area");
	if (ph->p_filesz > ph->p_memsz)
		return refuse(ret_reason, "has a segment larger than memory");
	if (!(ph->p_flags & PF_R) ||
	    (ph->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
		return refuse(ret_reason,
		              "has a segment that is unreadable, or writable "
		              "and executable");
	return 0;
}

static int add_segment(struct elf_image *elf, struct cspan file,
                       const Elf64_Phdr *ph, const char **ret_reason)
{
	struct elf_image_segment *seg;
	int ret;

	if (elf->n_segments == ELF_IMAGE_SEGMENTS_MAX)
		return refuse(ret_reason, "has too many segments");
	ret = check_segment(ph, segments_end(elf), ret_reason);
	if (ret < 0)
		return ret;

	seg = &elf->segment[elf->n_segments];
	if (!cspan_sub(file, ph->p_offset, ph->p_filesz, &seg->data))
		return refuse(ret_reason, "is cut short");
	seg->addr = ph->p_vaddr;
	seg->npages = PAGES_FOR(ph->p_memsz);
	seg->prot = secinfo_prot(ph->p_flags);
	elf->n_segments++;
	return 0;
}

static int parse_segments(struct elf_image *elf, struct cspan file,
                          const Elf64_Ehdr *eh, const char **ret_reason)
{
	Elf64_Phdr ph;
	int ret;

	for (size_t i = 0; i < eh->e_phnum; i++) {
		if (!fetch(file, eh->e_phoff + i * sizeof(ph), &ph, sizeof(ph)))
			return refuse(ret_reason, "is cut short");
		if (ph.p_type == PT_DYNAMIC || ph.p_type == PT_INTERP)
			return refuse(ret_reason, "is dynamically linked");
		if (ph.p_type != PT_LOAD || !ph.p_memsz)
			continue;
		ret = add_segment(elf, file, &ph, ret_reason);
		if (ret < 0)
			return ret;
	}
	if (!elf->n_segments)
		return refuse(ret_reason, "has nothing to load");
	return 0;
}

static int check_entry(const struct elf_image *elf, const char **ret_reason)
{
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_image_segment *seg = &elf->segment[i];

		if ((seg->prot & SGX_SECINFO_X) && elf->entry >= seg->addr &&
		    elf->entry - seg->addr < seg->data.size)
			return 0;
	}
	return refuse(ret_reason, "has its entry point outside its code");
}

/*
 * The list of pads starts the read-only segment and ends with an address of 0:
 * so it is measured, and no section header is needed to find it.
 */
static int find_pads(struct elf_image *elf, const char **ret_reason)
{
	const struct elf_image_segment *seg = elf->segment;
	const struct elf_image_segment *end = seg + elf->n_segments;
	struct elf_image_pad pad;
	size_t size = 0;

	while (seg < end && seg->prot != SGX_SECINFO_R)
		seg++;
	while (seg < end && fetch(seg->data, size, &pad, sizeof(pad))) {
		if (!pad.addr) {
			elf->pads = cspan_make(seg->data.data, size);
			elf->is_checked = pad.leaf == 1;
			return 0;
		}
		size += sizeof(pad);
	}
	return refuse(ret_reason, "has no list of its ENCLUs");
}

/* The bytes of the image at @addr; empty where the file holds none. */
static struct cspan bytes_at(const struct elf_image *elf, uint64_t addr,
                             size_t size)
{
	struct cspan part = { 0 };

	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_image_segment *seg = &elf->segment[i];

		if (addr >= seg->addr && (seg->prot & SGX_SECINFO_X) &&
		    cspan_sub(seg->data, addr - seg->addr, size, &part))
			break;
	}
	return part;
}

/* A wrong list would have emu overwrite whatever it points at. */
static int check_pads(const struct elf_image *elf, const char **ret_reason)
{
	static const uint8_t enclu[] = { 0x0f, 0x01, 0xd7 };

	for (size_t i = 0; i < elf_image_pad_count(elf); i++) {
		struct elf_image_pad pad = elf_image_pad_at(elf, i);
		struct cspan code = bytes_at(elf, pad.addr, pad.size);

		if (code.size < sizeof(enclu) ||
		    memcmp(code.data, enclu, sizeof(enclu)))
			return refuse(ret_reason,
			              "lists an ENCLU that is not there");
	}
	return 0;
}

int elf_image_parse(struct elf_image *ret_elf, struct cspan file,
                    const char **ret_reason)
{
	struct elf_image elf = { 0 };
	Elf64_Ehdr eh;
	int ret;

	if (!fetch(file, 0, &eh, sizeof(eh)))
		return refuse(ret_reason, "is not an x86-64 ELF file");
	ret = check_header(&eh, ret_reason);
	if (ret < 0)
		return ret;

	elf.entry = eh.e_entry;
	ret = parse_segments(&elf, file, &eh, ret_reason);
	if (ret == 0)
		ret = check_entry(&elf, ret_reason);
	if (ret == 0)
		ret = find_pads(&elf, ret_reason);
	if (ret == 0)
		ret = check_pads(&elf, ret_reason);
	if (ret == 0)
		*ret_elf = elf;
	return ret;
}

size_t elf_image_pad_count(const struct elf_image *elf)
{
	return elf->pads.size / sizeof(struct elf_image_pad);
}

struct elf_image_pad elf_image_pad_at(const struct elf_image *elf, size_t i)
{
	struct elf_image_pad pad;

	memcpy(&pad, elf->pads.data + i * sizeof(pad), sizeof(pad));
	return pad;
}
