/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cred.h - who a thread is when it asks for a file.
 *
 * The part of a process's identity that permission checks of files need; the
 * whole of it is proc/'s (struct cred there), which makes a new fs_cred and
 * installs it with fs_context_set_cred() whenever one of these changes.
 * Immutable and counted, so that a long walk keeps one identity.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

/* Linux: NGROUPS_MAX. */
#define FS_CRED_GROUPS_MAX 65536

struct fs_cred {
	int32_t refs;
	uint32_t uid, gid;     /* real: what access(2) asks about */
	uint32_t fsuid, fsgid; /* effective: all other checks, new files */
	uint32_t ngroups;
	uint32_t groups[];
};

/*
 * fs_cred_create - one reference; NULL: no memory, or too many groups.
 *
 * @ids gives uid, gid, fsuid and fsgid.
 */
struct fs_cred *fs_cred_create(const struct fs_cred *ids,
                               const uint32_t *groups, uint32_t ngroups);
struct fs_cred *fs_cred_get(struct fs_cred *c);
void fs_cred_put(struct fs_cred *c); /* NULL is fine */

bool fs_cred_in_group(const struct fs_cred *c, uint32_t gid);

/* Passes all permission checks: CAP_DAC_OVERRIDE, CAP_FOWNER and the like. */
static inline bool fs_cred_is_root(const struct fs_cred *c)
{
	return c->fsuid == 0;
}
