/* SPDX-License-Identifier: Apache-2.0 */
/*
 * untrusted.h - the named inputs of the host at start: argv, environment, user.
 *
 * Each is copied in once, bounded and checked against the measured config.  The
 * program sees the config's environment; a host variable gets through only if
 * the config lists its name, and then overrides the config's.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"
#include "libos/boot/config.h"

#define BOOT_STRINGS_MAX (256 * 1024)
#define BOOT_STRINGS_COUNT_MAX 4096

struct boot_strings {
	const char **argv; /* NULL-terminated; argv[0] is the program's path */
	const char **envp;
	uint32_t uid, gid;
};

/* 0; -EINVAL: out of bounds or not allowed; -ENOMEM. */
int __must_check boot_untrusted(const struct boot_config *cfg,
                                struct boot_strings *ret);
