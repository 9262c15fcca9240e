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

/* capabilities(7); the numbers are Linux's. */
enum cap_number {
	CAP_CHOWN = 0,
	CAP_DAC_OVERRIDE = 1,
	CAP_FOWNER = 3,
	CAP_FSETID = 4,
	CAP_KILL = 5,
	CAP_SETGID = 6,
	CAP_SETUID = 7,
	CAP_SETPCAP = 8,
	CAP_IPC_LOCK = 14,
	CAP_SYS_CHROOT = 18,
	CAP_SYS_ADMIN = 21,
	CAP_SYS_NICE = 23,
	CAP_SYS_RESOURCE = 24,
	CAP_MKNOD = 27
};

/* Linux: NGROUPS_MAX. */
#define FS_CRED_GROUPS_MAX 65536

struct fs_cred {
	int32_t refs;
	uint32_t uid, gid;     /* real: what access(2) asks about */
	uint32_t fsuid, fsgid; /* effective: all other checks, new files */
	uint64_t caps;         /* effective, a bit for each enum cap_number */
	uint32_t ngroups;
	uint32_t groups[];
};

/*
 * fs_cred_create - one reference; NULL: no memory, or too many groups.
 *
 * @ids gives uid, gid, fsuid, fsgid and caps.
 */
struct fs_cred *fs_cred_create(const struct fs_cred *ids,
                               const uint32_t *groups, uint32_t ngroups);
struct fs_cred *fs_cred_get(struct fs_cred *c);
void fs_cred_put(struct fs_cred *c); /* NULL is fine */

bool fs_cred_in_group(const struct fs_cred *c, uint32_t gid);

static inline bool fs_cred_has_cap(const struct fs_cred *c, enum cap_number cap)
{
	return (c->caps >> cap & 1) != 0;
}
