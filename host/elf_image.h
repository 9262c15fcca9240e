/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf_image.h - the kernel's ELF file, checked and reduced to what a loader
 * of enclaves needs: segments, entry point and ENCLU pads.
 *
 * The kernel is a static ET_EXEC file, linked at KERNEL_BASE (abi/layout.h),
 * without relocations; each PT_LOAD starts on a page of its own, and none is
 * writable and executable.  Pure: bytes in, struct out, nothing allocated.
 *
 *	struct elf_image elf;
 *	const char *reason;
 *
 *	if (elf_image_parse(&elf, file, &reason) < 0)
 *		return fail("the kernel image %s", reason);
 *
 * The kernel of an instance is a file in canonical form: one page of headers,
 * then the segments' pages up to the last that is not all zeros.  Every byte of
 * it follows from what is measured, so whoever demands this form notices each
 * byte that was changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/span.h"

enum {
	ELF_IMAGE_SEGMENTS_MAX = 8, /* the linker script makes three or four */
};

struct elf_image_segment {
	uint64_t addr;     /* page aligned                               */
	uint64_t npages;   /* memory, .bss included                      */
	struct cspan data; /* file bytes for its start; the rest is zero */
	uint32_t prot;     /* SGX_SECINFO_R, _W, _X                      */
};

/*
 * One ENCLU of the image.  Their list is the first thing in the read-only
 * segment.  An address of 0 ends it, and a leaf of 1 there says that this is
 * the checked kernel.
 */
struct elf_image_pad {
	uint64_t addr; /* of 0f 01 d7                            */
	uint32_t leaf; /* EAX there, always                      */
	uint32_t size; /* the instruction and the NOPs behind it */
};

struct elf_image {
	uint64_t entry;
	size_t n_segments;
	struct elf_image_segment segment[ELF_IMAGE_SEGMENTS_MAX];
	struct cspan pads; /* struct elf_image_pad[], unaligned */
	bool is_checked;   /* needs a shadow, and a debuggable instance */
};

/*
 * elf_image_parse - check @file, which must outlive *@ret_elf.
 *
 * 0, or -ENOEXEC with *@ret_reason set to the end of a sentence that starts
 * with "the kernel image": "is not an x86-64 ELF file".
 */
__must_check int elf_image_parse(struct elf_image *ret_elf, struct cspan file,
                                 const char **ret_reason);

size_t elf_image_pad_count(const struct elf_image *elf);

/* Pad number @i, below elf_image_pad_count(). */
struct elf_image_pad elf_image_pad_at(const struct elf_image *elf, size_t i);

/* Bytes of the canonical file of @elf. */
size_t elf_image_file_size(const struct elf_image *elf);

/* Write it to @dst, elf_image_file_size() bytes. */
void elf_image_write(const struct elf_image *elf, uint8_t *dst);

/* Is @file, of which @elf was made, in canonical form? */
bool elf_image_is_canonical(const struct elf_image *elf, struct cspan file);
