/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - whole files: read one, replace one, copy one.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/span.h"
#include "cli/error.h"
#include "cli/memory.h"

/* Read the regular file at @path into @ret_bytes, to be released. */
__must_check int file_read(const char *path, struct bytes *ret_bytes,
                           struct cli_error *err);

/*
 * file_write - make @path a file with these bytes and @mode, atomically: who
 * opens it sees the old contents or the new.
 */
__must_check int file_write(const char *path, struct cspan bytes, mode_t mode,
                            struct cli_error *err);

/* Write all of @bytes to @fd; @name is for the message. */
__must_check int file_write_all(int fd, struct cspan bytes, const char *name,
                                struct cli_error *err);

/* Copy what is left to read of @in to @out, whose name is @to. */
__must_check int file_copy_contents(int in, int out, const char *to,
                                    struct cli_error *err);

/* mkdir -p; folders that exist are fine. */
__must_check int file_make_dirs(const char *path, struct cli_error *err);

/* rm -r; what does not exist is fine. */
__must_check int file_remove_tree(const char *path, struct cli_error *err);
