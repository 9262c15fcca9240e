/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpath.h - where the dynamic loader would find a library.
 *
 * Follows ld.so(8) without its cache, LD_LIBRARY_PATH and hardware-specific
 * sub-folders, whose answers belong to the building machine: DT_RPATH,
 * DT_RUNPATH, the folders of /etc/ld.so.conf, the default ones.  For musl:
 * /etc/ld-musl-x86_64.path or its defaults.
 */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "cli/image/elfneeds.h"

struct libpath {
	struct strings glibc; /* ld.so.conf's, then the default folders */
	struct strings musl;
	size_t n_configured; /* of glibc: those from ld.so.conf */
};

void libpath_init(struct libpath *lp);
void libpath_fini(struct libpath *lp);

/* Whether @interp is musl's loader. */
bool libpath_is_musl(const char *interp);

/*
 * libpath_find - the absolute path of library @name for @object, a file with
 * @needs that a program with interpreter @interp (NULL: glibc's) loads.
 *
 * NULL where there is none; else to be freed.
 */
char *libpath_find(const struct libpath *lp, const char *name,
                   const char *object, const struct elf_needs *needs,
                   const char *interp);

/* Is @folder searched even without a cache or ld.so.conf? */
bool libpath_is_default(const char *folder);
