/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.h - what the platform holds of each page of user space.
 *
 * An enclave can't remap: a page is its address.  For each one this file knows
 * whether it is present, what is in it and which rights the EPCM gives, one
 * byte a page in leaves of 2 MiB that are made when first needed.
 *
 *               present  content           rights with EDMM
 *  PAGE_ABSENT  no       -                 none
 *  PAGE_DIRTY   yes      unknown, hostile  none
 *  PAGE_ZERO    yes      zeros             none; if it is warm, R and W
 *  PAGE_USED    yes      its owner's       as last set
 *
 * So a program that reaches for memory that is not its own meets a fault, on
 * platforms that enforce rights.  Without EDMM every page that exists has all
 * rights for ever, the VMA tree alone says what is allowed, and the rights here
 * are what was asked for.
 *
 * A warm page was left with its rights by a program that ended, because taking
 * and giving them costs more than filling the page: pages_leave().  It is for
 * the text cache to keep, and who takes such an address over commits or frees
 * the page before a program knows that it has it.
 *
 * Rights grow by EMODPE, one page at a time and without the host.  They shrink
 * by the host (EMODPR) and EACCEPT: slow, so shrinking is collected in a
 * struct pages_batch and done for many ranges in one host call:
 *
 *	struct pages_batch batch;
 *
 *	pages_batch_init(&batch);
 *	pages_protect(&batch, a, na, PAGE_R);
 *	pages_free(&batch, b, nb);
 *	pages_batch_finish(&batch);
 *
 * Addresses of freed pages may be given to others only after the batch has
 * been finished.
 *
 * The host may refuse or lie.  What it refuses for a bounded number of times
 * stops the instance, because a page that kept a right it must not have, or
 * that can't be taken back, leaves nothing else to do.
 *
 * No lock protects one page: its owner (a VMA under its mm->lock, a segment
 * under its object's, the cache) is the only one to call.  Counters and leaves
 * look after themselves.  May sleep and leave the enclave.
 */
#pragma once

#include "abi/hostcall.h"
#include "base/compiler.h"
#include "base/types.h"

enum page_state {
	PAGE_ABSENT = 0,
	PAGE_DIRTY = 1,
	PAGE_ZERO = 2,
	PAGE_USED = 3
};

/* Rights in SECINFO's order. */
#define PAGE_R 1u
#define PAGE_W 2u
#define PAGE_X 4u
#define PAGE_RWX 7u

struct mm_config;
__must_check int pages_init(const struct mm_config *config);
/* No page is in use: start over, in tests. */
void pages_fini(void);

bool pages_has_edmm(void);
/* May memory be committed at its first touch? */
bool pages_is_lazy(void);
/* May there be more pages than the static region's? */
bool pages_can_grow(void);
/* The end of what exists without EDMM. */
uint64_t pages_static_end(void);

/*
 * To be called for addresses that are about to be mapped, before a program
 * knows them: pages of the static region lose their rights, 2 MiB at a time,
 * so that the first touch of each one is seen.  (Until then they are as the
 * host added them: readable, writable and full of whatever it liked.)
 * 0 or -ENOMEM.
 */
__must_check int pages_open(uint64_t addr, uint64_t npages);

/* PROT_* to what the CPU must hold: W and X imply R. */
uint32_t pages_rights_of(uint32_t prot);

enum page_state pages_state(uint64_t addr);
uint32_t pages_rights(uint64_t addr);

/*
 * Are all pages that [@addr, +@size) meets in use with at least @rights?
 * Takes no lock: the answer may be old when it arrives.
 */
bool pages_are_ready(uint64_t addr, uint64_t size, uint32_t rights);

/*
 * The first page of [@addr, +@npages) that is in use / not in use, or the end
 * of the range.
 */
uint64_t pages_find_used(uint64_t addr, uint64_t npages);
uint64_t pages_find_unused(uint64_t addr, uint64_t npages);
uint64_t pages_count_used(uint64_t addr, uint64_t npages);
/* The first run of warm pages in [*@start, *@end), if there is one. */
bool pages_find_warm(uint64_t *start, uint64_t *end);
/* Has one of the pages in use the right to be written? */
bool pages_are_writable(uint64_t addr, uint64_t npages);

struct pages_batch {
	uint32_t count;
	struct hc_range range[HC_RANGES_MAX];
};

void pages_batch_init(struct pages_batch *b);
/* Do what was collected.  Ends the batch; it may be used again. */
void pages_batch_finish(struct pages_batch *b);

/*
 * Can another thread of the program touch the addresses while they are being
 * filled?  If so, a page must go from nothing to its contents in one step,
 * which only a page that the host adds afresh can do.
 */
enum pages_reach { PAGES_HIDDEN, PAGES_REACHABLE };

/*
 * Bring the pages of the range that are not in use into use with @rights,
 * zeroed, or with the contents at @src (@npages pages) if it is not NULL.
 * Pages in use are left alone.  -ENOMEM: the budget is spent, or the host gave
 * none; some of the range may be in use then.
 */
__must_check int pages_commit(uint64_t addr, uint64_t npages, const void *src,
                              uint32_t rights, enum pages_reach reach);

/* Set the rights of pages in use; others are left alone. */
void pages_protect(struct pages_batch *b, uint64_t addr, uint64_t npages,
                   uint32_t rights);

/* Scrub pages in use and take all rights, those of warm pages too. */
void pages_free(struct pages_batch *b, uint64_t addr, uint64_t npages);
/* Scrub pages in use and keep them warm; without EDMM, free them. */
void pages_leave(struct pages_batch *b, uint64_t addr, uint64_t npages);
/* The same for those that lack one of @rights. */
void pages_free_lacking(struct pages_batch *b, uint64_t addr, uint64_t npages,
                        uint32_t rights);

/* Zero what is in use, and stays so.  The owner must hold W. */
void pages_clear(uint64_t addr, uint64_t npages);

/*
 * Give pages that nobody uses back to the host until @npages fewer are
 * present; how many it was.
 */
uint64_t pages_trim(uint64_t npages);

struct pages_totals {
	uint64_t budget, present, used; /* pages */
};
void pages_totals(struct pages_totals *ret);

/* What the platform had to do for it so far, in pages but for host_calls. */
struct pages_work {
	uint64_t host_calls; /* EMODPR, EMODT, EREMOVE: by the host   */
	uint64_t restricted; /* EMODPR, EACCEPT                       */
	uint64_t extended;   /* EMODPE                                */
	uint64_t added;      /* EAUG by EACCEPT or EACCEPTCOPY        */
	uint64_t removed;    /* EMODT, EACCEPT, EREMOVE               */
};
void pages_work(struct pages_work *ret);

/* Called when the budget is spent: make at least some of @npages absent. */
void pages_set_reclaim(uint64_t (*reclaim)(uint64_t npages));
