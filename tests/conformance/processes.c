/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processes.c - beginnings and ends, families and their accounts.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>

#include "conformance.h"

#define SELF "/proc/self/exe"
static char *const echo_argv[] = { "conformance", "--echo", "one", "two words",
	                           NULL };
static char *const echo_env[] = { "CASE=yes", NULL };

static int by_exit(void *arg)
{
	sys(exit, (long)(intptr_t)arg);
	return 99;
}

static int by_exit_group(void *arg)
{
	sys(exit_group, (long)(intptr_t)arg);
	return 99;
}

static int by_return(void *arg)
{
	return (int)(intptr_t)arg;
}

static int by_signal(void *arg)
{
	sys(kill, sys(getpid), (long)(intptr_t)arg);
	return 99;
}

static int slowly(void *arg)
{
	msleep(30);
	return (int)(intptr_t)arg;
}

static int forever(void *arg)
{
	(void)arg;
	while (sys(getpid))
		msleep(1000);
	return 0;
}

CASE(exit, "the code reaches the parent")
{
	say("  exit(3)\n");
	reap(child(by_exit, (void *)3));
}

CASE(exit, "only its lower eight bits")
{
	say("  exit(0x1234), exit(-1)\n");
	reap(child(by_exit, (void *)0x1234));
	reap(child(by_exit, (void *)-1));
}

CASE(exit, "ends the process with its last thread")
{
	say("  exit(0)\n");
	reap(child(by_exit, NULL));
	CALL(wait4, -1, NULL, 0, NULL);
}

CASE(exit_group, "the code reaches the parent")
{
	say("  exit_group(4)\n");
	reap(child(by_exit_group, (void *)4));
}

CASE(exit_group, "only its lower eight bits")
{
	say("  exit_group(0x1ff)\n");
	reap(child(by_exit_group, (void *)0x1ff));
}

static int exits_from_thread(void *arg)
{
	static char stack[8192] __attribute__((aligned(16)));

	clone(by_exit_group, stack + sizeof(stack),
	      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
	      arg);
	return forever(NULL);
}

CASE(exit_group, "of one thread ends the others")
{
	say("  exit_group(6)\n");
	reap(child(exits_from_thread, (void *)6));
}

CASE(wait4, "a child's code, and its usage")
{
	struct rusage usage;
	int status = -1;
	pid_t pid = child(by_return, (void *)5);

	memset(&usage, 0xff, sizeof(usage));
	IS(sys(wait4, pid, &status, 0, &usage) == pid);
	SHOW(status);
	IS(usage.ru_utime.tv_sec == 0 && usage.ru_utime.tv_usec < 1000000);
	CALL(wait4, pid, &status, 0, NULL);
}

CASE(wait4, "WNOHANG while it runs; any child")
{
	int status = -1;
	pid_t pid = child(forever, NULL);

	CALL(wait4, pid, &status, WNOHANG, NULL);
	CALL(kill, pid, SIGKILL);
	IS(sys(wait4, -1, &status, __WALL, NULL) == pid);
	SHOW(status);
}

CASE(wait4, "ended by a signal")
{
	int status = -1;
	pid_t pid = child(by_signal, (void *)SIGTERM);

	IS(CALL_OK(wait4, pid, &status, 0, NULL) == pid);
	SHOW(status);
}

CASE(wait4, "by process group")
{
	int status = -1;
	pid_t pid = child(slowly, (void *)3);

	CALL(setpgid, pid, pid);
	CALL(wait4, 0, &status, 0, NULL);
	IS(sys(wait4, -pid, &status, 0, NULL) == pid);
	SHOW(status);
}

ERROR_CASE(wait4, "no children, flags, memory, a signal comes")
{
	pid_t pid;

	CALL(wait4, -1, NULL, 0, NULL);
	CALL(wait4, 1 << 30, NULL, 0, NULL);
	CALL(wait4, -1, NULL, 16, NULL);
	CALL(wait4, INT32_MIN, NULL, 0, NULL);
	pid = child(by_return, NULL);
	CALL(wait4, pid, NOWHERE, 0, NULL);
	pid = child(forever, NULL);
	handle(SIGALRM, count_signals, 0);
	ualarm(20000, 0);
	CALL(wait4, pid, NULL, 0, NULL);
	CALL(kill, pid, SIGKILL);
}

static void show_info(const siginfo_t *info, pid_t pid)
{
	say("  signo %d code %d status %d pid %s\n", info->si_signo,
	    info->si_code, info->si_status,
	    info->si_pid == pid ? "its own"
	    : info->si_pid == 0 ? "none"
	                        : "another");
}

