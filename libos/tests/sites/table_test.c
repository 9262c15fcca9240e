/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that are no tables: each is refused, whatever the way it is wrong in.
 */
#include <string.h>

#include "base/errno.h"
#include "libos/proc/sites/table.h"
#include "libos/tests/fake/check.h"

#define FILE_SIZE 0x1000u

struct table {
	struct sites_header h;
	struct site s[3];
};

static const struct table good = {
	{ SITES_MAGIC, SITES_VERSION, 3 },
	{ { 0x10, 7, 5, SITE_SYSCALL, 0 },
	  { 0x17, 5, 0, SITE_CPUID, 0 },
	  { 0xffb, 5, 2, SITE_XGETBV, 0 } },
};

static void check(const struct table *t, size_t size, int want)
{
	CHECK_EQ(site_table_check(t, size, FILE_SIZE), want);
}

/* One byte of a good table is another: at @offset, @value. */
static const struct {
	size_t offset;
	uint8_t value;
} wrong[] = {
	{ offsetof(struct table, h.magic), 0 },
	{ offsetof(struct table, h.version), SITES_VERSION + 1 },
	{ offsetof(struct table, h.count), 2 },
	{ offsetof(struct table, h.count), 4 },
	{ offsetof(struct table, h.count) + 3, 0x80 },
	{ offsetof(struct table, s[0].size), 4 },
	{ offsetof(struct table, s[0].size), 6 }, /* the site sticks out */
	{ offsetof(struct table, s[0].size), 8 }, /* over the next one   */
	{ offsetof(struct table, s[0].size), 41 },
	{ offsetof(struct table, s[0].at), 6 },
	{ offsetof(struct table, s[0].at), 255 },
	{ offsetof(struct table, s[0].kind), 0 },
	{ offsetof(struct table, s[0].kind), 6 },
	{ offsetof(struct table, s[0].kind), 255 },
	{ offsetof(struct table, s[0].zero), 1 },
	{ offsetof(struct table, s[0].offset), 0x18 }, /* out of order */
	{ offsetof(struct table, s[1].offset), 0x16 },
	{ offsetof(struct table, s[2].offset), 0xfc }, /* out of the file */
	{ offsetof(struct table, s[2].offset) + 3, 0xff },
	{ offsetof(struct table, s[2].size), 6 },
};

static void test_wrong(void)
{
	struct table t;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		t = good;
		((uint8_t *)&t)[wrong[i].offset] = wrong[i].value;
		check(&t, sizeof(t), -EBADMSG);
	}
}

static void test_sizes(void)
{
	struct table t = good;
	size_t size;

	for (size = 0; size < sizeof(t); size++)
		check(&t, size, -EBADMSG);
	check(&t, sizeof(t), 0);
	t.h.count = 0;
	check(&t, sizeof(t.h), 0);
}

static void test_search(void)
{
	const struct site_table t = { .sites = good.s, .count = 3 };

	CHECK_EQ(site_table_from(&t, 0), 0);
	CHECK_EQ(site_table_from(&t, 0x10), 0);
	CHECK_EQ(site_table_from(&t, 0x11), 1);
	CHECK_EQ(site_table_from(&t, 0xffb), 2);
	CHECK_EQ(site_table_from(&t, 0xffc), 3);
	CHECK_EQ(site_table_from(&t, UINT64_MAX), 3);
}

int main(void)
{
	test_wrong();
	test_sizes();
	test_search();
	return check_result();
}
