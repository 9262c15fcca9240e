/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.c - the life of struct process, and finding one.
 */
#include "libos/proc/process.h"

#include "base/string.h"
#include "libos/fs/file.h"
#include "libos/mm/kheap.h"
#include "libos/proc/internal.h"
#include "libos/time/clock.h"

struct list all_processes = LIST_INIT(all_processes);

static struct process *first_process; /* under proc_lock */

/* Linux's INIT_RLIMITS where a container keeps them; others are unlimited. */
#define LOCKED_MAX (64ull << 10)
#define FILES_SOFT 1024ull
#define FILES_HARD 4096ull
#define MSGQUEUE_MAX 819200ull

static void limits_init(struct process *p)
{
	struct rlimit *l = p->rlimits;
	unsigned int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		l[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	l[RLIMIT_STACK].cur = proc_config.stack_size;
	l[RLIMIT_CORE].cur = 0;
	l[RLIMIT_NPROC] = (struct rlimit){ proc_config.max_threads,
		                           proc_config.max_threads };
	l[RLIMIT_NOFILE] = (struct rlimit){ FILES_SOFT, FILES_HARD };
	l[RLIMIT_MEMLOCK] = (struct rlimit){ LOCKED_MAX, LOCKED_MAX };
	l[RLIMIT_SIGPENDING] = (struct rlimit){ SIGQUEUE_MAX, SIGQUEUE_MAX };
	l[RLIMIT_MSGQUEUE] = (struct rlimit){ MSGQUEUE_MAX, MSGQUEUE_MAX };
	l[RLIMIT_NICE] = (struct rlimit){ 0, 0 };
	l[RLIMIT_RTPRIO] = (struct rlimit){ 0, 0 };
}

static void inherit(struct process *p, struct process *parent)
{
	spin_lock(&parent->limits_lock);
	p->cred = parent->cred;
	memcpy(p->rlimits, parent->rlimits, sizeof(p->rlimits));
	p->dumpable = parent->dumpable;
	p->personality = parent->personality;
	p->nice = parent->nice;
	p->sched_policy = parent->sched_policy;
	spin_unlock(&parent->limits_lock);

	mutex_lock(&parent->lock);
	p->exe = parent->exe ? file_get(parent->exe) : NULL;
	mutex_unlock(&parent->lock);
}

struct process *process_create(struct process *parent, struct sighand *actions)
{
	struct process *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	p->refs = 1;
	p->pid.process = p;
	list_init(&p->pid.node);
	list_init(&p->all_node);
	list_init(&p->children);
	list_init(&p->sibling);
	waitq_init(&p->child_wait);
	mutex_init(&p->lock, RANK_PROC);
	spin_init(&p->limits_lock, RANK_LEAF);
	signal_group_init(&p->sig, actions);
	itimer_init(&p->real_timer, &p->sig);
	p->start_ns = clock_monotonic_ns();
	p->dumpable = 1;
	if (parent)
		inherit(p, parent);
	else
		limits_init(p);
	return p;
}

static void process_destroy(struct process *p)
{
	signal_group_fini(&p->sig);
	file_put(p->exe);
	kfree(p);
}

struct process *process_get(struct process *p)
{
	__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
	return p;
}

void process_put(struct process *p)
{
	if (p && __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0)
		process_destroy(p);
}

void process_enter(struct process *p, struct process *parent)
{
	process_get(p); /* the table's */
	pid_enter(&p->pid);
	spin_lock(&proc_lock);
	list_add_tail(&all_processes, &p->all_node);
	p->parent = parent;
	if (parent) {
		list_add_tail(&parent->children, &p->sibling);
		p->pgid = parent->pgid;
		p->sid = parent->sid;
	} else {
		first_process = p;
		p->pgid = p->pid.nr;
		p->sid = p->pid.nr;
	}
	spin_unlock(&proc_lock);
}

void process_leave(struct process *p)
{
	spin_lock(&proc_lock);
	process_reap_locked(p);
	spin_unlock(&proc_lock);
	process_put(p);
}

void process_reap_locked(struct process *p)
{
	p->state = PROCESS_REAPED;
	pid_remove_locked(&p->pid);
	list_del(&p->all_node);
	list_del(&p->sibling);
	p->parent = NULL;
	if (p == first_process)
		first_process = NULL;
}

int process_for_each(int (*func)(struct process *p, void *arg), void *arg)
{
	struct process *p;
	int ret = 0;

	spin_lock(&proc_lock);
	list_for_each_entry (p, &all_processes, all_node) {
		ret = func(p, arg);
		if (ret)
			break;
	}
	spin_unlock(&proc_lock);
	return ret;
}

struct process *process_first(void)
{
	return READ_ONCE(first_process);
}

uint64_t process_rlimit(struct process *p, enum rlimit_resource r)
{
	uint64_t cur;

	spin_lock(&p->limits_lock);
	cur = p->rlimits[r].cur;
	spin_unlock(&p->limits_lock);
	return cur;
}