CASE(waitid, "exited, killed")
{
	siginfo_t info = { 0 };
	pid_t pid = child(by_return, (void *)5);

	CALL(waitid, P_PID, pid, &info, WEXITED, NULL);
	show_info(&info, pid);
	pid = child(by_signal, (void *)SIGKILL);
	CALL(waitid, P_ALL, 0, &info, WEXITED, NULL);
	show_info(&info, pid);
}

CASE(waitid, "WNOWAIT leaves it, WNOHANG does not wait")
{
	siginfo_t info = { 0 };
	pid_t pid = child(slowly, (void *)5);

	CALL(waitid, P_PID, pid, &info, WEXITED | WNOHANG, NULL);
	show_info(&info, pid);
	CALL(waitid, P_PID, pid, &info, WEXITED | WNOWAIT, NULL);
	show_info(&info, pid);
	CALL(waitid, P_PID, pid, &info, WEXITED, NULL);
	CALL(waitid, P_PID, pid, &info, WEXITED, NULL);
}

ERROR_CASE(waitid, "kinds, flags, no children")
{
	siginfo_t info;

	CALL(waitid, P_ALL, 0, &info, WEXITED, NULL);
	CALL(waitid, P_ALL, 0, &info, 0, NULL);
	CALL(waitid, P_ALL, 0, &info, WEXITED | 64, NULL);
	CALL(waitid, 9, 0, &info, WEXITED, NULL);
	CALL(waitid, P_PID, 0, &info, WEXITED, NULL);
	CALL(waitid, P_PID, -1, &info, WEXITED, NULL);
}

CASE(vfork, "the child runs first, in the same memory")
{
	static volatile int seen;
	pid_t pid = vfork();

	if (!pid) {
		seen = 1;
		_exit(3);
	}
	say("  vfork() = ok\n");
	SHOW(seen);
	reap(pid);
}

CASE(vfork, "the parent goes on when the child executes")
{
	pid_t pid;

	say("  vfork(), then execve\n");
	pid = vfork();
	if (!pid) {
		sys(execve, SELF, echo_argv, echo_env);
		_exit(99);
	}
	reap(pid);
}

CASE(vfork, "the parent waits until the child has ended")
{
	static volatile int seen;
	pid_t pid = vfork();

	if (!pid) {
		msleep(30);
		seen = 1;
		_exit(6);
	}
	say("  vfork() = ok\n");
	SHOW(seen);
	reap(pid);
}

CASE(clone, "shares or copies the working folder")
{
	static char stack[8192] __attribute__((aligned(16)));
	int (*run)(void *) = (int (*)(void *))(uintptr_t)chdir;
	char path[512];
	int status;

	folder("d");
	sys(chdir, "d");
	say("  clone(CLONE_VM)\n");
	clone(run, stack + sizeof(stack), CLONE_VM | SIGCHLD, "/");
	wait(&status);
	SHOW(sys(getcwd, path, sizeof(path)) > 3);
	say("  clone(CLONE_VM | CLONE_FS)\n");
	clone(run, stack + sizeof(stack), CLONE_VM | CLONE_FS | SIGCHLD, "/");
	wait(&status);
	SHOW(sys(getcwd, path, sizeof(path)) > 3);
}

CASE(clone, "the end of a child sends the signal that was asked for")
{
	static char stack[8192] __attribute__((aligned(16)));
	pid_t pid;

	handle(SIGUSR1, count_signals, SA_RESTART);
	say("  clone(CLONE_VM | SIGUSR1)\n");
	pid = clone(by_return, stack + sizeof(stack), CLONE_VM | SIGUSR1,
	            (void *)4);
	CALL(wait4, pid, NULL, 0, NULL);
	IS(sys(wait4, pid, NULL, __WALL, NULL) == pid);
	SHOW(signals_seen);
}

ERROR_CASE(clone, "flags that need one another")
{
	CALL(clone, CLONE_SIGHAND, 0, 0, 0, 0);
	CALL(clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0);
	CALL(clone, CLONE_FS | CLONE_NEWNS, 0, 0, 0, 0);
}

ERROR_CASE(clone3, "sizes, flags, memory")
{
	uint64_t args[11] = { 0 };

	CALL(clone3, args, 8);
	CALL(clone3, args, 5000);
	CALL(clone3, NOWHERE, 64);
	args[0] = CLONE_SIGHAND;
	CALL(clone3, args, 64);
	args[0] = CLONE_VM;
	args[4] = 999;
	CALL(clone3, args, 64);
	args[0] = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	args[4] = SIGCHLD;
	CALL(clone3, args, 64);
}

static int executes(void *arg)
{
	(void)arg;
	sys(execve, SELF, echo_argv, echo_env);
	return 99;
}

CASE(execve, "arguments and environment")
{
	say("  execve(SELF, argv, env)\n");
	reap(child(executes, NULL));
}

