/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything at once, for SECONDS: threads that contend, pass tokens through
 * pipes, start programs, are interrupted by signals and timers, map and unmap,
 * come and go.  Each kind keeps a sum that has to be right; what it prints does
 * not depend on how far it came.
 *
 *	mixed_soak SECONDS [CHILD]	CHILD: a program that exits with its argument
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

enum {
	NCONTENDERS = 6,
	NRINGS = 2,
	RING_SIZE = 4, /* threads in a ring of pipes */
	NSPAWNERS = 3,
	NMAPPERS = 2,
	NSLEEPERS = 2,
	NBREEDERS = 2,
	BLOCK = 3000 /* crosses pages, not a divisor of the pipe's size */
};

extern char **environ;
static const char *child_path;
static atomic_bool is_over;
static atomic_ulong bad;      /* of whatever kind: must stay 0 */
static atomic_ulong steps[8]; /* per kind: must not stay 0 */
enum kind { CONTEND, RING, SPAWN, MAP, SLEEP, BREED, PUMP, EVENT };

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	if (atomic_fetch_add(&bad, 1) < 10)
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
}

/* --- a mutex, a condition variable, a sum --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned long shared_sum, turn;
static atomic_ulong own_sums;

static void *contender(void *arg)
{
	unsigned long id = (unsigned long)(uintptr_t)arg, mine = 0;

	while (!is_over) {
		pthread_mutex_lock(&lock);
		while (turn % NCONTENDERS != id && !is_over)
			pthread_cond_wait(&changed, &lock);
		shared_sum += turn;
		mine += turn++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
		steps[CONTEND]++;
	}
	/* Whoever waits must see that it is over. */
	pthread_mutex_lock(&lock);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	own_sums += mine;
	return NULL;
}

/* --- tokens around a ring of pipes --- */

struct member {
	int in, out;
	bool is_first;
};

static void *ring_member(void *arg)
{
	struct member *m = arg;
	unsigned long token = 1, expect = 0;

	if (m->is_first)
		check(write(m->out, &token, sizeof(token)) == sizeof(token),
		      "ring start");
	while (read(m->in, &token, sizeof(token)) == sizeof(token)) {
		if (expect)
			check(token == expect, "ring token");
		expect = token + RING_SIZE;
		token++;
		steps[RING]++;
		if (m->is_first && is_over)
			break;
		if (write(m->out, &token, sizeof(token)) != sizeof(token))
			break;
	}
	close(m->out); /* end of file for the next one */
	return NULL;
}

static void ring_start(pthread_t *threads, struct member *members)
{
	int fds[2], i;

	for (i = 0; i < RING_SIZE; i++) {
		check(pipe2(fds, O_CLOEXEC) == 0, "pipe2");
		members[i].out = fds[1];
		members[(i + 1) % RING_SIZE].in = fds[0];
		members[i].is_first = i == 0;
	}
	for (i = 0; i < RING_SIZE; i++)
		pthread_create(&threads[i], NULL, ring_member, &members[i]);
}

/* --- programs, some through a pipe, some killed --- */

static void spawn_exit(unsigned int *seed)
{
	char text[8];
	char *argv[] = { (char *)child_path, text, NULL };
	int status = 0, want = rand_r(seed) % 200;
	pid_t pid;

	snprintf(text, sizeof(text), "%d", want);
	check(posix_spawn(&pid, child_path, NULL, NULL, argv, environ) == 0,
	      "posix_spawn");
	check(waitpid(pid, &status, 0) == pid, "waitpid");
	check(WIFEXITED(status) && WEXITSTATUS(status) == want, "status");
}

/* The child is this program: it counts what it reads. */
static void spawn_reader(unsigned int *seed)
{
	char *argv[] = { (char *)"mixed_soak", (char *)"sum", NULL };
	static const char block[BLOCK] = { 3, 1, 2 };
	int to[2], status = 0, n = rand_r(seed) % 60, i;
	posix_spawn_file_actions_t fa;
	pid_t pid;

	check(pipe2(to, O_CLOEXEC) == 0, "pipe2");
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, to[0], 0);
	check(posix_spawn(&pid, "/proc/self/exe", &fa, NULL, argv, environ) ==
	              0,
	      "posix_spawn self");
	posix_spawn_file_actions_destroy(&fa);
	close(to[0]);
	for (i = 0; i < n; i++)
		check(write(to[1], block, BLOCK) == BLOCK, "write");
	close(to[1]);
	check(waitpid(pid, &status, 0) == pid, "waitpid");
	check(WIFEXITED(status) && WEXITSTATUS(status) == n * 6 % 251, "sum");
}

