/* SPDX-License-Identifier: Apache-2.0 */
/*
 * running.c - which threads of an address space are on other vCPUs now.
 *
 * Asked when an overlay is to be moved out, which is rare enough to walk all
 * threads for it.
 */
#include "libos/proc/internal.h"
#include "libos/sched/sched.h"

/* Where threads are looked for. */
enum search_where {
	ON_A_VCPU,
	ON_A_QUEUE_TOO /* of threads that are ready to run */
};

struct search {
	struct mm *mm;
	struct thread *self;
	uint32_t pending; /* look for threads that have all of these bits */
	enum search_where where;
	uint32_t notify; /* thread_work bits to set on each; 0: only look */
};

static bool runs(const struct thread *t, const struct search *s)
{
	uint32_t work = __atomic_load_n(&t->work, __ATOMIC_SEQ_CST);

	if (t == s->self || t->mm != s->mm || (work & s->pending) != s->pending)
		return false;
	return READ_ONCE(t->on_cpu) || (s->where == ON_A_QUEUE_TOO &&
	                                READ_ONCE(t->state) == THREAD_RUNNABLE);
}

static int visit(struct process *p, void *arg)
{
	const struct search *s = arg;
	struct thread *t;
	int found = 0;

	spin_lock(&p->sig.lock);
	list_for_each_entry (t, &p->sig.threads, process_node) {
		if (!runs(t, s))
			continue;
		found = 1;
		if (!s->notify)
			break;
		sched_notify(t, s->notify);
	}
	spin_unlock(&p->sig.lock);
	return s->notify ? 0 : found;
}

bool proc_mm_runs_elsewhere(struct mm *mm)
{
	struct search s = { .mm = mm, .self = thread_self() };

	return process_for_each(visit, &s) != 0;
}

bool proc_mm_is_runnable(struct mm *mm)
{
	struct search s = { .mm = mm,
		            .self = thread_self(),
		            .where = ON_A_QUEUE_TOO };

	return process_for_each(visit, &s) != 0;
}

void proc_mm_kick_out(struct mm *mm)
{
	struct search s = { .mm = mm,
		            .self = thread_self(),
		            .notify = WORK_MM | WORK_RESCHED };

	(void)process_for_each(visit, &s);
}

/* The way through the kernel clears the bit; leaving the vCPU does as well. */
void proc_mm_barrier(struct mm *mm)
{
	struct search s = { .mm = mm,
		            .self = thread_self(),
		            .notify = WORK_RESCHED };

	(void)process_for_each(visit, &s);
	s.notify = 0;
	s.pending = WORK_RESCHED;
	while (process_for_each(visit, &s))
		sched_yield();
}
