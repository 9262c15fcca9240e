/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task.c - the storage of threads: struct task, kernel stack, vector state.
 */
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/cpu/fpu.h"
#include "libos/mm/kheap.h"
#include "libos/proc/internal.h"
#include "libos/sched/sched.h"

#define KSTACK_PAGES (KSTACK_SIZE / PAGE_SIZE)
#define TIMER_SLACK_NS 50000 /* Linux's default */

static uint32_t nthreads; /* atomic */

uint32_t proc_nthreads(void)
{
	return __atomic_load_n(&nthreads, __ATOMIC_RELAXED);
}

/* One of the instance's threads, if it may have one more. */
static bool count_one(void)
{
	if (__atomic_add_fetch(&nthreads, 1, __ATOMIC_RELAXED) <=
	    proc_config.max_threads)
		return true;
	__atomic_sub_fetch(&nthreads, 1, __ATOMIC_RELAXED);
	return false;
}

static void uncount_one(void)
{
	__atomic_sub_fetch(&nthreads, 1, __ATOMIC_RELAXED);
}

static size_t fpu_pages(void)
{
	return PAGES_FOR(fpu_size());
}

static int storage_alloc(struct task *task)
{
	struct thread *t = &task->thread;

	task->kstack = kpages_alloc(KSTACK_PAGES);
	if (!task->kstack)
		return -ENOMEM;
	t->fpu = kpages_alloc(fpu_pages());
	if (!t->fpu) {
		kpages_free(task->kstack, KSTACK_PAGES);
		return -ENOMEM;
	}
	t->kstack_top = (uint64_t)(uintptr_t)task->kstack + KSTACK_SIZE;
	t->regs =
		(struct regs *)(void *)((char *)task->kstack + KSTACK_SIZE) - 1;
	memset(t->regs, 0, sizeof(*t->regs));
	t->regs->source = REGS_FAULT;
	t->regs->orig_rax = NOT_A_SYSCALL;
	return 0;
}

struct task *task_create(struct process *p)
{
	struct task *task;

	if (!count_one())
		return NULL;
	task = kzalloc(sizeof(*task));
	if (!task || storage_alloc(task) < 0) {
		kfree(task);
		uncount_one();
		return NULL;
	}
	sched_thread_init(&task->thread, 0);
	list_init(&task->thread.process_node);
	list_init(&task->pid.node);
	task->pid.process = p;
	task->pid.thread = &task->thread;
	task->timer_slack_ns = TIMER_SLACK_NS;
	task->thread.process = process_get(p);
	task->thread.sig = &task->sig;
	task->thread.futex = &task->futex;
	thread_signal_init(&task->sig, &p->sig);
	futex_thread_init(&task->futex, &task->thread);
	fpu_init(task->thread.fpu);
	return task;
}

void task_release(struct thread *t)
{
	struct task *task = task_of(t);

	thread_signal_fini(&task->sig);
	process_put(t->process);
	kpages_free(t->fpu, fpu_pages());
	kpages_free(task->kstack, KSTACK_PAGES);
	kfree(task);
	uncount_one();
}
