/* SPDX-License-Identifier: Apache-2.0 */
/*
 * families.c - what parents and children owe each other: SIGCHLD, orphans,
 * locks between processes, what execve keeps, scripts.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "conformance.h"

#define SELF "/proc/self/exe"
static char *const echo_argv[] = { "conformance", "--echo", "one", NULL };
static char *const echo_env[] = { "CASE=yes", NULL };

static int exits(void *arg)
{
	return (int)(intptr_t)arg;
}

static int sleeps(void *arg)
{
	msleep(30);
	return (int)(intptr_t)arg;
}

static siginfo_t child_info;

static void keep_child_info(int sig, siginfo_t *info, void *context)
{
	(void)context;
	child_info = *info;
	last_signal = sig;
	signals_seen++;
}

static void handle_children(unsigned long flags)
{
	struct sigaction action = { .sa_sigaction = keep_child_info };

	action.sa_flags = (int)(SA_SIGINFO | SA_RESTART | flags);
	sigaction(SIGCHLD, &action, NULL);
}

CASE(wait4, "SIGCHLD says who and how")
{
	pid_t pid;

	handle_children(0);
	pid = child(exits, (void *)7);
	IS(CALL_OK(wait4, pid, NULL, 0, NULL) == pid);
	while (!signals_seen)
		msleep(1);
	IS(child_info.si_pid == pid);
	SHOW(child_info.si_code);
	SHOW(child_info.si_status);
}

ERROR_CASE(wait4, "children are not kept where SIGCHLD is ignored")
{
	handle(SIGCHLD, SIG_IGN, 0);
	child(exits, (void *)7);
	CALL(wait4, -1, NULL, 0, NULL);
}

ERROR_CASE(wait4, "SA_NOCLDWAIT: a signal, and nothing to wait for")
{
	handle_children(SA_NOCLDWAIT);
	child(sleeps, (void *)7);
	CALL(wait4, -1, NULL, 0, NULL);
	SHOW(signals_seen);
	SHOW(child_info.si_status);
}

static int has_orphan(void *arg)
{
	child(sleeps, arg);
	return 0;
}

CASE(wait4, "a subreaper gets the orphans below it")
{
	int status = 0;

	CALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	reap(child(has_orphan, (void *)5));
	IS(CALL_OK(wait4, -1, &status, 0, NULL) > 0);
	show_status("orphan", status);
}

static volatile int told;

static void note(int sig)
{
	told = sig;
}

static int outlives_parent(void *arg)
{
	(void)arg;
	handle(SIGUSR1, note, 0);
	sys(prctl, PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
	while (!told)
		msleep(1);
	return told;
}

static int dies_early(void *arg)
{
	child(outlives_parent, arg);
	msleep(20);
	return 0;
}

CASE(prctl, "PR_SET_PDEATHSIG tells of the parent's end")
{
	int status = 0;

	CALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	reap(child(dies_early, NULL));
	sys(wait4, -1, &status, 0, NULL);
	show_status("orphan", status);
}

CASE(prctl, "a name that /proc knows")
{
	char text[32] = "";
	long fd;

	CALL(prctl, PR_SET_NAME, "case", 0, 0, 0);
	fd = sys(openat, AT_FDCWD, "/proc/self/comm", O_RDONLY, 0);
	CALL(read, fd, text, 31);
	BYTES(text, 5);
}

static int signals_group(void *arg)
{
	(void)arg;
	sys(setpgid, 0, 0);
	handle(SIGUSR1, count_signals, 0);
	CALL(kill, 0, SIGUSR1);
	SHOW(signals_seen);
	return 0;
}

CASE(kill, "a group: everybody in it")
{
	reap(child(signals_group, NULL));
}

static int waits_for_signal(void *arg)
{
	(void)arg;
	while (sys(getpid))
		msleep(1000);
	return 0;
}

CASE(kill, "a child's group, and a child that has ended")
{
	pid_t pid = child(waits_for_signal, NULL);

	CALL(setpgid, pid, pid);
	CALL(kill, -pid, SIGTERM);
	reap(pid);
	pid = child(exits, NULL);
	msleep(30);
	CALL(kill, pid, SIGKILL);
	reap(pid);
	CALL(kill, pid, SIGKILL);
}

static struct flock whole_file(int type)
{
	return (struct flock){ .l_type = (short)type };
}

static int locks_too(void *arg)
{
	struct flock lock = whole_file(F_WRLCK);
	long fd = sys(openat, AT_FDCWD, "f", O_RDWR, 0);

	CALL(fcntl, fd, F_SETLK, &lock);
	CALL(fcntl, fd, F_GETLK, &lock);
	SHOW(lock.l_type);
	IS(lock.l_pid == (pid_t)(intptr_t)arg);
	lock = whole_file(F_RDLCK);
	lock.l_start = 5;
	CALL(fcntl, fd, F_SETLK, &lock);
	return 0;
}

CASE(fcntl, "locks of two processes conflict; closing any descriptor frees")
{
	struct flock lock = whole_file(F_WRLCK);
	int fd = file("f", "0123456789");

	lock.l_len = 5;
	CALL(fcntl, fd, F_SETLK, &lock);
	reap(child(locks_too, (void *)sys(getpid)));
	close((int)sys(openat, AT_FDCWD, "f", O_RDONLY, 0));
	reap(child(locks_too, (void *)sys(getpid)));
}

static int unlocks_later(void *arg)
{
	struct flock lock = whole_file(F_WRLCK);
	long fd = sys(openat, AT_FDCWD, "f", O_RDWR, 0);

	sys(fcntl, fd, F_SETLK, &lock);
	*(volatile int *)arg = 1;
	msleep(20);
	return 0;
}

CASE(fcntl, "F_SETLKW waits for the other process's end")
{
	static volatile int locked;
	struct flock lock = whole_file(F_WRLCK);
	int fd = file("f", "0123456789");
	pid_t pid = child(unlocks_later, (void *)&locked);

	while (!locked)
		msleep(1);
	CALL(fcntl, fd, F_SETLKW, &lock);
	reap(pid);
}

/* An executable file with that text. */
static void script(const char *path, const char *text)
{
	int fd = file(path, text);

	close(fd);
	sys(chmod, path, 0755);
}

