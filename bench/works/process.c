/* SPDX-License-Identifier: Apache-2.0 */
/* Starting programs of several sizes and waiting for them. */
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "works.h"

extern char **environ;

/* Beside this program, by the Makefile of bench/. */
static const char *beside(const char *name)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);

	if (n < 0)
		die("readlink");
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, name);
	return path;
}

static void spawn_and_wait(const char *name, long n)
{
	const char *path = beside(name);
	char *argv[] = { (char *)path, NULL };
	int status;
	pid_t pid;

	while (n-- > 0) {
		if (posix_spawn(&pid, path, NULL, NULL, argv, environ))
			die("cannot start %s", path);
		if (waitpid(pid, &status, 0) != pid || status)
			die("%s failed", path);
	}
}

static void spawn_static(long n)
{
	spawn_and_wait("nothing_static", n);
}

static void spawn_dynamic(long n)
{
	spawn_and_wait("nothing_dynamic", n);
}

static void spawn_large(long n)
{
	spawn_and_wait("nothing_large", n);
}

int child_main(const char *name)
{
	char c;

	if (!strcmp(name, "futex"))
		return futex_child(SHARED_FD);
	if (!strcmp(name, "drain"))
		return drain_child();
	if (strcmp(name, "echo"))
		return 1;
	while (read(0, &c, 1) == 1)
		if (write(1, &c, 1) != 1)
			return 1;
	return 0;
}

const struct work process_works[] = {
	{ "spawn_static", spawn_static, 0 },
	{ "spawn_dynamic", spawn_dynamic, 0 },
	{ "spawn_large", spawn_large, 0 },
	{ NULL, NULL, 0 },
};
