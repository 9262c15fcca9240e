/* SPDX-License-Identifier: Apache-2.0 */
/*
 * booterror.h - why a kernel refused to start, as HC_EXIT carries it.  The host
 * turns the code into a sentence with the remedy; the kernel adds detail by
 * HC_LOG.
 */
#pragma once

enum boot_error {
	BOOT_OK = 0,
	BOOT_BAD_SHARED,     /* the host's boot block is malformed           */
	BOOT_BAD_CONFIG,     /* the measured config does not parse           */
	BOOT_BAD_ATTRIBUTES, /* XFRM, MISCSELECT or flags are not what we need */
	BOOT_BAD_CPUID,      /* the CPUID table is malformed or lacks a leaf */
	BOOT_BAD_INDEX,      /* root index: hash or structure                */
	BOOT_BAD_ARGS,       /* argv, environment or user out of bounds      */
	BOOT_NO_KERNEL_HEAP, /* resource_limits.kernel_space_heap_size       */
	BOOT_NO_USER_SPACE,  /* resource_limits.user_space_size              */
	BOOT_NO_ENTRY_POINT, /* program outside entry_points: exit 126       */
	BOOT_NO_PROGRAM,     /* program not found: exit 127                  */
	BOOT_NOT_EXECUTABLE, /* ENOEXEC, EACCES, EIO...: exit 126            */
	BOOT_FALSE_FAULT,    /* SGX1: the host's claims of faults can't be   */
	BOOT_KERNEL_PANIC    /* an assertion of ours failed                  */
};
