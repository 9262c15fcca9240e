/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uspace.h - the addresses of user space, shared by all processes.
 *
 * A set of free extents; whoever takes a range has it alone until it gives it
 * back, in the same pieces or others.  Taking addresses takes no pages.
 *
 * Giving back must never fail, though it may need a new extent.  So each
 * holder of a range (VMA, segment, cache entry, slot) pays one extent node in
 * advance with uspace_pay() and gets it back by uspace_refund(): there are
 * never more free extents than holders, plus one.
 */
#pragma once

#include "abi/layout.h"
#include "base/compiler.h"
#include "base/types.h"

#define USPACE_LOW_END USER_LOW_END

__must_check int uspace_init(uint64_t static_end);
/* Everything has been given back: start over, in tests. */
void uspace_fini(void);

__must_check int uspace_pay(void);
void uspace_refund(void);

enum uspace_place {
	USPACE_BACKED, /* pages will be used: static region, then the rest */
	USPACE_ONLY_BACKED, /* static region or nothing (no EDMM)           */
	USPACE_FAR /* most will stay untouched: beyond it first        */
};

/* First fit for @size bytes at a multiple of @align. 0 or -ENOMEM. */
__must_check int uspace_alloc(uint64_t size, uint64_t align,
                              enum uspace_place place, uint64_t *ret_addr);
/* First fit inside [@lo, @hi). */
__must_check int uspace_alloc_within(uint64_t lo, uint64_t hi, uint64_t size,
                                     uint64_t align, uint64_t *ret_addr);
/* Exactly [@addr, +@size), which must be free: 0 or -EEXIST. */
__must_check int uspace_take(uint64_t addr, uint64_t size);
bool uspace_is_free(uint64_t addr, uint64_t size);
void uspace_free(uint64_t addr, uint64_t size);

/* Free addresses, in bytes, and the number of extents: for tests. */
void uspace_stats(uint64_t *ret_bytes, uint32_t *ret_extents);
