/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.h - signals: actions, masks, pending sets, sending, delivery.
 *
 * Three structs.  A *sighand* is the table of actions, shared by CLONE_SIGHAND.
 * A *signal group* belongs to a process: what is pending for all of its threads,
 * the list of these threads, and whether they are all told to end.  A *thread
 * signal* is a thread's own mask, pending set and alternate stack.
 *
 * Sending chooses a thread that does not block the signal and sets WORK_SIGNAL
 * there; the thread notices on its way to user code (proc_exit_work) and calls
 * signal_deliver(), which builds the handler's frame or starts the end of the
 * process.  Sleeping threads are woken if the signal would be delivered.
 *
 * Locking: group->lock (RANK_SIGHAND, a spinlock) covers the group, its list of
 * threads and each thread's signal state; sighand->lock (RANK_SIGACTION)
 * nests inside and covers the actions.  A thread's own mask is written only by
 * that thread, with the lock held, so that it may read it without.
 *
 * Stopping and continuing (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT as job
 * control means them) is not here: those default actions do nothing.
 */
#pragma once

#include "base/list.h"
#include "libos/cpu/regs.h"
#include "libos/sched/thread.h"
#include "libos/signal/siginfo.h"

enum sigaction_flags {
	SA_NOCLDSTOP = 0x1,
	SA_NOCLDWAIT = 0x2,
	SA_SIGINFO = 0x4,
	SA_RESTORER = 0x04000000,
	SA_ONSTACK = 0x08000000,
	SA_RESTART = 0x10000000,
	SA_NODEFER = 0x40000000
};
#define SA_RESETHAND 0x80000000u

#define SIG_DFL 0ull
#define SIG_IGN 1ull

/* As rt_sigaction(2) passes it on x86-64. */
struct sigaction_user {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};
static_assert(sizeof(struct sigaction_user) == 32, "rt_sigaction(2)");

struct sighand {
	int refs;
	struct spinlock lock;
	struct sigaction_user actions[NSIG]; /* under lock; signal - 1 */
};

/* One signal on its way. */
struct sigqueue {
	struct list node;
	struct siginfo info;
	bool is_static; /* part of something else: never freed */
};

struct sigpending {
	uint64_t set;
	struct list queue; /* struct sigqueue; a bit in @set may have none */
};

/* Queued (not merely pending) signals of one process at most. */
enum { SIGQUEUE_MAX = 4096 };

/* The signal side of a process. */
struct signal_group {
	struct spinlock lock;
	/* Under lock. */
	struct sighand *actions;
	struct sigpending shared;
	uint32_t nqueued;
	struct list threads; /* thread->process_node */
	uint32_t nthreads;
	bool is_exiting; /* exit_group, a fatal signal: no new threads */
	int exit_status; /* as wait4(2) reports it */
	struct thread *exec_thread; /* the others must end for its exec */
	struct waitq arrival;       /* signalfd; woken at each signal */
};

struct restart_block {
	long (*func)(struct thread *self, struct restart_block *rb);
	uint64_t deadline_ns;
	uint64_t rmtp; /* user address of the remaining time, or 0 */
	uint64_t uaddr;
	uint32_t clock;
	uint32_t val;
	uint32_t flags;
	uint32_t bitset;
};

/* As sigaltstack(2) passes it. */
struct sigaltstack_user {
	uint64_t sp;
	int32_t flags;
	int32_t pad;
	uint64_t size;
};

enum sigaltstack_flags { SS_ONSTACK = 1, SS_DISABLE = 2 };
#define SS_AUTODISARM (1u << 31)
#define MINSIGSTKSZ 2048

struct thread_signal {
	struct signal_group *group;
	uint64_t blocked;
	uint64_t saved_mask; /* restored when no handler takes it over */
	bool has_saved_mask;
	uint64_t waited; /* sigtimedwait(2): wanted although blocked */
	struct sigpending pending;
	struct sigaltstack_user altstack;
	struct restart_block restart;
	/* What the last exception was, for the frame. */
	uint64_t trap_nr, trap_error, trap_addr;
};

/* What proc/ supplies; registered once at boot. */
struct signal_ops {
	/* @self is about to end its process by @info: report if allowed. */
	void (*fatal)(struct thread *self, const struct regs *regs,
	              const struct siginfo *info);
};
void signal_set_ops(const struct signal_ops *ops);

/*
 * What the rewriting of system call sites supplies, so that programs see their
 * own addresses only.  Registered once at boot, or never; no slot is NULL.
 */
struct signal_site_ops {
	/*
	 * Undo the progress of a system call made from a rewritten site, so
	 * that going to user code makes it again.  False: @regs are not at
	 * the end of one.
	 */
	bool (*restart)(struct regs *regs);
	/* The address a program would see for @rip, and back. */
	uint64_t (*rip_to_user)(uint64_t rip);
	uint64_t (*rip_from_user)(uint64_t rip);
};
void signal_set_site_ops(const struct signal_site_ops *ops);

/*
 * Life of the three structs.  sighand_create() has default actions; a copy is
 * for clone without CLONE_SIGHAND.  NULL: no memory.
 */
