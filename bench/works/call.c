/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that do next to nothing. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "works.h"

static void null_call(long n)
{
	while (n-- > 0)
		getppid();
}

/* A SYSCALL instruction that nobody can have rewritten: made at run time. */
static void null_call_unpatched(long n)
{
	/* mov $SYS_getppid, %eax; nop...; syscall; ret, hidden by the nop */
	static const unsigned char text[] = { 0xb8, SYS_getppid, 0,    0,   0,
		                              0x90, 0x0f,        0x05, 0xc3 };
	static long (*call)(void);
	void *page;

	if (!call) {
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED)
			die("mmap");
		memcpy(page, text, sizeof(text));
		if (mprotect(page, 4096, PROT_READ | PROT_EXEC))
			die("mprotect");
		memcpy(&call, &page, sizeof(call));
	}
	while (n-- > 0)
		call();
}

static void read_zero(long n)
{
	static int fd = -1;
	char c;

	if (fd < 0)
		fd = open("/dev/zero", O_RDONLY);
	while (n-- > 0)
		if (read(fd, &c, 1) != 1)
			die("read");
}

static void clock_time(long n)
{
	struct timespec ts;

	while (n-- > 0)
		clock_gettime(CLOCK_MONOTONIC, &ts);
}

const struct work call_works[] = {
	{ "null_call", null_call, 0 },
	{ "null_call_unpatched", null_call_unpatched, 0 },
	{ "read_zero", read_zero, 0 },
	{ "clock_gettime", clock_time, 0 },
	{ NULL, NULL, 0 },
};
