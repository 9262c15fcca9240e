/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.c - looks for programs.
 */
#include "cli/image/program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/memory.h"
#include "cli/scope.h"

#include "base/banned.h"

static const char system_path[] =
	"/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

static char *find_in(const char *path, const char *name)
{
	while (*path) {
		size_t n = strcspn(path, ":");
		scope_free char *full =
			mem_format("%.*s/%s", (int)n, path, name);
		struct stat st;

		if (full[0] == '/' && stat(full, &st) == 0 &&
		    S_ISREG(st.st_mode) && (st.st_mode & 0111))
			return scope_take(&full);
		path += n;
		path += *path == ':';
	}
	return NULL;
}

char *program_find(const char *name)
{
	const char *path = getenv("PATH");
	char *found = find_in(system_path, name);

	return found || !path ? found : find_in(path, name);
}
