/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space.h - which blocks are free.
 *
 * In memory two bits for each block, in groups of 128 MiB; on disk one bit, in
 * the free map, a radix tree whose leaf i is the used bits of group i.
 */
#pragma once

#include "sealfs/volume_internal.h"

/* All blocks of a volume of v->nblocks free but those of fixed place. */
__must_check int space_init(struct sealfs *v);
void space_fini(struct sealfs *v);

/* Take [@block, +@n), which is free. */
void space_take(struct sealfs *v, uint64_t block, uint64_t n);

/*
 * space_load - the used bits of @group as the free map has them.
 *
 * -EUCLEAN where they call a block of fixed place free.
 */
__must_check int space_load(struct sealfs *v, uint32_t group, const void *leaf);

/*
 * space_alloc - up to @want blocks that follow one another; at least one.
 *
 * -ENOSPC only if nothing at all is free; who may use the last blocks is
 * decided before, in space_check().
 */
__must_check int space_alloc(struct sealfs *v, enum space_class class,
                             uint32_t want, uint64_t *ret_block,
                             uint32_t *ret_n);

/*
 * space_free - the tree that the next commit writes does not have @p.
 *
 * It may be overwritten at once if nothing durable knows it: if it was sealed
 * after the last commit or flush of the log.  Otherwise after the next commit.
 */
void space_free(struct sealfs *v, const struct ptr *p);

/* Give back a block that was allocated and that no pointer has ever named. */
void space_unalloc(struct sealfs *v, uint64_t block);

/* A commit is durable: what it does not use is free. */
void space_committed(struct sealfs *v);

/* What was sealed so far may be known to something durable from now on. */
void space_flushed(struct sealfs *v);

/*
 * space_check - are there @n blocks, besides what a commit will need?
 *
 * -ENOSPC, or -EAGAIN if a commit would free enough.  @reserve is what must be
 * left: SPACE_KEEP for what consumes, SPACE_USE_RESERVE for what frees.
 */
enum space_reserve {
	SPACE_KEEP,
	SPACE_USE_RESERVE,
};
__must_check int space_check(const struct sealfs *v, uint64_t n,
                             enum space_reserve reserve);

/* Blocks that ordinary writes may still have; for statfs(2). */
uint64_t space_available(const struct sealfs *v);
