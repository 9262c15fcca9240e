/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program learns of the CPU, by every way there is: CPUID at a place
 * that can be rewritten and at one that can't, XGETBV, an XSAVE area, the C
 * library's choices between its variants, and trying.  tests/e2e/features.py
 * compares.
 */
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <wchar.h>

#include "report.h"

enum { SUBLEAVES = 24, AREA = 16384, OSXSAVE = 1 << 27, XGETBV1 = 1 << 2 };

struct answer {
	uint32_t a, b, c, d;
};

static struct answer cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct answer r = { leaf, 0, subleaf, 0 };

	__asm__ volatile("nopl 0(%%rax,%%rax,1)\n\tcpuid\n\t"
	                 "nopl 0(%%rax,%%rax,1)"
	                 : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
	return r;
}

/* Between two branch targets there is no room for a jump. */
static struct answer bare_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct answer r = { leaf, 0, subleaf, 0 };

	__asm__ volatile("jmp 1f\n\t1: cpuid\n\tjmp 2f\n\t2:"
	                 : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
	return r;
}

static uint64_t xgetbv(uint32_t which)
{
	uint32_t a, d;

	__asm__ volatile("nopl 0(%%rax,%%rax,1)\n\txgetbv\n\t"
	                 "nopl 0(%%rax,%%rax,1)"
	                 : "=a"(a), "=d"(d)
	                 : "c"(which));
	return (uint64_t)d << 32 | a;
}

/* --- CPUID --- */

/* Leaf 1's APIC id, 0BH's and 1FH's: which CPU happened to answer. */
static void mask_cpu(uint32_t leaf, struct answer *r)
{
	if (leaf == 1)
		r->b &= 0x00ffffff;
	if (leaf == 0xb || leaf == 0x1f)
		r->d = 0;
}

static unsigned int differing_from(uint32_t first)
{
	uint32_t last = cpuid(first, 0).a;
	unsigned int differing = 0;

	for (uint32_t leaf = first; leaf <= last; leaf++)
		for (uint32_t sub = 0; sub < SUBLEAVES; sub++) {
			struct answer a = cpuid(leaf, sub);
			struct answer b = bare_cpuid(leaf, sub);

			mask_cpu(leaf, &a);
			mask_cpu(leaf, &b);
			differing += !!memcmp(&a, &b, sizeof(a));
		}
	return differing;
}

static void show_cpuid(void)
{
	static const uint32_t leaves[][2] = {
		{ 1, 0 },    { 7, 0 },          { 7, 1 },    { 0xd, 0 },
		{ 0xd, 1 },  { 0xd, 2 },        { 0xd, 5 },  { 0xd, 6 },
		{ 0xd, 7 },  { 0xd, 9 },        { 0xd, 17 }, { 0xd, 18 },
		{ 0x1d, 0 }, { 0x80000001, 0 },
	};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		struct answer r = cpuid(leaves[i][0], leaves[i][1]);

		printf("cpuid %x %u %x %x %x %x\n", leaves[i][0], leaves[i][1],
		       r.a, r.b, r.c, r.d);
	}
	printf("differing %u\n",
	       differing_from(0) + differing_from(0x80000000));
}

/* --- XSAVE --- */

/* How far XSAVE writes with all that XGETBV names. */
static size_t xsave_end(uint64_t mask)
{
	static uint8_t area[AREA] __attribute__((aligned(64)));
	size_t end = 0;

	for (int fill = 1; fill < 3; fill++) {
		size_t at = AREA;

		memset(area, fill, AREA);
		memset(area + 512, 0, 64);
		__asm__ volatile("xsave64 (%0)"
		                 :
		                 : "r"(area), "a"((uint32_t)mask),
		                   "d"((uint32_t)(mask >> 32))
		                 : "memory");
		while (at > 576 && area[at - 1] == fill)
			at--;
		end = at > end ? at : end;
	}
	return end;
}

/* --- trying --- */

static sigjmp_buf back;

static void on_signal(int sig)
{
	siglongjmp(back, sig);
}

static void try(const char *name, void (*instruction)(void))
{
	int sig = sigsetjmp(back, 1);

	if (sig == 0)
		instruction();
	printf("try %s %s\n", name, sig ? sigabbrev_np(sig) : "done");
}

static void avx(void)
{
	__asm__ volatile("vxorps %%ymm0, %%ymm0, %%ymm0" ::: "xmm0");
}

static void avx512(void)
{
	__asm__ volatile("vpxord %%zmm0, %%zmm0, %%zmm0" ::: "xmm0");
}

/* --- choices --- */

#define CHOICE(name)                                                           \
	{                                                                      \
#name, (void *)name                                            \
	}

static const struct {
	const char *name;
	void *chosen;
} choices[] = {
	CHOICE(memcpy), CHOICE(memmove), CHOICE(memset),  CHOICE(memchr),
	CHOICE(memcmp), CHOICE(strlen),  CHOICE(strnlen), CHOICE(strcpy),
	CHOICE(strcmp), CHOICE(strcat),  CHOICE(stpcpy),  CHOICE(wcslen),
};

int main(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	uint64_t xcr0 = xgetbv(0);

	printf("xgetbv 0 %llx\n", (unsigned long long)xcr0);
	if (cpuid(0xd, 1).a & XGETBV1)
		printf("xgetbv 1 %llx\n", (unsigned long long)xgetbv(1));
	printf("osxsave %d\n", !!(cpuid(1, 0).c & OSXSAVE));
	show_cpuid();
	printf("xsave %zu\n", xsave_end(xcr0));
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		printf("choice %s %td\n", choices[i].name,
		       (char *)choices[i].chosen - (char *)main);
	sigaction(SIGILL, &sa, NULL);
	fflush(stdout);
	try("avx", avx);
	try("avx512", avx512);
	return 0;
}
