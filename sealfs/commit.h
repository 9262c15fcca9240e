/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit.h - make all that is in memory the volume's state, at once.
 */
#pragma once

#include "sealfs/volume_internal.h"

/*
 * volume_commit - write what is dirty, then a superblock over it.
 *
 * Writes one even if nothing is dirty.  After an error everything is still in
 * memory and a later call may succeed; -EROFS once the volume is read-only.
 */
__must_check int volume_commit(struct sealfs *v);

/* Write all dirty metadata without publishing it, so that memory gets clean. */
__must_check int volume_write_back(struct sealfs *v);
