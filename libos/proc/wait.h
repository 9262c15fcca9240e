/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.h - waiting for children (wait4(2), waitid(2)).
 *
 * Children that stop or continue do not exist, so WUNTRACED and WCONTINUED are
 * accepted and never answered.
 */
#pragma once

#include "libos/proc/process.h"

enum wait_options {
	WNOHANG = 1,
	WUNTRACED = 2, /* = WSTOPPED */
	WEXITED = 4,
	WCONTINUED = 8,
	WNOWAIT = 0x1000000,
	__WNOTHREAD = 0x20000000,
	__WALL = 0x40000000
};
#define __WCLONE 0x80000000u

enum wait_which { WAIT_ANY, WAIT_PID, WAIT_PGID };

struct wait_request {
	enum wait_which which;
	int32_t id;
	uint32_t options; /* enum wait_options */
};

struct wait_result {
	int32_t pid;
	uint32_t uid;
	int status; /* as wait4(2) reports it */
	struct proc_times times;
};

/*
 * Wait for a child to end; without WNOWAIT it is gone afterwards.  Its pid; 0:
 * none yet (WNOHANG); -ECHILD: there is no such child; -ERESTARTSYS.
 */
long process_wait(struct process *self, const struct wait_request *req,
                  struct wait_result *ret);
