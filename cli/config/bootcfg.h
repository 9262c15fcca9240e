/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bootcfg.h - Occlum.json and the root's index become the boot config
 * (abi/bootcfg.h), the bytes that are measured.
 */
#pragma once

#include "cli/config/config.h"
#include "cli/image/root.h"
#include "cli/image/users.h"
#include "cli/memory.h"

/* What of the config is only known with the image at hand. */
struct bootcfg_facts {
	const struct root *root;
	struct cspan index; /* root.index */
	struct user user;
	const struct user *users; /* what --user may ask for */
	size_t n_users;
};

/* Append the boot config to @ret_bytes. */
void bootcfg_encode(const struct config *config,
                    const struct bootcfg_facts *facts, struct bytes *ret_bytes);
