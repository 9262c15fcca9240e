/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cred.h - who a thread is when it asks for a file.
 *
 * A cred is immutable once others can see it: to change one, copy it with
 * cred_copy(), change the copy, install it with fs_context_set_cred().  The
 * file system looks at fsuid, fsgid and groups; fsuid 0 passes all checks.
 * The other numbers are kept here for proc/, which alone gives them meaning.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

/* Linux: NGROUPS_MAX; more than a cred can be asked to hold is -EINVAL. */
#define CRED_GROUPS_MAX 65536

struct cred {
	int32_t refs;
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	uint32_t ngroups;
	uint32_t groups[]; /* sorted */
};

/* All four user ids @uid, all four group ids @gid, no groups.  NULL: no memory. */
struct cred *cred_create(uint32_t uid, uint32_t gid);
/* A copy of @c with the same groups (@groups NULL) or those given; to change. */
struct cred *cred_copy(const struct cred *c, const uint32_t *groups,
                       uint32_t ngroups);
struct cred *cred_get(struct cred *c);
void cred_put(struct cred *c); /* NULL is fine */

bool cred_in_group(const struct cred *c, uint32_t gid);

static inline bool cred_is_root(const struct cred *c)
{
	return c->fsuid == 0;
}
