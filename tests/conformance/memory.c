/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - maps, their rights and what they show.
 */
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "conformance.h"

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf fault_back;
static volatile int fault_code;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	fault_code = info->si_code;
	siglongjmp(fault_back, sig);
}

static void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = on_fault,
		                    .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* The byte at @p, or the signal that reading it raises. */
static void show_read(const char *text, const volatile char *p)
{
	int sig = sigsetjmp(fault_back, 1);

	if (sig)
		say("  read of %s: signal %d code %d\n", text, sig, fault_code);
	else
		say("  read of %s: %d\n", text, *p);
}

static void show_write(const char *text, volatile char *p)
{
	int sig = sigsetjmp(fault_back, 1);

	if (sig) {
		say("  write to %s: signal %d code %d\n", text, sig,
		    fault_code);
	} else {
		*p = 1;
		say("  write to %s: done\n", text);
	}
}

#define READ(p) show_read(#p, p)
#define WRITE(p) show_write(#p, p)

static char *pages(int count)
{
	catch_faults();
	return (char *)sys(mmap, NULL, count * PAGE, RW, ANONYMOUS, -1, 0);
}

CASE(mmap, "anonymous pages are zero and writable")
{
	char *p = (char *)CALL_OK(mmap, NULL, 3 * PAGE, RW, ANONYMOUS, -1, 0);

	catch_faults();
	READ(p + 2 * PAGE);
	WRITE(p);
	READ(p);
}

CASE(mmap, "a file, privately: writes stay here")
{
	int fd = file("f", "abcdef");
	char *p = (char *)CALL_OK(mmap, NULL, PAGE, RW, MAP_PRIVATE, fd, 0);

	p[0] = 'X';
	BYTES(p, 8);
	show_file("f");
}

CASE(mmap, "a file, shared: writes reach it and come from it")
{
	int fd = file("f", "abcdef");
	char *p = (char *)CALL_OK(mmap, NULL, PAGE, RW, MAP_SHARED, fd, 0);

	p[0] = 'X';
	show_file("f");
	CALL(pwrite64, fd, "Y", 1, 1);
	BYTES(p, 8);
}

CASE(mmap, "beyond the end of a file: SIGBUS")
{
	int fd = file("f", "abc");
	char *p = (char *)CALL_OK(mmap, NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE,
	                          fd, 0);

	catch_faults();
	READ(p + 3);
	READ(p + PAGE);
}

