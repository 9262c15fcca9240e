/* SPDX-License-Identifier: Apache-2.0 */
/*
 * super.h - superblock slots: the one thing that is written in place.
 *
 * Eight slots take turns, so that a torn write leaves the commit before it, and
 * a mount takes the newest that opens.
 */
#pragma once

#include "sealfs/volume_internal.h"

/*
 * super_load - find the newest superblock and fill @v from it.
 *
 * v->identity is set.  @block is room for one.  -EBADMSG if no slot opens,
 * -EOPNOTSUPP for unknown features: see sealfs_mount().
 */
__must_check int super_load(struct sealfs *v, struct disk_super *block);

/*
 * super_store - write the next slot for generation v->generation + 1.
 *
 * The caller puts barriers before and after, and calls super_stored() when the
 * second has succeeded.
 */
__must_check int super_store(struct sealfs *v);
void super_stored(struct sealfs *v);

/* Overwrite all slots with zeros. */
__must_check int super_wipe(struct sealfs *v);
