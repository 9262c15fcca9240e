/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites.h - finds what the kernel has to rewrite in an ELF file
 * (abi/sites.h): SYSCALL and other instructions that an enclave can't execute,
 * each with a window around it that can be moved elsewhere.
 *
 * A window that is missing costs speed, one that is wrong breaks a program.  So
 * a site counts only where disassembly from a known start reaches it, and
 * what may be the target of a jump is guessed generously: direct branches,
 * code addresses that are taken or relocated, jump tables, symbols, starts of
 * functions and landing pads.
 *
 *   sites_elf.c      where code lies, and symbols
 *   sites_region.c   code, cut where functions start
 *   sites_frame.c    what .eh_frame and exception tables add to that
 *   sites_targets.c  where jumps may arrive
 *   sites_sweep.c    disassembly
 *   sites_window.c   the choice of windows
 *   sites_cache.c    tables that the last build made
 *
 * The result depends on the bytes of the file alone.
 */
#pragma once

#include <stdint.h>

#include "abi/sites.h"
#include "base/span.h"
#include "cli/error.h"
#include "cli/memory.h"

/* What became of the sites, by kind. */
struct sites_report {
	uint32_t found[SITE_KIND_MAX + 1];
	uint32_t covered[SITE_KIND_MAX + 1];
	uint32_t sigreturn; /* not counted above: left for who unwinds */
	uint32_t unclear;   /* opcodes that no disassembly met          */
};

/*
 * sites_scan - the table of @file, empty if there is nothing to rewrite, or if
 * it is no x86-64 program or library.
 */
void sites_scan(struct cspan file, struct bytes *ret_table,
                struct sites_report *ret_report);

/*
 * sites_for_root - the same as a root_sites_fn, for `occlum build`.  A table is
 * taken from build/ of the current folder if the file has not changed.
 */
__must_check int sites_for_root(const char *path, struct cspan file,
                                struct bytes *ret_table, struct cli_error *err);

/* Tables that the last build made: build/sites/DIGEST. */
#define BUILD_SITES "sites"
