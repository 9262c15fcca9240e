/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libos_errno.h - kernel-internal results of interruptible calls, turned into
 * EINTR or a restart on the way out (the numbers are Linux's own).
 */
#pragma once

#include "base/errno.h"

#define ERESTARTSYS 512    /* restart if SA_RESTART                  */
#define ERESTARTNOINTR 513 /* always restart                         */
#define ERESTARTNOHAND 514 /* restart if no handler ran              */
#define ERESTART_BLOCK 516 /* restart through restart_syscall(2)     */
