/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family_test.c - numbers, parents, zombies, orphans and waiting, without
 * threads that run: a process's last thread is taken away by hand.
 */
#include "base/errno.h"
#include "libos/fs/file.h"
#include "libos/libos_errno.h"
#include "libos/proc/internal.h"
#include "libos/proc/itimer.h"
#include "libos/proc/wait.h"
#include "libos/sched/sched.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/fake/fake.h"

struct proc_config proc_config;

/* No file is open here. */
void file_put(struct file *f)
{
	CHECK(!f);
}

struct file *file_get(struct file *f)
{
	return f;
}

static struct process *init;
static int hook_status;

static void hook(int status)
{
	hook_status = status;
}

static const struct thread_ops thread_ops = { .release = task_release };

static struct process *make(struct process *parent)
{
	struct process *p = process_create(parent, sighand_create());
	struct task *task = task_create(p);

	p->exit_signal = SIGCHLD;
	process_enter(p, parent);
	p->pid.thread = &task->thread;
	task->thread.tid = p->pid.nr;
	CHECK(signal_group_add(&p->sig, &task->thread));
	process_put(p);
	return p; /* the table's reference keeps it */
}

/* As thread_exit(), but for what belongs to a thread that ran. */
static void end(struct process *p, int status)
{
	struct thread *t = p->pid.thread;

	p->exit_status = status;
	p->pid.thread = NULL;
	process_keep_times(p, t);
	if (signal_group_remove(&p->sig, t) == 0)
		process_exit(p);
	thread_put(t);
}

static void set_up(void)
{
	proc_config = (struct proc_config){ .stack_size = 8 << 20,
		                            .max_threads = 16 };
	pid_init();
	thread_set_ops(&thread_ops);
	hook_status = -1;
	proc_set_exit_hook(hook);
	init = make(NULL);
	fake_thread()->process = init;
}

static void tear_down(void)
{
	struct process *p = init;

	process_get(p);
	end(p, 0);
	CHECK_EQ(hook_status, 0);
	process_leave(p);
	process_put(p);
	CHECK_EQ(proc_nthreads(), 0);
	CHECK(!process_first());
}

static long wait_for(struct process *p, enum wait_which which, int32_t id,
                     uint32_t options, struct wait_result *ret)
{
	struct wait_request req = { .which = which,
		                    .id = id,
		                    .options = options };

	return process_wait(p, &req, ret);
}

static void numbers(void)
{
	struct process *a, *found;
	struct wait_result r;

	set_up();
	CHECK_EQ(init->pid.nr, 1);
	a = make(init);
	CHECK_EQ(a->pid.nr, 2);
	CHECK_EQ(a->pgid, 1);
	found = process_lookup(2);
	CHECK(found == a);
	process_put(found);
	CHECK(!process_lookup(3));
	CHECK(!thread_lookup(77));
	end(a, 0);
	CHECK(!thread_lookup(2));
	found = process_lookup(2); /* a zombie is found */
	CHECK(found == a);
	process_put(found);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), 2);
	CHECK(!process_lookup(2));
	a = make(init);
	CHECK_EQ(a->pid.nr, 3); /* not at once again */
	end(a, 0);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), 3);
	tear_down();
}

static void thread_limit(void)
{
	struct task *tasks[20];
	int i, n = 0;

	set_up();
	for (i = 0; i < 20; i++) {
		tasks[n] = task_create(init);
		if (tasks[n])
			n++;
	}
	CHECK_EQ(n, 15);
	while (n--)
		thread_put(&tasks[n]->thread);
	CHECK_EQ(proc_nthreads(), 1);
	tear_down();
}

