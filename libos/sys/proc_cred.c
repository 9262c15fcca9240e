/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_cred.c - user and group ids, capabilities.
 *
 * The rules are those of setresuid(2), setfsuid(2) and capabilities(7).
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/cred.h"
#include "libos/fs/fs_context.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/cred.h"
#include "libos/proc/process.h"
#include "libos/sys/syscalls_gen.h"

#define UNCHANGED UINT32_MAX

static struct cred mine(struct thread *self)
{
	struct cred c;

	cred_read(self, &c);
	return c;
}

long sys_getuid(struct thread *self)
{
	return mine(self).uid;
}

long sys_geteuid(struct thread *self)
{
	return mine(self).euid;
}

long sys_getgid(struct thread *self)
{
	return mine(self).gid;
}

long sys_getegid(struct thread *self)
{
	return mine(self).egid;
}

/* Real, effective and saved: user ids and group ids obey the same rules. */
struct ids {
	uint32_t r, e, s;
};

static bool is_one_of(uint32_t id, const struct ids *old)
{
	return id == UNCHANGED || id == old->r || id == old->e || id == old->s;
}

static void change(uint32_t *id, uint32_t to)
{
	if (to != UNCHANGED)
		*id = to;
}

static struct ids uids_of(const struct cred *c)
{
	return (struct ids){ c->uid, c->euid, c->suid };
}

static struct ids gids_of(const struct cred *c)
{
	return (struct ids){ c->gid, c->egid, c->sgid };
}

/* The fsuid follows the effective one. */
static long install_uids(struct thread *self, const struct ids *ids)
{
	struct cred old = mine(self), c = old;

	c.uid = ids->r;
	c.euid = c.fsuid = ids->e;
	c.suid = ids->s;
	cred_fix_caps(&c, &old);
	return cred_install(self, &c);
}

static long install_gids(struct thread *self, const struct ids *ids)
{
	struct cred c = mine(self);

	c.gid = ids->r;
	c.egid = c.fsgid = ids->e;
	c.sgid = ids->s;
	return cred_install(self, &c);
}

/* setresuid(2): each may become any of the three. */
static int apply_res(struct ids *ids, const struct ids *to, bool is_capable)
{
	const struct ids old = *ids;

	if (!is_capable && (!is_one_of(to->r, &old) ||
	                    !is_one_of(to->e, &old) || !is_one_of(to->s, &old)))
		return -EPERM;
	change(&ids->r, to->r);
	change(&ids->e, to->e);
	change(&ids->s, to->s);
	return 0;
}

/* setreuid(2): the saved id follows when the real one may have changed. */
static int apply_re(struct ids *ids, uint32_t r, uint32_t e, bool is_capable)
{
	const struct ids old = *ids;

	if (!is_capable && ((r != UNCHANGED && r != old.r && r != old.e) ||
	                    !is_one_of(e, &old)))
		return -EPERM;
	change(&ids->r, r);
	change(&ids->e, e);
	if (r != UNCHANGED || (e != UNCHANGED && e != old.r))
		ids->s = ids->e;
	return 0;
}

/* setuid(2): all three with the capability, else the effective one. */
static int apply_one(struct ids *ids, uint32_t id, bool is_capable)
{
	if (id == UNCHANGED)
		return -EINVAL;
	if (is_capable)
		*ids = (struct ids){ id, id, id };
	else if (id == ids->r || id == ids->s)
		ids->e = id;
	else
		return -EPERM;
	return 0;
}

long sys_setuid(struct thread *self, uint32_t uid)
{
	struct cred c = mine(self);
	struct ids ids = uids_of(&c);
	int ret = apply_one(&ids, uid, cred_has_cap(self, CAP_SETUID));

	return ret < 0 ? ret : install_uids(self, &ids);
}

long sys_setgid(struct thread *self, uint32_t gid)
{
	struct cred c = mine(self);
	struct ids ids = gids_of(&c);
	int ret = apply_one(&ids, gid, cred_has_cap(self, CAP_SETGID));

	return ret < 0 ? ret : install_gids(self, &ids);
}

