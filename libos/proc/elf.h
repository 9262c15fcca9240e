/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf.h - what the kernel wants to know about a program file.
 *
 * Pure functions over bytes: nothing is mapped or read here, so that they can
 * be fuzzed.  Only 64-bit little-endian x86-64 ET_EXEC and ET_DYN are programs.
 *
 *	ret = elf_parse_header(head, &elf);		the first 64 bytes
 *	... read elf.phdrs_size bytes at elf.phdrs_offset
 *	ret = elf_parse_phdrs(phdrs, &elf);
 *
 * Source: System V gABI chapters 4 and 5, the x86-64 psABI.
 */
#pragma once

#include "base/compiler.h"
#include "base/span.h"
#include "base/types.h"

enum {
	ELF_HEADER_SIZE = 64,
	ELF_PHDR_SIZE = 56,
	/* Linux's limit is one page of them too, about. */
	ELF_PHDRS_MAX = 72,
	ELF_SEGMENTS_MAX = 32, /* PT_LOAD; compilers make 2 to 6 */
	ELF_INTERP_MAX = 255   /* length of the interpreter's path */
};

enum elf_prot { ELF_READ = 1, ELF_WRITE = 2, ELF_EXEC = 4 };

/* A PT_LOAD, before a load bias is added. */
struct elf_segment {
	uint64_t vaddr; /* of the first file byte; not page aligned */
	uint64_t memsz;
	uint64_t offset; /* congruent to vaddr modulo the page size */
	uint64_t filesz; /* at most memsz */
	uint32_t prot;   /* enum elf_prot, as mmap(2) has them */
};

struct elf_image {
	bool is_dyn; /* may be placed anywhere */
	uint64_t entry;
	uint64_t phdrs_offset;
	size_t phdrs_size;
	uint32_t nphdrs;
	uint64_t phdrs_vaddr; /* 0: not in any segment */
	uint64_t align;       /* the largest one, at least a page */
	uint64_t lowest;      /* page aligned; of all segments */
	uint64_t end;         /* page aligned */
	uint32_t nsegments;
	struct elf_segment segments[ELF_SEGMENTS_MAX]; /* ascending */
	uint64_t interp_offset;
	size_t interp_size; /* 0: static; else with the closing NUL */
	bool stack_exec;    /* PT_GNU_STACK asks for it */
};

/* 0 or -ENOEXEC; fills what the header knows and zeroes the rest. */
int __must_check elf_parse_header(struct cspan head, struct elf_image *ret);

/* 0 or -ENOEXEC; @phdrs are the nphdrs * ELF_PHDR_SIZE bytes. */
int __must_check elf_parse_phdrs(struct cspan phdrs, struct elf_image *elf);

/* Is @head the beginning of an ELF file at all? */
bool elf_has_magic(struct cspan head);
