/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h - filling in struct host_error: where the failure happened, once,
 * with the remedy if there is one.  Callers pass the code on and add nothing.
 */
#pragma once

#include "base/compiler.h"
#include "host/run.h"

/* Fill in @err (longer sentences are cut); returns @code, a negative errno. */
__printf(3, 4) int host_fail(struct host_error *err, int code, const char *fmt,
                             ...);

/* "@what: reason", from errno.  Returns -errno. */
int host_fail_errno(struct host_error *err, const char *what);
