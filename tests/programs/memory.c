/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmap and relatives, brk, what is zero and what is refused.  With an argument:
 * without what needs memory that comes later (SGX1 has none).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"

enum { PAGE = 4096 };

static int is_zero(const char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (p[i])
			return 0;
	return 1;
}

static char *map(size_t pages, int prot)
{
	char *p = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS,
	               -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void anonymous(void)
{
	char *p = map(64, PROT_READ | PROT_WRITE);
	char *q;

	IS(p && is_zero(p, 64 * PAGE));
	memset(p, 1, 64 * PAGE);
	CALL(munmap(p + 16 * PAGE, 16 * PAGE));
	IS(p[15 * PAGE] == 1 && p[32 * PAGE] == 1);
	q = mmap(p + 16 * PAGE, 16 * PAGE, PROT_READ | PROT_WRITE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	IS(q == p + 16 * PAGE && is_zero(q, 16 * PAGE));
	CALL(munmap(p, 64 * PAGE));
}

static void refused(void)
{
	char *p = map(2, PROT_READ | PROT_WRITE);

	IS(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	   MAP_FAILED);
	SHOW(errno == EINVAL);
	IS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED);
	SHOW(errno == EBADF);
	IS(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	SHOW(errno == EINVAL);
	IS(mmap(p + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	        -1, 0) == MAP_FAILED);
	SHOW(errno == EINVAL);
	IS(mmap(p, PAGE, PROT_READ,
	        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
	        0) == MAP_FAILED);
	SHOW(errno == EEXIST);
	CALL(munmap(p + 1, PAGE));
	CALL(mprotect(p + 1, PAGE, PROT_READ));
	CALL(munmap(p, 2 * PAGE));
	CALL(mprotect(p, PAGE, PROT_READ));
}

static void remap(void)
{
	char *p = map(4, PROT_READ | PROT_WRITE);
	char *q;

	strcpy(p, "first");
	strcpy(p + 3 * PAGE, "last");
	q = mremap(p, 4 * PAGE, 256 * PAGE, MREMAP_MAYMOVE);
	IS(q != MAP_FAILED && !strcmp(q, "first") &&
	   !strcmp(q + 3 * PAGE, "last"));
	IS(is_zero(q + 4 * PAGE, 252 * PAGE));
	q = mremap(q, 256 * PAGE, PAGE, 0);
	IS(q != MAP_FAILED && !strcmp(q, "first"));
	CALL(munmap(q, PAGE));
}

static void advise(void)
{
	char *p = map(16, PROT_READ | PROT_WRITE);
	unsigned char vec[16];

	memset(p, 7, 16 * PAGE);
	CALL(madvise(p, 8 * PAGE, MADV_DONTNEED));
	IS(is_zero(p, 8 * PAGE) && p[8 * PAGE] == 7);
	CALL(madvise(p, PAGE, 12345));
	CALL(mincore(p + 8 * PAGE, 8 * PAGE, vec));
	SHOW(vec[0] & 1);
	CALL(mlock(p, PAGE));
	CALL(munlock(p, PAGE));
	CALL(munmap(p, 16 * PAGE));
	CALL(mincore(p, PAGE, vec));
}

static void heap(void)
{
	char *start = sbrk(0);

	IS(sbrk(1 << 20) == start);
	IS(is_zero(start, 1 << 20));
	memset(start, 3, 1 << 20);
	IS(sbrk(-(1 << 20)) == start + (1 << 20));
	IS(sbrk(1 << 20) == start);
	IS(is_zero(start, 1 << 20));
	IS(sbrk(-(1 << 20)) != (void *)-1);
}

static void files(void)
{
	char name[] = "/tmp/memory.XXXXXX", buf[8] = "";
	int fd = mkstemp(name);
	char *shared, *private;

	IS(fd >= 0 && ftruncate(fd, 3 * PAGE) == 0);
	IS(pwrite(fd, "on disk", 8, PAGE) == 8);
	shared =
		mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
	               0);
	IS(shared != MAP_FAILED && private != MAP_FAILED);
	IS(!strcmp(shared + PAGE, "on disk"));
	IS(!strcmp(private + PAGE, "on disk"));
	strcpy(private + PAGE, "mine");
	IS(!strcmp(shared + PAGE, "on disk"));
	strcpy(shared + 2 * PAGE, "stored");
	IS(pread(fd, buf, 8, 2 * PAGE) == 8 && !strcmp(buf, "stored"));
	IS(pwrite(fd, "written", 8, 2 * PAGE) == 8);
	IS(!strcmp(shared + 2 * PAGE, "written"));
	CALL(msync(shared, 3 * PAGE, MS_SYNC));
	CALL(munmap(shared, 3 * PAGE));
	CALL(munmap(private, 3 * PAGE));
	close(fd);
	unlink(name);
}

static void code(void)
{
	/* mov $42, %eax; ret */
	static const unsigned char text[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	int (*func)(void);
	char *p = map(1, PROT_READ | PROT_WRITE);

	memcpy(p, text, sizeof(text));
	CALL(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	memcpy(&func, &p, sizeof(func));
	SHOW(func());
	munmap(p, PAGE);
}

static void reservations(void)
{
	size_t size = 8ul << 30;
	char *p = mmap(NULL, size, PROT_NONE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	IS(p != MAP_FAILED);
	CALL(mprotect(p + size / 2, PAGE, PROT_READ | PROT_WRITE));
	p[size / 2] = 9;
	SHOW(p[size / 2]);
	CALL(munmap(p, size));
}

int main(int argc, char **argv)
{
	(void)argv;
	anonymous();
	refused();
	remap();
	advise();
	heap();
	files();
	code();
	if (argc == 1)
		reservations();
	return 0;
}
