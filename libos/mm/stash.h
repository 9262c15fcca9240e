/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stash.h - the pages of an overlay's member while another one has the place.
 *
 * Two members that change places trade: a page that both have is swapped with
 * its copy, or left alone where the contents are the same (two runs of one
 * program share their text so).  Rights are taken away in one batch.
 *
 * The caller serialises everything about one slot.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct stashed;

struct stash {
	struct stashed *pages; /* by address; NULL: none */
	uint64_t count;
};

/*
 * Move all pages in use of [@start, @end) to @out, which is empty, and what @in
 * has of them into their place.  -ENOMEM: nothing was moved.
 */
__must_check int stash_exchange(struct stash *out, struct stash *in,
                                uint64_t start, uint64_t end);

/*
 * Move what is left in @in into place.  -ENOMEM, by a host that took pages away
 * that were in use before: some of it is still there, to be tried again.
 */
__must_check int stash_restore(struct stash *in);

/* Forget it. */
void stash_drop(struct stash *s);
