/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu.h - vector state and FS base for unit tests: an XSAVE area with AVX that
 * no register backs.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { FAKE_FPU_SIZE = 832, FAKE_XFRM = 7 };

/* An area, aligned as the kernel's are, in the initial state. */
void *cpu_area_create(void);
void cpu_area_destroy(void *area);

extern uint64_t cpu_fsbase;
