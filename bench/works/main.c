/* SPDX-License-Identifier: Apache-2.0 */
/*
 * works NAME [MILLISECONDS] - print the nanoseconds that one operation takes.
 *
 * The number of operations is doubled until they fill the time; the figure is
 * the median of five such runs.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "works.h"

enum { RUNS = 5, DEFAULT_MS = 100 };

const char *self_path;

static const struct work *const groups[] = {
	call_works, thread_works, pipe_works, process_works, memory_works,
};

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t time_of(const struct work *w, long n)
{
	uint64_t start = now_ns();

	w->run(n);
	return now_ns() - start;
}

static long calibrate(const struct work *w, uint64_t budget_ns)
{
	long n = 1;

	while (time_of(w, n) < budget_ns / RUNS && n < (1L << 40))
		n *= 2;
	return n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double measure(const struct work *w, uint64_t budget_ns)
{
	double figures[RUNS];
	long n;
	int i;

	w->run(0);
	n = calibrate(w, budget_ns);
	for (i = 0; i < RUNS; i++)
		figures[i] = (double)time_of(w, n) / (double)n;
	qsort(figures, RUNS, sizeof(figures[0]), by_value);
	return figures[RUNS / 2];
}

static const struct work *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct work *w;

		for (w = groups[i]; w->name; w++)
			if (!strcmp(w->name, name))
				return w;
	}
	die("works: no work is called %s", name);
}

int main(int argc, char **argv)
{
	uint64_t ms = DEFAULT_MS;
	const struct work *w;

	self_path = "/proc/self/exe";
	if (argc == 3 && !strcmp(argv[1], "child"))
		return child_main(argv[2]);
	if (argc < 2)
		die("usage: works NAME [MILLISECONDS]");
	if (argc > 2)
		ms = strtoull(argv[2], NULL, 10);
	w = find(argv[1]);
	printf("%.2f\n", measure(w, ms * 1000000));
	return 0;
}
