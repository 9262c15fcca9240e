/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block.h - one block between memory and the host, through its pointer.
 */
#pragma once

#include "sealfs/volume_internal.h"

__must_check static inline int
block_read(const struct sealfs *v, uint64_t block, size_t nblocks, void *dst)
{
	return v->host->read(v->host->arg, block, nblocks, dst);
}

__must_check static inline int block_write(const struct sealfs *v,
                                           uint64_t block, size_t nblocks,
                                           const void *src)
{
	return v->host->write(v->host->arg, block, nblocks, src);
}

__must_check static inline int block_flush(const struct sealfs *v)
{
	return v->host->flush(v->host->arg);
}

void block_nonce(uint8_t nonce[GCM_NONCE_SIZE], enum sealfs_domain domain,
                 uint64_t counter);

/*
 * block_next_counter - a number that no block of this epoch has had.
 *
 * -EIO where they have run out; a commit starts a new epoch long before.
 */
__must_check int block_next_counter(struct sealfs *v, uint64_t *ret_counter);

/* A tag was wrong: count it, and give up writing when there are many. */
int block_forged(struct sealfs *v);

/* Read the block that @p points to, which is no hole, into @dst. */
__must_check int block_open(struct sealfs *v, const struct ptr *p, void *dst);

/*
 * block_open_many - the @n blocks of @p, which follow one another, with one
 * call of the host.
 */
__must_check int block_open_many(struct sealfs *v, const struct ptr *p,
                                 size_t n, void *dst);

/*
 * block_seal - encrypt @src into @dst, which may be the same.
 *
 * @p says where it will be, its type and level; the rest of it is filled in.
 */
__must_check int block_seal(struct sealfs *v, const void *src, void *dst,
                            struct ptr *p);
