/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inside.h - opens paths as a program in the enclave will: with image/ as "/".
 *
 * A symbolic link in image/ that points to /etc means image/etc.  Plain open()
 * would follow it to the builder's own /etc, and read, or worse, write there.
 */
#pragma once

#include <sys/types.h>

#include "base/compiler.h"
#include "cli/error.h"

/* The file at @path in image @folder for reading: a descriptor or -errno. */
int inside_open(const char *folder, const char *path);

/* The same below the folder open at @root_fd, with open(2)'s @flags. */
int inside_open_at(int root_fd, const char *path, int flags);

/* inside_make_dirs - mkdir -p @path below @root_fd: a descriptor of the
 * folder (O_PATH), or -errno with @err filled in. */
int inside_make_dirs(int root_fd, const char *path, struct cli_error *err);
