/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pending.c - pending sets: bits, and a queue of what came along with them.
 *
 * A standard signal is pending once however often it was sent; a real-time one
 * as often as it was queued, oldest first (POSIX, 2.4.1).
 */
#include "base/string.h"
#include "libos/mm/kheap.h"
#include "libos/signal/internal.h"

static void queue_drop(struct signal_group *g, struct sigqueue *q)
{
	list_del(&q->node);
	if (q->is_static)
		return;
	g->nqueued--;
	kfree(q);
}

void sigpending_drop_locked(struct signal_group *g, struct sigpending *p,
                            uint64_t set)
{
	struct sigqueue *q, *tmp;

	if (!(p->set & set))
		return;
	p->set &= ~set;
	list_for_each_entry_safe (q, tmp, &p->queue, node)
		if (sig_bit(q->info.signo) & set)
			queue_drop(g, q);
}

void sigpending_flush(struct signal_group *g, struct sigpending *p)
{
	sigpending_drop_locked(g, p, UINT64_MAX);
}

void sigpending_add_locked(struct signal_group *g, struct sigpending *p,
                           int sig, struct sigqueue *q)
{
	p->set |= sig_bit(sig);
	if (!q)
		return;
	if (!q->is_static)
		g->nqueued++;
	list_add_tail(&p->queue, &q->node);
}

/* The number to take first: faults, then the lowest. */
static int first_signal(uint64_t set)
{
	if (set & SIGSET_SYNCHRONOUS)
		set &= SIGSET_SYNCHRONOUS;
	return __builtin_ctzll(set) + 1;
}

/* The oldest entry of @sig; *ret_more: there is another. */
static struct sigqueue *find_entry(struct sigpending *p, int sig,
                                   bool *ret_more)
{
	struct sigqueue *q, *found = NULL;

	*ret_more = false;
	list_for_each_entry (q, &p->queue, node) {
		if (q->info.signo != sig)
			continue;
		if (found) {
			*ret_more = true;
			break;
		}
		found = q;
	}
	return found;
}

bool sigpending_take_locked(struct signal_group *g, struct sigpending *p,
                            uint64_t wanted, struct siginfo *ret_info,
                            struct sigqueue **ret_free)
{
	struct sigqueue *q;
	bool more;
	int sig;

	if (!(p->set & wanted))
		return false;
	sig = first_signal(p->set & wanted);
	q = find_entry(p, sig, &more);
	if (!more)
		p->set &= ~sig_bit(sig);
	if (!q) {
		/* No memory for more than the bit when it was sent. */
		siginfo_init(ret_info, sig, SI_USER);
		return true;
	}
	*ret_info = q->info;
	list_del(&q->node);
	if (!q->is_static) {
		g->nqueued--;
		*ret_free = q;
	}
	return true;
}

bool signal_dequeue(struct thread *self, uint64_t wanted,
                    struct siginfo *ret_info)
{
	struct thread_signal *ts = self->sig;
	struct signal_group *g = ts->group;
	struct sigqueue *used = NULL;
	bool found;

	spin_lock(&g->lock);
	found = sigpending_take_locked(g, &ts->pending, wanted, ret_info,
	                               &used);
	if (!found)
		found = sigpending_take_locked(g, &g->shared, wanted, ret_info,
		                               &used);
	spin_unlock(&g->lock);
	kfree(used);
	return found;
}

uint64_t signal_pending_set(const struct thread *t)
{
	return READ_ONCE(t->sig->pending.set) |
	       READ_ONCE(t->sig->group->shared.set);
}