static int executes_with_cloexec(void *arg)
{
	(void)arg;
	sys(fcntl, 1, F_DUPFD_CLOEXEC, 20);
	handle(SIGUSR1, count_signals, 0);
	handle(SIGUSR2, SIG_IGN, 0);
	sys(execve, SELF, echo_argv, echo_env);
	return 99;
}

CASE(execve, "FD_CLOEXEC closes, handlers go, a child only")
{
	say("  execve(SELF, argv, env)\n");
	reap(child(executes_with_cloexec, NULL));
	CALL(fcntl, 20, F_GETFD, 0);
}

ERROR_CASE(execve, "not there, not a program, memory")
{
	int fd = file("f", "neither ELF nor script");

	close(fd);
	CALL(execve, "none", echo_argv, echo_env);
	CALL(execve, "f", echo_argv, echo_env);
	CALL(execve, "f/x", echo_argv, echo_env);
	CALL(execve, ".", echo_argv, echo_env);
	CALL(execve, NOWHERE, echo_argv, echo_env);
	CALL(execve, SELF, NOWHERE, echo_env);
	sys(chmod, "f", 0755);
	CALL(execve, "", echo_argv, echo_env);
}

ERROR_CASE(execveat, "flags, descriptors, empty paths")
{
	int fd = file("f", "neither ELF nor script");

	CALL(execveat, fd, "", echo_argv, echo_env, 0);
	CALL(execveat, NO_FD, "f", echo_argv, echo_env, 0);
	CALL(execveat, AT_FDCWD, "f", echo_argv, echo_env, 1);
	sys(symlink, "f", "l");
	CALL(execveat, AT_FDCWD, "l", echo_argv, echo_env, AT_SYMLINK_NOFOLLOW);
	CALL(execveat, fd, "", echo_argv, echo_env, AT_EMPTY_PATH);
}

static int executes_fd(void *arg)
{
	sys(execveat, (long)(intptr_t)arg, "", echo_argv, echo_env,
	    AT_EMPTY_PATH);
	return 99;
}

CASE(execveat, "the descriptor itself")
{
	long fd = sys(openat, AT_FDCWD, SELF, O_PATH, 0);

	say("  execveat(fd, \"\", argv, env, AT_EMPTY_PATH)\n");
	reap(child(executes_fd, (void *)fd));
}

CASE(getpid, "of the first thread is its thread id")
{
	CALL_OK(getpid);
	IS(sys(getpid) == sys(gettid));
}

static long seen_pid, seen_parent;

static int notes_ids(void *arg)
{
	(void)arg;
	seen_pid = sys(getpid);
	seen_parent = sys(getppid);
	return 0;
}

CASE(getpid, "of a child is what its parent got")
{
	pid_t pid = child(notes_ids, NULL);

	reap(pid);
	IS(seen_pid == pid);
	IS(seen_pid != CALL_OK(getpid));
}

CASE(getpid, "does not change by execve")
{
	long pid = CALL_OK(getpid);

	CALL(execve, "none", NULL, NULL);
	IS(sys(getpid) == pid);
}

CASE(getppid, "of a child is the parent")
{
	reap(child(notes_ids, NULL));
	IS(seen_parent == sys(getpid));
	CALL_OK(getppid);
}

CASE(getppid, "stays")
{
	IS(CALL_OK(getppid) == sys(getppid));
	IS(sys(getppid) != sys(getpid));
}

static int leaves_orphan(void *arg)
{
	child(slowly, arg);
	return 0;
}

static int adopts(void *arg)
{
	static volatile long before;

	(void)arg;
	before = sys(getpid);
	child(leaves_orphan, NULL);
	sys(wait4, -1, NULL, 0, NULL);
	return before == sys(getppid);
}

CASE(getppid, "an orphan's own children stay its children")
{
	CALL_OK(getppid);
	reap(child(adopts, NULL));
}

CASE(gettid, "the process's id in the first thread")
{
	IS(CALL_OK(gettid) == sys(getpid));
}

static long seen_tid;

static int notes_tid(void *arg)
{
	(void)arg;
	seen_tid = sys(gettid);
	return 0;
}

CASE(gettid, "of a child process")
{
	pid_t pid = child(notes_tid, NULL);

	reap(pid);
	IS(seen_tid == pid);
	CALL_OK(gettid);
}

CASE(gettid, "another in each thread")
{
	static char stack[8192] __attribute__((aligned(16)));
	static volatile int gone = -1;
	pid_t tid;

	tid = clone(notes_tid, stack + sizeof(stack),
	            CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
	                    CLONE_THREAD | CLONE_CHILD_CLEARTID,
	            NULL, NULL, NULL, &gone);
	while (gone)
		msleep(1);
	IS(seen_tid == tid);
	IS(seen_tid != CALL_OK(gettid));
}

