/* SPDX-License-Identifier: Apache-2.0 */
/* Pipes: hand-over of a byte, throughput. */
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "works.h"

enum { BLOCK = 65536 };

extern char **environ;

struct pair {
	int to[2], from[2];
	long n;
};

static void must_move(ssize_t moved)
{
	if (moved != 1)
		die("pipe");
}

static void *echo(void *arg)
{
	const struct pair *p = arg;
	long n = p->n;
	char c;

	while (n-- > 0) {
		must_move(read(p->to[0], &c, 1));
		must_move(write(p->from[1], &c, 1));
	}
	return NULL;
}

static void open_pair(struct pair *p)
{
	if (pipe2(p->to, O_CLOEXEC) || pipe2(p->from, O_CLOEXEC))
		die("pipe2");
}

static void close_pair(struct pair *p)
{
	close(p->to[0]);
	close(p->to[1]);
	close(p->from[0]);
	close(p->from[1]);
}

static void play(struct pair *p, long n)
{
	char c = 'x';

	while (n-- > 0) {
		must_move(write(p->to[1], &c, 1));
		must_move(read(p->from[0], &c, 1));
	}
}

static void ping_pong_threads(long n)
{
	struct pair p = { .n = n };
	pthread_t t;

	open_pair(&p);
	if (pthread_create(&t, NULL, echo, &p))
		die("pthread_create");
	play(&p, n);
	pthread_join(t, NULL);
	close_pair(&p);
}

static pid_t start_child(struct pair *p, const char *name)
{
	char *argv[] = { (char *)self_path, (char *)"child", (char *)name,
		         NULL };
	posix_spawn_file_actions_t fa;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, p->to[0], 0);
	posix_spawn_file_actions_adddup2(&fa, p->from[1], 1);
	if (posix_spawn(&pid, self_path, &fa, NULL, argv, environ))
		die("posix_spawn");
	posix_spawn_file_actions_destroy(&fa);
	return pid;
}

static void ping_pong_processes(long n)
{
	static struct pair p;
	static pid_t pid;

	if (!pid) {
		open_pair(&p);
		pid = start_child(&p, "echo");
	}
	play(&p, n);
}

static void drain_fd(int fd)
{
	static char block[BLOCK];

	while (read(fd, block, BLOCK) > 0)
		;
}

static void *drain(void *arg)
{
	const struct pair *p = arg;

	drain_fd(p->to[0]);
	return NULL;
}

int drain_child(void)
{
	drain_fd(0);
	return 0;
}

static void pump(int fd, long n)
{
	static char block[BLOCK];

	while (n-- > 0)
		if (write(fd, block, BLOCK) != BLOCK)
			die("write");
}

static void throughput_threads(long n)
{
	struct pair p;
	pthread_t t;

	open_pair(&p);
	if (pthread_create(&t, NULL, drain, &p))
		die("pthread_create");
	pump(p.to[1], n);
	close(p.to[1]);
	pthread_join(t, NULL);
	p.to[1] = p.from[1];
	close_pair(&p);
}

static void throughput_processes(long n)
{
	static struct pair p;
	static pid_t pid;

	if (!pid) {
		open_pair(&p);
		pid = start_child(&p, "drain");
	}
	pump(p.to[1], n);
}

const struct work pipe_works[] = {
	{ "pipe_ping_pong_threads", ping_pong_threads, 0 },
	{ "pipe_ping_pong_processes", ping_pong_processes, 0 },
	{ "pipe_throughput", throughput_threads, BLOCK },
	{ "pipe_throughput_processes", throughput_processes, BLOCK },
	{ NULL, NULL, 0 },
};
