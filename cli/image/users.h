/* SPDX-License-Identifier: Apache-2.0 */
/*
 * users.h - users and groups by the names that the image gives them.
 *
 * Names come from image/etc/passwd and image/etc/group, never from the host's,
 * where the same name may be another number.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "cli/error.h"

struct user {
	uint32_t uid;
	uint32_t gid;
};

/*
 * user_parse - "USER" or "USER:GROUP", numbers or names of the image @folder.
 *
 * Without GROUP the user's own one, or, for a number that passwd does not
 * list, the group of the same number.
 */
__must_check int user_parse(const char *folder, const char *text,
                            struct user *ret_user, struct cli_error *err);
