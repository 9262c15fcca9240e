/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpuid_table_test.c - the table against the instruction itself.
 */
#include <cpuid.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/cpuid_table.h"

static struct host_cpuid table[CPUID_TABLE_MAX];
static size_t count;

static int collect(void **state)
{
	(void)state;
	count = cpuid_table_collect(table);
	return 0;
}

static const struct host_cpuid *find(uint32_t leaf, uint32_t subleaf)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].leaf == leaf && table[i].subleaf == subleaf)
			return &table[i];
	return NULL;
}

/* EBX of 1 and 0xb, 0x1e: APIC IDs, other on each CPU we may have run on. */
static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct host_cpuid *e = &table[i];
		uint32_t eax, ebx, ecx, edx;

		if (e->leaf == 1 || e->leaf == 0xb || e->leaf == 0x8000001e)
			continue;
		__cpuid_count(e->leaf, e->subleaf, eax, ebx, ecx, edx);
		assert_int_equal(e->eax, eax);
		assert_int_equal(e->edx, edx);
	}
}

static void test_order(void **state)
{
	(void)state;
	assert_in_range(count, 10, CPUID_TABLE_MAX);
	for (size_t i = 1; i < count; i++) {
		uint64_t a = (uint64_t)table[i - 1].leaf << 32 |
		             table[i - 1].subleaf;
		uint64_t b = (uint64_t)table[i].leaf << 32 | table[i].subleaf;

		assert_true(a < b);
	}
}

static void test_what_a_kernel_needs(void **state)
{
	const struct host_cpuid *xsave = find(0xd, 0);

	(void)state;
	assert_non_null(find(0, 0));
	assert_non_null(find(1, 0));
	assert_non_null(find(7, 0));
	assert_non_null(find(0x80000000, 0));
	assert_non_null(find(0x80000004, 0));
	assert_non_null(xsave);
	assert_non_null(find(0xd, 1));
	for (uint32_t i = 2; i < 32; i++)
		if (xsave->eax >> i & 1)
			assert_non_null(find(0xd, i));
}

/* No leaf that the CPU does not have: Intel answers with another one's. */
static void test_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++) {
		uint32_t base = table[i].leaf & 0x80000000;

		assert_true(table[i].leaf <= find(base, 0)->eax);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_what_a_kernel_needs),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, collect, NULL);
}
