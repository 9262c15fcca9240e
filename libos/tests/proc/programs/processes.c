/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processes.c - what a program may expect of processes, threads and futexes,
 * without fork(2): vfork, posix_spawn, clone with shared memory, exec.
 *
 * With an argument it is a child of itself: see children[].
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

extern char **environ;
static const char *program; /* how to run it again */

/* --- children --- */

static int child_exit(char **argv)
{
	return atoi(argv[0]);
}

static int child_kill(char **argv)
{
	kill(getpid(), atoi(argv[0]));
	return 1;
}

static int child_sleep(char **argv)
{
	usleep((useconds_t)atoi(argv[0]) * 1000);
	return 0;
}

/* Signals: ignored ones stay ignored, handlers are gone, the mask stays. */
static int child_signals(char **argv)
{
	struct sigaction sa;
	sigset_t mask;

	(void)argv;
	sigaction(SIGUSR1, NULL, &sa);
	EXPECT(sa.sa_handler == SIG_DFL);
	sigaction(SIGUSR2, NULL, &sa);
	EXPECT(sa.sa_handler == SIG_IGN);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	EXPECT(sigismember(&mask, SIGHUP) && !sigismember(&mask, SIGINT));
	return expect_failures;
}

/* Is descriptor @argv[0] open, and @argv[1] not? */
static int child_fds(char **argv)
{
	EXPECT(fcntl(atoi(argv[0]), F_GETFD) >= 0);
	EXPECT(fcntl(atoi(argv[1]), F_GETFD) < 0 && errno == EBADF);
	return expect_failures;
}

static int child_tree(char **argv)
{
	pid_t pid;
	char *args[] = { (char *)program, "sleep", "100", NULL };

	(void)argv;
	/* Leaves an orphan behind. */
	return posix_spawn(&pid, program, NULL, NULL, args, environ);
}

static void *exec_from_thread(void *arg)
{
	char *args[] = { (char *)program, "leader", arg, NULL };

	execv(program, args);
	_exit(99);
}

/* A thread that is not the first one calls execve: pid and tid are kept. */
static int child_threadexec(char **argv)
{
	static char pid[16];
	pthread_t t, other;

	(void)argv;
	snprintf(pid, sizeof(pid), "%d", getpid());
	pthread_create(&other, NULL, (void *(*)(void *))(void *)pause, NULL);
	pthread_create(&t, NULL, exec_from_thread, pid);
	pause();
	return 1;
}

static int child_leader(char **argv)
{
	EXPECT(getpid() == atoi(argv[0]));
	EXPECT(syscall(SYS_gettid) == getpid());
	return expect_failures;
}

static struct child {
	const char *name;
	int (*run)(char **argv);
} children[] = {
	{ "exit", child_exit },
	{ "kill", child_kill },
	{ "sleep", child_sleep },
	{ "signals", child_signals },
	{ "fds", child_fds },
	{ "tree", child_tree },
	{ "threadexec", child_threadexec },
	{ "leader", child_leader },
};

static pid_t spawn(const char *what, const char *a, const char *b)
{
	char *args[] = { (char *)program, (char *)what, (char *)a, (char *)b,
		         NULL };
	pid_t pid;
	int ret = posix_spawn(&pid, program, NULL, NULL, args, environ);

	EXPECT(ret == 0);
	return ret ? -1 : pid;
}

static int status_of(pid_t pid)
{
	int status = -1;

	EXPECT(waitpid(pid, &status, 0) == pid);
	return status;
}

/* --- tests --- */

