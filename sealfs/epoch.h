/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoch.h - the epochs of a volume: a fresh salt, hence keys, for each.
 *
 * Each writable mount draws one.  Nonces count from one within an epoch and
 * live in memory only, and nothing is ever written under the keys of an older
 * epoch: so neither a crash, nor a volume rolled back, nor two copies of it that
 * run at once can make two blocks meet one key and nonce.
 *
 * The salts are in a table, a radix tree of its own whose blocks bear the salt
 * of their own key in plain: otherwise one would need the table to read it.
 */
#pragma once

#include "sealfs/volume_internal.h"

/*
 * epoch_begin - draw a salt, set the keys up, and put it into the table.
 *
 * Blocks are allocated and written; the next commit makes them count.
 */
__must_check int epoch_begin(struct sealfs *v);

/* How many blocks epoch_begin() may need. */
enum {
	EPOCH_BEGIN_BLOCKS = SEALFS_EPOCH_HEIGHT_MAX + 1,
};

/* The keys of v->epoch and v->epoch_salt, which the superblock has told. */
__must_check int epoch_keys_init(struct sealfs *v);
void epoch_keys_fini(struct sealfs *v);

/* The key of blocks of @epoch; borrowed, until the next call. */
__must_check int epoch_key_find(struct sealfs *v, uint32_t epoch,
                                const struct gcm_key **ret_key);

/*
 * epoch_table_walk - call @visit for each block of the table.
 *
 * Reads and opens all of them.  Stops at the first error.
 */
__must_check int epoch_table_walk(struct sealfs *v,
                                  int (*visit)(void *arg, const struct ptr *p),
                                  void *arg);
