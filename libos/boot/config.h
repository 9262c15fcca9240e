/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - the measured boot config (abi/bootcfg.h) as the kernel uses it.
 *
 * Parsed once, in place: strings are copied to the heap with a NUL, all else is
 * read from the struct.  Lives as long as the kernel.
 */
#pragma once

#include "abi/bootcfg.h"
#include "base/compiler.h"
#include "base/span.h"
#include "base/types.h"

struct boot_user {
	uint32_t uid, gid;
};

struct boot_mount {
	enum bootcfg_mount_type type;
	uint32_t flags;
	const char *target, *source, *options;
};

struct boot_config {
	struct bootcfg_header h;
	const char *hostname;
	const char *cwd;
	const char **entry_points; /* NULL-terminated, as the next two */
	const char **env_default;
	const char **env_untrusted;
	struct boot_user *users;
	struct boot_mount *mounts;
};

/* The header alone, which says how large the heap is. 0 or -EINVAL. */
int __must_check boot_config_header(struct cspan bytes,
                                    struct bootcfg_header *ret);
/* All of it; needs the heap. 0, -EINVAL, -ENOMEM. */
int __must_check boot_config_parse(struct cspan bytes, struct boot_config *ret);
