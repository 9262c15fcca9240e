/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posix_spawn, vfork and exec, wait with its options, pipes between programs.
 * With an argument it is its own child.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

extern char **environ;
static const char *self;

static int child(int argc, char **argv)
{
	char c;
	int n = 0;

	if (!strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	if (!strcmp(argv[1], "kill"))
		raise(atoi(argv[2]));
	if (!strcmp(argv[1], "count")) {
		while (read(0, &c, 1) == 1)
			n++;
		printf("%d bytes\n", n);
		return 0;
	}
	if (!strcmp(argv[1], "env")) {
		puts(getenv("NAME") ? getenv("NAME") : "(unset)");
		return 0;
	}
	if (!strcmp(argv[1], "fds")) {
		for (n = 0; n < 16; n++)
			if (fcntl(n, F_GETFD) >= 0)
				printf("%d ", n);
		puts("");
		return 0;
	}
	(void)argc;
	return 98;
}

static void show_status(const char *what, int status)
{
	if (WIFEXITED(status))
		printf("%s: exit %d\n", what, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		printf("%s: signal %d\n", what, WTERMSIG(status));
	else
		printf("%s: status %#x\n", what, (unsigned int)status);
	fflush(stdout);
}

static pid_t spawn(char *const argv[], posix_spawn_file_actions_t *fa)
{
	pid_t pid = -1;
	int err = posix_spawn(&pid, self, fa, NULL, argv, environ);

	if (err)
		printf("posix_spawn: %s\n", strerrorname_np(err));
	return pid;
}

static void exits_and_signals(void)
{
	static const char *const cases[][2] = {
		{ "exit", "0" }, { "exit", "7" },  { "exit", "255" },
		{ "kill", "9" }, { "kill", "15" }, { "kill", "6" },
	};
	size_t i;
	int status;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *argv[] = { (char *)self, (char *)cases[i][0],
			         (char *)cases[i][1], NULL };
		pid_t pid = spawn(argv, NULL);

		IS(waitpid(pid, &status, 0) == pid);
		show_status(cases[i][1], status & ~0x80);
	}
}

static void with_vfork(void)
{
	char *argv[] = { (char *)self, "exit", "33", NULL };
	volatile int shared = 1;
	int status;
	pid_t pid;

	pid = vfork();
	if (pid == 0) {
		shared = 2;
		execv(self, argv);
		_exit(97);
	}
	waitpid(pid, &status, 0);
	show_status("vfork, exec", status);
	SHOW(shared);
	pid = vfork();
	if (pid == 0)
		_exit(5);
	waitpid(pid, &status, 0);
	show_status("vfork, _exit", status);
	pid = vfork();
	if (pid == 0) {
		execv("/nonexistent", argv);
		_exit(errno == ENOENT ? 12 : 13);
	}
	waitpid(pid, &status, 0);
	show_status("vfork, exec of nothing", status);
}

static void through_pipe(void)
{
	char *argv[] = { (char *)self, "count", NULL };
	posix_spawn_file_actions_t fa;
	static char block[100000];
	int to[2], status;
	pid_t pid;

	CALL(pipe2(to, O_CLOEXEC));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, to[0], 0);
	pid = spawn(argv, &fa);
	close(to[0]);
	IS(write(to[1], block, sizeof(block)) == sizeof(block));
	close(to[1]);
	waitpid(pid, &status, 0);
	show_status("reader", status);
	posix_spawn_file_actions_destroy(&fa);
}

static void environment_and_descriptors(void)
{
	char *env_argv[] = { (char *)self, "env", NULL };
	char *fds_argv[] = { (char *)self, "fds", NULL };
	int keep, drop, status;

	setenv("NAME", "value of the parent", 1);
	waitpid(spawn(env_argv, NULL), &status, 0);
	keep = open("/dev/null", O_RDONLY);
	drop = open("/dev/null", O_RDONLY | O_CLOEXEC);
	IS(keep >= 0 && drop >= 0);
	fflush(stdout);
	waitpid(spawn(fds_argv, NULL), &status, 0);
	close(keep);
	close(drop);
}

static void waiting(void)
{
	char *argv[] = { (char *)self, "exit", "3", NULL };
	siginfo_t info = { 0 };
	struct rusage ru;
	int status;
	pid_t pid;

	CALL(waitpid(-1, &status, 0));
	CALL(waitpid(12345678, &status, 0));
	pid = spawn(argv, NULL);
	CALL(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	SHOW(info.si_status);
	IS(info.si_code == CLD_EXITED && info.si_pid == pid);
	IS(wait4(pid, &status, 0, &ru) == pid);
	show_status("after WNOWAIT", status);
	pid = spawn(argv, NULL);
	while (waitpid(pid, &status, WNOHANG) == 0)
		usleep(1000);
	show_status("WNOHANG", status);
	CALL(waitpid(pid, &status, WNOHANG));
}

int main(int argc, char **argv)
{
	self = "/proc/self/exe";
	if (argc > 1)
		return child(argc, argv);
	exits_and_signals();
	with_vfork();
	through_pipe();
	environment_and_descriptors();
	waiting();
	return 0;
}
