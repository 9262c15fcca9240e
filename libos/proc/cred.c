/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/cred.h"

#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/fs_context.h"
#include "libos/proc/process.h"

#define SECBIT_NO_SETUID_FIXUP 4u
#define SECBIT_KEEP_CAPS 16u
/*
 * Dropped from the effective set with fsuid 0: what passes file checks, which
 * is CAP_CHOWN to CAP_FSETID, LINUX_IMMUTABLE, MKNOD and MAC_OVERRIDE.
 */
#define CAPS_FS 0x000000010800021full

void cred_read(struct thread *self, struct cred *ret)
{
	struct process *p = self->process;

	spin_lock(&p->limits_lock);
	*ret = p->cred;
	spin_unlock(&p->limits_lock);
}

static struct fs_cred *make_fs_cred(const struct cred *c,
                                    const uint32_t *groups, uint32_t ngroups)
{
	struct fs_cred ids = {
		.uid = c->uid,
		.gid = c->gid,
		.fsuid = c->fsuid,
		.fsgid = c->fsgid,
		.caps = c->cap_effective,
	};

	return fs_cred_create(&ids, groups, ngroups);
}

int cred_install(struct thread *self, const struct cred *c)
{
	struct process *p = self->process;
	struct fs_cred *old = fs_context_cred(self->fs);
	struct fs_cred *new = make_fs_cred(c, old->groups, old->ngroups);

	fs_cred_put(old);
	if (!new)
		return -ENOMEM;
	fs_context_set_cred(self->fs, new);
	spin_lock(&p->limits_lock);
	p->cred = *c;
	spin_unlock(&p->limits_lock);
	return 0;
}

int cred_set_groups(struct thread *self, const uint32_t *groups,
                    uint32_t ngroups)
{
	struct fs_cred *new;
	struct cred c;

	cred_read(self, &c);
	new = make_fs_cred(&c, groups, ngroups);
	if (!new)
		return -ENOMEM;
	fs_context_set_cred(self->fs, new);
	return 0;
}

void cred_init(struct cred *c, uint32_t uid, uint32_t gid)
{
	memset(c, 0, sizeof(*c));
	c->uid = c->euid = c->suid = c->fsuid = uid;
	c->gid = c->egid = c->sgid = c->fsgid = gid;
	c->cap_bounding = CAPS_ALL;
	if (uid == 0) {
		c->cap_effective = CAPS_ALL;
		c->cap_permitted = CAPS_ALL;
	}
}

void cred_fix_caps(struct cred *c, const struct cred *old)
{
	bool had_root = !old->uid || !old->euid || !old->suid;
	bool has_root = !c->uid || !c->euid || !c->suid;

	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (had_root && !has_root) {
		if (!(c->securebits & SECBIT_KEEP_CAPS)) {
			c->cap_permitted = 0;
			c->cap_effective = 0;
		}
		c->cap_ambient = 0;
	}
	if (!old->euid && c->euid)
		c->cap_effective = 0;
	if (old->euid && !c->euid)
		c->cap_effective = c->cap_permitted;
	if (!old->fsuid && c->fsuid)
		c->cap_effective &= ~CAPS_FS;
	if (old->fsuid && !c->fsuid)
		c->cap_effective |= c->cap_permitted & CAPS_FS;
}

bool cred_has_cap(struct thread *self, unsigned int cap)
{
	struct cred c;

	cred_read(self, &c);
	return (c.cap_effective >> cap & 1) != 0;
}