static void spawn_victim(unsigned int *seed)
{
	static const char *const hows[] = { "spin", "pause", "threads" };
	char *argv[] = { (char *)"mixed_soak", (char *)hows[rand_r(seed) % 3],
		         NULL };
	struct timespec t = { 0, rand_r(seed) % 3000000 };
	int status = 0;
	pid_t pid;

	check(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ) ==
	              0,
	      "posix_spawn victim");
	nanosleep(&t, NULL);
	check(kill(pid, SIGKILL) == 0, "kill");
	check(waitpid(pid, &status, 0) == pid, "waitpid");
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "killed");
}

static void *spawner(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	while (!is_over) {
		spawn_exit(&seed);
		spawn_reader(&seed);
		spawn_victim(&seed);
		steps[SPAWN]++;
	}
	return NULL;
}

/* --- memory --- */

static void *mapper(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	while (!is_over) {
		size_t size = (size_t)(1 + rand_r(&seed) % 64) * 4096, i;
		unsigned char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		check(p != MAP_FAILED, "mmap");
		for (i = 0; i < size; i += 4096) {
			check(p[i] == 0, "not zero");
			p[i] = (unsigned char)(i >> 12);
		}
		check(mprotect(p, size, PROT_READ) == 0, "mprotect");
		for (i = 0; i < size; i += 4096)
			check(p[i] == (unsigned char)(i >> 12), "changed");
		check(munmap(p, size) == 0, "munmap");
		steps[MAP]++;
	}
	return NULL;
}

/* --- time and signals --- */

static atomic_ulong handled;

static void on_signal(int sig)
{
	int err = errno;

	(void)sig;
	handled++;
	errno = err;
}

static void *sleeper(void *arg)
{
	struct timespec t = { 0, 700000 }, before, after;

	(void)arg;
	while (!is_over) {
		clock_gettime(CLOCK_MONOTONIC, &before);
		if (nanosleep(&t, NULL) == 0) {
			clock_gettime(CLOCK_MONOTONIC, &after);
			check((after.tv_sec - before.tv_sec) * 1000000000 +
			                      after.tv_nsec - before.tv_nsec >=
			              t.tv_nsec,
			      "woke early");
		}
		steps[SLEEP]++;
	}
	return NULL;
}

/* Threads that live for a moment, and are signalled while they do. */
static void *short_life(void *arg)
{
	volatile unsigned long n = 0;

	while (n < 20000)
		n++;
	return (char *)arg + 1;
}

static void *breeder(void *arg)
{
	(void)arg;
	while (!is_over) {
		pthread_t t[4];
		void *ret = NULL;
		uintptr_t i;

		for (i = 0; i < 4; i++)
			check(pthread_create(&t[i], NULL, short_life,
			                     (void *)i) == 0,
			      "pthread_create");
		for (i = 0; i < 4; i++)
			(void)pthread_kill(t[i], SIGUSR1);
		for (i = 0; i < 4; i++) {
			check(pthread_join(t[i], &ret) == 0, "join");
			check((uintptr_t)ret == i + 1, "result");
		}
		steps[BREED]++;
	}
	return NULL;
}

/* --- a pump through a pipe with poll, woken by short reads --- */

static int pump[2];

static void *pump_writer(void *arg)
{
	unsigned char block[BLOCK];
	unsigned char next = 0;
	size_t i;

	(void)arg;
	while (!is_over) {
		for (i = 0; i < BLOCK; i++)
			block[i] = next++;
		check(write(pump[1], block, BLOCK) == BLOCK, "pump write");
		steps[PUMP]++;
	}
	close(pump[1]);
	return NULL;
}

