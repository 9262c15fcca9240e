/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.c - sentences.
 */
#include "cli/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

int cli_fail(struct cli_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

int cli_misuse(struct cli_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err->exit_code = CLI_EXIT_USAGE;
	return -EINVAL;
}

/* What to do about the errors that a user meets most. */
static const struct {
	int code;
	const char *remedy;
} remedies[] = {
	{ ENOSPC, "; make room on that disk" },
	{ EDQUOT, "; your disk quota is used up" },
	{ EROFS, "; the folder is on a read-only file system" },
	{ EACCES, "; check who owns it and its mode" },
	{ EPERM, "; check who owns it and its mode" },
	{ EMFILE, "; raise the limit with ulimit -n" },
};

static const char *remedy_for(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].code == code)
			return remedies[i].remedy;
	return "";
}

int cli_fail_errno(struct cli_error *err, const char *what, const char *path)
{
	int code = errno ? errno : EIO;

	return cli_fail(err, -code, "%s %s: %s%s", what, path, strerror(code),
	                remedy_for(code));
}

void cli_note(const char *fmt, ...)
{
	va_list ap;

	fputs("occlum: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}
