/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send.c - from whoever raises a signal to the thread that will take it.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/mm/kheap.h"
#include "libos/sched/sched.h"
#include "libos/signal/internal.h"

/* Low seven bits: the signal; bit 7: it would have dumped core. */
enum { WAIT_CORE = 0x80 };

#define BIT(sig) (1ull << ((sig)-1))
#define DEFAULT_IGNORE_SET                                                     \
	(BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH))
#define DEFAULT_STOP_SET                                                       \
	(BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))
#define DEFAULT_CORE_SET                                                       \
	(BIT(SIGQUIT) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) |            \
	 BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGSEGV) | BIT(SIGXCPU) |             \
	 BIT(SIGXFSZ) | BIT(SIGSYS))

enum signal_default signal_default_action(int sig)
{
	if (sig_bit(sig) & DEFAULT_IGNORE_SET)
		return DEFAULT_IGNORE;
	if (sig_bit(sig) & DEFAULT_STOP_SET)
		return DEFAULT_STOP;
	if (sig_bit(sig) & DEFAULT_CORE_SET)
		return DEFAULT_CORE;
	return DEFAULT_TERMINATE;
}

int signal_exit_status(int sig)
{
	return signal_default_action(sig) == DEFAULT_CORE ? sig | WAIT_CORE
	                                                  : sig;
}

struct sigaction_user signal_action(struct signal_group *g, int sig)
{
	struct sighand *s = g->actions;
	struct sigaction_user a;

	spin_lock(&s->lock);
	a = s->actions[sig - 1];
	spin_unlock(&s->lock);
	return a;
}

bool signal_is_ignored_locked(struct signal_group *g, int sig)
{
	uint64_t handler = signal_action(g, sig).handler;
	enum signal_default what = signal_default_action(sig);

	return handler == SIG_IGN ||
	       (handler == SIG_DFL &&
	        (what == DEFAULT_IGNORE || what == DEFAULT_STOP));
}

void siginfo_init(struct siginfo *info, int sig, int code)
{
	memset(info, 0, sizeof(*info));
	info->signo = sig;
	info->code = code;
}

void siginfo_init_user(struct siginfo *info, int sig, int code, int32_t pid,
                       uint32_t uid)
{
	siginfo_init(info, sig, code);
	info->rt.pid = pid;
	info->rt.uid = uid;
}

/* Would @t take @sig now? */
static bool takes(const struct thread *t, int sig)
{
	const struct thread_signal *ts = t->sig;

	return !t->is_exiting &&
	       (sig == SIGKILL || !(ts->blocked & ~ts->waited & sig_bit(sig)));
}

/*
 * A signal that ends the process by default does so at once, so that sleeps
 * which only end for that end now.  Those that leave a crash report go the
 * long way: the thread that takes it has registers to show.
 */
static bool ends_at_once(struct signal_group *g, int sig)
{
	if (sig == SIGKILL)
		return true;
	return signal_action(g, sig).handler == SIG_DFL &&
	       signal_default_action(sig) == DEFAULT_TERMINATE;
}

static void announce_locked(struct signal_group *g, struct thread *t, int sig)
{
	waitq_wake(&g->arrival, WAKE_ALL, 0);
	if (!t)
		return;
	if (ends_at_once(g, sig) && !(t->sig->waited & sig_bit(sig)))
		signal_group_exit_locked(g, signal_exit_status(sig));
	else
		sched_notify(t, WORK_SIGNAL);
}

/* A thread that takes @sig, the leader before others; or NULL. */
static struct thread *choose_locked(struct signal_group *g, int sig)
{
	struct thread *t;

	list_for_each_entry (t, &g->threads, process_node)
		if (takes(t, sig))
			return t;
	return NULL;
}

/*
 * May it be thrown away?  Not if it is blocked: the action may change before
 * it is unblocked, and sigtimedwait(2) sees it.
 */
static bool is_dropped_locked(struct signal_group *g, struct thread *t, int sig)
{
	struct thread *any = t;

	if (sig == SIGKILL || !signal_is_ignored_locked(g, sig))
		return false;
	if (!any) {
		if (list_empty(&g->threads))
			return true;
		any = list_first_entry(&g->threads, struct thread,
		                       process_node);
	}
	return !(any->sig->blocked & sig_bit(sig));
}

