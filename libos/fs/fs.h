/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fs.h - starting the file system layer.
 *
 *	ret = fs_init();
 *	ret = rootfs_create(&config, &root);
 *	ret = mount_set_root(root, 0, "rootfs");
 *	ret = mount_attach(&at, proc_root, 0, "proc");
 */
#pragma once

#include "base/compiler.h"

/* Once, before anything else of fs/; 0 or -ENOMEM. */
int __must_check fs_init(void);
/* Give back what fs_init() took: for tests that count memory. */
void fs_fini(void);
