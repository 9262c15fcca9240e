/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pointer.h - where a block is, and what makes it the right one.
 *
 * (epoch, counter) is the nonce of the block and grows with time: no two blocks
 * ever have the same, and of two the later sealed one has the greater.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sealfs/format.h"

struct ptr {
	uint64_t block; /* 0: a hole, nothing else counts then */
	uint64_t counter;
	uint32_t epoch;
	uint8_t type;
	uint8_t level;
	uint8_t tag[SEALFS_TAG_SIZE];
};

static inline bool ptr_is_hole(const struct ptr *p)
{
	return p->block == 0;
}

/* Was @p sealed after the block with this epoch and counter? */
static inline bool ptr_is_after(const struct ptr *p, uint32_t epoch,
                                uint64_t counter)
{
	return p->epoch > epoch || (p->epoch == epoch && p->counter > counter);
}

void ptr_encode(const struct ptr *p, struct disk_ptr *ret_disk);

/*
 * ptr_parse - -EUCLEAN unless @disk is a hole or points, at a block of @type
 * and @level below @nblocks that is no superblock.  *ret is a hole then.
 */
__must_check int ptr_parse(const struct disk_ptr *disk, uint8_t type,
                           uint8_t level, uint64_t nblocks, struct ptr *ret);
