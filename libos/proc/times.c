/* SPDX-License-Identifier: Apache-2.0 */
/*
 * times.c - CPU time of threads, processes and the children they waited for.
 */
#include "libos/proc/internal.h"
#include "libos/time/clock.h"

void proc_times_add(struct proc_times *sum, const struct proc_times *t)
{
	sum->user_ns += t->user_ns;
	sum->kernel_ns += t->kernel_ns;
	sum->nvcsw += t->nvcsw;
	sum->nivcsw += t->nivcsw;
	sum->minflt += t->minflt;
	sum->majflt += t->majflt;
	sum->maxrss_kib = MAX(sum->maxrss_kib, t->maxrss_kib);
}

/*
 * The kernel does not look at the clock at each system call; a thread's time is
 * known as a whole, and what is not known to be the kernel's is the program's.
 */
void thread_times(const struct thread *t, struct proc_times *ret)
{
	uint64_t run = READ_ONCE(t->run_ns);
	uint64_t kernel = READ_ONCE(t->kernel_ns);

	/* The part since it came to run is not in run_ns yet. */
	if (t == thread_self())
		run += clock_monotonic_ns() - t->switched_in_ns;
	*ret = (struct proc_times){
		.kernel_ns = MIN(kernel, run),
		.user_ns = run - MIN(kernel, run),
		.nvcsw = READ_ONCE(t->nvcsw),
		.nivcsw = READ_ONCE(t->nivcsw),
	};
}

void process_keep_times(struct process *p, const struct thread *t)
{
	struct proc_times mine;

	thread_times(t, &mine);
	spin_lock(&p->limits_lock);
	proc_times_add(&p->dead_times, &mine);
	spin_unlock(&p->limits_lock);
}

void process_times(struct process *p, struct proc_times *ret)
{
	struct proc_times mine;
	struct thread *t;

	spin_lock(&p->sig.lock);
	spin_lock(&p->limits_lock);
	*ret = p->dead_times;
	spin_unlock(&p->limits_lock);
	list_for_each_entry (t, &p->sig.threads, process_node) {
		thread_times(t, &mine);
		proc_times_add(ret, &mine);
	}
	spin_unlock(&p->sig.lock);
}
