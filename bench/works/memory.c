/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and computation, which an enclave should not slow down. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "works.h"

enum { COPY = 1 << 20, PAGE = 4096 };

static void copy(long n)
{
	static char *from, *to;

	if (!from) {
		from = malloc(COPY);
		to = malloc(COPY);
		if (!from || !to)
			die("malloc");
		memset(from, 1, COPY);
		memset(to, 2, COPY);
	}
	while (n-- > 0) {
		memcpy(to, from, COPY);
		__asm__ volatile("" : : "r"(to) : "memory");
	}
}

static void compute(long n)
{
	volatile uint64_t sink;
	uint64_t x = 1;

	while (n-- > 0) {
		int i;

		for (i = 0; i < 1000; i++)
			x = x * 6364136223846793005ull + 1442695040888963407ull;
	}
	sink = x;
	(void)sink;
}

static void map_unmap(long n)
{
	while (n-- > 0) {
		char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
		               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			die("mmap");
		p[0] = 1;
		munmap(p, 16 * PAGE);
	}
}

static void map_touch(long n)
{
	enum { PAGES = 1024 };

	while (n-- > 0) {
		char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		int i;

		if (p == MAP_FAILED)
			die("mmap");
		for (i = 0; i < PAGES; i++)
			p[i * PAGE] = 1;
		munmap(p, PAGES * PAGE);
	}
}

const struct work memory_works[] = {
	{ "memcpy", copy, COPY },
	{ "compute", compute, 0 },
	{ "map_unmap", map_unmap, 0 },
	{ "map_touch_4mib", map_touch, 0 },
	{ NULL, NULL, 0 },
};
