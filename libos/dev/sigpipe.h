/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigpipe.h - the signal that comes with EPIPE.
 *
 * Signals are above pipes and devices in the order of folders, so the way to
 * send one is handed in at boot:
 *
 *	sigpipe_set_sender(signal_send_self);
 *
 * and whoever finds that nobody reads any more says
 *
 *	return sigpipe_raise();
 */
#pragma once

struct thread;

/* Once, at boot; until then nothing is sent. */
void sigpipe_set_sender(void (*send)(struct thread *self, int sig));

/* Send SIGPIPE to the calling thread.  Returns -EPIPE. */
long sigpipe_raise(void);
