/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.h - circular doubly linked lists, embedded in what they link.
 *
 * A head and a node are the same struct.  A node that is on no list points to
 * itself, so list_empty(&node) asks whether it is linked, and deleting it
 * twice does no harm.
 *
 * The list comes first, what goes onto it second; elsewhere it is often the
 * other way round.  The types are the same, so only `make lint` notices.
 *
 *	struct list jobs = LIST_INIT(jobs);
 *
 *	list_add_tail(&jobs, &job->link);
 *	list_for_each_entry(job, &jobs, link)
 *		run(job);
 *
 * Nothing here locks.
 */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"

struct list {
	struct list *next;
	struct list *prev;
};

#define LIST_INIT(name)                                                        \
	{                                                                      \
		&(name), &(name)                                               \
	}

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

/* Put the unlinked @node between two neighbours. */
static inline void list_link(struct list *prev, struct list *next,
                             struct list *node)
{
	node->prev = prev;
	node->next = next;
	prev->next = node;
	next->prev = node;
}

/* Put @node first. */
static inline void list_add(struct list *head, struct list *node)
{
	list_link(head, head->next, node);
}

/* Put @node last; with another node as @head, right before that node. */
static inline void list_add_tail(struct list *head, struct list *node)
{
	list_link(head->prev, head, node);
}

/* Take @node off its list; it is unlinked and may be added again. */
static inline void list_del(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Take @node off its list and put it last on @head's. */
static inline void list_move_tail(struct list *head, struct list *node)
{
	list_del(node);
	list_add_tail(head, node);
}

/* Move all of @from to the end of @to; @from is empty afterwards. */
static inline void list_splice_tail(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)

/* The first or last entry of a list that is not empty. */
#define list_first_entry(head, type, member)                                   \
	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)                                    \
	list_entry((head)->prev, type, member)

#define list_for_each(pos, head)                                               \
	for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)

/* The body may delete @pos; @tmp is a second struct list pointer. */
#define list_for_each_safe(pos, tmp, head)                                     \
	for ((pos) = (head)->next, (tmp) = (pos)->next; (pos) != (head);       \
	     (pos) = (tmp), (tmp) = (pos)->next)

/* After a walk to the end @pos is no valid entry. */
#define list_for_each_entry(pos, head, member)                                 \
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member);     \
	     &(pos)->member != (head);                                         \
	     (pos) = list_entry((pos)->member.next, __typeof__(*(pos)),        \
	                        member))

/* The body may delete @pos; @tmp is a second entry pointer. */
#define list_for_each_entry_safe(pos, tmp, head, member)                       \
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member),     \
	    (tmp) = list_entry((pos)->member.next, __typeof__(*(pos)),         \
	                       member);                                        \
	     &(pos)->member != (head);                                         \
	     (pos) = (tmp), (tmp) = list_entry((tmp)->member.next,             \
	                                       __typeof__(*(tmp)), member))
