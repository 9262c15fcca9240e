/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.h - system calls as compilers write them, found without a table.
 *
 *	b8 NR NR 00 00  0f 05           mov $nr,%eax; syscall
 *	0f 05  48 3d 01 f0 ff ff        syscall; cmp $-4095,%rax
 *	0f 05  48 3d 00 f0 ff ff        syscall; cmp $-4096,%rax
 *
 * Both are long and odd enough not to be met in anything else.  rt_sigreturn
 * (15) stays as it is, because unwinders know it by its bytes.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct pattern {
	size_t pos; /* of the window in the bytes */
	uint8_t size, at;
};

/* The first one at or behind @from. */
bool pattern_next(const uint8_t *bytes, size_t size, size_t from,
                  struct pattern *ret);