long sys_setreuid(struct thread *self, uint32_t ruid, uint32_t euid)
{
	struct cred c = mine(self);
	struct ids ids = uids_of(&c);
	int ret = apply_re(&ids, ruid, euid, cred_has_cap(self, CAP_SETUID));

	return ret < 0 ? ret : install_uids(self, &ids);
}

long sys_setregid(struct thread *self, uint32_t rgid, uint32_t egid)
{
	struct cred c = mine(self);
	struct ids ids = gids_of(&c);
	int ret = apply_re(&ids, rgid, egid, cred_has_cap(self, CAP_SETGID));

	return ret < 0 ? ret : install_gids(self, &ids);
}

long sys_setresuid(struct thread *self, uint32_t ruid, uint32_t euid,
                   uint32_t suid)
{
	struct ids to = { ruid, euid, suid };
	struct cred c = mine(self);
	struct ids ids = uids_of(&c);
	int ret = apply_res(&ids, &to, cred_has_cap(self, CAP_SETUID));

	return ret < 0 ? ret : install_uids(self, &ids);
}

long sys_setresgid(struct thread *self, uint32_t rgid, uint32_t egid,
                   uint32_t sgid)
{
	struct ids to = { rgid, egid, sgid };
	struct cred c = mine(self);
	struct ids ids = gids_of(&c);
	int ret = apply_res(&ids, &to, cred_has_cap(self, CAP_SETGID));

	return ret < 0 ? ret : install_gids(self, &ids);
}

static long put_ids(const struct ids *ids, uint32_t __user *r,
                    uint32_t __user *e, uint32_t __user *s)
{
	int ret = put_user_u32(r, ids->r);

	if (ret == 0)
		ret = put_user_u32(e, ids->e);
	if (ret == 0)
		ret = put_user_u32(s, ids->s);
	return ret;
}

long sys_getresuid(struct thread *self, uint32_t __user *ruid,
                   uint32_t __user *euid, uint32_t __user *suid)
{
	struct cred c = mine(self);
	struct ids ids = uids_of(&c);

	return put_ids(&ids, ruid, euid, suid);
}

long sys_getresgid(struct thread *self, uint32_t __user *rgid,
                   uint32_t __user *egid, uint32_t __user *sgid)
{
	struct cred c = mine(self);
	struct ids ids = gids_of(&c);

	return put_ids(&ids, rgid, egid, sgid);
}

/* The old one is returned, whether it was changed or not. */
long sys_setfsuid(struct thread *self, uint32_t uid)
{
	struct cred old = mine(self), c = old;
	struct ids ids = uids_of(&old);

	if (uid == UNCHANGED || (uid != old.fsuid && !is_one_of(uid, &ids) &&
	                         !cred_has_cap(self, CAP_SETUID)))
		return old.fsuid;
	c.fsuid = uid;
	cred_fix_caps(&c, &old);
	(void)!cred_install(self, &c);
	return old.fsuid;
}

long sys_setfsgid(struct thread *self, uint32_t gid)
{
	struct cred old = mine(self), c = old;
	struct ids ids = gids_of(&old);

	if (gid == UNCHANGED || (gid != old.fsgid && !is_one_of(gid, &ids) &&
	                         !cred_has_cap(self, CAP_SETGID)))
		return old.fsgid;
	c.fsgid = gid;
	(void)!cred_install(self, &c);
	return old.fsgid;
}

long sys_getgroups(struct thread *self, int count, uint32_t __user *groups)
{
	struct fs_cred *c;
	long n;
	int ret = 0;

	if (count < 0)
		return -EINVAL;
	c = fs_context_cred(self->fs);
	n = c->ngroups;
	if (count && n > count)
		ret = -EINVAL;
	else if (count)
		ret = copy_to_user(groups, c->groups,
		                   c->ngroups * sizeof(c->groups[0]));
	fs_cred_put(c);
	return ret < 0 ? ret : n;
}