CASE(mmap, "MAP_FIXED replaces, MAP_FIXED_NOREPLACE does not")
{
	char *p = pages(3);

	p[0] = p[PAGE] = p[2 * PAGE] = 7;
	IS(p + PAGE ==
	   (char *)sys(mmap, p + PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
	READ(p);
	READ(p + PAGE);
	READ(p + 2 * PAGE);
	CALL(mmap, p, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

CASE(mmap, "a hint that is free is taken")
{
	char *p = pages(16);

	CALL(munmap, p, 16 * PAGE);
	IS(p + PAGE ==
	   (char *)CALL_OK(mmap, p + PAGE, PAGE, RW, ANONYMOUS, -1, 0));
}

CASE(mmap, "rights: no access, reading only")
{
	char *none =
		(char *)CALL_OK(mmap, NULL, PAGE, PROT_NONE, ANONYMOUS, -1, 0);
	char *r =
		(char *)CALL_OK(mmap, NULL, PAGE, PROT_READ, ANONYMOUS, -1, 0);

	catch_faults();
	READ(none);
	READ(r);
	WRITE(r);
}

ERROR_CASE(mmap, "sizes, offsets, flags, files")
{
	int fd = file("f", "abc");
	long r = sys(openat, AT_FDCWD, "f", O_RDONLY, 0);
	long w = sys(openat, AT_FDCWD, "f", O_WRONLY, 0);
	int p[2];

	sys(pipe2, p, 0);
	CALL(mmap, NULL, 0, RW, ANONYMOUS, -1, 0);
	CALL(mmap, NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0);
	CALL(mmap, NULL, PAGE, RW, MAP_PRIVATE, fd, 1);
	CALL(mmap, NULL, PAGE, RW, MAP_PRIVATE, NO_FD, 0);
	CALL(mmap, NULL, PAGE, RW, MAP_SHARED, r, 0);
	CALL(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, w, 0);
	CALL(mmap, NULL, PAGE, RW, MAP_PRIVATE, p[0], 0);
	CALL(mmap, (void *)(PAGE + 1), PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
	CALL(mmap, NULL, INT64_MAX, RW, ANONYMOUS, -1, 0);
	CALL(mmap, NULL, -1, RW, ANONYMOUS, -1, 0);
}

CASE(munmap, "the middle of three pages")
{
	char *p = pages(3);

	CALL(munmap, p + PAGE, PAGE);
	READ(p);
	READ(p + PAGE);
	READ(p + 2 * PAGE);
}

CASE(munmap, "what is not mapped is fine")
{
	char *p = pages(2);

	CALL(munmap, p, PAGE);
	CALL(munmap, p, 2 * PAGE);
	CALL(munmap, p, 2 * PAGE);
}

CASE(munmap, "the size is rounded up")
{
	char *p = pages(2);

	CALL(munmap, p, PAGE + 1);
	READ(p + PAGE);
}

ERROR_CASE(munmap, "alignment, size")
{
	char *p = pages(1);

	CALL(munmap, p + 1, PAGE);
	CALL(munmap, p, 0);
	CALL(munmap, p, -1);
	CALL(munmap, p, 1UL << 60);
	READ(p);
}

CASE(mprotect, "takes and gives rights")
{
	char *p = pages(3);

	p[PAGE] = 7;
	CALL(mprotect, p + PAGE, PAGE, PROT_NONE);
	READ(p + PAGE);
	WRITE(p);
	CALL(mprotect, p + PAGE, PAGE, PROT_READ);
	READ(p + PAGE);
	WRITE(p + PAGE);
	CALL(mprotect, p + PAGE, PAGE, RW);
	WRITE(p + PAGE);
}

CASE(mprotect, "code runs when it may be executed")
{
	static const char code[] = "\xb8\x2a\x00\x00\x00\xc3"; /* return 42 */
	char *p = pages(1);

	memcpy(p, code, sizeof(code));
	CALL(mprotect, p, PAGE, PROT_READ | PROT_EXEC);
	SHOW(((int (*)(void))(uintptr_t)p)());
}

ERROR_CASE(mprotect, "alignment, rights, holes")
{
	char *p = pages(2);

	CALL(mprotect, p + 1, PAGE, PROT_READ);
	CALL(mprotect, p, PAGE, 0x40000000);
	CALL(munmap, p + PAGE, PAGE);
	CALL(mprotect, p, 2 * PAGE, PROT_READ);
	CALL(mprotect, p + PAGE, PAGE, PROT_READ);
	CALL(mprotect, p, 0, PROT_READ);
}

ERROR_CASE(mprotect, "a shared map of a file open for reading only")
{
	char *p;
	long fd;

	file("f", "abc");
	fd = sys(openat, AT_FDCWD, "f", O_RDONLY, 0);
	p = (char *)CALL_OK(mmap, NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CALL(mprotect, p, PAGE, RW);
}

CASE(mremap, "shrinks and grows in place or elsewhere")
{
	char *p = pages(4);

	p[0] = 5;
	IS(p == (char *)CALL_OK(mremap, p, 4 * PAGE, 2 * PAGE, 0, 0));
	READ(p + 2 * PAGE);
	p = (char *)CALL_OK(mremap, p, 2 * PAGE, 600 * PAGE, MREMAP_MAYMOVE, 0);
	READ(p);
	READ(p + 599 * PAGE);
}

CASE(mremap, "to a fixed place")
{
	char *from = pages(1), *to = pages(1);

	from[0] = 9;
	IS(to == (char *)CALL_OK(mremap, from, PAGE, PAGE,
	                         MREMAP_MAYMOVE | MREMAP_FIXED, to));
	READ(to);
	READ(from);
}

ERROR_CASE(mremap, "alignment, flags, holes, no room")
{
	char *p = pages(3);

	CALL(mremap, p + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0);
	CALL(mremap, p, PAGE, 2 * PAGE, 0, 0);
	CALL(mremap, p, PAGE, 0, 0, 0);
	CALL(mremap, p, PAGE, PAGE, 8, 0);
	CALL(mremap, p, PAGE, PAGE, MREMAP_FIXED, p + PAGE);
	CALL(mremap, p, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
	     p + PAGE);
	CALL(munmap, p, 3 * PAGE);
	CALL(mremap, p, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0);
}

CASE(brk, "gives the break, moves it up and down")
{
	char *start = (char *)CALL_OK(brk, 0);

	catch_faults();
	IS(sys(brk, start + 3 * PAGE) == (long)(start + 3 * PAGE));
	WRITE(start + 3 * PAGE - 1);
	IS(sys(brk, start) == (long)start);
	CALL_OK(brk, start + PAGE);
	READ(start);
}

CASE(brk, "what comes back is zero")
{
	char *start = (char *)CALL_OK(brk, 0);

	catch_faults();
	start = (char *)(((uintptr_t)start + PAGE - 1) & -(uintptr_t)PAGE);
	sys(brk, start + PAGE);
	WRITE(start);
	sys(brk, start);
	sys(brk, start + PAGE);
	READ(start);
}

CASE(brk, "a place that is no heap leaves it where it was")
{
	long start = CALL_OK(brk, 0);

	IS(sys(brk, 1) == start);
	IS(sys(brk, 1UL << 62) == start);
}

CASE(brk, "never beyond RLIMIT_DATA")
{
	struct rlimit limit = { 64 << 20, 64 << 20 };
	long start = CALL_OK(brk, 0);

	CALL(prlimit64, 0, RLIMIT_DATA, &limit, NULL);
	IS(sys(brk, start + (65 << 20)) == start);
	IS(sys(brk, start + (1 << 20)) == start + (1 << 20));
}

CASE(msync, "a shared map")
{
	int fd = file("f", "abc");
	char *p = (char *)sys(mmap, NULL, PAGE, RW, MAP_SHARED, fd, 0);

	p[0] = 'X';
	CALL(msync, p, PAGE, MS_SYNC);
	CALL(msync, p, 1, MS_ASYNC);
	show_file("f");
}

CASE(msync, "anonymous memory, no size")
{
	char *p = pages(1);

	CALL(msync, p, PAGE, MS_SYNC);
	CALL(msync, p, 0, MS_SYNC | MS_INVALIDATE);
	CALL(msync, p, PAGE, 0);
}

ERROR_CASE(msync, "flags, alignment, holes")
{
	char *p = pages(2);

	CALL(msync, p, PAGE, MS_SYNC | MS_ASYNC);
	CALL(msync, p, PAGE, 8);
	CALL(msync, p + 1, PAGE, MS_SYNC);
	CALL(munmap, p + PAGE, PAGE);
	CALL(msync, p, 2 * PAGE, MS_SYNC);
}

CASE(mincore, "touched pages are there")
{
	unsigned char present[3];
	char *p = pages(3);

	p[0] = p[PAGE] = p[2 * PAGE] = 1;
	CALL(mincore, p, 3 * PAGE, present);
	SHOW(present[0] & 1);
	SHOW(present[1] & 1);
	SHOW(present[2] & 1);
}

CASE(mincore, "the size is rounded up")
{
	unsigned char present[3] = { 8, 8, 8 };
	char *p = pages(2);

	p[0] = p[PAGE] = 1;
	CALL(mincore, p, PAGE + 1, present);
	SHOW(present[1] & 1);
	SHOW(present[2]);
	CALL(mincore, p, 0, present);
}

ERROR_CASE(mincore, "alignment, holes, memory")
{
	unsigned char present[3];
	char *p = pages(3);

	CALL(mincore, p + 1, PAGE, present);
	CALL(mincore, p, PAGE, NOWHERE);
	CALL(munmap, p + PAGE, PAGE);
	CALL(mincore, p, 3 * PAGE, present);
	CALL(mincore, p, 1UL << 62, present);
}

CASE(madvise, "MADV_DONTNEED: anonymous pages become zero")
{
	char *p = pages(2);

	p[0] = p[PAGE] = 5;
	CALL(madvise, p, PAGE, MADV_DONTNEED);
	READ(p);
	READ(p + PAGE);
	CALL(madvise, p, 2 * PAGE, MADV_WILLNEED);
	CALL(madvise, p, 0, MADV_NORMAL);
}

CASE(madvise, "MADV_DONTNEED: private file pages come from the file again")
{
	int fd = file("f", "abc");
	char *p = (char *)sys(mmap, NULL, PAGE, RW, MAP_PRIVATE, fd, 0);

	p[0] = 'X';
	CALL(madvise, p, PAGE, MADV_DONTNEED);
	BYTES(p, 3);
}

ERROR_CASE(madvise, "advice, alignment, holes")
{
	char *p = pages(2);

	CALL(madvise, p, PAGE, 999);
	CALL(madvise, p + 1, PAGE, MADV_NORMAL);
	CALL(madvise, p, -PAGE, MADV_NORMAL);
	CALL(munmap, p + PAGE, PAGE);
	CALL(madvise, p, 2 * PAGE, MADV_DONTNEED);
}

CASE(mlock, "makes pages present")
{
	unsigned char present[2] = { 0, 0 };
	char *p = pages(2);

	needs(CAP_IPC_LOCK);
	CALL(mlock, p, 2 * PAGE);
	CALL(mincore, p, 2 * PAGE, present);
	SHOW(present[0] & 1);
	SHOW(present[1] & 1);
}

CASE(mlock, "twice; no size; not aligned")
{
	char *p = pages(2);

	needs(CAP_IPC_LOCK);
	CALL(mlock, p, PAGE);
	CALL(mlock, p, PAGE);
	CALL(mlock, p, 0);
	CALL(mlock, p + 5, 5);
}

ERROR_CASE(mlock, "holes, overflow, limit")
{
	struct rlimit limit = { PAGE, PAGE };
	char *p = pages(2);

	CALL(munmap, p + PAGE, PAGE);
	CALL(mlock, p, 2 * PAGE);
	CALL(mlock, p, -1);
	CALL(munlock, p, PAGE);
	needs(CAP_SETUID);
	CALL(prlimit64, 0, RLIMIT_MEMLOCK, &limit, NULL);
	CALL(setresuid, 1000, 1000, 1000);
	p = pages(2);
	CALL(mlock, p, 2 * PAGE);
	CALL(mlock, p, PAGE);
}

CASE(mlock2, "at once, and on fault")
{
	char *p = pages(2);

	needs(CAP_IPC_LOCK);
	CALL(mlock2, p, PAGE, 0);
	CALL(mlock2, p, 2 * PAGE, MLOCK_ONFAULT);
}

CASE(mlock2, "then unlocked")
{
	char *p = pages(2);

	needs(CAP_IPC_LOCK);
	CALL(mlock2, p, 2 * PAGE, 0);
	CALL(munlock, p, 2 * PAGE);
	READ(p);
}

ERROR_CASE(mlock2, "flags, holes")
{
	char *p = pages(1);

	CALL(mlock2, p, PAGE, 2);
	CALL(munmap, p, PAGE);
	CALL(mlock2, p, PAGE, 0);
}

CASE(munlock, "what was locked")
{
	char *p = pages(2);

	needs(CAP_IPC_LOCK);
	CALL(mlock, p, 2 * PAGE);
	CALL(munlock, p, PAGE);
	CALL(munlock, p + PAGE, PAGE);
}

CASE(munlock, "what was not")
{
	char *p = pages(1);

	CALL(munlock, p, PAGE);
	CALL(munlock, p, 0);
}

ERROR_CASE(munlock, "holes, overflow")
{
	char *p = pages(1);

	CALL(munlock, p, -1);
	CALL(munmap, p, PAGE);
	CALL(munlock, p, PAGE);
}

CASE(mlockall, "what there is, what will be")
{
	needs(CAP_IPC_LOCK);
	CALL(mlockall, MCL_FUTURE | MCL_ONFAULT);
	WRITE(pages(1));
	CALL(munlockall);
}

CASE(mlockall, "now")
{
	needs(CAP_IPC_LOCK);
	CALL(mlockall, MCL_CURRENT);
}

ERROR_CASE(mlockall, "flags")
{
	CALL(mlockall, 0);
	CALL(mlockall, MCL_ONFAULT);
	CALL(mlockall, 16);
}

CASE(munlockall, "nothing locked")
{
	CALL(munlockall);
}

CASE(munlockall, "twice after mlockall")
{
	needs(CAP_IPC_LOCK);
	CALL(mlockall, MCL_CURRENT | MCL_FUTURE);
	CALL(munlockall);
	CALL(munlockall);
}

CASE(munlockall, "after mlock, memory stays")
{
	char *p = pages(1);

	needs(CAP_IPC_LOCK);
	CALL(mlock, p, PAGE);
	p[0] = 3;
	CALL(munlockall);
	READ(p);
}
