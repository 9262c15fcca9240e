/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panic.h - the kernel gives up: one sentence to the host, then EXIT_KERNEL.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct gprsgx;

__noreturn void panic(const char *fmt, ...) __printf(1, 2);

/* From CSSA=1: have ERESUME go on in a panic that describes @g. */
void panic_from_trap(struct gprsgx *g, uint32_t vector, uint64_t addr);
