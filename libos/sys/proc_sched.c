/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_sched.c - what programs may ask of the scheduler.
 *
 * There is one class, round robin, so policies and priorities are numbers that
 * are kept.  What sched_getaffinity() shows is what /proc/cpuinfo shows: the
 * vCPUs of this run.
 */
#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/cred.h"
#include "libos/proc/process.h"
#include "libos/sched/sched.h"
#include "libos/sys/syscalls_gen.h"
#include "libos/sys/time_abi.h"

enum sched_policy {
	SCHED_OTHER = 0,
	SCHED_FIFO = 1,
	SCHED_RR = 2,
	SCHED_BATCH = 3,
	SCHED_IDLE = 5,
	SCHED_DEADLINE = 6
};
#define SCHED_RESET_ON_FORK 0x40000000

/* Masks have a bit for each vCPU; what is known of the 64th is the last's. */
enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };
enum { CPUS_MAX = 64, PRIORITY_RT_MIN = 1, PRIORITY_RT_MAX = 99 };

long sys_sched_yield(struct thread *self)
{
	(void)self;
	sched_yield();
	return 0;
}

/* The thread itself for 0, else a new reference. */
static struct thread *task_get(struct thread *self, int tid)
{
	if (tid == 0) {
		thread_get(self);
		return self;
	}
	return tid > 0 ? thread_lookup(tid) : NULL;
}

static uint64_t present_cpus(void)
{
	uint32_t n = MIN(sched_nvcpus(), (uint32_t)CPUS_MAX);

	return n == CPUS_MAX ? UINT64_MAX : (1ull << n) - 1;
}

long sys_sched_setaffinity(struct thread *self, int pid, size_t size,
                           void __user *mask)
{
	uint64_t wanted = 0;
	struct thread *t;
	int ret;

	ret = copy_from_user(&wanted, mask, MIN(size, sizeof(wanted)));
	if (ret < 0)
		return ret;
	if (!(wanted & present_cpus()))
		return -EINVAL;
	t = task_get(self, pid);
	if (!t)
		return -ESRCH;
	WRITE_ONCE(t->affinity, wanted);
	thread_put(t);
	return 0;
}

long sys_sched_getaffinity(struct thread *self, int pid, size_t size,
                           void __user *mask)
{
	struct thread *t;
	uint64_t now;
	int ret;

	if (size < sizeof(now) || size % sizeof(now))
		return -EINVAL;
	t = task_get(self, pid);
	if (!t)
		return -ESRCH;
	now = READ_ONCE(t->affinity) & present_cpus();
	thread_put(t);
	ret = copy_to_user(mask, &now, sizeof(now));
	return ret < 0 ? ret : (long)sizeof(now);
}

static bool policy_is_ordinary(int policy)
{
	return policy == SCHED_OTHER || policy == SCHED_BATCH ||
	       policy == SCHED_IDLE;
}

static int set_policy(struct thread *self, int pid, int policy,
                      uint32_t priority)
{
	struct thread *t;

	policy &= ~SCHED_RESET_ON_FORK;
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return priority < PRIORITY_RT_MIN || priority > PRIORITY_RT_MAX
		               ? -EINVAL
		               : -EPERM;
	if (!policy_is_ordinary(policy) || priority != 0)
		return -EINVAL;
	t = task_get(self, pid);
	if (!t)
		return -ESRCH;
	WRITE_ONCE(t->process->sched_policy, (uint32_t)policy);
	thread_put(t);
	return 0;
}

static long get_policy(struct thread *self, int pid)
{
	struct thread *t;
	long policy;

	if (pid < 0)
		return -EINVAL;
	t = task_get(self, pid);
	if (!t)
		return -ESRCH;
	policy = READ_ONCE(t->process->sched_policy);
	thread_put(t);
	return policy;
}

long sys_sched_setscheduler(struct thread *self, int pid, int policy,
                            void __user *param)
{
	uint32_t priority;
	int ret;

	if (pid < 0 || !user_addr(param))
		return -EINVAL;
	ret = get_user_u32(&priority, param);
	return ret < 0 ? ret : set_policy(self, pid, policy, priority);
}