static int clears_tid(void *arg)
{
	sys(set_tid_address, arg);
	return 0;
}

CASE(set_tid_address, "gives the thread's id")
{
	static int word;

	IS(CALL_OK(set_tid_address, &word) == sys(gettid));
}

CASE(set_tid_address, "the word is cleared at the end")
{
	static volatile int word = 5;

	CALL_OK(set_tid_address, NULL);
	reap(child(clears_tid, (void *)&word));
	SHOW(word);
}

CASE(set_tid_address, "bad memory is no error, then or later")
{
	CALL_OK(set_tid_address, NOWHERE);
	reap(child(clears_tid, NOWHERE));
}

CASE(getrlimit, "what was set")
{
	struct rlimit limit = { 100, 200 };

	CALL(setrlimit, RLIMIT_NOFILE, &limit);
	limit = (struct rlimit){ 0, 0 };
	CALL(getrlimit, RLIMIT_NOFILE, &limit);
	SHOW(limit.rlim_cur);
	SHOW(limit.rlim_max);
}

CASE(getrlimit, "the stack's is what programs expect")
{
	struct rlimit limit;

	CALL(getrlimit, RLIMIT_CPU, &limit);
	SHOW(limit.rlim_cur == RLIM_INFINITY);
	CALL(getrlimit, RLIMIT_FSIZE, &limit);
	SHOW(limit.rlim_cur == RLIM_INFINITY);
}

ERROR_CASE(getrlimit, "resources, memory")
{
	struct rlimit limit;

	CALL(getrlimit, 16, &limit);
	CALL(getrlimit, -1, &limit);
	CALL(getrlimit, RLIMIT_NOFILE, NOWHERE);
}

ERROR_CASE(setrlimit, "more than allowed, wrong way round, memory")
{
	struct rlimit limit = { 200, 100 };

	CALL(setrlimit, RLIMIT_NOFILE, &limit);
	CALL(setrlimit, 16, &limit);
	CALL(setrlimit, RLIMIT_NOFILE, NOWHERE);
	limit = (struct rlimit){ 100, 100 };
	CALL(setrlimit, RLIMIT_NOFILE, &limit);
	needs(CAP_SETUID);
	CALL(setresuid, 1000, 1000, 1000);
	limit.rlim_max = 101;
	CALL(setrlimit, RLIMIT_NOFILE, &limit);
}

CASE(prlimit64, "sets and gives what was")
{
	struct rlimit limit = { 50, 60 }, old;

	CALL(prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	limit.rlim_cur = 40;
	CALL(prlimit64, sys(getpid), RLIMIT_NOFILE, &limit, &old);
	SHOW(old.rlim_cur);
	CALL(prlimit64, 0, RLIMIT_NOFILE, NULL, &old);
	SHOW(old.rlim_cur);
	CALL(prlimit64, 1 << 30, RLIMIT_NOFILE, NULL, &old);
}

CASE(getrusage, "time spent and memory")
{
	struct rusage usage;
	volatile int i;

	memset(&usage, 0xff, sizeof(usage));
	for (i = 0; i < 20000000; i++)
		;
	CALL(getrusage, RUSAGE_SELF, &usage);
	IS(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec > 1000);
	IS(usage.ru_maxrss > 0 && usage.ru_nswap == 0);
}

CASE(getrusage, "of children that ended, and only those")
{
	struct rusage usage;

	CALL(getrusage, RUSAGE_CHILDREN, &usage);
	SHOW(usage.ru_utime.tv_sec);
	SHOW(usage.ru_maxrss);
	reap(child(slowly, NULL));
	CALL(getrusage, RUSAGE_CHILDREN, &usage);
	SHOW(usage.ru_utime.tv_sec);
	CALL(getrusage, RUSAGE_THREAD, &usage);
}

ERROR_CASE(getrusage, "whose, memory")
{
	struct rusage usage;

	CALL(getrusage, 5, &usage);
	CALL(getrusage, -2, &usage);
	CALL(getrusage, RUSAGE_SELF, NOWHERE);
}

CASE(times, "counts ticks")
{
	struct tms t;
	long first = CALL_OK(times, &t), second;

	SHOW(t.tms_cutime);
	msleep(30);
	second = sys(times, &t);
	IS(second > first && second < first + 1000);
}

CASE(times, "without memory, only the clock")
{
	CALL_OK(times, NULL);
}

ERROR_CASE(times, "memory")
{
	CALL(times, NOWHERE);
}

CASE(unshare, "nothing, files, the working folder")
{
	CALL(unshare, 0);
	CALL(unshare, CLONE_FILES);
	CALL(unshare, CLONE_FS);
}

ERROR_CASE(unshare, "flags")
{
	CALL(unshare, CLONE_SETTLS);
	CALL(unshare, SIGCHLD);
}
