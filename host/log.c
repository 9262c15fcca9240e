/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c - base/log.h for programs that contain the runtime: a
 * line on stderr.  A program with its own replaces this file at link time.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

void log_print(enum log_level level, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	/* What only a developer wants to know has no reader here. */
	if (level > LOG_WARN)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "occlum: %s\n", text);
}