/*
 * Add to @p and tell somebody.  @t is the thread it is for, NULL: any.  Takes
 * over @q if it returns true.
 */
static bool send_locked(struct signal_group *g, struct thread *t, int sig,
                        struct sigqueue *q)
{
	struct sigpending *p = t ? &t->sig->pending : &g->shared;

	if (g->is_exiting || is_dropped_locked(g, t, sig))
		return false;
	if (sig < SIGRTMIN && (p->set & sig_bit(sig)))
		return false;
	sigpending_add_locked(g, p, sig, q);
	if (t)
		announce_locked(g, takes(t, sig) ? t : NULL, sig);
	else
		announce_locked(g, choose_locked(g, sig), sig);
	return true;
}

/*
 * Storage for @info: with too many queued already, or no memory, a real-time
 * signal sent by sigqueue(3) fails and others go without their information.
 */
static struct sigqueue *queue_create(struct signal_group *g,
                                     const struct siginfo *info)
{
	struct sigqueue *q;

	if (READ_ONCE(g->nqueued) >= SIGQUEUE_MAX)
		return NULL;
	q = kmalloc(sizeof(*q));
	if (!q)
		return NULL;
	q->info = *info;
	q->is_static = false;
	list_init(&q->node);
	return q;
}

static int send(struct signal_group *g, struct thread *t,
                const struct siginfo *info)
{
	struct sigqueue *q = queue_create(g, info);

	if (!q && info->signo >= SIGRTMIN && info->code != SI_USER)
		return -EAGAIN;
	spin_lock(&g->lock);
	if (send_locked(g, t, info->signo, q))
		q = NULL;
	spin_unlock(&g->lock);
	kfree(q);
	return 0;
}

int signal_send_group(struct signal_group *g, const struct siginfo *info)
{
	return send(g, NULL, info);
}

int signal_send_thread(struct thread *t, const struct siginfo *info)
{
	return send(t->sig->group, t, info);
}

int signal_send_group_static(struct signal_group *g, struct sigqueue *q)
{
	spin_lock(&g->lock);
	if (list_empty(&q->node))
		send_locked(g, NULL, q->info.signo, q);
	spin_unlock(&g->lock);
	return 0;
}

void signal_send_self(struct thread *self, int sig)
{
	struct siginfo info;

	siginfo_init(&info, sig, SI_USER);
	signal_send_thread(self, &info);
}

/* Make sure that @sig gets through: it is the program's own fault. */
static void unblock_for_fault(struct thread *self, int sig)
{
	struct thread_signal *ts = self->sig;
	struct signal_group *g = ts->group;
	struct sighand *s = g->actions;
	struct sigaction_user *a = &s->actions[sig - 1];

	spin_lock(&g->lock);
	spin_lock(&s->lock);
	if ((ts->blocked & sig_bit(sig)) || a->handler == SIG_IGN)
		a->handler = SIG_DFL;
	ts->blocked &= ~sig_bit(sig);
	spin_unlock(&s->lock);
	spin_unlock(&g->lock);
}

void signal_fault(struct thread *self, int sig, int code, uint64_t addr)
{
	struct siginfo info;

	siginfo_init(&info, sig, code);
	info.fault.addr = addr;
	unblock_for_fault(self, sig);
	signal_send_thread(self, &info);
}

void signal_force(struct thread *self, int sig)
{
	struct siginfo info;

	siginfo_init(&info, sig, SI_KERNEL);
	unblock_for_fault(self, sig);
	signal_send_thread(self, &info);
}

void signal_send_host(struct signal_group *g, uint64_t bits)
{
	struct siginfo info;
	int sig;

	bits &= ~sig_bit(SIGSTOP);
	while (bits) {
		sig = __builtin_ctzll(bits) + 1;
		bits &= bits - 1;
		siginfo_init(&info, sig, SI_USER);
		signal_send_group(g, &info);
	}
}
