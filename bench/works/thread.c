/* SPDX-License-Identifier: Apache-2.0 */
/* Threads: hand-over by futex, also between processes; create and join, OpenMP. */
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "works.h"

enum { PAGE = 4096 };

extern char **environ;

/* A word that two sides set to whose turn it is; @flag as futex(2) says. */
struct game {
	_Atomic uint32_t *turn;
	int flag;
	long n;
};

static void wait_for(const struct game *g, uint32_t mine)
{
	while (atomic_load(g->turn) != mine)
		syscall(SYS_futex, g->turn, FUTEX_WAIT | g->flag, 1 - mine,
		        NULL, NULL, 0);
}

static void give(const struct game *g, uint32_t to)
{
	atomic_store(g->turn, to);
	syscall(SYS_futex, g->turn, FUTEX_WAKE | g->flag, 1, NULL, NULL, 0);
}

static void *partner(void *arg)
{
	const struct game *g = arg;
	long n = g->n;

	while (n-- > 0) {
		wait_for(g, 1);
		give(g, 0);
	}
	return NULL;
}

static void play(const struct game *g)
{
	long n = g->n;

	while (n-- > 0) {
		give(g, 1);
		wait_for(g, 0);
	}
}

static void futex_threads(long n)
{
	static _Atomic uint32_t turn;
	struct game g = { &turn, FUTEX_PRIVATE_FLAG, n };
	pthread_t t;

	if (pthread_create(&t, NULL, partner, &g))
		die("pthread_create");
	play(&g);
	pthread_join(t, NULL);
}

static _Atomic uint32_t *map_turn(int fd)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* The child plays for ever; it ends with standard input, which is a pipe. */
int futex_child(int fd)
{
	struct game g = { map_turn(fd), 0, LONG_MAX };
	pthread_t t;
	char c;

	if (pthread_create(&t, NULL, partner, &g))
		return 1;
	return read(0, &c, 1) != 0;
}

static void start_child(int fd)
{
	char *argv[] = { (char *)self_path, (char *)"child", (char *)"futex",
		         NULL };
	posix_spawn_file_actions_t fa;
	int life[2];
	pid_t pid;

	if (pipe2(life, O_CLOEXEC))
		die("pipe2");
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, life[0], 0);
	posix_spawn_file_actions_adddup2(&fa, fd, SHARED_FD);
	if (posix_spawn(&pid, self_path, &fa, NULL, argv, environ))
		die("posix_spawn");
	posix_spawn_file_actions_destroy(&fa);
	close(life[0]);
}

static void futex_processes(long n)
{
	static struct game g;

	if (!g.turn) {
		int fd = memfd_create("turn", MFD_CLOEXEC);

		if (fd < 0 || ftruncate(fd, PAGE))
			die("memfd_create");
		g.turn = map_turn(fd);
		start_child(fd);
	}
	g.n = n;
	play(&g);
}

static void *nothing(void *arg)
{
	return arg;
}

static void create_join(long n)
{
	pthread_t t;

	while (n-- > 0) {
		if (pthread_create(&t, NULL, nothing, NULL))
			die("pthread_create");
		pthread_join(t, NULL);
	}
}

static void openmp(long n)
{
	double sum = 0;
	long i;

	while (n-- > 0) {
#pragma omp parallel for reduction(+ : sum)
		for (i = 1; i < 1000000; i++)
			sum += 1.0 / (double)i;
	}
	if (sum < 0)
		die("openmp");
}

const struct work thread_works[] = {
	{ "futex_ping_pong_threads", futex_threads, 0 },
	{ "futex_ping_pong_processes", futex_processes, 0 },
	{ "thread_create_join", create_join, 0 },
	{ "openmp", openmp, 0 },
	{ NULL, NULL, 0 },
};
