/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map_internal.h - between map.c (private mappings) and map_shared.c.
 */
#pragma once

#include "libos/mm/mm_internal.h"

static inline bool map_is_fixed(const struct mm_map *req)
{
	return (req->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
}

/* What can be refused without the lock; the size in whole pages. */
__must_check int map_check(const struct mm_map *req, uint64_t *ret_size);

/* A VMA with its references, in no tree and without addresses; or NULL. */
struct vma *map_new_vma(const struct mm_map *req);

/* Own the addresses of @v and make room there.  It is not in the tree yet. */
__must_check int map_place_locked(struct mm *mm, const struct mm_map *req,
                                  struct vma *v, uint64_t size,
                                  struct mm_work *w);

__must_check int map_private(struct mm *mm, const struct mm_map *req,
                             uint64_t size, uint64_t *ret_addr);
__must_check int map_shared(struct mm *mm, const struct mm_map *req,
                            uint64_t size, uint64_t *ret_addr);
