/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h - why a command failed, as one sentence for whoever typed it.
 *
 * Every fallible function of cli/ takes a struct cli_error, and on failure
 * returns a negative errno after filling it in, once: where the failure
 * happened, with the name of the file or field and with the remedy.  Callers
 * pass the code on and add nothing.  Only main() prints it.
 */
#pragma once

#include "base/compiler.h"

/* Exit codes.  `run` ends with the program's own, so these stay clear of it. */
enum cli_exit {
	CLI_EXIT_OK = 0,
	CLI_EXIT_FAILED = 1,
	CLI_EXIT_USAGE = 2,
	CLI_EXIT_RUN_FAILED = 125, /* `run`: occlum failed, or misused */
	CLI_EXIT_NOT_EXECUTABLE = 126,
	CLI_EXIT_NOT_FOUND = 127
};

struct cli_error {
	int exit_code; /* 0: the verb's exit_failed */
	char text[2048];
};

/*
 * cli_fail - fill in @err (longer sentences are cut) and return @code, which
 * is a negative errno.
 */
__printf(3, 4) int cli_fail(struct cli_error *err, int code, const char *fmt,
                            ...);

/* cli_misuse - the same for a wrong command line; CLI_EXIT_USAGE, -EINVAL. */
__printf(2, 3) int cli_misuse(struct cli_error *err, const char *fmt, ...);

/*
 * cli_fail_errno - "@what PATH: reason", from errno.  Returns -errno.
 * A full disk or a read-only folder gets its remedy appended.
 */
int cli_fail_errno(struct cli_error *err, const char *what, const char *path);

/* One line on stderr, "occlum: " in front. */
__printf(1, 2) void cli_note(const char *fmt, ...);
