/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/fs/cred.h"

#include "base/string.h"
#include "libos/mm/kheap.h"

struct fs_cred *fs_cred_create(const struct fs_cred *ids,
                               const uint32_t *groups, uint32_t ngroups)
{
	struct fs_cred *c;

	if (ngroups > FS_CRED_GROUPS_MAX)
		return NULL;
	c = kmalloc(sizeof(*c) + ngroups * sizeof(c->groups[0]));
	if (!c)
		return NULL;

	*c = (struct fs_cred){ .refs = 1,
		               .uid = ids->uid,
		               .gid = ids->gid,
		               .fsuid = ids->fsuid,
		               .fsgid = ids->fsgid,
		               .caps = ids->caps,
		               .ngroups = ngroups };
	if (ngroups)
		memcpy(c->groups, groups, ngroups * sizeof(c->groups[0]));
	return c;
}

struct fs_cred *fs_cred_get(struct fs_cred *c)
{
	__atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

void fs_cred_put(struct fs_cred *c)
{
	if (c && __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) == 0)
		kfree(c);
}

bool fs_cred_in_group(const struct fs_cred *c, uint32_t gid)
{
	if (c->fsgid == gid)
		return true;
	for (uint32_t i = 0; i < c->ngroups; i++) {
		if (c->groups[i] == gid)
			return true;
	}
	return false;
}
