/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites_internal.h - what the files of the scanner share.
 */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/image/sites.h"

/* Code: one executable section, or a segment where there are no sections. */
struct text_area {
	uint64_t vaddr, offset, size;
	const uint8_t *bytes;
	uint8_t *target; /* enum target for each byte of code */
};

/*
 * May a jump arrive?  What was seen is believed in any case, what was guessed
 * (sites_targets.c) only where an instruction starts.
 */
enum target { TARGET_NONE, TARGET_GUESSED, TARGET_SEEN };

/* Code that is disassembled from its start, without a break. */
struct region {
	uint64_t vaddr, end;
	const struct text_area *area;
	bool is_function; /* a function starts here; else only a guess */
	bool is_swept;
};

struct function {
	uint64_t vaddr, size; /* 0: unknown */
};

/* One ELF file. */
struct text {
	struct cspan file;
	Elf64_Ehdr eh;
	Elf64_Phdr *ph;
	size_t nph;
	struct text_area *area; /* by vaddr, disjoint */
	size_t nareas;
	struct function *function;
	size_t nfunctions;
	struct region *region; /* by vaddr, disjoint; cover the areas */
	size_t nregions;
};

/* False: no x86-64 program or library, or none with code. */
bool text_open(struct text *t, struct cspan file);
void text_close(struct text *t);

struct text_area *text_area_at(const struct text *t, uint64_t vaddr);
/* Bytes of the file that are loaded at @vaddr and behind it, or none. */
struct cspan text_loaded(const struct text *t, uint64_t vaddr);
void text_add_function(struct text *t, uint64_t vaddr, uint64_t size);
/* A jump may arrive at @vaddr.  Addresses outside of code are ignored. */
void text_mark(const struct text *t, uint64_t vaddr, enum target how);
enum target text_target(const struct text *t, uint64_t vaddr);

/* Symbols, and the entry point. */
void text_read_symbols(struct text *t);
/* .eh_frame: functions, and the landing pads of those that have some. */
void text_read_frames(struct text *t);
/* Can anything unwind through this file? */
bool text_has_frames(const struct text *t);
/* Once all functions are known. */
void text_make_regions(struct text *t);
struct region *text_region_at(const struct text *t, uint64_t vaddr);

/* What code and data give away about where jumps arrive. */
void text_mark_targets(const struct text *t);

struct insn {
	uint64_t vaddr;
	uint8_t size;
	uint8_t kind; /* enum site_kind, or 0 */
	bool is_movable;
	bool is_odd; /* seldom or never met in programs, or no instruction */
};

struct insns {
	struct insn *insn;
	size_t count;
};

/*
 * Disassemble @r, marking the targets of its branches.  In a function it ends
 * at what is no code, elsewhere that becomes an odd instruction of one byte.
 * @list is emptied first; to be freed by the caller.
 */
void region_sweep(const struct text *t, struct region *r, struct insns *list);

/* Was number @i of @list, swept from @r, meant to be an instruction? */
bool region_is_code(const struct region *r, const struct insns *list, size_t i);

/*
 * The best window for the site number @site of @list, whose file offset is at
 * least @min_offset: false if there is none.
 */
bool window_choose(const struct text *t, const struct insns *list, size_t site,
                   uint64_t min_offset, struct site *ret);

/* mov $15,%eax or %rax in front of it?  Unwinders know such by their bytes. */
bool window_is_sigreturn(const struct text *t, uint64_t site);
