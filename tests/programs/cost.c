/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program costs the kernel once everything it needs is warm.
 *
 * cost PROGRAM ARGS...: runs it a few times, then once more, and prints how far
 * the kernel's counters went, with the exit status.  The program's own output
 * goes to /dev/null.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM_UP = 3, TEXT_MAX = 4096, COUNTERS_MAX = 32 };

static const char *const files[] = { "/proc/occlum/syscalls",
	                             "/proc/occlum/pages" };

struct counter {
	char name[32];
	long value;
};

static int read_file(const char *path, struct counter *c, int count)
{
	char text[TEXT_MAX], *line, *rest;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	for (line = strtok_r(text, "\n", &rest); line && count < COUNTERS_MAX;
	     line = strtok_r(NULL, "\n", &rest))
		if (sscanf(line, "%31s %ld", c[count].name, &c[count].value) ==
		    2)
			count++;
	return count;
}

static int read_counters(struct counter c[COUNTERS_MAX])
{
	return read_file(files[1], c, read_file(files[0], c, 0));
}

/* By few calls: they are counted too. */
static int run(char **argv)
{
	int status = -1;
	pid_t pid = vfork();

	if (!pid) {
		close(1);
		open("/dev/null", O_WRONLY);
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

int main(int argc, char **argv)
{
	struct counter before[COUNTERS_MAX], after[COUNTERS_MAX];
	int i, count, status;

	if (argc < 2)
		return 2;
	for (i = 0; i < WARM_UP; i++)
		run(argv + 1);
	read_counters(before);
	status = run(argv + 1);
	count = read_counters(after);
	printf("status %d\n", WIFEXITED(status) ? WEXITSTATUS(status)
	                                        : 128 + WTERMSIG(status));
	for (i = 0; i < count; i++)
		printf("%s %ld\n", after[i].name,
		       after[i].value - before[i].value);
	return 0;
}