struct sighand *sighand_create(void);
struct sighand *sighand_copy(struct sighand *from);
struct sighand *sighand_get(struct sighand *s);
void sighand_put(struct sighand *s);
/* All handlers become SIG_DFL; what is ignored stays so. */
void sighand_reset(struct sighand *s);

void signal_group_init(struct signal_group *g, struct sighand *actions);
void signal_group_fini(struct signal_group *g);

void thread_signal_init(struct thread_signal *ts, struct signal_group *g);
void thread_signal_fini(struct thread_signal *ts);

/*
 * Enter @t into its group.  False when the group is ending: the thread must
 * not start.  signal_group_remove() returns how many threads remain.
 */
bool signal_group_add(struct signal_group *g, struct thread *t);
uint32_t signal_group_remove(struct signal_group *g, struct thread *t);

/* As wait(2) reports what shells and `occlum run` call 126. */
#define STATUS_NOT_EXECUTABLE (126 << 8)

/*
 * End all threads of the group with @status; the first call decides.  The
 * calling thread ends when it next passes its exit work.
 */
void signal_group_exit(struct signal_group *g, int status);
bool signal_group_is_exiting(const struct signal_group *g);

/* Fill @info as kill(2) and tgkill(2) do. */
void siginfo_init(struct siginfo *info, int sig, int code);
/* The same with the sender's numbers. */
void siginfo_init_user(struct siginfo *info, int sig, int code, int32_t pid,
                       uint32_t uid);

/*
 * Send.  0, also where the signal is ignored; -EAGAIN: a real-time signal whose
 * information can't be queued.  Callers check permission.  Never sleeps; may
 * be called with spinlocks ranked below RANK_SIGHAND, also from timers.
 */
int signal_send_group(struct signal_group *g, const struct siginfo *info);
int signal_send_thread(struct thread *t, const struct siginfo *info);
/* With storage that the caller keeps; no-op while it is still queued. */
int signal_send_group_static(struct signal_group *g, struct sigqueue *q);

/* What a failing write to a pipe raises: SIGPIPE and the like. */
void signal_send_self(struct thread *self, int sig);

/*
 * A fault at @addr in user code: @code as in siginfo.  The signal goes to @self
 * even if blocked or ignored: then it ends the process.
 */
void signal_fault(struct thread *self, int sig, int code, uint64_t addr);
/* The same for a signal whose frame could not be built, and the like. */
void signal_force(struct thread *self, int sig);

/* Signals that the host forwarded: one bit each, as in sig_bit(). */
void signal_send_host(struct signal_group *g, uint64_t bits);

/*
 * Deliver what is deliverable: the handler's frame is built and @regs point to
 * it, or the group is told to exit.  Also ends a system call that returned a
 * restart code.  Called by proc_exit_work() on the way to user code.
 */
void signal_deliver(struct thread *self, struct regs *regs);

/*
 * Is there something for signal_deliver() to do?  Takes no lock.  A call that
 * returns a restart code must have seen true here, or had -ERESTARTSYS from
 * sched_sleep(): the same bits are asked in both.
 */
bool signal_is_pending(const struct thread *t);

/*
 * Take the first pending signal in @wanted, of the thread or its group, whose
 * number goes to ret_info->signo.  False: none.  sigtimedwait and signalfd.
 */
bool signal_dequeue(struct thread *self, uint64_t wanted,
                    struct siginfo *ret_info);

/* All that is pending for @t and blocked or not, for rt_sigpending, /proc. */
uint64_t signal_pending_set(const struct thread *t);

/*
 * The action for @sig; @new replaces it unless NULL.  Forgetting what is pending
 * is the caller's: signal_discard() drops @set from the group and its threads.
 */
void signal_swap_action(struct thread *self, int sig,
                        const struct sigaction_user *new,
                        struct sigaction_user *ret_old);
void signal_discard(struct thread *self, uint64_t set);

/*
 * sigtimedwait(2): between the two, signals in @wanted wake @self although they
 * are blocked, and are its to dequeue.
 */
void signal_begin_wait(struct thread *self, uint64_t wanted);
void signal_end_wait(struct thread *self);
/* Would a handler run, or the thread end, on the way to user code? */
bool signal_can_deliver(const struct thread *self);

/* Change @self's mask; SIGKILL and SIGSTOP drop out. */
void signal_set_mask(struct thread *self, uint64_t mask);
/*
 * For ppoll, pselect, epoll_pwait, sigsuspend: use @mask until the call ends.
 * If a handler runs, its frame has the old mask; else delivery restores it.
 * signal_end_mask() is for calls that end without being interrupted.
 */
void signal_begin_mask(struct thread *self, uint64_t mask);
void signal_end_mask(struct thread *self);

/*
 * execve(2): @self's group gets @actions (taken over; NULL: keeps its own, which
 * nobody shares) with the handlers reset; the alternate stack goes.
 */
void signal_exec(struct thread *self, struct sighand *actions);

/*
 * End the other threads of the group and wait until they are gone.  0; -EAGAIN:
 * another thread does the same, or the group is ending.  From then on @self
 * is alone, until signal_group_unsolo() lets it start threads again.
 */
int __must_check signal_group_solo(struct thread *self);
void signal_group_unsolo(struct thread *self);
