/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/instance/place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/memory.h"
#include "cli/scope.h"

#include "base/banned.h"

char *place_own_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n < 0)
		return mem_string(".");
	path[n] = '\0';
	slash = strrchr(path, '/');
	return mem_substring(path, slash ? (size_t)(slash - path) : 0);
}

char *place_find(const char *const *places)
{
	scope_free char *folder = place_own_folder();

	for (; *places; places++) {
		scope_free char *path = mem_format("%s/%s", folder, *places);

		if (access(path, R_OK) == 0)
			return scope_take(&path);
	}
	return NULL;
}
