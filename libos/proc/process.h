/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - processes, their threads, and the numbers that name them.
 *
 * A process is alive while it has threads, a zombie until its parent (or who
 * inherited it) has taken its status, then unreachable; the struct lives while
 * somebody holds a reference.  A thread is a struct task: the scheduler's struct
 * thread and what the layers above keep for it, in one allocation.
 *
 * Locking.  proc_lock (RANK_PID, a spinlock) covers the tables of numbers, the
 * family (parent, children, groups, sessions) and the change to zombie.
 * process->sig.lock covers the threads and the group exit.  process->lock
 * (RANK_PROC, sleeping) covers what exec replaces and /proc shows.
 * Credentials, limits and times have process->limits_lock, a spinlock.
 *
 * Start of the first process:
 *
 *	proc_config = ...;
 *	proc_init();
 *	ret = process_create_first(&boot, &process);
 */
#pragma once

#include "base/compiler.h"
#include "base/list.h"
#include "libos/ipc/futex.h"
#include "libos/sched/mutex.h"
#include "libos/sched/thread.h"
#include "libos/sched/timer.h"
#include "libos/signal/signal.h"

struct file;

enum {
	PID_FIRST = 1,
	PID_MAX = 4194304 /* as 64-bit Linux allows: /proc/sys/kernel/pid_max */
};

/* A number and what it names; in the table while it names something. */
struct pid {
	struct list node;
	int32_t nr;
	struct process *process;
	struct thread *thread; /* NULL: the leader is gone */
};

/*
 * Who the process is.  Files are checked against a copy, struct fs_cred, which
 * holds the supplementary groups too; proc/cred.h keeps the two in step.
 */
struct cred {
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	uint64_t cap_effective, cap_permitted, cap_inheritable;
	uint64_t cap_bounding, cap_ambient;
	uint32_t securebits;
	bool no_new_privs;
};
/* CAP_CHOWN .. CAP_CHECKPOINT_RESTORE: what root of a container has here. */
#define CAP_LAST 40
#define CAPS_ALL ((1ull << (CAP_LAST + 1)) - 1)

enum rlimit_resource {
	RLIMIT_CPU,
	RLIMIT_FSIZE,
	RLIMIT_DATA,
	RLIMIT_STACK,
	RLIMIT_CORE,
	RLIMIT_RSS,
	RLIMIT_NPROC,
	RLIMIT_NOFILE,
	RLIMIT_MEMLOCK,
	RLIMIT_AS,
	RLIMIT_LOCKS,
	RLIMIT_SIGPENDING,
	RLIMIT_MSGQUEUE,
	RLIMIT_NICE,
	RLIMIT_RTPRIO,
	RLIMIT_RTTIME,
	RLIM_NLIMITS
};
#define RLIM_INFINITY UINT64_MAX

struct rlimit {
	uint64_t cur;
	uint64_t max;
};

/* CPU time and switches of threads that have ended. */
struct proc_times {
	uint64_t user_ns, kernel_ns;
	uint64_t nvcsw, nivcsw;
	uint64_t minflt, majflt;
	uint64_t maxrss_kib;
};

enum process_state { PROCESS_ALIVE, PROCESS_ZOMBIE, PROCESS_REAPED };

/* ITIMER_REAL: SIGALRM, once or every interval. */
struct itimer {
	struct timer timer;
	struct spinlock
		lock; /* RANK_SIGACTION: beside, not under, the group's */
	uint64_t deadline_ns; /* 0: not set */
	uint64_t interval_ns;
	struct signal_group *group;
	struct sigqueue signal;
};

struct process {
	int refs;
	struct pid pid; /* pid.nr is the tgid */

	/* Under proc_lock. */
	struct list all_node;   /* all processes, oldest first */
	struct process *parent; /* NULL: the first one */
	struct list children;
	struct list sibling;
	int32_t pgid, sid;
	enum process_state state;
	int exit_status; /* as wait4(2) reports it */
	int exit_signal; /* for the parent; 0: none */
	bool is_subreaper;
	bool has_execed; /* setpgid(2) by the parent comes too late */
	struct proc_times children_times; /* of waited-for children */

	struct waitq child_wait; /* waitpid */
	uint32_t child_events;   /* atomic; counts changes of children */

	struct signal_group sig;

	/* Under lock. */
	struct mutex lock;
	struct file *exe; /* the program; a reference, NULL before the first */

	struct spinlock limits_lock;
	struct cred cred;
	struct rlimit rlimits[RLIM_NLIMITS];
	struct proc_times dead_times; /* of threads that have ended */
	uint32_t dumpable;
	uint32_t personality;
	int32_t nice;
	uint32_t sched_policy;

	uint64_t start_ns; /* monotonic */
	struct itimer real_timer;
};

