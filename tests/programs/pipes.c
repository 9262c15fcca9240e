/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of blocks of any size through pipes, between threads and between
 * processes, into memory that was touched and memory that was not; then many
 * writers and readers of whole records at one pipe.  Each byte is checked.
 */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

enum { MIB = 1 << 20, BLOCK_MAX = 200000, TOTAL = 24 * MIB, NSTREAMS = 3 };
enum { RECORD = 4096, NRECORDS = 2000, NSIDES = 3 };

extern char **environ;

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 33);
}

static uint8_t byte_at(size_t pos)
{
	return (uint8_t)(pos * 7 + (pos >> 13));
}

/* Small, about a page, and as large as a pipe or larger. */
static size_t next_size(uint64_t *seed)
{
	static const uint32_t limits[] = { 16, 5000, 65537, BLOCK_MAX };

	return 1 + next_random(seed) % limits[next_random(seed) % 4];
}

static uint8_t *new_block(void)
{
	return mmap(NULL, BLOCK_MAX, PROT_READ | PROT_WRITE,
	            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int write_stream(int fd, uint64_t seed)
{
	uint8_t *block = new_block();
	size_t done = 0, size, i;

	while (done < TOTAL) {
		size = next_size(&seed);
		size = size < TOTAL - done ? size : TOTAL - done;
		for (i = 0; i < size; i++)
			block[i] = byte_at(done + i);
		if (write(fd, block, size) != (ssize_t)size)
			return 1;
		done += size;
	}
	munmap(block, BLOCK_MAX);
	close(fd);
	return 0;
}

/* How many bytes were wrong, or missing. */
static size_t check_stream(int fd, uint64_t seed)
{
	size_t done = 0, wrong = 0;
	ssize_t n, i;

	for (;;) {
		uint8_t *block = new_block();
		int rounds;

		for (rounds = 0; rounds < 50; rounds++) {
			n = read(fd, block, next_size(&seed));
			for (i = 0; i < n; i++)
				wrong += block[i] != byte_at(done + (size_t)i);
			if (n <= 0)
				break;
			done += (size_t)n;
		}
		munmap(block, BLOCK_MAX);
		if (n <= 0)
			break;
	}
	close(fd);
	return wrong + (TOTAL - done);
}

struct stream {
	int ends[2];
	uint64_t seed;
	size_t wrong;
};

static void *writer(void *arg)
{
	const struct stream *s = arg;

	return (void *)(intptr_t)write_stream(s->ends[1], s->seed);
}

static void *checker(void *arg)
{
	struct stream *s = arg;

	s->wrong = check_stream(s->ends[0], s->seed + 99);
	return NULL;
}

static void between_threads(void)
{
	static struct stream s[NSTREAMS];
	pthread_t t[2 * NSTREAMS];
	long wrong = 0, failed = 0;
	int i;

	for (i = 0; i < NSTREAMS; i++) {
		s[i].seed = (uint64_t)i;
		failed += pipe(s[i].ends) != 0;
		pthread_create(&t[2 * i], NULL, writer, &s[i]);
		pthread_create(&t[2 * i + 1], NULL, checker, &s[i]);
	}
	for (i = 0; i < 2 * NSTREAMS; i++) {
		void *r = NULL;

		pthread_join(t[i], &r);
		failed += (long)(intptr_t)r;
	}
	for (i = 0; i < NSTREAMS; i++)
		wrong += (long)s[i].wrong;
	SHOW(wrong);
	SHOW(failed);
}

/* The child writes what this process reads, or the other way round. */
static void with_child(const char *self, const char *role)
{
	char *argv[] = { (char *)self, (char *)role, NULL };
	int mine = *role == 'w' ? 0 : 1;
	posix_spawn_file_actions_t fa;
	int ends[2], status = -1;
	long wrong;
	pid_t pid;

	if (pipe(ends))
		return;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, ends[1 - mine], 1 - mine);
	posix_spawn_file_actions_addclose(&fa, ends[mine]);
	CALL(posix_spawn(&pid, self, &fa, NULL, argv, environ) != 0);
	posix_spawn_file_actions_destroy(&fa);
	close(ends[1 - mine]);
	wrong = mine ? write_stream(ends[1], 5)
	             : (long)check_stream(ends[0], 5);
	waitpid(pid, &status, 0);
	SHOW(wrong);
	SHOW(status);
}

static int shared[2];
static atomic_long mixed, records;

static void *put_records(void *arg)
{
	uint8_t record[RECORD];
	int i;

	for (i = 0; i < NRECORDS; i++) {
		memset(record, (int)(intptr_t)arg + i, RECORD);
		if (write(shared[1], record, RECORD) != RECORD)
			mixed++;
	}
	return NULL;
}

static void *take_records(void *arg)
{
	uint8_t record[RECORD];
	ssize_t n;

	(void)arg;
	while ((n = read(shared[0], record, RECORD)) > 0) {
		records++;
		if (n != RECORD || memcmp(record, record + 1, RECORD - 1))
			mixed++;
	}
	return NULL;
}

static void many_sides(void)
{
	pthread_t w[NSIDES], r[NSIDES];
	intptr_t i;

	if (pipe(shared))
		return;
	for (i = 0; i < NSIDES; i++) {
		pthread_create(&r[i], NULL, take_records, NULL);
		pthread_create(&w[i], NULL, put_records, (void *)i);
	}
	for (i = 0; i < NSIDES; i++)
		pthread_join(w[i], NULL);
	close(shared[1]);
	for (i = 0; i < NSIDES; i++)
		pthread_join(r[i], NULL);
	SHOW(records);
	SHOW(mixed);
}

/*
 * Copies at each small distance between source and destination, modulo a page,
 * which CPUs do in different ways; each ends in memory that is not there.
 */
static void up_to_the_end_of_memory(void)
{
	enum { PAGE = 4096, SIZE = 3 * PAGE };
	uint8_t *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = memfd_create("source", 0);
	long short_counts = 0, wrong = 0, d, i;

	for (i = 0; i < SIZE; i++)
		p[i] = byte_at((size_t)i);
	if (write(fd, p, SIZE) != SIZE)
		return;
	munmap(p + 2 * PAGE, PAGE);
	for (d = 0; d < 70; d++) {
		memset(p, 0, 2 * PAGE);
		short_counts += pread(fd, p + d, SIZE, 0) == 2 * PAGE - d;
		for (i = 0; i < 2 * PAGE - d; i++)
			wrong += p[d + i] != byte_at((size_t)i);
	}
	SHOW(short_counts);
	SHOW(wrong);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return *argv[1] == 'w' ? write_stream(1, 7)
		                       : check_stream(0, 7) != 0;
	between_threads();
	with_child("/proc/self/exe", "writes");
	with_child("/proc/self/exe", "checks");
	many_sides();
	up_to_the_end_of_memory();
	return 0;
}
