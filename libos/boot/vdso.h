/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdso.h - mapping the vDSO into new programs.
 */
#pragma once

#include "base/types.h"

struct mm;

/* exec_ops.map_vdso: the address of its ELF header, or 0. */
uint64_t boot_map_vdso(struct mm *mm);
void boot_vdso_init(void);