static void waiting(void)
{
	struct process *a, *b;
	struct wait_result r;

	set_up();
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), -ECHILD);
	a = make(init);
	b = make(init);
	b->pgid = b->pid.nr;
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED | WNOHANG, &r), 0);
	CHECK_EQ(wait_for(init, WAIT_PID, 99, WEXITED, &r), -ECHILD);
	CHECK_EQ(wait_for(init, WAIT_PGID, 99, WEXITED, &r), -ECHILD);
	end(b, 0x700);
	CHECK_EQ(wait_for(init, WAIT_PID, a->pid.nr, WEXITED | WNOHANG, &r), 0);
	CHECK_EQ(wait_for(init, WAIT_PGID, 3, WEXITED | WNOWAIT, &r), 3);
	CHECK_EQ(wait_for(init, WAIT_PGID, 3, WUNTRACED | WNOHANG, &r), 0);
	CHECK_EQ(wait_for(init, WAIT_PGID, 3, WEXITED, &r), 3);
	CHECK_EQ(r.status, 0x700);
	CHECK_EQ(wait_for(init, WAIT_PGID, 3, WEXITED, &r), -ECHILD);
	signal_group_exit(&a->sig, SIGKILL);
	end(a, 0x100);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), 2);
	CHECK_EQ(r.status, SIGKILL); /* what ended all wins */
	tear_down();
}

static struct process *idle_victim;

static bool idle_end(void)
{
	struct process *p = idle_victim;

	idle_victim = NULL;
	if (p)
		end(p, 0x500);
	return p != NULL;
}

static void sleeps_until_one_ends(void)
{
	struct wait_result r;
	struct process *a;

	set_up();
	idle_victim = make(init);
	fake_idle = idle_end;
	/* SIGCHLD is ignored by default, so the sleep goes on to its end. */
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), 2);
	CHECK_EQ(r.status, 0x500);
	a = make(init);
	thread_set_work(fake_thread(), WORK_SIGNAL);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), -ERESTARTSYS);
	thread_clear_work(fake_thread(), WORK_SIGNAL);
	end(a, 0);
	fake_idle = NULL;
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), 3);
	tear_down();
}

static void clone_children(void)
{
	struct process *a;
	struct wait_result r;

	set_up();
	a = make(init);
	a->exit_signal = 0;
	end(a, 0);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), -ECHILD);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED | WNOWAIT | __WCLONE, &r),
	         2);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED | __WALL, &r), 2);
	tear_down();
}

static void catch_chld(struct process *p, uint64_t handler, uint64_t flags)
{
	struct sigaction_user a = { .handler = handler, .flags = flags }, old;

	signal_swap_action(p->pid.thread, SIGCHLD, &a, &old);
}

static void parent_is_told(void)
{
	struct siginfo info;
	struct process *a;
	struct wait_result r;

	set_up();
	catch_chld(init, 0x401000, 0);
	a = make(init);
	end(a, SIGSEGV | 0x80);
	CHECK(signal_dequeue(init->pid.thread, UINT64_MAX, &info));
	CHECK_EQ(info.signo, SIGCHLD);
	CHECK_EQ(info.code, CLD_DUMPED);
	CHECK_EQ(info.child.pid, 2);
	CHECK_EQ(info.child.status, SIGSEGV);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), 2);
	tear_down();
}

static void no_zombies_wanted(void)
{
	struct wait_result r;

	set_up();
	catch_chld(init, SIG_IGN, 0);
	end(make(init), 0);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), -ECHILD);
	CHECK(!process_lookup(2));
	catch_chld(init, 0x401000, SA_NOCLDWAIT);
	end(make(init), 0);
	CHECK(!process_lookup(3));
	tear_down();
}

