/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid_table.c - asks the CPU.
 *
 * A CPUID costs some 100 cycles on bare metal and an exit (1-30 us) in a
 * virtual machine, so leaves that say nothing to a program are left out:
 * start-up time counts.
 */
#include "host/cpuid_table.h"

#include <cpuid.h>
#include <stdbool.h>

#include "base/compiler.h"

#include "base/banned.h"

/* When to stop asking a leaf for further subleaves. */
enum subleaf_rule {
	ONE,             /* there is only subleaf 0 */
	UNTIL_NO_CACHE,  /* EAX[4:0], the cache type, is 0 */
	UNTIL_NO_LEVEL,  /* ECX[15:8], the level type, is 0 */
	UP_TO_EAX,       /* subleaf 0's EAX is the last one */
	XSAVE_COMPONENTS /* 0, 1 and each component that XCR0 or XSS may have */
};

struct wanted_leaf {
	uint32_t leaf;
	enum subleaf_rule rule;
};

/* SDM Vol. 2A, CPUID; AMD's manual Vol. 3 appendix E for 80000008H and on. */
static const struct wanted_leaf wanted[] = {
	{ 0x0, ONE },
	{ 0x1, ONE },
	{ 0x2, ONE },
	{ 0x4, UNTIL_NO_CACHE },
	{ 0x6, ONE },
	{ 0x7, UP_TO_EAX },
	{ 0xb, UNTIL_NO_LEVEL },
	{ 0xd, XSAVE_COMPONENTS },
	{ 0x14, UP_TO_EAX },
	{ 0x15, ONE },
	{ 0x16, ONE },
	{ 0x19, ONE },
	{ 0x1d, UP_TO_EAX },
	{ 0x1e, ONE },
	{ 0x80000000, ONE },
	{ 0x80000001, ONE },
	{ 0x80000002, ONE },
	{ 0x80000003, ONE },
	{ 0x80000004, ONE },
	{ 0x80000005, ONE },
	{ 0x80000006, ONE },
	{ 0x80000007, ONE },
	{ 0x80000008, ONE },
	{ 0x8000001d, UNTIL_NO_CACHE },
	{ 0x8000001e, ONE },
	{ 0x8000001f, ONE },
};

/* However many subleaves a CPU claims, no leaf has more than these. */
enum { SUBLEAVES_MAX = 16 };

struct collector {
	struct host_cpuid *table;
	size_t count;
};

static struct host_cpuid *ask(struct collector *c, uint32_t leaf,
                              uint32_t subleaf)
{
	struct host_cpuid *e = &c->table[c->count++];

	e->leaf = leaf;
	e->subleaf = subleaf;
	__cpuid_count(leaf, subleaf, e->eax, e->ebx, e->ecx, e->edx);
	return e;
}

/* Subleaf @subleaf was the last one worth asking for. */
static bool is_last(const struct host_cpuid *e, enum subleaf_rule rule,
                    uint32_t last)
{
	switch (rule) {
	case UNTIL_NO_CACHE:
		return !(e->eax & 0x1f);
	case UNTIL_NO_LEVEL:
		return !(e->ecx >> 8 & 0xff);
	case UP_TO_EAX:
		return e->subleaf >= last;
	case ONE:
	case XSAVE_COMPONENTS:
		break;
	}
	return true;
}

static void ask_subleaves(struct collector *c, const struct wanted_leaf *w)
{
	const struct host_cpuid *e = ask(c, w->leaf, 0);
	uint32_t last = e->eax;

	while (!is_last(e, w->rule, last) && e->subleaf < SUBLEAVES_MAX)
		e = ask(c, w->leaf, e->subleaf + 1);
}

/* Subleaf 0: XCR0's bits in EDX:EAX; subleaf 1: XSS's in EDX:ECX. */
static void ask_xsave(struct collector *c)
{
	const struct host_cpuid *xcr0 = ask(c, 0xd, 0);
	const struct host_cpuid *xss = ask(c, 0xd, 1);
	uint32_t components = xcr0->eax | xss->ecx;

	for (uint32_t i = 2; i < 32; i++)
		if (components >> i & 1)
			ask(c, 0xd, i);
}

size_t cpuid_table_collect(struct host_cpuid *table)
{
	struct collector c = { .table = table };
	uint32_t basic_max = 0, extended_max = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct wanted_leaf *w = &wanted[i];
		bool is_extended = w->leaf >> 31;
		uint32_t max = is_extended ? extended_max : basic_max;

		if ((w->leaf & 0x7fffffff) && w->leaf > max)
			continue;
		if (w->rule == XSAVE_COMPONENTS)
			ask_xsave(&c);
		else
			ask_subleaves(&c, w);
		if (w->leaf == 0)
			basic_max = table[0].eax;
		if (w->leaf == 0x80000000)
			extended_max = table[c.count - 1].eax;
	}
	return c.count;
}
