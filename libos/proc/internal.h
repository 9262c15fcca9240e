/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h - what the files of proc/ share.
 *
 * _locked: the caller holds proc_lock.
 */
#pragma once

#include "libos/proc/process.h"

/* --- pid.c: the table of numbers --- */

void pid_init(void);
/*
 * Give @pid a number that nothing has.  There is always one: the instance has
 * fewer threads than there are numbers.
 */
void pid_enter(struct pid *pid);
void pid_remove_locked(struct pid *pid);
struct pid *pid_find_locked(int32_t nr);

/* --- process.c --- */

extern struct list all_processes; /* under proc_lock; all_node */

/*
 * A process without threads and without a place in the family, one reference.
 * @parent gives what is inherited; NULL for the first.  Takes over @actions.
 */
struct process *process_create(struct process *parent, struct sighand *actions);
/* Enter it as a child of @parent (NULL: the first); it gets a number. */
void process_enter(struct process *p, struct process *parent);
/* Undo process_enter(); drop the table's reference. */
void process_leave(struct process *p);

/* --- task.c --- */

/*
 * A task with stack, vector state and one reference, in @p; nothing shared yet.
 * NULL: no memory, or as many threads as the instance may have.
 */
struct task *task_create(struct process *p);
void task_release(struct thread *t); /* thread_ops.release */

/* --- exit.c --- */

/* The mm is let go: a vforked parent goes on. */
void vfork_finish(struct task *task);
void vfork_put(struct vfork_wait *w);

/* --- reap.c --- */

/* @p has no threads any more: zombie, orphans, news for the parent. */
void process_exit(struct process *p);
/* Will process_exit(p) not return, because the instance ends with it? */
bool process_ends_instance(const struct process *p);
/* Take a zombie out of the world; its status has been seen. */
void process_reap_locked(struct process *p);

/* --- times.c --- */

void proc_times_add(struct proc_times *sum, const struct proc_times *t);
/* A thread ends: keep what it used. */
void process_keep_times(struct process *p, const struct thread *t);

/* --- itimer.c --- */

void itimer_init(struct itimer *it, struct signal_group *g);
