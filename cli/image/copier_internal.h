/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copier_internal.h - between copier.c (paths) and copyfile.c (contents).
 */
#pragma once

#include "cli/image/copier.h"

/* A descriptor of the folder of image path @path, made if it is missing, and
 * the last component. */
__must_check int copier_open_parent(struct copier *c, const char *path,
                                    const char **ret_name,
                                    struct cli_error *err);

/* Regular file @path, which no link leads to, to @dest of the image, and, with
 * COPY_WITH_DEPS, what it needs to run. */
__must_check int copier_copy_file(struct copier *c, const char *path,
                                  const char *dest, enum copy_deps deps,
                                  struct cli_error *err);

/*
 * copier_walk - go along host path @path, making in the image the folders and
 * links on the way.  *@ret_real, to be freed, is where it ends: a path that no
 * link leads through.
 */
__must_check int copier_walk(struct copier *c, const char *path,
                             char **ret_real, struct cli_error *err);
