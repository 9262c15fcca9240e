/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_limits.c - resource limits.
 *
 * Those that something here enforces are handed to it when they change; the rest
 * is kept for whoever asks.
 */
#include "base/errno.h"
#include "libos/fs/fdtable.h"
#include "libos/mm/mm.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/cred.h"
#include "libos/proc/process.h"
#include "libos/sys/syscalls_gen.h"

static int check_limit(struct thread *self, const struct rlimit *old,
                       uint32_t resource, const struct rlimit *new)
{
	if (new->cur > new->max)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE && new->max > FD_COUNT_MAX)
		return -EPERM;
	if (new->max > old->max && !cred_has_cap(self, CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

/* Tell @self's descriptors or memory, which are its process's. */
static void enforce(struct thread *self, uint32_t resource, uint64_t cur)
{
	switch (resource) {
	case RLIMIT_NOFILE:
		fdtable_set_limit(self->files, cur);
		break;
	case RLIMIT_AS:
		WRITE_ONCE(self->mm->limit_as, cur);
		break;
	case RLIMIT_DATA:
		WRITE_ONCE(self->mm->limit_data, cur);
		break;
	case RLIMIT_STACK:
		WRITE_ONCE(self->mm->limit_stack, cur);
		break;
	default:
		break;
	}
}

static void read_limit(struct process *p, uint32_t resource, struct rlimit *ret)
{
	spin_lock(&p->limits_lock);
	*ret = p->rlimits[resource];
	spin_unlock(&p->limits_lock);
}

static int write_limit(struct thread *self, struct process *p,
                       uint32_t resource, const struct rlimit *new)
{
	struct rlimit old;
	int ret;

	read_limit(p, resource, &old);
	ret = check_limit(self, &old, resource, new);
	if (ret < 0)
		return ret;
	spin_lock(&p->limits_lock);
	p->rlimits[resource] = *new;
	spin_unlock(&p->limits_lock);
	/* Of another process the number changes, and binds after its exec. */
	if (p == self->process)
		enforce(self, resource, new->cur);
	return 0;
}

static long change_limit(struct thread *self, struct process *p,
                         uint32_t resource, const void __user *new_limit,
                         void __user *old_limit)
{
	struct rlimit old, new;
	int ret = 0;

	read_limit(p, resource, &old);
	if (user_addr(new_limit)) {
		ret = copy_from_user(&new, new_limit, sizeof(new));
		if (ret == 0)
			ret = write_limit(self, p, resource, &new);
	}
	if (ret == 0 && user_addr(old_limit))
		ret = copy_to_user(old_limit, &old, sizeof(old));
	return ret;
}

long sys_prlimit64(struct thread *self, int pid, uint32_t resource,
                   void __user *new_limit, void __user *old_limit)
{
	struct process *p;
	long ret;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	p = pid ? process_lookup(pid) : process_get(self->process);
	if (!p)
		return -ESRCH;
	ret = change_limit(self, p, resource, new_limit, old_limit);
	process_put(p);
	return ret;
}

long sys_getrlimit(struct thread *self, uint32_t resource, void __user *limit)
{
	struct rlimit now;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	read_limit(self->process, resource, &now);
	return copy_to_user(limit, &now, sizeof(now));
}

long sys_setrlimit(struct thread *self, uint32_t resource, void __user *limit)
{
	if (!user_addr(limit))
		return -EFAULT;
	return sys_prlimit64(self, 0, resource, limit, user_ptr(0));
}