long sys_sched_getscheduler(struct thread *self, int pid)
{
	return get_policy(self, pid);
}

long sys_sched_setparam(struct thread *self, int pid, void __user *param)
{
	long policy = get_policy(self, pid);

	if (policy < 0)
		return policy;
	return sys_sched_setscheduler(self, pid, (int)policy, param);
}

long sys_sched_getparam(struct thread *self, int pid, void __user *param)
{
	long policy = get_policy(self, pid);

	if (policy < 0)
		return policy;
	return user_addr(param) ? put_user_u32(param, 0) : -EINVAL;
}

long sys_sched_get_priority_max(struct thread *self, int policy)
{
	(void)self;
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return PRIORITY_RT_MAX;
	return policy_is_ordinary(policy) || policy == SCHED_DEADLINE ? 0
	                                                              : -EINVAL;
}

long sys_sched_get_priority_min(struct thread *self, int policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return PRIORITY_RT_MIN;
	return sys_sched_get_priority_max(self, policy);
}

long sys_sched_rr_get_interval(struct thread *self, int pid,
                               void __user *interval)
{
	long policy = get_policy(self, pid);

	if (policy < 0)
		return policy;
	return timespec_write(interval, SCHED_QUANTUM_NS);
}

/* struct sched_attr of sched_setattr(2), first version. */
struct sched_attr {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};
static_assert(sizeof(struct sched_attr) == 48, "sched_setattr(2)");

long sys_sched_setattr(struct thread *self, int pid, void __user *attr,
                       uint32_t flags)
{
	struct sched_attr a = { 0 };
	int ret;

	if (pid < 0 || flags || !user_addr(attr))
		return -EINVAL;
	ret = copy_from_user(&a, attr, sizeof(a));
	if (ret == 0 && a.size && a.size < sizeof(a))
		ret = -E2BIG;
	if (ret == 0)
		ret = set_policy(self, pid, (int)a.policy, a.priority);
	if (ret == 0)
		ret = (int)sys_setpriority(self, PRIO_PROCESS, pid, a.nice);
	return ret == -EACCES ? -EPERM : ret;
}

long sys_sched_getattr(struct thread *self, int pid, void __user *attr,
                       uint32_t size, uint32_t flags)
{
	struct sched_attr a = { .size = sizeof(a) };
	long policy;

	if (flags || !user_addr(attr) || size < sizeof(a) || size > PAGE_SIZE)
		return -EINVAL;
	policy = get_policy(self, pid);
	if (policy < 0)
		return policy;
	a.policy = (uint32_t)policy;
	a.nice = READ_ONCE(self->process->nice);
	return copy_to_user(attr, &a, sizeof(a));
}

/* --- nice values --- */

enum { NICE_MIN = -20, NICE_MAX = 19 };

struct nice_search {
	int which;
	int32_t id;
	int set;  /* new value, or NICE_KEEP */
	int best; /* lowest found; NICE_MAX + 1: none */
	int error;
	bool may_all; /* CAP_SYS_NICE */
	uint32_t euid;
};
#define NICE_KEEP 100

static bool nice_matches(const struct process *p, const struct nice_search *s)
{
	switch (s->which) {
	case PRIO_PROCESS:
		return p->pid.nr == s->id;
	case PRIO_PGRP:
		return p->pgid == s->id;
	default:
		return (int32_t)p->cred.uid == s->id;
	}
}

/* setpriority(2), "ERRORS". */
static void nice_set(struct process *p, struct nice_search *s)
{
	if (!s->may_all && s->euid != p->cred.uid && s->euid != p->cred.euid)
		s->error = -EPERM;
	else if (!s->may_all && s->set < p->nice)
		s->error = -EACCES;
	else
		p->nice = s->set;
}

static int nice_visit(struct process *p, void *arg)
{
	struct nice_search *s = arg;

	if (!nice_matches(p, s))
		return 0;
	if (s->set != NICE_KEEP)
		nice_set(p, s);
	s->best = MIN(s->best, (int)p->nice);
	return 0;
}