static void exit_codes(void)
{
	int st = status_of(spawn("exit", "7", NULL));

	EXPECT(WIFEXITED(st) && WEXITSTATUS(st) == 7);
	st = status_of(spawn("kill", "9", NULL));
	EXPECT(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	st = status_of(spawn("kill", "15", NULL));
	EXPECT(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
	st = status_of(spawn("kill", "6", NULL));
	EXPECT(WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT);
}

static void waiting(void)
{
	struct rusage ru;
	siginfo_t info;
	pid_t pid;
	int st;

	EXPECT(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
	pid = spawn("sleep", "80", NULL);
	EXPECT(waitpid(pid, &st, WNOHANG) == 0);
	EXPECT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	EXPECT(info.si_pid == pid && info.si_code == CLD_EXITED);
	EXPECT(wait4(-1, &st, 0, &ru) == pid && WIFEXITED(st));
	pid = spawn("exit", "3", NULL);
	EXPECT(waitpid(0, &st, 0) == pid && WEXITSTATUS(st) == 3);
	EXPECT(waitpid(pid, &st, 0) < 0 && errno == ECHILD);
	EXPECT(waitid(P_PID, (id_t)pid, &info, 0) < 0 && errno == EINVAL);
}

static volatile int chld_pid, chld_status;

static void on_chld(int sig, siginfo_t *info, void *uc)
{
	(void)sig, (void)uc;
	chld_pid = info->si_pid;
	chld_status = info->si_status;
}

static void child_signal(void)
{
	struct sigaction sa = { .sa_sigaction = on_chld,
		                .sa_flags = SA_SIGINFO };
	pid_t pid;

	chld_pid = 0;
	sigaction(SIGCHLD, &sa, NULL);
	pid = spawn("exit", "5", NULL);
	while (waitpid(pid, NULL, 0) < 0)
		EXPECT(errno == EINTR);
	EXPECT(chld_pid == pid && chld_status == 5);
	signal(SIGCHLD, SIG_IGN);
	pid = spawn("exit", "5", NULL);
	EXPECT(waitpid(pid, NULL, 0) < 0 && errno == ECHILD);
	signal(SIGCHLD, SIG_DFL);
}

static void handler(int sig)
{
	(void)sig;
}

static void signals_over_exec(void)
{
	sigset_t hup, old;

	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&hup);
	sigaddset(&hup, SIGHUP);
	sigprocmask(SIG_BLOCK, &hup, &old);
	EXPECT(status_of(spawn("signals", NULL, NULL)) == 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
}

static void descriptors_over_exec(void)
{
	int keep = open("/dev/null", O_RDONLY);
	int drop = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char a[12], b[12];

	snprintf(a, sizeof(a), "%d", keep);
	snprintf(b, sizeof(b), "%d", drop);
	EXPECT(status_of(spawn("fds", a, b)) == 0);
	EXPECT(fcntl(drop, F_GETFD) == FD_CLOEXEC);
	close(keep);
	close(drop);
}

static void orphans(void)
{
	pid_t pid;
	int st, n = 0;

	EXPECT(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	EXPECT(status_of(spawn("tree", NULL, NULL)) == 0);
	while ((pid = waitpid(-1, &st, 0)) > 0)
		n++;
	EXPECT(n == 1);
	EXPECT(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}

static void exec_by_a_thread(void)
{
	EXPECT(status_of(spawn("threadexec", NULL, NULL)) == 0);
}

static void exec_errors(void)
{
	char *args[] = { "x", NULL };
	char *big = malloc(3 << 20);
	char *long_args[] = { "x", big, NULL };

	memset(big, 'a', (3 << 20) - 1);
	big[(3 << 20) - 1] = 0;
	EXPECT(execv("/nonexistent", args) < 0 && errno == ENOENT);
	EXPECT(execv("/etc/passwd", args) < 0 && errno == EACCES);
	EXPECT(execv("/", args) < 0 && errno == EACCES);
	EXPECT(execv(program, long_args) < 0 && errno == E2BIG);
	EXPECT(syscall(SYS_execve, 8, args, NULL) < 0 && errno == EFAULT);
	EXPECT(syscall(SYS_execve, program, 8, NULL) < 0 && errno == EFAULT);
	free(big);
}

static void vfork_shares(void)
{
	volatile int shared = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		shared = 1;
		_exit(4);
	}
	EXPECT(shared == 1);
	EXPECT(WEXITSTATUS(status_of(pid)) == 4);
}

static char clone_stack[65536];
static volatile int clone_word;

static int clone_body(void *arg)
{
	clone_word = *(int *)arg;
	return 9;
}

static void clone_without_thread(void)
{
	int value = 6, st;
	pid_t pid = clone(clone_body, clone_stack + sizeof(clone_stack),
	                  CLONE_VM, &value);

	EXPECT(pid > 0);
	EXPECT(waitpid(pid, &st, 0) < 0 && errno == ECHILD);
	EXPECT(waitpid(pid, &st, __WALL) == pid && WEXITSTATUS(st) == 9);
	EXPECT(clone_word == 6);
	EXPECT(clone(clone_body, clone_stack + sizeof(clone_stack),
	             CLONE_THREAD, &value) < 0 &&
	       errno == EINVAL);
}

/* --- threads --- */

enum { THREADS = 16, ROUNDS = 2000 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter, turns;

static void *adder(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

static void many_threads(void)
{
	pthread_t t[THREADS];
	void *ret;
	long i;

	for (i = 0; i < THREADS; i++)
		EXPECT(pthread_create(&t[i], NULL, adder, (void *)i) == 0);
	for (i = 0; i < THREADS; i++) {
		EXPECT(pthread_join(t[i], &ret) == 0);
		EXPECT(ret == (void *)i);
	}
	EXPECT(counter == (long)THREADS * ROUNDS);
}

static void *ping(void *arg)
{
	long mine = (long)arg;

	pthread_mutex_lock(&mutex);
	while (turns < ROUNDS) {
		if (turns % 2 != mine) {
			pthread_cond_wait(&cond, &mutex);
			continue;
		}
		turns++;
		pthread_cond_broadcast(&cond);
	}
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void ping_pong(void)
{
	pthread_t a, b;

	pthread_create(&a, NULL, ping, (void *)0);
	pthread_create(&b, NULL, ping, (void *)1);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	EXPECT(turns == ROUNDS);
}

static void timed_condition(void)
{
	struct timespec ts, before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 50000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&mutex);
	EXPECT(pthread_cond_timedwait(&cond, &mutex, &ts) == ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
	clock_gettime(CLOCK_MONOTONIC, &after);
	EXPECT((after.tv_sec - before.tv_sec) * 1000000000l + after.tv_nsec -
	               before.tv_nsec >=
	       49000000);
}

static void *cancelled(void *arg)
{
	pause();
	return arg;
}

static void cancellation(void)
{
	pthread_t t;
	void *ret;

	pthread_create(&t, NULL, cancelled, NULL);
	usleep(20000);
	EXPECT(pthread_cancel(t) == 0);
	EXPECT(pthread_join(t, &ret) == 0 && ret == PTHREAD_CANCELED);
}

static pthread_mutex_t robust;

static void *dies_with_lock(void *arg)
{
	pthread_mutex_lock(&robust);
	return arg;
}

static void robust_mutex(void)
{
	pthread_mutexattr_t attr;
	pthread_t t;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	pthread_create(&t, NULL, dies_with_lock, NULL);
	pthread_join(t, NULL);
	EXPECT(pthread_mutex_lock(&robust) == EOWNERDEAD);
	EXPECT(pthread_mutex_consistent(&robust) == 0);
	EXPECT(pthread_mutex_unlock(&robust) == 0);
	EXPECT(pthread_mutex_lock(&robust) == 0);
}

static long futex(uint32_t *p, int op, uint32_t val, void *timeout,
                  uint32_t *p2, uint32_t val3)
{
	return syscall(SYS_futex, p, op, val, timeout, p2, val3);
}

static void futex_answers(void)
{
	struct timespec ts = { .tv_nsec = 1000000 }, bad = { .tv_nsec = -1 };
	uint32_t word[2] = { 5, 0 };

	EXPECT(futex(word, FUTEX_WAIT, 4, NULL, NULL, 0) < 0 &&
	       errno == EAGAIN);
	EXPECT(futex(word, FUTEX_WAIT_PRIVATE, 5, &ts, NULL, 0) < 0 &&
	       errno == ETIMEDOUT);
	EXPECT(futex(word, FUTEX_WAIT, 5, &bad, NULL, 0) < 0 &&
	       errno == EINVAL);
	EXPECT(futex((uint32_t *)((char *)word + 1), FUTEX_WAIT, 5, NULL, NULL,
	             0) < 0 &&
	       errno == EINVAL);
	EXPECT(futex((uint32_t *)8, FUTEX_WAIT, 5, NULL, NULL, 0) < 0 &&
	       errno == EFAULT);
	EXPECT(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0);
	EXPECT(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)1, word + 1, 4) < 0 &&
	       errno == EAGAIN);
	EXPECT(futex(word, FUTEX_WAKE_OP, 1, (void *)1, word + 1,
	             FUTEX_OP(FUTEX_OP_ADD, 7, FUTEX_OP_CMP_EQ, 0)) == 0);
	EXPECT(word[1] == 7);
	EXPECT(futex(word, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0) < 0 &&
	       errno == EINVAL);
}

/* --- this and that --- */

static void names_and_limits(void)
{
	struct rlimit lim, got;
	char name[16];
	struct utsname u;

	EXPECT(prctl(PR_SET_NAME, "a-name-that-is-too-long") == 0);
	EXPECT(prctl(PR_GET_NAME, name) == 0);
	EXPECT(strcmp(name, "a-name-that-is-") == 0);
	EXPECT(uname(&u) == 0 && strcmp(u.sysname, "Linux") == 0);
	EXPECT(getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur >= 256);
	lim.rlim_cur = 200;
	EXPECT(setrlimit(RLIMIT_NOFILE, &lim) == 0);
	EXPECT(getrlimit(RLIMIT_NOFILE, &got) == 0 && got.rlim_cur == 200);
	EXPECT(dup2(0, 200) < 0 && errno == EBADF);
	EXPECT(dup2(0, 199) == 199 && close(199) == 0);
	EXPECT(getauxval(AT_PAGESZ) == 4096);
	EXPECT(getauxval(AT_RANDOM) != 0);
	EXPECT(getsid(0) > 0 || getsid(0) == 0);
	EXPECT(getpgid(0) == getpgrp());
}

static void processors(void)
{
	cpu_set_t set, one;
	int n;

	EXPECT(sched_getaffinity(0, sizeof(set), &set) == 0);
	n = CPU_COUNT(&set);
	EXPECT(n > 0 && n <= sysconf(_SC_NPROCESSORS_CONF));
	EXPECT(sched_getcpu() >= 0);
	CPU_ZERO(&one);
	EXPECT(sched_setaffinity(0, sizeof(one), &one) < 0 && errno == EINVAL);
	EXPECT(sched_setaffinity(0, sizeof(set), &set) == 0);
	EXPECT(sched_yield() == 0);
}

static void sleeping(void)
{
	struct timespec ts = { .tv_nsec = 30000000 }, a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	EXPECT(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL) == 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	EXPECT((b.tv_sec - a.tv_sec) * 1000000000l + b.tv_nsec - a.tv_nsec >=
	       30000000);
	b.tv_nsec += 1000;
	EXPECT(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &a, NULL) == 0);
	ts.tv_nsec = 1000000000;
	EXPECT(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL) == EINVAL);
	EXPECT(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a) == 0);
	EXPECT(clock_gettime(99, &a) < 0 && errno == EINVAL);
}

static void run_tests(void)
{
	RUN(exit_codes);
	RUN(waiting);
	RUN(child_signal);
	RUN(signals_over_exec);
	RUN(descriptors_over_exec);
	RUN(orphans);
	RUN(exec_by_a_thread);
	RUN(exec_errors);
	RUN(vfork_shares);
	RUN(clone_without_thread);
	RUN(many_threads);
	RUN(ping_pong);
	RUN(timed_condition);
	RUN(cancellation);
	RUN(robust_mutex);
	RUN(futex_answers);
	RUN(names_and_limits);
	RUN(processors);
	RUN(sleeping);
}

int main(int argc, char **argv)
{
	size_t i;

	program = argv[0];
	setbuf(stdout, NULL);
	if (argc < 2) {
		run_tests();
		return expect_failures != 0;
	}
	for (i = 0; i < sizeof(children) / sizeof(children[0]); i++)
		if (strcmp(argv[1], children[i].name) == 0)
			return children[i].run(argv + 2);
	return 98;
}
