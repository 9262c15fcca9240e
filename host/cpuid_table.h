/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid_table.h - the CPUID leaves that the kernel is handed at boot.
 *
 * CPUID is illegal in an enclave, so the kernel and its programs are answered
 * from this table.  It is what this CPU says outside, uncut: the kernel decides
 * what a program sees (XFRM, a measured allow-list).
 */
#pragma once

#include <stddef.h>

#include "abi/shared.h"

enum {
	CPUID_TABLE_MAX =
		256, /* leaf 4, 0xd and 0x8000001d are the long ones */
};

/* Fill @table, CPUID_TABLE_MAX entries; returns how many there are. */
size_t cpuid_table_collect(struct host_cpuid *table);
