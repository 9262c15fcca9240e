/* SPDX-License-Identifier: Apache-2.0 */
/*
 * insn.h - instructions that an enclave can't execute, or whose answer outside
 * is not ours: CPUID, XGETBV, RDTSC, RDTSCP.
 */
#pragma once

#include "abi/sites.h"
#include "libos/cpu/regs.h"

/* Do what the instruction would, and go @size bytes on. */
void insn_emulate(struct regs *regs, enum site_kind kind, unsigned int size);

/*
 * Which instruction the stub that returns to @rip stands for; 0: none.  Set by
 * whoever makes the stubs.
 */
typedef enum site_kind insn_kind_func(uint64_t rip);
void insn_set_kind_func(insn_kind_func *func);

/* From entry.S. */
void insn_enter(struct regs *regs);
