/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal_send.c - kill and its relatives.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/cred.h"
#include "libos/proc/process.h"
#include "libos/sys/syscalls_gen.h"

/* kill(2): the sender's real or effective id is the target's real or saved. */
static bool may_signal(const struct cred *from, struct process *to)
{
	struct cred c;

	if (from->cap_effective >> CAP_KILL & 1)
		return true;
	spin_lock(&to->limits_lock);
	c = to->cred;
	spin_unlock(&to->limits_lock);
	return from->euid == c.suid || from->euid == c.uid ||
	       from->uid == c.suid || from->uid == c.uid;
}

struct kill_request {
	struct thread *self;
	struct cred cred;
	struct siginfo info;
	int sig;      /* 0: only the checks */
	int32_t pgid; /* 0: everybody but the caller and the first process */
	bool any;
	int error;
};

static void request_init(struct kill_request *r, struct thread *self, int sig,
                         int code)
{
	memset(r, 0, sizeof(*r));
	r->self = self;
	r->sig = sig;
	cred_read(self, &r->cred);
	siginfo_init_user(&r->info, sig, code, process_tgid(self), r->cred.uid);
}

static int signal_process(const struct kill_request *r, struct process *p)
{
	if (!may_signal(&r->cred, p))
		return -EPERM;
	return r->sig ? signal_send_group(&p->sig, &r->info) : 0;
}

static int kill_visit(struct process *p, void *arg)
{
	struct kill_request *r = arg;
	int ret;

	if (r->pgid ? p->pgid != r->pgid
	            : p == r->self->process || p == process_first())
		return 0;
	ret = signal_process(r, p);
	if (ret == 0)
		r->any = true;
	else
		r->error = ret;
	return 0;
}

/* One that was reached is success; else why the last could not be. */
static long kill_many(struct kill_request *r)
{
	(void)process_for_each(kill_visit, r);
	if (r->any)
		return 0;
	return r->error ? r->error : -ESRCH;
}

static long kill_one(struct kill_request *r, int pid)
{
	struct process *p = process_lookup(pid);
	struct thread *t;
	long ret;

	if (!p) {
		/* Linux takes the number of any thread. */
		t = thread_lookup(pid);
		if (!t)
			return -ESRCH;
		p = process_get(t->process);
		thread_put(t);
	}
	ret = signal_process(r, p);
	process_put(p);
	return ret;
}

long sys_kill(struct thread *self, int pid, int sig)
{
	struct kill_request r;

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	request_init(&r, self, sig, SI_USER);
	if (pid > 0)
		return kill_one(&r, pid);
	if (pid == 0)
		r.pgid = (int32_t)sys_getpgrp(self);
	else if (pid != -1)
		r.pgid = -pid;
	return kill_many(&r);
}

static long signal_task(struct kill_request *r, int tgid, int tid)
{
	struct thread *t;
	long ret = 0;

	if (tid <= 0)
		return -EINVAL;
	t = thread_lookup(tid);
	if (!t)
		return -ESRCH;
	if (tgid && process_tgid(t) != tgid)
		ret = -ESRCH;
	else if (!may_signal(&r->cred, t->process))
		ret = -EPERM;
	else if (r->sig)
		ret = signal_send_thread(t, &r->info);
	thread_put(t);
	return ret;
}

long sys_tgkill(struct thread *self, int tgid, int tid, int sig)
{
	struct kill_request r;

	if (sig < 0 || sig > NSIG || tgid <= 0)
		return -EINVAL;
	request_init(&r, self, sig, SI_TKILL);
	return signal_task(&r, tgid, tid);
}

long sys_tkill(struct thread *self, int tid, int sig)
{
	struct kill_request r;

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	request_init(&r, self, sig, SI_TKILL);
	return signal_task(&r, 0, tid);
}

/*
 * A program's own siginfo: it may not pretend that the kernel or kill(2) sent it
 * to somebody else.
 */
static int read_info(struct kill_request *r, int target,
                     const void __user *info)
{
	int ret = copy_from_user(&r->info, info, sizeof(r->info));

	if (ret < 0)
		return ret;
	r->info.signo = r->sig;
	if ((r->info.code >= 0 || r->info.code == SI_TKILL) &&
	    target != process_tgid(r->self))
		return -EPERM;
	return 0;
}

long sys_rt_sigqueueinfo(struct thread *self, int pid, int sig,
                         const void __user *info)
{
	struct kill_request r;
	int ret;

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	request_init(&r, self, sig, SI_QUEUE);
	ret = read_info(&r, pid, info);
	return ret < 0 ? ret : kill_one(&r, pid);
}

long sys_rt_tgsigqueueinfo(struct thread *self, int tgid, int tid, int sig,
                           const void __user *info)
{
	struct kill_request r;
	int ret;

	if (sig < 0 || sig > NSIG || tgid <= 0 || tid <= 0)
		return -EINVAL;
	request_init(&r, self, sig, SI_QUEUE);
	ret = read_info(&r, tgid, info);
	return ret < 0 ? ret : signal_task(&r, tgid, tid);
}
