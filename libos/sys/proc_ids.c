/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_ids.c - the numbers of processes, groups and sessions.
 */
#include "base/errno.h"
#include "libos/proc/process.h"
#include "libos/sys/syscalls_gen.h"

long sys_getpid(struct thread *self)
{
	return process_tgid(self);
}

long sys_gettid(struct thread *self)
{
	return self->tid;
}

/* 0 for the first process: its parent is outside, as in a container. */
long sys_getppid(struct thread *self)
{
	const struct process *parent;
	int32_t nr;

	spin_lock(&proc_lock);
	parent = self->process->parent;
	nr = parent ? parent->pid.nr : 0;
	spin_unlock(&proc_lock);
	return nr;
}

/* A reference to process @pid, 0 being the caller's; NULL: none such. */
static struct process *process_of(struct thread *self, int pid)
{
	return pid == 0 ? process_get(self->process) : process_lookup(pid);
}

static long get_number(struct thread *self, int pid, size_t offset)
{
	struct process *p = process_of(self, pid);
	int32_t nr;

	if (!p)
		return -ESRCH;
	spin_lock(&proc_lock);
	nr = *(const int32_t *)(const void *)((const char *)p + offset);
	spin_unlock(&proc_lock);
	process_put(p);
	return nr;
}

long sys_getpgid(struct thread *self, int pid)
{
	return get_number(self, pid, offsetof(struct process, pgid));
}

long sys_getpgrp(struct thread *self)
{
	return sys_getpgid(self, 0);
}

long sys_getsid(struct thread *self, int pid)
{
	return get_number(self, pid, offsetof(struct process, sid));
}

struct group_search {
	int32_t pgid, sid;
};

static int is_in_group(struct process *p, void *arg)
{
	const struct group_search *s = arg;

	return p->pgid == s->pgid && (s->sid == 0 || p->sid == s->sid);
}

/* setpgid(2), "ERRORS"; proc_lock is held. */
static int check_setpgid(const struct process *self, const struct process *p)
{
	if (p != self && p->parent != self)
		return -ESRCH;
	if (p != self && p->sid != self->sid)
		return -EPERM;
	if (p != self && p->has_execed)
		return -EACCES;
	return p->sid == p->pid.nr ? -EPERM : 0;
}

static int set_pgid(struct process *self, struct process *p, int32_t pgid)
{
	struct group_search s = { .pgid = pgid, .sid = self->sid };
	bool exists =
		pgid == p->pid.nr || process_for_each(is_in_group, &s) != 0;
	int ret;

	spin_lock(&proc_lock);
	ret = check_setpgid(self, p);
	if (ret == 0 && !exists)
		ret = -EPERM;
	if (ret == 0)
		p->pgid = pgid;
	spin_unlock(&proc_lock);
	return ret;
}

long sys_setpgid(struct thread *self, int pid, int pgid)
{
	struct process *p;
	int ret;

	if (pgid < 0 || (pgid == 0 && pid < 0))
		return -EINVAL;
	p = process_of(self, pid);
	if (!p)
		return -ESRCH;
	ret = set_pgid(self->process, p, pgid ? pgid : p->pid.nr);
	process_put(p);
	return ret;
}

long sys_setsid(struct thread *self)
{
	struct process *p = self->process;
	struct group_search s = { .pgid = p->pid.nr };

	/* A leader of a group can't leave it: another may be in it. */
	if (process_for_each(is_in_group, &s))
		return -EPERM;
	spin_lock(&proc_lock);
	p->sid = p->pid.nr;
	p->pgid = p->pid.nr;
	spin_unlock(&proc_lock);
	return p->pid.nr;
}
