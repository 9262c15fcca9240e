/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites.h - the site table of one ELF file: which instructions the kernel
 * rewrites before the text first runs.
 *
 * A window is a run of whole instructions, at least 5 bytes long, around one
 * instruction that an enclave can't execute (or must not execute as it is).
 * Nothing jumps into its middle, and every other instruction in it does the
 * same at another address.  The kernel overwrites the window with a jump to a
 * stub that runs the moved instructions and the kernel's version of the site.
 *
 * table = struct sites_header, then count times struct site, sorted by vaddr,
 * not overlapping.
 */
#pragma once

#include <stdint.h>

#include "abi/wire.h"

#define SITES_MAGIC 0x3154495341464f53ull /* "SOFASIT1" */
#define SITES_VERSION 1
#define SITE_WINDOW_MAX 64

enum site_kind {
	SITE_SYSCALL = 1,
	SITE_CPUID = 2,
	SITE_RDTSC = 3,
	SITE_RDTSCP = 4,
	SITE_XGETBV = 5
};

struct sites_header {
	uint64_t magic;
	uint32_t version;
	uint32_t count;
};
WIRE_SIZE(struct sites_header, 16);

struct site {
	uint64_t vaddr; /* window start, as the program headers count */
	uint8_t size;   /* window bytes, 5..SITE_WINDOW_MAX           */
	uint8_t at;     /* offset of the site's instruction in it     */
	uint8_t kind;   /* enum site_kind                             */
	uint8_t zero[5];
};
WIRE_SIZE(struct site, 16);
