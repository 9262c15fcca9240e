/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h - what the files of signal/ share.
 *
 * _locked: the caller holds group->lock.
 */
#pragma once

#include "libos/signal/signal.h"

extern const struct signal_ops *signal_ops; /* NULL before boot is done */
extern const struct signal_site_ops *signal_site_ops;

/* What SIG_DFL means. */
enum signal_default {
	DEFAULT_TERMINATE,
	DEFAULT_CORE,
	DEFAULT_IGNORE,
	DEFAULT_STOP /* does nothing: no job control */
};
enum signal_default signal_default_action(int sig);

/* A copy of the action for @sig. */
struct sigaction_user signal_action(struct signal_group *g, int sig);

/* Is @sig thrown away as it arrives, were it not blocked? */
bool signal_is_ignored_locked(struct signal_group *g, int sig);

/* wait4(2)'s status of a process that @sig ended. */
int signal_exit_status(int sig);

void signal_group_exit_locked(struct signal_group *g, int status);

/* Drop everything; of a set that nobody else can reach, or under the lock. */
void sigpending_flush(struct signal_group *g, struct sigpending *p);
/* Drop the signals in @set. */
void sigpending_drop_locked(struct signal_group *g, struct sigpending *p,
                            uint64_t set);
/* Add @q, or only the bit where @q is NULL. */
void sigpending_add_locked(struct signal_group *g, struct sigpending *p,
                           int sig, struct sigqueue *q);
/*
 * Take the first signal in @wanted.  Storage to free afterwards goes to
 * *ret_free.  False: none.
 */
bool sigpending_take_locked(struct signal_group *g, struct sigpending *p,
                            uint64_t wanted, struct siginfo *ret_info,
                            struct sigqueue **ret_free);
