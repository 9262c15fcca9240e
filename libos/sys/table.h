/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - the system calls, by Linux's numbers for x86-64.
 *
 * Generated from the .tbl files in this folder by gen-syscalls.py, which also
 * writes docs/syscalls.md.  No slot is NULL: a number nobody implements
 * answers -ENOSYS.
 */
#pragma once

#include "base/types.h"

struct thread;

#define SYSCALL_COUNT 463

/* How strace shows an argument. */
enum syscall_arg_kind {
	ARG_NONE,
	ARG_INT,    /* signed decimal            */
	ARG_UINT,   /* unsigned decimal          */
	ARG_HEX,    /* flags                     */
	ARG_PTR,    /* address                   */
	ARG_STRING, /* NUL-terminated path, name */
	ARG_FD
};

struct syscall_entry {
	long (*call)(struct thread *self, const uint64_t args[6]);
	const char *name; /* NULL: not implemented */
	uint8_t nargs;
	uint8_t kinds[6]; /* enum syscall_arg_kind */
};

extern const struct syscall_entry syscall_table[SYSCALL_COUNT];