/* 0 with the lowest value in *@best, -EINVAL or -ESRCH. */
static int nice_walk(struct thread *self, struct nice_search *s)
{
	struct cred c;

	if (s->which < PRIO_PROCESS || s->which > PRIO_USER)
		return -EINVAL;
	if (s->id == 0 && s->which == PRIO_PROCESS)
		s->id = process_tgid(self);
	if (s->id == 0 && s->which == PRIO_PGRP)
		s->id = (int32_t)sys_getpgrp(self);
	cred_read(self, &c);
	if (s->id == 0 && s->which == PRIO_USER)
		s->id = (int32_t)c.uid;
	s->euid = c.euid;
	s->may_all = cred_has_cap(self, CAP_SYS_NICE);
	s->best = NICE_MAX + 1;
	(void)process_for_each(nice_visit, s);
	return s->best > NICE_MAX ? -ESRCH : s->error;
}

/* As the raw call has it: 20 - nice, so that no answer is negative. */
long sys_getpriority(struct thread *self, int which, int who)
{
	struct nice_search s = { .which = which, .id = who, .set = NICE_KEEP };
	int ret = nice_walk(self, &s);

	return ret < 0 ? ret : 20 - s.best;
}

long sys_setpriority(struct thread *self, int which, int who, int nice)
{
	struct nice_search s = {
		.which = which,
		.id = who,
		.set = MAX(MIN(nice, (int)NICE_MAX), (int)NICE_MIN),
	};

	return nice_walk(self, &s);
}

enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER };
enum { IOPRIO_CLASS_IDLE = 3, IOPRIO_CLASS_SHIFT = 13 };

long sys_ioprio_set(struct thread *self, int which, int who, int ioprio)
{
	if (ioprio >> IOPRIO_CLASS_SHIFT > IOPRIO_CLASS_IDLE)
		return -EINVAL;
	return sys_ioprio_get(self, which, who);
}

/* Class none: derived from the nice value, as for who never set one. */
long sys_ioprio_get(struct thread *self, int which, int who)
{
	struct thread *t;

	if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER)
		return -EINVAL;
	if (which != IOPRIO_WHO_PROCESS)
		return 0;
	t = task_get(self, who);
	if (!t)
		return -ESRCH;
	thread_put(t);
	return 0;
}

long sys_getcpu(struct thread *self, uint32_t __user *cpu,
                uint32_t __user *node, uint64_t unused)
{
	int ret = 0;

	(void)self;
	(void)unused;
	if (user_addr(cpu))
		ret = put_user_u32(cpu, sched_vcpu_index());
	if (ret == 0 && user_addr(node))
		ret = put_user_u32(node, 0);
	return ret;
}

enum membarrier_cmd {
	MEMBARRIER_QUERY = 0,
	MEMBARRIER_GLOBAL = 1,
	MEMBARRIER_PRIVATE = 1 << 3,
	MEMBARRIER_REGISTER_PRIVATE = 1 << 4,
	MEMBARRIER_PRIVATE_SYNC_CORE = 1 << 5,
	MEMBARRIER_REGISTER_PRIVATE_SYNC_CORE = 1 << 6
};
#define MEMBARRIER_KNOWN                                                       \
	(MEMBARRIER_GLOBAL | MEMBARRIER_PRIVATE |                              \
	 MEMBARRIER_REGISTER_PRIVATE | MEMBARRIER_PRIVATE_SYNC_CORE |          \
	 MEMBARRIER_REGISTER_PRIVATE_SYNC_CORE)

long sys_membarrier(struct thread *self, int cmd, uint32_t flags, int cpu)
{
	(void)cpu;
	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_QUERY:
		return MEMBARRIER_KNOWN;
	case MEMBARRIER_REGISTER_PRIVATE:
	case MEMBARRIER_REGISTER_PRIVATE_SYNC_CORE:
		return 0;
	case MEMBARRIER_GLOBAL:
	case MEMBARRIER_PRIVATE:
	case MEMBARRIER_PRIVATE_SYNC_CORE:
		proc_mm_barrier(self->mm);
		return 0;
	default:
		return -EINVAL;
	}
}
