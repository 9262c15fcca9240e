/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copier.h - copies files of this machine into an image, with what they need.
 *
 * A file keeps its path.  Symbolic links on the way are made in the image too,
 * so that every name works that works here: /lib/x86_64-linux-gnu/libc.so.6
 * and /usr/lib/x86_64-linux-gnu/libc.so.6 are one file in both.  With an ELF
 * file come its interpreter and libraries, with a script its interpreter.
 *
 * Image paths are resolved with image/ as "/" (cli/image/inside.h): whatever
 * links an image holds, nothing outside it is written.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cli/error.h"
#include "cli/image/libpath.h"
#include "cli/memory.h"

/* Whether what a file needs comes with it. */
enum copy_deps { COPY_WITH_DEPS, COPY_ALONE };

struct copier {
	int root_fd;
	struct libpath libpath;
	struct strings seen;    /* host paths whose needs were looked at    */
	struct strings missing; /* "LIBRARY (needed by FILE)", for a warning */
	struct strings exclude; /* names or patterns left out of folders    */
	uint64_t n_files;
	uint64_t n_bytes;
	bool is_terminal; /* show progress */
};

__must_check int copier_init(struct copier *c, const char *image,
                             struct cli_error *err);
void copier_fini(struct copier *c);

/*
 * copier_add - the file or folder @path to the same path of the image.
 *
 * @path is absolute.
 */
__must_check int copier_add(struct copier *c, const char *path,
                            struct cli_error *err);

/* copier_add_as - the file or folder @path to image path @dest, which becomes
 * its name there.  What it needs keeps its own path. */
__must_check int copier_add_as(struct copier *c, const char *path,
                               const char *dest, enum copy_deps deps,
                               struct cli_error *err);

/* copier_add_contents - what is in folder @path into image folder @dest. */
__must_check int copier_add_contents(struct copier *c, const char *path,
                                     const char *dest, struct cli_error *err);

/* Folder @path of the image with all its parents. */
__must_check int copier_make_folder(struct copier *c, const char *path,
                                    struct cli_error *err);

/* Link @path of the image to @target; an old link there is replaced. */
__must_check int copier_make_link(struct copier *c, const char *path,
                                  const char *target, struct cli_error *err);

/* End the progress line, warn about what is missing, sum up. */
void copier_report(const struct copier *c);