static void orphans(void)
{
	struct process *a, *b, *c, *dead;
	struct wait_result r;

	set_up();
	a = make(init);
	b = make(a);
	c = make(b);
	dead = make(b);
	end(dead, 0x900);
	c->exit_signal = 0; /* who inherits it hears of it nevertheless */
	a->is_subreaper = true;
	end(b, 0);
	CHECK(c->parent == a && dead->parent == a);
	CHECK_EQ(wait_for(a, WAIT_PID, dead->pid.nr, WEXITED, &r), 5);
	end(a, 0);
	CHECK(c->parent == init);
	end(c, 0);
	CHECK_EQ(wait_for(init, WAIT_PID, 4, WEXITED, &r), 4);
	CHECK_EQ(wait_for(init, WAIT_PID, 2, WEXITED, &r), 2);
	CHECK_EQ(wait_for(init, WAIT_PID, 3, WEXITED, &r), 3);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), -ECHILD);
	tear_down();
}

static void parent_death_signal(void)
{
	struct process *a, *b;
	struct wait_result r;

	set_up();
	a = make(init);
	b = make(a);
	task_of(b->pid.thread)->pdeath_signal = SIGTERM;
	end(a, 0);
	CHECK(signal_group_is_exiting(&b->sig));
	CHECK_EQ(b->sig.exit_status, SIGTERM);
	end(b, 0);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), 2);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), 3);
	tear_down();
}

static void times_add_up(void)
{
	struct proc_times t;
	struct process *a;
	struct wait_result r;

	set_up();
	a = make(init);
	a->pid.thread->run_ns = 1000;
	a->pid.thread->kernel_ns = 300;
	process_times(a, &t);
	CHECK_EQ(t.user_ns, 700);
	CHECK_EQ(t.kernel_ns, 300);
	end(a, 0);
	CHECK_EQ(wait_for(init, WAIT_ANY, 0, WEXITED, &r), 2);
	CHECK_EQ(r.times.user_ns, 700);
	CHECK_EQ(init->children_times.kernel_ns, 300);
	tear_down();
}

static void real_timer(void)
{
	struct itimer_value v = { .left_ns = 1000, .interval_ns = 400 };
	struct siginfo info;

	set_up();
	signal_set_mask(init->pid.thread, UINT64_MAX);
	itimer_set(&init->real_timer, &v);
	fake_clock_advance(999);
	CHECK_EQ(signal_pending_set(init->pid.thread), 0);
	fake_clock_advance(1);
	CHECK(signal_dequeue(init->pid.thread, UINT64_MAX, &info));
	CHECK_EQ(info.signo, SIGALRM);
	itimer_get(&init->real_timer, &v);
	CHECK_EQ(v.left_ns, 400);
	fake_clock_advance(5000); /* many periods, one signal */
	CHECK(signal_dequeue(init->pid.thread, UINT64_MAX, &info));
	CHECK(!signal_dequeue(init->pid.thread, UINT64_MAX, &info));
	itimer_get(&init->real_timer, &v);
	CHECK(v.left_ns > 0 && v.left_ns <= 400);
	v = (struct itimer_value){ 0 };
	itimer_set(&init->real_timer, &v);
	fake_clock_advance(5000);
	CHECK_EQ(signal_pending_set(init->pid.thread), 0);
	tear_down();
}

/* Everything that a new process needs, or nothing. */
static bool try_process(void)
{
	struct sighand *s = sighand_create();
	struct process *p = s ? process_create(init, s) : NULL;
	struct task *task = p ? task_create(p) : NULL;

	if (task)
		thread_put(&task->thread);
	if (p)
		process_put(p);
	else
		sighand_put(s);
	return task != NULL;
}

static void failing_allocations(void)
{
	uint64_t n = 0;

	set_up();
	do
		fake_fault_alloc(++n);
	while (!try_process() && n < 20);
	fake_fault_alloc(0);
	CHECK_EQ(n, 6); /* actions, process, task, stack, vectors: all fail */
	tear_down();
}

int main(void)
{
	fake_init(&fake_default);
	numbers();
	thread_limit();
	waiting();
	sleeps_until_one_ends();
	clone_children();
	parent_is_told();
	no_zombies_wanted();
	orphans();
	parent_death_signal();
	times_add_up();
	real_timer();
	failing_allocations();
	CHECK_EQ(fake_fini(), 0);
	return check_result();
}
