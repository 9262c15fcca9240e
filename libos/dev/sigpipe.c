/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/dev/sigpipe.h"

#include "base/errno.h"
#include "libos/sched/thread.h"

enum { SIGPIPE_NR = 13 }; /* signal(7), x86-64 */

static void (*sender)(struct thread *self, int sig);

void sigpipe_set_sender(void (*send)(struct thread *self, int sig))
{
	sender = send;
}

long sigpipe_raise(void)
{
	if (sender)
		sender(thread_self(), SIGPIPE_NR);
	return -EPIPE;
}
