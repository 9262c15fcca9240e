/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conformance.c - runs the cases, each in a process of its own.
 *
 * conformance --list: call, kind and title of each, separated by tabs.
 * conformance FOLDER [CALL...]: runs the cases, or those of some calls, each in
 * a new folder inside FOLDER.
 * conformance --echo: what cases execute: prints its arguments and environment.
 */
#include "conformance.h"

#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { CASE_SECONDS = 20, CHILD_STACK = 64 * 1024, LINE_MAX_SIZE = 1024 };

extern char **environ;
/* What the linker calls the ends of the section. */
extern const struct conformance_case *__start_cases[];
extern const struct conformance_case *__stop_cases[];

volatile int signals_seen, last_signal;

long raw_call(long nr, const long args[6])
{
	register long r10 __asm__("r10") = args[3];
	register long r8 __asm__("r8") = args[4];
	register long r9 __asm__("r9") = args[5];
	long ret;

	__asm__ volatile("syscall"
	                 : "=a"(ret)
	                 : "a"(nr), "D"(args[0]), "S"(args[1]), "d"(args[2]),
	                   "r"(r10), "r"(r8), "r"(r9)
	                 : "rcx", "r11", "memory");
	return ret;
}

/* Not through stdio: a case may be killed at any time. */
void say(const char *format, ...)
{
	char line[LINE_MAX_SIZE];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	sys(write, 1, line, n);
}

long show_call(const char *text, long result)
{
	if (result < 0 && result > -4096)
		say("  %s = -%s\n", text, strerrorname_np((int)-result));
	else
		say("  %s = %ld\n", text, result);
	return result;
}

long show_success(const char *text, long result)
{
	if (result < 0 && result > -4096)
		return show_call(text, result);
	say("  %s = ok\n", text);
	return result;
}

void show_number(const char *text, long value)
{
	say("  %s: %ld\n", text, value);
}

void show_condition(const char *text, int is_true)
{
	say("  %s: %s\n", text, is_true ? "yes" : "no");
}

void show_bytes(const char *text, const void *data, size_t size)
{
	const unsigned char *p = data;
	char line[LINE_MAX_SIZE];
	size_t at = 0, i;

	for (i = 0; i < size && at < sizeof(line) - 8; i++)
		at += (size_t)sprintf(
			line + at, p[i] >= ' ' && p[i] < 127 ? "%c" : "\\%02x",
			p[i]);
	line[at] = '\0';
	say("  %s: \"%s\"\n", text, line);
}

int file(const char *path, const char *text)
{
	long fd = sys(openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || sys(write, fd, text, strlen(text)) < 0 ||
	    sys(lseek, fd, 0, SEEK_SET))
		say("  file %s: not made\n", path);
	return (int)fd;
}

void show_file(const char *path)
{
	long fd = sys(openat, AT_FDCWD, path, O_RDONLY, 0);
	char text[256];
	long n;

	if (fd < 0) {
		show_call(path, fd);
		return;
	}
	n = sys(read, fd, text, sizeof(text));
	sys(close, fd);
	if (n < 0)
		show_call(path, n);
	else
		show_bytes(path, text, (size_t)n);
}

void folder(const char *path)
{
	if (sys(mkdir, path, 0755))
		say("  folder %s: not made\n", path);
}

void needs(int capability)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { 0 };

	sys(capget, &head, data);
	if (data[capability / 32].effective & 1U << capability % 32)
		return;
	say("  SKIP: needs capability %d\n", capability);
	_exit(0);
}

void needs_call(long nr)
{
	const long args[6] = { -1, -1, -1, -1, -1, -1 };

	if (raw_call(nr, args) != -ENOSYS)
		return;
	say("  SKIP: needs call %ld\n", nr);
	_exit(0);
}

void msleep(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	sys(nanosleep, &t, NULL);
}

pid_t child(int (*run)(void *arg), void *arg)
{
	char *stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE,
	                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack == MAP_FAILED)
		return -1;
	return clone(run, stack + CHILD_STACK, CLONE_VM | SIGCHLD, arg);
}

void show_status(const char *text, int status)
{
	if (WIFEXITED(status))
		say("  %s: exit %d\n", text, WEXITSTATUS(status));
	else
		say("  %s: signal %d\n", text, WTERMSIG(status));
}

void reap(pid_t pid)
{
	int status = -1;

	if (sys(wait4, pid, &status, 0, NULL) == pid)
		show_status("child", status);
	else
		say("  child: not waited for\n");
}

void count_signals(int signal)
{
	last_signal = signal;
	signals_seen++;
}

void handle(int signal, void (*handler)(int), unsigned long flags)
{
	struct sigaction action = { .sa_handler = handler };

	action.sa_flags = (int)flags;
	sigaction(signal, &action, NULL);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* In the child: never returns. */
static void run_case(const struct conformance_case *c, const char *folder_path)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	if (chdir(folder_path))
		_exit(120);
	umask(022);
	/* The limit counts what other processes of this user have queued. */
	setrlimit(RLIMIT_SIGPENDING, &unlimited);
	alarm(CASE_SECONDS);
	c->run();
	_exit(0);
}

/* Starts this program again for case @number, and waits. */
static void start_case(char *self, const char *folder_path, int number)
{
	char path[256], text[16];
	char *argv[] = { self, "--run", text, path, NULL };
	int status = -1;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%d", folder_path, number);
	snprintf(text, sizeof(text), "%d", number);
	if (mkdir(path, 0755) ||
	    posix_spawn(&pid, self, NULL, NULL, argv, environ) ||
	    waitpid(pid, &status, 0) != pid)
		say("  not started\n");
	else if (status)
		show_status("ended by", status);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Its exit code is 7. */
static int echo(char **argv)
{
	char **env;

	for (; *argv; argv++)
		say("  argument %s\n", *argv);
	for (env = environ; *env; env++)
		if (!strncmp(*env, "CASE", 4))
			say("  environment %s\n", *env);
	return 7;
}

static int is_chosen(const struct conformance_case *c, char **calls)
{
	if (!*calls)
		return 1;
	for (; *calls; calls++)
		if (!strcmp(c->call, *calls))
			return 1;
	return 0;
}

/* The compiler may emit them in any order. */
static int compare(const void *a, const void *b)
{
	const struct conformance_case *const *x = a, *const *y = b;
	int order = strcmp((*x)->file, (*y)->file);

	return order ? order : (*x)->line - (*y)->line;
}

int main(int argc, char **argv)
{
	int count = (int)(__stop_cases - __start_cases);
	int i;

	qsort(__start_cases, (size_t)count, sizeof(__start_cases[0]), compare);
	if (argc == 4 && !strcmp(argv[1], "--run"))
		run_case(__start_cases[atoi(argv[2])], argv[3]);
	if (argc > 1 && !strcmp(argv[1], "--echo"))
		return echo(argv + 2);
	if (argc < 2)
		return 2;
	for (i = 0; i < count; i++) {
		const struct conformance_case *c = __start_cases[i];

		if (!strcmp(argv[1], "--list"))
			say("%s\t%s\t%s\n", c->call, c->kind, c->title);
		if (argv[1][0] == '-' || !is_chosen(c, argv + 2))
			continue;
		say("%s: %s\n", c->call, c->title);
		start_case(argv[0], argv[1], i);
	}
	return 0;
}
