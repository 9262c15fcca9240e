/* SPDX-License-Identifier: Apache-2.0 */
/*
 * N programs started and waited for, one after the other, static and dynamic
 * in turn; afterwards the kernel's own accounts must be where they were.
 *
 * spawn_soak N STATIC DYNAMIC: the programs are started with the argument "7".
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

/* What is set up at first use (caches, heap slabs) is there after so many. */
enum { WARM_UP = 40, TEXT_MAX = 4096, CHILD_STATUS = 7 };

extern char **environ;

/* What has to be back: the line `name value` of a file in /proc/occlum. */
static const struct account {
	const char *file, *name;
} accounts[] = {
	{ "memory", "used" },       { "memory", "present" },
	{ "memory", "cached" },     { "memory", "cache_entries" },
	{ "memory", "free_bytes" }, { "memory", "free_extents" },
	{ "heap", "used" },         { "heap", "page_runs" },
	{ "files", "open" },        { "threads", "threads" },
};
/*
 * Host calls for page rights over a program's whole life: a static one needs 4,
 * a dynamic one 8, of which 4 are its own (mprotect, munmap).
 */
enum { HOST_CALLS_MAX = 7 };
static const struct account host_calls = { "pages", "host_calls" };
enum { NACCOUNTS = sizeof(accounts) / sizeof(accounts[0]) };

static long read_account(const struct account *a)
{
	char path[64], text[TEXT_MAX], name[32];
	const char *at = text;
	long value;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/occlum/%s", a->file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	for (; at && *at; at = strchr(at, '\n'), at += at != NULL)
		if (sscanf(at, "%31s %ld", name, &value) == 2 &&
		    !strcmp(name, a->name))
			return value;
	return -1;
}

static void read_accounts(long values[NACCOUNTS])
{
	int i;

	for (i = 0; i < NACCOUNTS; i++)
		values[i] = read_account(&accounts[i]);
}

/* How many of @n did not end as they should. */
static int run(int n, char *programs[2])
{
	int i, status, bad = 0;

	for (i = 0; i < n; i++) {
		char *argv[] = { programs[i & 1], "7", NULL };
		pid_t pid;

		if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) ||
		    waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != CHILD_STATUS)
			bad++;
	}
	return bad;
}

int main(int argc, char **argv)
{
	long before[NACCOUNTS], after[NACCOUNTS];
	long calls;
	int i, n;

	if (argc != 4)
		return 99;
	n = atoi(argv[1]);
	SHOW(run(WARM_UP, argv + 2));
	/* Twice: the first time touches memory of this program's own. */
	read_accounts(after);
	read_accounts(before);
	calls = read_account(&host_calls);
	SHOW(run(n, argv + 2));
	calls = read_account(&host_calls) - calls;
	read_accounts(after);
	IS(calls > 0 && calls <= (long)HOST_CALLS_MAX * n);
	for (i = 0; i < NACCOUNTS; i++) {
		printf("%s %s: %s\n", accounts[i].file, accounts[i].name,
		       before[i] < 0           ? "MISSING"
		       : before[i] == after[i] ? "back"
		                               : "NOT back");
		if (before[i] != after[i])
			fprintf(stderr, "%s %s: %ld, then %ld\n",
			        accounts[i].file, accounts[i].name, before[i],
			        after[i]);
	}
	return 0;
}
