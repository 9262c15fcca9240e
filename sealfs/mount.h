/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount.h - a volume in memory that has nothing in it yet.
 */
#pragma once

#include "sealfs/volume_internal.h"

/* All but identity, sizes and space; volume_destroy() undoes any part of it. */
__must_check int volume_create(const struct sealfs_host *host,
                               struct sealfs **ret_volume);
void volume_destroy(struct sealfs *v);
