/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stat.c - /proc/PID/stat and statm, proc(5): what ps and top read.
 */
#include "base/errno.h"
#include "base/units.h"
#include "libos/cpu/vcpu.h"
#include "libos/mm/mm.h"
#include "libos/proc/procfs/internal.h"
#include "libos/time/clock.h"

#define NSEC_PER_TICK (NSEC_PER_SEC / TICKS_PER_SEC)
#define DEFAULT_PRIORITY 20

char thread_state_letter(const struct thread *t)
{
	if (!t)
		return 'Z';
	switch (READ_ONCE(t->state)) {
	case THREAD_SLEEPING:
		return READ_ONCE(t->sleep_mode) == SLEEP_UNINTERRUPTIBLE ? 'D'
		                                                         : 'S';
	case THREAD_DEAD:
		return 'X';
	default:
		return 'R';
	}
}

struct pid_stat {
	struct process *process;
	struct thread *thread; /* NULL: a zombie */
	struct mm *mm;         /* NULL: it has let go */
	struct mm_usage usage;
	struct proc_times times, children;
	int32_t ppid, pgid, sid, nice;
	uint32_t nthreads;
	uint64_t rss_limit;
};

static void read_family(struct pid_stat *s)
{
	struct process *p = s->process;

	spin_lock(&proc_lock);
	s->ppid = p->parent ? p->parent->pid.nr : 0;
	s->pgid = p->pgid;
	s->sid = p->sid;
	s->children = p->children_times;
	spin_unlock(&proc_lock);
	spin_lock(&p->limits_lock);
	s->nice = p->nice;
	s->rss_limit = p->rlimits[RLIMIT_RSS].cur;
	spin_unlock(&p->limits_lock);
	s->nthreads = READ_ONCE(p->sig.nthreads);
}

static int stat_begin(uint64_t key, struct pid_stat *s)
{
	*s = (struct pid_stat){ .process = key_process(key) };
	if (!s->process)
		return -ESRCH;
	s->thread = key_thread(key);
	s->mm = s->thread ? thread_mm_get(s->thread) : NULL;
	if (s->mm)
		mm_usage(s->mm, &s->usage);
	read_family(s);
	process_times(s->process, &s->times);
	if ((key & KEY_THREAD) && s->thread)
		s->times = (struct proc_times){ .user_ns = s->thread->run_ns };
	return 0;
}

static void stat_end(struct pid_stat *s)
{
	if (s->mm)
		mm_put(s->mm);
	if (s->thread)
		thread_put(s->thread);
	process_put(s->process);
}

static unsigned long long ticks(uint64_t ns)
{
	return ns / NSEC_PER_TICK;
}

/* Fields 3 to 24. */
static void print_times(struct synth_text *t, const struct pid_stat *s)
{
	uint64_t since_boot = s->process->start_ns - clock_boot_ns();

	synth_print(t, "%c %d %d %d 0 -1 0 %llu 0 %llu 0 ",
	            thread_state_letter(s->thread), s->ppid, s->pgid, s->sid,
	            (unsigned long long)s->times.minflt,
	            (unsigned long long)s->times.majflt);
	synth_print(t, "%llu %llu %llu %llu %d %d %u 0 %llu ",
	            ticks(s->times.user_ns), ticks(s->times.kernel_ns),
	            ticks(s->children.user_ns), ticks(s->children.kernel_ns),
	            DEFAULT_PRIORITY + s->nice, s->nice, s->nthreads,
	            ticks(since_boot));
	synth_print(t, "%llu %llu ",
	            (unsigned long long)s->usage.size * PAGE_SIZE,
	            (unsigned long long)s->usage.resident);
}

static unsigned int last_vcpu(const struct thread *t)
{
	const struct vcpu *v = t ? READ_ONCE(t->vcpu) : NULL;

	return v ? v->index : 0;
}

/* Fields 25 to 41: addresses are shown to whoever may read the file. */
static void print_addresses(struct synth_text *t, const struct pid_stat *s)
{
	const struct mm *mm = s->mm;

	synth_print(t, "%llu %llu %llu %llu 0 0 0 0 0 0 0 0 0 %d %u 0 0 ",
	            (unsigned long long)s->rss_limit,
	            mm ? (unsigned long long)mm->code_start : 0,
	            mm ? (unsigned long long)mm->code_end : 0,
	            mm ? (unsigned long long)mm->stack_end : 0,
	            s->process->exit_signal, last_vcpu(s->thread));
}

/* Fields 42 to 52. */
static void print_rest(struct synth_text *t, const struct pid_stat *s)
{
	const struct mm *mm = s->mm;

	synth_print(t, "0 0 0 ");
	if (mm)
		synth_print(t, "%llu %llu %llu %llu %llu %llu %llu ",
		            (unsigned long long)mm->data_start,
		            (unsigned long long)mm->data_end,
		            (unsigned long long)mm->brk_start,
		            (unsigned long long)mm->arg_start,
		            (unsigned long long)mm->arg_end,
		            (unsigned long long)mm->env_start,
		            (unsigned long long)mm->env_end);
	else
		synth_print(t, "0 0 0 0 0 0 0 ");
	synth_print(t, "%d\n", s->process->exit_status);
}

int show_pid_stat(uint64_t key, struct synth_text *t)
{
	struct pid_stat s;
	int err = stat_begin(key, &s);

	if (err < 0)
		return err;
	synth_print(t, "%d (%.*s) ", key_number(key), THREAD_NAME_SIZE - 1,
	            s.thread ? s.thread->name : "");
	print_times(t, &s);
	print_addresses(t, &s);
	print_rest(t, &s);
	stat_end(&s);
	return 0;
}

int show_pid_statm(uint64_t key, struct synth_text *t)
{
	struct mm_usage u = { 0 };
	struct mm *mm = key_mm(key);

	if (mm) {
		mm_usage(mm, &u);
		mm_put(mm);
	}
	synth_print(t, "%llu %llu %llu %llu 0 %llu 0\n",
	            (unsigned long long)u.size, (unsigned long long)u.resident,
	            (unsigned long long)u.shared, (unsigned long long)u.text,
	            (unsigned long long)(u.data + u.stack));
	return 0;
}
