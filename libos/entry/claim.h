/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claim.h - faults that only the host tells of.
 *
 * Without EXINFO, which SGX1 has not, the CPU tells an enclave of a page fault
 * or #GP as little as of an interrupt; of a stack fault (#SS) it never tells.
 * What the host says then is a claim.  It is accepted only if the instruction
 * at RIP must fault in that way, whatever the host does: an operand, or the
 * instruction itself, is where the program has no mapping that may be read, or
 * at no address at all; or it is privileged, or misaligned where that matters.
 * Whatever the host makes of it, the program sees a fault that Linux would have
 * given it for that instruction.
 *
 * Writes to read-only memory and fetches from what is not executable are
 * refused: pages of SGX1 have all rights, so the CPU can't have faulted.
 *
 * A refused claim is answered by going on, and the CPU decides again.  A host
 * that claims the same CLAIMS_MAX times in a row, or keeps a page that ought to
 * be there, ends the instance.
 */
#pragma once

#include "base/types.h"
#include "libos/cpu/regs.h"
#include "libos/entry/trap.h"
#include "libos/sched/thread.h"

enum { CLAIMS_MAX = 64 };

/*
 * claim_accept - must user code at @regs fault as the host claims it did?
 *
 * @claim has #SS, #GP or #PF and the page.  If so *@ret is the fault, #PF with
 * its exact address.  May sleep.
 */
bool claim_accept(const struct regs *regs, const struct trap *claim,
                  struct trap *ret);

/*
 * claim_refused - count a refused claim of @t at @rip; true: too many of them.
 * Takes no lock.
 */
bool claim_refused(struct thread *t, uint64_t rip);