static void *pump_reader(void *arg)
{
	struct pollfd p = { .fd = pump[0], .events = POLLIN };
	unsigned char block[1777], expect = 0;
	ssize_t n, i;

	(void)arg;
	for (;;) {
		if (poll(&p, 1, 20) <= 0)
			continue;
		n = read(pump[0], block, sizeof(block));
		if (n <= 0)
			break;
		for (i = 0; i < n; i++)
			check(block[i] == expect++, "pump order");
	}
	check(n == 0, "pump end");
	return NULL;
}

/* --- an eventfd through epoll --- */

static int event_fd;
static atomic_ulong posted, taken;

static void *event_poster(void *arg)
{
	uint64_t one = 1;

	(void)arg;
	while (!is_over) {
		posted++; /* first, so that the taker waits for it */
		check(write(event_fd, &one, sizeof(one)) == sizeof(one),
		      "event write");
		if (posted % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void *event_taker(void *arg)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	uint64_t n;

	(void)arg;
	check(epoll_ctl(ep, EPOLL_CTL_ADD, event_fd, &ev) == 0, "epoll_ctl");
	while (!is_over || taken < posted) {
		if (epoll_wait(ep, &ev, 1, 5) != 1)
			continue;
		if (read(event_fd, &n, sizeof(n)) == sizeof(n)) {
			taken += n;
			steps[EVENT]++;
		}
	}
	close(ep);
	return NULL;
}

/* --- the roles of a child --- */

static void *spin(void *arg)
{
	for (;;)
		if (arg)
			sched_yield();
	return NULL;
}

static int child(const char *how)
{
	unsigned char block[1000];
	unsigned long sum = 0;
	pthread_t t;
	ssize_t n, i;
	int k;

	if (!strcmp(how, "spin"))
		spin(NULL);
	while (!strcmp(how, "pause"))
		pause();
	for (k = 0; !strcmp(how, "threads"); k++) {
		if (k < 4)
			pthread_create(&t, NULL, spin, (void *)1);
		usleep(100);
	}
	while ((n = read(0, block, sizeof(block))) > 0)
		for (i = 0; i < n; i++)
			sum += block[i];
	return (int)(sum % 251);
}

enum { NTHREADS_MAX = 64 };
static pthread_t threads[NTHREADS_MAX];
static int nthreads;

static void start(int n, void *(*func)(void *))
{
	for (uintptr_t i = 0; i < (uintptr_t)n; i++)
		check(pthread_create(&threads[nthreads++], NULL, func,
		                     (void *)i) == 0,
		      "pthread_create");
}

static void start_all(void)
{
	static struct member rings[NRINGS][RING_SIZE];
	int i;

	check(pipe2(pump, O_CLOEXEC) == 0, "pipe2");
	event_fd = eventfd(0, EFD_CLOEXEC);
	for (i = 0; i < NRINGS; i++, nthreads += RING_SIZE)
		ring_start(&threads[nthreads], rings[i]);
	start(NCONTENDERS, contender);
	start(NSPAWNERS, spawner);
	start(NMAPPERS, mapper);
	start(NSLEEPERS, sleeper);
	start(NBREEDERS, breeder);
	start(1, pump_writer);
	start(1, pump_reader);
	start(1, event_poster);
	start(1, event_taker);
}

/* Signals for everyone, until it is over. */
static void disturb(int seconds)
{
	struct timespec t = { 0, 3000000 };
	time_t end = time(NULL) + seconds;
	unsigned int i = 0;

	while (time(NULL) < end) {
		nanosleep(&t, NULL);
		kill(getpid(), SIGUSR2);
		pthread_kill(threads[i++ % (unsigned int)nthreads], SIGUSR1);
	}
	is_over = true;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal,
		                .sa_flags = SA_RESTART };
	size_t k;
	int i;

	if (argc == 2)
		return child(argv[1]);
	if (argc != 3)
		return 99;
	child_path = argv[2];
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	start_all();
	disturb(atoi(argv[1]));
	pthread_cond_broadcast(&changed);
	for (i = 0; i < nthreads; i++)
		pthread_join(threads[i], NULL);
	IS(shared_sum == own_sums);
	IS(posted == taken);
	IS(handled > 0);
	for (k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
		printf("kind %zu: %s\n", k, steps[k] ? "moved" : "STUCK");
		fprintf(stderr, "kind %zu: %lu steps\n", k,
		        (unsigned long)steps[k]);
	}
	SHOW(bad);
	return 0;
}
