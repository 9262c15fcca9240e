/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope.h - variables that release what they hold when their scope ends.
 *
 *	scope_fd int fd = open(path, O_RDONLY);
 *	scope_free char *name = mem_format("%s/%s", dir, base);
 *
 * To hand the thing on, take it out: scope_take_fd(&fd), scope_take(&name).
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/compiler.h"

#define scope_free __attribute__((__cleanup__(scope_free_)))
#define scope_fd __attribute__((__cleanup__(scope_close_fd_)))
#define scope_file __attribute__((__cleanup__(scope_close_file_)))
#define scope_dir __attribute__((__cleanup__(scope_close_dir_)))

static inline void scope_free_(void *p)
{
	free(*(void **)p);
}

static inline void scope_close_fd_(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void scope_close_file_(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void scope_close_dir_(DIR **d)
{
	if (*d)
		closedir(*d);
}

static inline int scope_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Moves the pointer in *@p out; the scope then frees nothing. */
#define scope_take(p)                                                          \
	__extension__({                                                        \
		__typeof__(*(p)) scope_taken_ = *(p);                          \
		*(p) = NULL;                                                   \
		scope_taken_;                                                  \
	})