static int executes(void *path)
{
	static char *const argv[] = { "zero", "first", "second", NULL };

	show_call("execve(path, argv, env)", sys(execve, path, argv, echo_env));
	return 99;
}

CASE(execve, "a script: its interpreter, one argument, its path, the rest")
{
	char self[512], text[600];
	long n = sys(readlink, SELF, self, 500);

	self[n > 0 ? n : 0] = '\0';
	snprintf(text, sizeof(text), "#! %s  --echo a b \nignored\n", self);
	script("s", text);
	say("  execve(script)\n");
	reap(child(executes, "s"));
	reap(child(executes, "./s"));
}

ERROR_CASE(execve, "scripts without an interpreter, or with a bad one")
{
	script("none", "#!/nonesuch\n");
	script("empty", "#!\n");
	script("folder", "#!/proc\n");
	script("loop", "#!loop\n");
	script("text", "text\n");
	script("nothing", "");
	CALL(execve, "none", echo_argv, echo_env);
	CALL(execve, "empty", echo_argv, echo_env);
	CALL(execve, "folder", echo_argv, echo_env);
	CALL(execve, "loop", echo_argv, echo_env);
	CALL(execve, "text", echo_argv, echo_env);
	CALL(execve, "nothing", echo_argv, echo_env);
}

ERROR_CASE(execve, "broken ELF files")
{
	script("short", "\177ELF");
	script("class", "\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\76\0\1\0\0\0"
	                "........................................");
	CALL(execve, "short", echo_argv, echo_env);
	CALL(execve, "class", echo_argv, echo_env);
}

ERROR_CASE(execve, "arguments that are too long")
{
	static char text[140000];
	char *argv[] = { "x", text, NULL };

	memset(text, 'x', sizeof(text) - 1);
	CALL(execve, SELF, argv, echo_env);
}

static int opens_running(void *arg)
{
	(void)arg;
	return (int)-sys(openat, AT_FDCWD, SELF, O_WRONLY, 0);
}

ERROR_CASE(openat, "a program that runs can't be written")
{
	CALL(openat, AT_FDCWD, SELF, O_WRONLY, 0);
	CALL(truncate, SELF, 0);
	reap(child(opens_running, NULL));
}

static int execs_ignoring(void *arg)
{
	uint64_t set = 1UL << (SIGUSR2 - 1);
	struct itimerval value = { .it_value = { 0, 30000 } };

	(void)arg;
	handle(SIGALRM, SIG_IGN, 0);
	sys(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	sys(kill, sys(getpid), SIGUSR2);
	sys(setitimer, ITIMER_REAL, &value, NULL);
	sys(execve, SELF, echo_argv, echo_env);
	return 99;
}

CASE(execve, "keeps what is ignored, blocked and pending")
{
	say("  execve(SELF, argv, env)\n");
	reap(child(execs_ignoring, NULL));
}

static int closes_its_files(void *arg)
{
	(void)arg;
	sys(close_range, 3, -1, 0);
	return (int)sys(dup, 1);
}

CASE(clone, "with CLONE_VM alone, descriptors and handlers are its own")
{
	int fd = file("f", "abc");

	say("  clone(CLONE_VM)\n");
	reap(child(closes_its_files, NULL));
	CALL(fcntl, fd, F_GETFD, 0);
}

static int sets_limit(void *arg)
{
	struct rlimit limit = { 10, 10 };

	(void)arg;
	sys(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	sys(umask, 0);
	return 0;
}

CASE(prlimit64, "a child's limits and umask are its own")
{
	struct rlimit limit = { 100, 100 };

	CALL(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	reap(child(sets_limit, NULL));
	CALL(prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
	SHOW(limit.rlim_cur);
	CALL(umask, 022);
}

CASE(getitimer, "what is left, and how often")
{
	struct itimerval value = { { 7, 5 }, { 100, 0 } }, now;

	CALL(setitimer, ITIMER_REAL, &value, NULL);
	CALL(getitimer, ITIMER_REAL, &now);
	IS(now.it_value.tv_sec == 99 || now.it_value.tv_sec == 100);
	SHOW(now.it_interval.tv_sec);
	SHOW(now.it_interval.tv_usec);
}

ERROR_CASE(getitimer, "timers, memory")
{
	struct itimerval now;

	CALL(getitimer, 3, &now);
	CALL(getitimer, -1, &now);
	CALL(getitimer, ITIMER_REAL, NOWHERE);
}
