/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites.h - the site table of one ELF file: which instructions the kernel
 * rewrites before the text first runs.
 *
 * A window is a run of whole instructions, at least SITE_JUMP_SIZE bytes long,
 * around one instruction that an enclave can't execute (or must not execute as
 * it is).  Nothing jumps into its first SITE_JUMP_SIZE bytes behind the first
 * one, these lie in one page, and every other instruction of the window does
 * the same at another address.  The kernel overwrites these bytes with a jump
 * to a stub that runs the moved instructions and the kernel's version of the
 * site; the rest of the window stays as it is.
 *
 * table = struct sites_header, then count times struct site, sorted by offset,
 * not overlapping.
 */
#pragma once

#include <stdint.h>

#include "abi/wire.h"

#define SITES_MAGIC 0x3154495341464f53ull /* "SOFASIT1" */
#define SITES_VERSION 2
#define SITE_JUMP_SIZE 5   /* jmp rel32 */
#define SITE_WINDOW_MAX 40 /* so that every stub fits 64 bytes */

enum site_kind {
	SITE_SYSCALL = 1,
	SITE_CPUID = 2,
	SITE_RDTSC = 3,
	SITE_RDTSCP = 4,
	SITE_XGETBV = 5
};
#define SITE_KIND_MAX 5

struct sites_header {
	uint64_t magic;
	uint32_t version;
	uint32_t count;
};
WIRE_SIZE(struct sites_header, 16);

struct site {
	uint32_t offset; /* of the window, in the file                    */
	uint8_t size;    /* window bytes, SITE_JUMP_SIZE..SITE_WINDOW_MAX */
	uint8_t at;      /* offset of the site's instruction in it        */
	uint8_t kind;    /* enum site_kind                                */
	uint8_t zero;
};
WIRE_SIZE(struct site, 8);

/* Bytes of the instruction, which is the same wherever it is used. */
struct site_opcode {
	uint8_t size;
	uint8_t byte[3];
};
#define SITE_OPCODES                                                           \
	{                                                                      \
		[SITE_SYSCALL] = { 2, { 0x0f, 0x05, 0x00 } },                  \
		[SITE_CPUID] = { 2, { 0x0f, 0xa2, 0x00 } },                    \
		[SITE_RDTSC] = { 2, { 0x0f, 0x31, 0x00 } },                    \
		[SITE_RDTSCP] = { 3, { 0x0f, 0x01, 0xf9 } },                   \
		[SITE_XGETBV] = { 3, { 0x0f, 0x01, 0xd0 } },                   \
	}
