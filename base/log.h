/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line for whoever has to find out what happened.
 *
 * log_print() is supplied by each side: the kernel sends lines to the host
 * (and only when the image is debuggable, above LOG_ERROR), host programs to
 * stderr.  Shared libraries never log; they return errors.  @fmt is printf's,
 * cut down to what base/format.h knows, without a newline at the end.
 */
#pragma once

#include "base/compiler.h"

enum log_level {
	LOG_ERROR, /* something failed that should not have */
	LOG_WARN,  /* it works, but somebody should look */
	LOG_INFO,  /* a milestone */
	LOG_DEBUG, /* decisions */
	LOG_TRACE, /* each step */
};

__printf(2, 3) void log_print(enum log_level level, const char *fmt, ...);

#define log_error(...) log_print(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)
#define log_trace(...) log_print(LOG_TRACE, __VA_ARGS__)
