/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shortage.h - whom to refuse, and what to say, when memory runs out.
 *
 * Pages are committed at first touch, and a touch can only be answered by a
 * signal.  So a mapping that cannot possibly get its pages is refused at once,
 * where the program can handle it; and if a touch finds no page after all, one
 * sentence says which limit it was.
 */
#pragma once

#include "base/types.h"

/*
 * Could @bytes more be touched, if nobody else wanted any?  The heuristic of
 * Linux (vm.overcommit_memory = 0), with what is free now in the place of what
 * the machine has.
 */
bool mm_has_room(uint64_t bytes);

/* A program is about to end for want of memory: log the field to raise. */
void mm_explain_shortage(void);
