/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.c - registering with the scheduler and the signals at boot.
 */
#include "base/units.h"
#include "libos/dev/sigpipe.h"
#include "libos/mm/overlay.h"
#include "libos/proc/crash.h"
#include "libos/proc/internal.h"

#define HEAP_DEFAULT GIB

struct proc_config proc_config;

/* Under the run queue's lock: only a look, and a note for the way out. */
static void switch_mm(struct thread *prev, struct thread *next)
{
	if (next->mm && !mm_switch(prev->mm, next->mm))
		thread_set_work(next, WORK_MM);
}

static const struct thread_ops thread_ops = {
	.release = task_release,
	.switch_mm = switch_mm,
};

static void report_fatal(struct thread *self, const struct regs *regs,
                         const struct siginfo *info)
{
	if (proc_config.is_debuggable)
		crash_report(self, regs, info);
}

void proc_init(void)
{
	static const struct signal_ops signal_ops = { .fatal = report_fatal };

	if (!proc_config.heap_size)
		proc_config.heap_size = HEAP_DEFAULT;
	pid_init();
	futex_init();
	thread_set_ops(&thread_ops);
	signal_set_ops(&signal_ops);
	sigpipe_set_sender(signal_send_self);
}
