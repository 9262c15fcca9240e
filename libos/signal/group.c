/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.c - the life of action tables, signal groups and thread signals.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/mm/kheap.h"
#include "libos/sched/sched.h"
#include "libos/signal/internal.h"
#include "libos/signal/signal.h"

static bool site_none(struct regs *regs)
{
	(void)regs;
	return false;
}

static uint64_t rip_same(uint64_t rip)
{
	return rip;
}

static const struct signal_site_ops no_sites = {
	.restart = site_none,
	.rip_to_user = rip_same,
	.rip_from_user = rip_same,
};

const struct signal_ops *signal_ops;
const struct signal_site_ops *signal_site_ops = &no_sites;

void signal_set_ops(const struct signal_ops *ops)
{
	signal_ops = ops;
}

void signal_set_site_ops(const struct signal_site_ops *ops)
{
	signal_site_ops = ops;
}

struct sighand *sighand_create(void)
{
	struct sighand *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	spin_init(&s->lock, RANK_SIGACTION);
	return s;
}

struct sighand *sighand_copy(struct sighand *from)
{
	struct sighand *s = sighand_create();

	if (!s)
		return NULL;
	spin_lock(&from->lock);
	memcpy(s->actions, from->actions, sizeof(s->actions));
	spin_unlock(&from->lock);
	return s;
}

struct sighand *sighand_get(struct sighand *s)
{
	__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}

void sighand_put(struct sighand *s)
{
	if (s && __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) == 0)
		kfree(s);
}

void signal_group_init(struct signal_group *g, struct sighand *actions)
{
	memset(g, 0, sizeof(*g));
	spin_init(&g->lock, RANK_SIGHAND);
	g->actions = actions;
	list_init(&g->shared.queue);
	list_init(&g->threads);
	waitq_init(&g->arrival);
}

void signal_group_fini(struct signal_group *g)
{
	sigpending_flush(g, &g->shared);
	sighand_put(g->actions);
	g->actions = NULL;
}

void thread_signal_init(struct thread_signal *ts, struct signal_group *g)
{
	memset(ts, 0, sizeof(*ts));
	ts->group = g;
	ts->altstack.flags = SS_DISABLE;
	list_init(&ts->pending.queue);
}

void thread_signal_fini(struct thread_signal *ts)
{
	sigpending_flush(ts->group, &ts->pending);
}

bool signal_group_add(struct signal_group *g, struct thread *t)
{
	bool ok;

	spin_lock(&g->lock);
	ok = !g->is_exiting && !g->exec_thread;
	if (ok) {
		list_add_tail(&g->threads, &t->process_node);
		g->nthreads++;
	}
	spin_unlock(&g->lock);
	return ok;
}

/*
 * What was pending for the whole group and was @t's to take must not be lost
 * with it: another thread is told.
 */
static void pass_on_locked(struct signal_group *g)
{
	struct thread *t;

	if (!g->shared.set)
		return;
	list_for_each_entry (t, &g->threads, process_node)
		if (g->shared.set & ~t->sig->blocked)
			sched_notify(t, WORK_SIGNAL);
}

uint32_t signal_group_remove(struct signal_group *g, struct thread *t)
{
	struct thread *waits;
	uint32_t left;

	spin_lock(&g->lock);
	list_del(&t->process_node);
	left = --g->nthreads;
	pass_on_locked(g);
	waits = g->exec_thread;
	if (waits && left <= 1)
		sched_wake(waits);
	spin_unlock(&g->lock);
	return left;
}

void signal_group_exit_locked(struct signal_group *g, int status)
{
	struct thread *t;

	if (g->is_exiting)
		return;
	g->exit_status = status;
	WRITE_ONCE(g->is_exiting, true);
	list_for_each_entry (t, &g->threads, process_node)
		sched_notify(t, WORK_KILL);
}

void signal_group_exit(struct signal_group *g, int status)
{
	spin_lock(&g->lock);
	signal_group_exit_locked(g, status);
	spin_unlock(&g->lock);
}

bool signal_group_is_exiting(const struct signal_group *g)
{
	return READ_ONCE(g->is_exiting);
}

void sighand_reset(struct sighand *s)
{
	struct sigaction_user *a;

	spin_lock(&s->lock);
	for (a = s->actions; a < s->actions + NSIG; a++) {
		if (a->handler != SIG_IGN)
			a->handler = SIG_DFL;
		a->flags = 0;
		a->restorer = 0;
		a->mask = 0;
	}
	spin_unlock(&s->lock);
}

void signal_exec(struct thread *self, struct sighand *actions)
{
	struct thread_signal *ts = self->sig;
	struct signal_group *g = ts->group;
	struct sighand *old = NULL;

	spin_lock(&g->lock);
	if (actions) {
		old = g->actions;
		g->actions = actions;
	}
	spin_unlock(&g->lock);
	sighand_put(old);
	sighand_reset(g->actions);
	ts->altstack = (struct sigaltstack_user){ .flags = SS_DISABLE };
}

static bool begin_solo(struct signal_group *g, struct thread *self)
{
	struct thread *t;
	bool ok;

	spin_lock(&g->lock);
	ok = !g->is_exiting && !g->exec_thread;
	if (ok) {
		g->exec_thread = self;
		list_for_each_entry (t, &g->threads, process_node)
			if (t != self)
				sched_notify(t, WORK_KILL);
	}
	spin_unlock(&g->lock);
	return ok;
}

void signal_group_unsolo(struct thread *self)
{
	struct signal_group *g = self->sig->group;

	spin_lock(&g->lock);
	g->exec_thread = NULL;
	spin_unlock(&g->lock);
}

int signal_group_solo(struct thread *self)
{
	struct signal_group *g = self->sig->group;
	int ret = 0;

	if (!begin_solo(g, self))
		return -EAGAIN;
	do {
		sched_sleep_prepare(SLEEP_KILLABLE);
		if (READ_ONCE(g->nthreads) == 1)
			break;
		ret = sched_sleep(NO_DEADLINE);
	} while (ret == 0);
	sched_sleep_done();
	if (ret == 0)
		return 0;
	signal_group_unsolo(self);
	return -EAGAIN;
}
