/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elfneeds.h - what an ELF file needs to run, read from the file itself.
 *
 * The file is never executed, nor is its interpreter (as ldd would do).
 */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "base/span.h"
#include "cli/memory.h"

struct elf_needs {
	char *interp;          /* PT_INTERP, or NULL         */
	struct strings needed; /* DT_NEEDED, in order        */
	char *rpath;           /* DT_RPATH, or NULL          */
	char *runpath;         /* DT_RUNPATH, or NULL        */
};

/* Does @file start as an ELF file of any kind does? */
bool elf_needs_is_elf(struct cspan file);

/*
 * elf_needs_read - 0; -ENOEXEC where @file is no x86-64 program or library, or
 * is cut short.  Static programs and object files need nothing.
 */
__must_check int elf_needs_read(struct cspan file, struct elf_needs *ret_needs);
void elf_needs_fini(struct elf_needs *needs);
