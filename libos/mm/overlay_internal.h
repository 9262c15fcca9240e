/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay_internal.h - what the rest of mm/ asks of overlay.c.
 */
#pragma once

#include "libos/mm/overlay.h"

struct pages_batch;
struct vm_object;
struct vma;

void overlay_init(void);

/* Is @mm resident, or in no slot at all?  With mm->lock held it stays so. */
bool overlay_is_settled(const struct mm *mm);
/* Wait until it was for a moment.  No lock held. */
void overlay_settle(struct mm *mm);

/* The addresses of @mm's slot; an empty range if it has none. */
void overlay_slot_of(const struct mm *mm, uint64_t *ret_start,
                     uint64_t *ret_end);

/*
 * Make @mm, which has nothing mapped yet in [@start, @end), a member of a slot
 * there, alone or with others, whose slot grows if need be.  If it is alone,
 * what the text cache has of @object at its place stays.  -EEXIST: somebody has
 * a part of it who can't share.  -EINVAL: it is in a slot already.  No lock
 * held.
 */
__must_check int overlay_join(struct mm *mm, uint64_t start, uint64_t end,
                              struct vm_object *object);

/*
 * Before the end of @mm: if it is the only member, its slot becomes ordinary
 * memory of its own.  Otherwise nothing happens.  No lock held.
 */
void overlay_dissolve(struct mm *mm);
/* @mm has no mapping any more.  No lock held. */
void overlay_leave(struct mm *mm);

/* Set VMA_OVERLAY if @v, not in the tree yet, lies in the slot of @mm. */
void overlay_mark(const struct mm *mm, struct vma *v);
