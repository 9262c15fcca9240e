/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/tests/hostcall/monitor.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

enum {
	RANGES_MAX = 8,
	TRAP_FLAG = 0x100,
	PF_WRITE = 2, /* of a page fault's error code */
};

struct monitor_access monitor_log[MONITOR_LOG_MAX];
size_t monitor_count;
void (*monitor_hook)(const struct monitor_access *access);

static struct {
	uintptr_t start;
	size_t size;
} ranges[RANGES_MAX];
static size_t nranges;
static struct monitor_access stepping;

/* An entry of .ex_table: where it may fault, where to go on. */
struct fixup {
	uint64_t at, to;
};
static struct fixup *fixups;
static size_t nfixups;

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

static void protect(int prot)
{
	for (size_t i = 0; i < nranges; i++)
		if (mprotect((void *)ranges[i].start, ranges[i].size, prot))
			die("mprotect");
}

void monitor_close(void)
{
	protect(PROT_NONE);
}

void monitor_open(void)
{
	protect(PROT_READ | PROT_WRITE);
}

void monitor_reset(void)
{
	monitor_count = 0;
}

void monitor_watch(void *start, size_t size)
{
	if (nranges == RANGES_MAX)
		abort();
	ranges[nranges].start = (uintptr_t)start;
	ranges[nranges++].size = size;
}

void monitor_forget(void)
{
	monitor_open();
	nranges = 0;
}

static bool is_watched(uintptr_t addr)
{
	for (size_t i = 0; i < nranges; i++)
		if (addr - ranges[i].start < ranges[i].size)
			return true;
	return false;
}

static bool fix_up(ucontext_t *uc)
{
	greg_t *rip = &uc->uc_mcontext.gregs[REG_RIP];

	for (size_t i = 0; i < nfixups; i++)
		if (fixups[i].at == (uint64_t)*rip) {
			*rip = (greg_t)fixups[i].to;
			return true;
		}
	return false;
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	if (is_watched((uintptr_t)info->si_addr)) {
		stepping.addr = (uintptr_t)info->si_addr;
		stepping.is_write = uc->uc_mcontext.gregs[REG_ERR] & PF_WRITE;
		if (monitor_count == MONITOR_LOG_MAX)
			die("more accesses than monitor.h has room for");
		monitor_log[monitor_count++] = stepping;
		monitor_open();
		uc->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
	} else if (!fix_up(uc)) {
		signal(SIGSEGV, SIG_DFL);
	}
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	if (monitor_hook)
		monitor_hook(&stepping);
	monitor_close();
}

/* The section of our own file that the kernel's linker script collects. */
static void find_fixups(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const Elf64_Shdr *sections;
	const Elf64_Ehdr *elf;
	const char *names;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die("/proc/self/exe");
	elf = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (elf == MAP_FAILED)
		die("mmap");
	close(fd);
	sections = (const void *)((const char *)elf + elf->e_shoff);
	names = (const char *)elf + sections[elf->e_shstrndx].sh_offset;
	for (int i = 0; i < elf->e_shnum; i++)
		if (strcmp(names + sections[i].sh_name, ".ex_table") == 0) {
			/* Linked without PIE: addresses are as they will be. */
			fixups = (struct fixup *)sections[i].sh_addr;
			nfixups = sections[i].sh_size / sizeof(*fixups);
		}
	if (!nfixups)
		die("no .ex_table");
}

void monitor_init(void)
{
	struct sigaction segv = { .sa_sigaction = on_segv,
		                  .sa_flags = SA_SIGINFO };
	struct sigaction trap = { .sa_sigaction = on_trap,
		                  .sa_flags = SA_SIGINFO };

	find_fixups();
	if (sigaction(SIGSEGV, &segv, NULL) || sigaction(SIGTRAP, &trap, NULL))
		die("sigaction");
}

uintptr_t monitor_read_twice(const void *start, size_t size)
{
	for (size_t i = 0; i < monitor_count; i++) {
		const struct monitor_access *a = &monitor_log[i];

		if (a->is_write || a->addr - (uintptr_t)start >= size)
			continue;
		for (size_t j = 0; j < i; j++)
			if (!monitor_log[j].is_write &&
			    monitor_log[j].addr == a->addr)
				return a->addr;
	}
	return 0;
}
