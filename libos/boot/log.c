/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/boot/log.h"

#include <stdarg.h>

#include "base/compiler.h"
#include "base/format.h"
#include "base/log.h"
#include "libos/hostcall/hostcall.h"

#define LOG_LINE_MAX 512

static enum log_level max_level = LOG_ERROR;
static bool log_is_off;

void boot_log_setup(bool is_debuggable, bool is_off)
{
	max_level = is_debuggable ? LOG_WARN : LOG_ERROR;
	log_is_off = is_off;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list args;
	int n;

	if (log_is_off || level > max_level)
		return;
	va_start(args, fmt);
	n = str_vformat(line, sizeof(line), fmt, args);
	va_end(args);
	if (n > 0)
		host_log(level, line, MIN((size_t)n, sizeof(line) - 1));
}
