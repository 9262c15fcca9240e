/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages_internal.h - the SGX2 page leaves and the host calls that go with them
 * (pages_edmm.c), for the book-keeping in pages.c.
 *
 * None of these looks at or changes the table of pages.
 */
#pragma once

#include "libos/mm/pages.h"

/* Add an absent page: zeros, R and W. 0 or -ENOMEM. */
__must_check int edmm_add(uint64_t addr);
/* Add an absent page with the contents of the page @src; @rights has R. */
__must_check int edmm_add_copy(uint64_t addr, const void *src, uint32_t rights);
/* Give @npages pages these rights on top of what they have. */
void edmm_grow(uint64_t addr, uint64_t npages, uint32_t rights);
/* Collect: the pages shall have no more than @rights. */
void edmm_shrink(struct pages_batch *b, uint64_t addr, uint64_t npages,
                 uint32_t rights);
/* Give pages back to the host. 0, or -EIO: some may be gone, all are lost. */
__must_check int edmm_remove(uint64_t addr, uint64_t npages);
