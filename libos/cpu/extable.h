/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extable.h - instructions of the kernel that may fault, and where to go on.
 *
 * Only copies of user and host memory and ENCLU leaves are in it.  Any other
 * fault in kernel text ends the kernel.
 */
#pragma once

#include "base/types.h"

struct ex_entry {
	uint64_t insn;
	uint64_t fixup;
};

/* Where to go on after a fault at @rip; 0: nowhere. */
uint64_t extable_find(uint64_t rip);