/* The other side of vfork(2): the parent sleeps until the mm is let go. */
struct vfork_wait {
	int refs;
	uint32_t is_done;
	struct waitq waitq;
};

enum { CALL_RING = 8 };

struct call_record {
	uint32_t nr;
	int32_t result; /* cut to 32 bits */
};

/* A thread of a program with all that hangs off it. */
struct task {
	struct thread thread; /* first: they share their address */
	struct pid pid;       /* unless it leads: then process->pid names it */
	struct thread_signal sig;
	struct futex_thread futex;
	struct vfork_wait *vfork; /* to tell at exec or exit; or NULL */
	void *kstack;
	int pdeath_signal;
	uint64_t timer_slack_ns;
	struct call_record calls[CALL_RING]; /* debuggable images only */
	uint32_t ncalls;
};

static inline struct task *task_of(struct thread *t)
{
	return container_of(t, struct task, thread);
}

extern struct spinlock proc_lock;

/* What the boot config says about all processes: filled by boot/ first of all. */
struct proc_config {
	uint64_t stack_size;  /* RLIMIT_STACK of the first process */
	uint64_t heap_size;   /* addresses that brk(2) may use; 0: 1 GiB */
	uint32_t max_threads; /* in the instance */
	bool is_debuggable;   /* fatal signals leave a report in the log */
};
extern struct proc_config proc_config;

/* Once, before the first process: registers the scheduler's and signals' ops. */
void proc_init(void);

/* What boot knows about the first program; the root is mounted. */
struct process_boot {
	const char *path;
	const char *const *argv; /* NULL-terminated, as envp */
	const char *const *envp;
	const char *cwd;
	struct file *stdio[3]; /* borrowed; NULL: closed */
	uint32_t uid, gid, umask;
	/* Absolute path prefixes that may be run; NULL-terminated. */
	const char *const *entry_points;
};

/*
 * Create the first process and make its thread runnable.  0; -EPERM: @path is
 * under no entry point; else what execve(2) would say.
 */
int __must_check process_create_first(const struct process_boot *boot,
                                      struct process **ret_process);

/* Is @path equal to an entry point, or below one component by component? */
bool entry_point_allows(const char *const *entry_points, const char *path);

struct process *process_get(struct process *p);
void process_put(struct process *p);

/* A new reference to the process with this tgid (also a zombie), or NULL. */
struct process *process_lookup(int32_t pid);
/* A new reference to a live thread, or NULL. */
struct thread *thread_lookup(int32_t tid);

/*
 * Call @func for each process, oldest first, with proc_lock held, until it
 * returns nonzero; returns that.
 */
int process_for_each(int (*func)(struct process *p, void *arg), void *arg);

/* The first process; NULL before it exists or after it was reaped. */
struct process *process_first(void);

/*
 * What another thread has now, with a reference; NULL: it has let go.  view.c.
 */
struct mm *thread_mm_get(struct thread *t);
struct fdtable *thread_files_get(struct thread *t);
struct fs_context *thread_fs_get(struct thread *t);
/* Give @self another one (or NULL); the old one, whose reference is returned. */
struct mm *thread_mm_swap(struct thread *self, struct mm *mm);
struct fdtable *thread_files_swap(struct thread *self, struct fdtable *files);
struct fs_context *thread_fs_swap(struct thread *self, struct fs_context *fs);

/* How many threads programs have now, in all. */
uint32_t proc_nthreads(void);
/* The first process has ended; called once, by its last thread. */
void proc_set_exit_hook(void (*hook)(int wait_status));

/* For mm_ops, which boot puts together: see mm/mm.h. */
bool proc_mm_runs_elsewhere(struct mm *mm);
bool proc_mm_is_runnable(struct mm *mm);
void proc_mm_kick_out(struct mm *mm);
/*
 * Have every other running thread of @mm pass through the kernel: membarrier(2).
 * May sleep.
 */
void proc_mm_barrier(struct mm *mm);

/* A limit's present value. */
uint64_t process_rlimit(struct process *p, enum rlimit_resource r);

/* Snapshot of the CPU time of @p's threads, dead and alive. */
void process_times(struct process *p, struct proc_times *ret);
/* The same of one thread. */
void thread_times(const struct thread *t, struct proc_times *ret);

static inline int32_t process_tgid(const struct thread *t)
{
	return t->process->pid.nr;
}

/*
 * The thread is on its way to user code with @self->work set: end it, deliver
 * signals, let others run.  Called by the entry code, maybe more than once.
 */
void proc_exit_work(struct thread *self, struct regs *regs);

/* End the calling thread; @status is the process's if it is the last one. */
__noreturn void thread_exit(struct thread *self, int status);

/* wait4(2)'s encoding of exit(@code). */
static inline int wait_status_exited(int code)
{
	return (code & 0xff) << 8;
}
