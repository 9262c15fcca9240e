/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay.h - processes that want the same addresses.
 *
 * Programs that are linked at a fixed address (gcc, cc1 and python3 in Debian)
 * need the same range of an address space that can hold one of them.  Such a
 * range is a slot.  Its members are the address spaces that have mappings
 * there (VMA_OVERLAY); at most one is resident: its pages lie in the slot.
 * What the others have is in their stash, in kernel memory, and moves in
 * before they run.
 *
 * The scheduler calls mm_switch() whenever it changes to a thread of another
 * address space; a member that is not resident must not run user code before
 * mm_make_resident() succeeded, in thread context, because it may sleep.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct mm;

/*
 * Called at each switch: must not sleep.  False: @next is not resident; let it
 * run in the kernel only, with WORK_MM set.
 */
__must_check bool mm_switch(struct mm *prev, struct mm *next);

bool mm_is_resident(const struct mm *mm);

/*
 * May another member have pages of its own at addresses of @mm, out of sight?
 * With mm->lock held by the caller, false stays false.
 */
bool mm_has_hidden_pages(const struct mm *mm);

/*
 * Move @mm in.  0; -EBUSY: it is the turn of the resident member, or a thread
 * of it runs on another vCPU (it was asked to leave), try again later; -ENOMEM:
 * no room for a stash.
 */
__must_check int mm_make_resident(struct mm *mm);

/*
 * The same on the way to user code: if @mm is resident, but its turn is over and
 * another member waits, the caller sleeps for a moment first: -EBUSY.
 */
__must_check int mm_take_turn(struct mm *mm);
