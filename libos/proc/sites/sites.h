/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sites.h - system calls of unmodified programs without a fault each.
 *
 * SYSCALL, CPUID and, on SGX1, RDTSC fault in an enclave; the kernel answers
 * the fault, which is always correct and slow.  So when text of a file is
 * about to become visible, windows around such instructions (abi/sites.h) are
 * overwritten with a jump to a stub:
 *
 *	text                            stub
 *	  mov $1,%eax  --- jmp ---->      mov $1,%eax
 *	  syscall                         lea back(%rip),%rcx
 *	  ...          <-- jmp ---.       jmp *%gs:8
 *	                          `-- back: jmp
 *
 * Which windows: what the measured table of the file says; in files that were
 * made inside the instance, two patterns that compilers produce.
 *
 *   table.c    site tables, checked and kept
 *   pattern.c  the two patterns
 *   stub.c     stubs as bytes, and what lies where in them
 *   arena.c    user memory for stubs
 *   book.c     which stub belongs to which window
 *   fill.c     text is filled
 *   rip.c      addresses that programs may see
 *
 * A stub depends on its window's address and bytes and on nothing else, so text
 * that comes back to the same place finds its stubs again.  A stub whose text
 * has gone from its place is given to others when text is filled there next.
 *
 * A program sees its own addresses only.  Return addresses never lie in stubs
 * because calls are never moved; what a signal frame shows is translated, and
 * so is what comes back from one.
 *
 * Locking: a mutex of rank RANK_SITES over filling; translations of stub
 * addresses take no lock.
 */
#pragma once

#include "abi/sites.h"
#include "base/compiler.h"
#include "base/types.h"
#include "libos/cpu/regs.h"

struct mm;
struct vm_object;

/* Does RDTSC fault here?  If not, it is left alone. */
enum sites_rdtsc { SITES_RDTSC_WORKS, SITES_RDTSC_FAULTS };

/* Once, at boot, behind mm_init() and before the first program. */
void sites_init(enum sites_rdtsc rdtsc);
/* No text is left: forget everything.  For tests. */
void sites_fini(void);

/* For mm_ops.text_filled. */
void sites_text_filled(struct mm *mm, struct vm_object *obj, uint64_t offset,
                       uint64_t addr, uint8_t *bytes, size_t size);

/* For insn_set_kind_func(): the instruction whose stub goes on at @rip, or 0. */
enum site_kind sites_kind(uint64_t rip);

/* For signal_set_site_ops(), which sites_init() calls. */
bool sites_restart(struct regs *regs);
uint64_t sites_rip_to_user(uint64_t rip);
/* In thread context: it looks at the text of the calling thread's program. */
uint64_t sites_rip_from_user(uint64_t rip);

struct sites_stats {
	uint64_t rewritten; /* windows, each time their text was filled     */
	uint64_t left;      /* no memory or no room within reach            */
	uint64_t made;      /* stubs                                        */
	uint64_t retired;   /* of these, given back                         */
	uint64_t tables;    /* site tables in memory                        */
	uint32_t arenas;
};
void sites_stats(struct sites_stats *ret);
