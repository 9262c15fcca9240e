/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.h - a thread of a program, as the scheduler and the entry code see it.
 *
 * What the layers above keep for a thread hangs off pointers to structs that
 * only they define; thread.h knows nothing about them.
 *
 * Life: proc/ allocates and fills it, sched_start() makes it runnable, it ends
 * itself by sched_exit(), and whoever holds the last reference frees it through
 * thread_ops.release (never on its own stack).
 */
#pragma once

#include "base/list.h"
#include "base/types.h"
#include "libos/cpu/regs.h"
#include "libos/sched/timer.h"
#include "libos/sched/waitq.h"

struct process;       /* proc/process.h      */
struct mm;            /* mm/mm.h             */
struct fdtable;       /* fs/fdtable.h        */
struct fs_context;    /* fs/fs_context.h: root, cwd, umask */
struct thread_signal; /* signal/signal.h     */
struct futex_thread;  /* ipc/futex.h         */
struct vcpu;

#ifndef KSTACK_SIZE /* the checked kernel has larger frames */
#define KSTACK_SIZE 16384
#endif
#define THREAD_NAME_SIZE 16

enum thread_state {
	THREAD_NEW,
	THREAD_RUNNABLE, /* in a run queue or on a vCPU */
	THREAD_SLEEPING,
	THREAD_DEAD
};

/* Why a thread must not go back to user code without a look (thread->work). */
enum thread_work {
	WORK_SIGNAL = 1u << 0, /* a signal may be deliverable            */
	WORK_KILL = 1u << 1,   /* exit_group, exec by a sibling, SIGKILL */
	WORK_RESCHED = 1u << 2,
	WORK_MM = 1u << 3,  /* the mm may not be resident             */
	WORK_KICK = 1u << 4 /* vCPUs to be kicked before going on     */
};

struct thread {
	/* Entry code: offsets are in cpu/offsets.h. */
	uint64_t kstack_top;    /* where struct regs begins, growing down */
	struct regs *regs;      /* user state; at the top of the stack    */
	uint64_t ksp;           /* saved stack pointer while switched out */
	uint64_t fs_base;       /* user TLS while switched out or in kernel */
	void *fpu;              /* XSAVE area, 64-byte aligned            */
	uint32_t fpu_in_memory; /* 1: fpu holds the state, registers don't */
	uint32_t work;          /* enum thread_work bits; atomic          */

	/* Scheduler. */
	uint32_t state; /* enum thread_state; under the run queue's lock */
	uint32_t sleep_mode;
	uint32_t on_cpu;   /* 1 while its stack is in use on some vCPU */
	struct vcpu *vcpu; /* where it runs or ran last               */
	struct list run_node;
	struct timer sleep_timer;
	bool timed_out;
	uint64_t affinity; /* bit per vCPU, vCPU 63 and up share the last */
	uint64_t run_ns;   /* CPU time used, user and system together */
	uint64_t switched_in_ns;
	uint64_t user_ns, kernel_ns;
	uint64_t nvcsw, nivcsw;
	int refs;
	int32_t tid;

	/* Layers above; NULL in kernel threads. */
	struct process *process;
	struct mm *mm;
	struct fdtable *files;
	struct fs_context *fs;
	struct thread_signal *sig;
	struct futex_thread *futex;
	struct list process_node; /* process->threads */
	uint64_t clear_child_tid; /* user address, 0: none */
	uint64_t robust_list;     /* user address, 0: none */
	char name[THREAD_NAME_SIZE];
	uint32_t syscall_nr; /* the call in progress, for traces and /proc */
	bool is_exiting;

	/* entry/claim.h: refused claims of the host, in a row at one place. */
	uint32_t claims;
	uint64_t claim_rip;
};

struct thread_ops {
	/* Free @t, whose last reference is gone; not on its stack. */
	void (*release)(struct thread *t);
	/*
	 * @next comes in, and has an mm: mark it WORK_MM if its memory is not
	 * resident.  Under the run queue's lock: takes none, does not sleep.
	 */
	void (*switch_mm)(struct thread *prev, struct thread *next);
};

/* Registered once, at boot. */
void thread_set_ops(const struct thread_ops *ops);

/* The thread that runs on this vCPU. */
struct thread *thread_self(void);

void thread_get(struct thread *t);
void thread_put(struct thread *t);

static inline void thread_set_work(struct thread *t, uint32_t bits)
{
	__atomic_or_fetch(&t->work, bits, __ATOMIC_SEQ_CST);
}

static inline void thread_clear_work(struct thread *t, uint32_t bits)
{
	__atomic_and_fetch(&t->work, ~bits, __ATOMIC_SEQ_CST);
}
