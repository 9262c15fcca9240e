/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - the blocks whose place is fixed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sealfs/format.h"

static inline uint64_t layout_slot(uint32_t slot)
{
	return (uint64_t)slot * SEALFS_SLOT_STRIDE;
}

static inline uint64_t layout_key_block(uint32_t copy)
{
	return (uint64_t)copy * SEALFS_SLOT_STRIDE + 1;
}

/* Superblock slots and key blocks; the log's ring is where mkfs put it. */
static inline bool layout_is_fixed(uint64_t block)
{
	uint64_t slot = block / SEALFS_SLOT_STRIDE;
	uint64_t within = block % SEALFS_SLOT_STRIDE;

	return (slot < SEALFS_SLOTS && within == 0) ||
	       (slot < SEALFS_KEY_BLOCKS && within == 1);
}
