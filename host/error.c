/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.c - sentences about a start that failed.
 */
#include "host/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

int host_fail(struct host_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

int host_fail_errno(struct host_error *err, const char *what)
{
	int code = errno ? errno : EIO;

	return host_fail(err, -code, "%s: %s", what, strerror(code));
}
