/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pid.c - the numbers of processes and threads.
 *
 * One table for both, as in Linux: a tgid is the number its first thread had.
 * Numbers ascend and wrap at PID_MAX; a number is not given out again while it
 * is that of a thread, a process, a group or a session.
 */
#include "base/hash.h"
#include "libos/proc/internal.h"

#define PID_BUCKETS 256

struct spinlock proc_lock = SPINLOCK_INIT(RANK_PID);

static struct list table[PID_BUCKETS];
static int32_t last_nr; /* under proc_lock, as all here */
static bool has_wrapped;

void pid_init(void)
{
	struct list *l;

	for (l = table; l < table + PID_BUCKETS; l++)
		list_init(l);
	last_nr = PID_FIRST - 1;
	has_wrapped = false;
}

static struct list *bucket_of(int32_t nr)
{
	return &table[hash_u64((uint64_t)nr) % PID_BUCKETS];
}

struct pid *pid_find_locked(int32_t nr)
{
	struct pid *pid;

	list_for_each_entry (pid, bucket_of(nr), node)
		if (pid->nr == nr)
			return pid;
	return NULL;
}

/* Groups and sessions outlive the process whose number they have. */
static bool is_in_use(int32_t nr)
{
	struct process *p;

	if (!has_wrapped)
		return false;
	if (pid_find_locked(nr))
		return true;
	list_for_each_entry (p, &all_processes, all_node)
		if (p->pgid == nr || p->sid == nr)
			return true;
	return false;
}

static int32_t next_number(int32_t nr)
{
	if (nr < PID_MAX - 1)
		return nr + 1;
	has_wrapped = true;
	return PID_FIRST + 1; /* the first number is the first process's */
}

void pid_enter(struct pid *pid)
{
	int32_t nr;

	spin_lock(&proc_lock);
	nr = next_number(last_nr);
	while (is_in_use(nr))
		nr = next_number(nr);
	last_nr = nr;
	pid->nr = nr;
	list_add(bucket_of(nr), &pid->node);
	spin_unlock(&proc_lock);
}

void pid_remove_locked(struct pid *pid)
{
	list_del(&pid->node);
}

struct process *process_lookup(int32_t nr)
{
	struct process *p = NULL;
	struct pid *pid;

	spin_lock(&proc_lock);
	pid = pid_find_locked(nr);
	if (pid && pid == &pid->process->pid)
		p = process_get(pid->process);
	spin_unlock(&proc_lock);
	return p;
}

struct thread *thread_lookup(int32_t tid)
{
	struct thread *t = NULL;
	struct pid *pid;

	spin_lock(&proc_lock);
	pid = pid_find_locked(tid);
	if (pid && pid->thread) {
		t = pid->thread;
		thread_get(t);
	}
	spin_unlock(&proc_lock);
	return t;
}