long sys_setgroups(struct thread *self, int count, uint32_t __user *groups)
{
	uint32_t *copy;
	int ret;

	if (!cred_has_cap(self, CAP_SETGID))
		return -EPERM;
	if (count < 0 || count > FS_CRED_GROUPS_MAX)
		return -EINVAL;
	copy = kcalloc((size_t)count, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	ret = copy_from_user(copy, groups, (size_t)count * sizeof(*copy));
	if (ret == 0)
		ret = cred_set_groups(self, copy, (uint32_t)count);
	kfree(copy);
	return ret;
}

/* --- capget(2), capset(2) --- */

#define CAP_VERSION_1 0x19980330u
#define CAP_VERSION_2 0x20071026u
#define CAP_VERSION_3 0x20080522u

struct cap_header {
	uint32_t version;
	int32_t pid;
};

struct cap_data {
	uint32_t effective, permitted, inheritable;
};

/* How many cap_data follow; -EINVAL after the preferred version was stored. */
static int read_cap_header(void __user *p, struct cap_header *h)
{
	int ret = copy_from_user(h, p, sizeof(*h));

	if (ret < 0)
		return ret;
	switch (h->version) {
	case CAP_VERSION_1:
		return 1;
	case CAP_VERSION_2:
	case CAP_VERSION_3:
		return 2;
	default:
		ret = put_user_u32(p, CAP_VERSION_3);
		return ret < 0 ? ret : -EINVAL;
	}
}

static int cred_of_pid(struct thread *self, int32_t pid, struct cred *ret)
{
	struct thread *t;

	if (pid == 0) {
		cred_read(self, ret);
		return 0;
	}
	if (pid < 0)
		return -EINVAL;
	t = thread_lookup(pid);
	if (!t)
		return -ESRCH;
	cred_read(t, ret);
	thread_put(t);
	return 0;
}

long sys_capget(struct thread *self, void __user *header, void __user *data)
{
	struct cap_data d[2];
	struct cap_header h;
	struct cred c;
	int i, n, ret;

	n = read_cap_header(header, &h);
	if (n < 0) /* a NULL data asks for the version only */
		return n == -EINVAL && !user_addr(data) ? 0 : n;
	ret = cred_of_pid(self, h.pid, &c);
	if (ret < 0)
		return ret;
	for (i = 0; i < 2; i++) {
		d[i].effective = (uint32_t)(c.cap_effective >> 32 * i);
		d[i].permitted = (uint32_t)(c.cap_permitted >> 32 * i);
		d[i].inheritable = (uint32_t)(c.cap_inheritable >> 32 * i);
	}
	return copy_to_user(data, d, (size_t)n * sizeof(d[0]));
}

static uint64_t join(uint32_t low, uint32_t high)
{
	return ((uint64_t)high << 32 | low) & CAPS_ALL;
}

/* capabilities(7), "Programmatically adjusting capability sets". */
static int apply_caps(struct cred *c, const struct cap_data *d)
{
	uint64_t permitted = join(d[0].permitted, d[1].permitted);
	uint64_t effective = join(d[0].effective, d[1].effective);
	uint64_t inheritable = join(d[0].inheritable, d[1].inheritable);

	if ((permitted & ~c->cap_permitted) || (effective & ~permitted))
		return -EPERM;
	if (inheritable & ~(c->cap_inheritable | c->cap_permitted))
		return -EPERM;
	c->cap_permitted = permitted;
	c->cap_effective = effective;
	c->cap_inheritable = inheritable;
	c->cap_ambient &= permitted & inheritable;
	return 0;
}

long sys_capset(struct thread *self, void __user *header, void __user *data)
{
	struct cap_data d[2];
	struct cap_header h;
	struct cred c;
	int n, ret;

	n = read_cap_header(header, &h);
	if (n < 0)
		return n;
	if (h.pid != 0 && h.pid != self->tid)
		return -EPERM;
	memset(d, 0, sizeof(d));
	ret = copy_from_user(d, data, (size_t)n * sizeof(d[0]));
	if (ret < 0)
		return ret;
	cred_read(self, &c);
	ret = apply_caps(&c, d);
	return ret < 0 ? ret : cred_install(self, &c);
}
