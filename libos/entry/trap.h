/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.h - exceptions and ticks, from the AEX to the thread that met them.
 *
 * Two halves.  trap_at_cssa1() runs at CSSA=1 on the vCPU's trap stack: it
 * takes no lock, looks at SSA[0].RIP only, and decides where ERESUME goes on.
 * What needs more than that is done by trap_user(), which is where ERESUME goes
 * if the enclave was in user code: at CSSA=0, on the thread's kernel stack,
 * as a system call would be.
 */
#pragma once

#include "base/types.h"
#include "libos/cpu/regs.h"

/* Not a vector: a tick, or an event that nobody describes. */
#define TRAP_NONE 0x100
/* With a vector: the SSA does not describe it, but the host does. */
#define TRAP_CLAIMED 0x200

struct trap {
	uint32_t vector;
	uint32_t error;
	uint64_t addr;
};

void trap_at_cssa1(void);
void trap_user(struct regs *regs, uint32_t vector, uint32_t error,
               uint64_t addr);
