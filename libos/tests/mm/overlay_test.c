/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs at one address: each sees its own bytes whenever it runs, nobody is
 * moved out while it runs elsewhere, and nothing is lost when memory is short.
 */
#include <string.h>

#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/overlay.h"
#include "libos/mm/pages.h"
#include "libos/mm/textcache.h"
#include "libos/mm/usercopy.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/mm/file.h"
#include "libos/tests/mm/user.h"

#define P PAGE_SIZE
#define IMAGE 0x400000ull
#define SECOND 1000000000ull
#define RW (PROT_READ | PROT_WRITE)

enum { MEMBERS = 3, PAGES = 20 };

static struct mm *mms[MEMBERS];
static struct mm *runs_elsewhere;
static int kicked;

static bool ops_runs_elsewhere(struct mm *mm)
{
	return mm == runs_elsewhere;
}

static void ops_kick_out(struct mm *mm)
{
	CHECK(mm == runs_elsewhere);
	kicked++;
}

static void ops_text_filled(struct mm *mm, struct vm_object *obj,
                            uint64_t offset, uint64_t addr, uint8_t *bytes,
                            size_t size)
{
	(void)mm, (void)obj, (void)offset, (void)addr, (void)bytes, (void)size;
}

static const struct mm_ops ops = {
	.text_filled = ops_text_filled,
	.runs_elsewhere = ops_runs_elsewhere,
	.is_runnable = ops_runs_elsewhere,
	.kick_out = ops_kick_out,
};

static void run_as(struct mm *mm)
{
	struct mm *prev = own_mm();

	fake_thread()->mm = mm;
	if (!mm_switch(prev, mm))
		CHECK_EQ(mm_make_resident(mm), 0);
	CHECK(mm_is_resident(mm));
}

static struct mm *load(struct test_file *f)
{
	struct mm *mm;
	uint64_t at;

	CHECK_EQ(mm_create(&mm), 0);
	CHECK_EQ(mm_reserve_image(mm, IMAGE, PAGES * P, 0, &f->obj, &at), 0);
	CHECK_EQ(at, IMAGE);
	run_as(mm);
	CHECK_EQ(user_map_file(&f->obj, 0, IMAGE, 10 * P, PROT_READ | PROT_EXEC,
	                       MAP_PRIVATE | MAP_FIXED),
	         IMAGE);
	CHECK_EQ(user_map_file(&f->obj, 10 * P, IMAGE + 10 * P, 6 * P, RW,
	                       MAP_PRIVATE | MAP_FIXED),
	         IMAGE + 10 * P);
	return mm;
}

static void check_bytes(const struct test_file *f, uint8_t own)
{
	uint8_t v;
	int i;

	for (i = 0; i < 10; i++) {
		CHECK_EQ(user_read(IMAGE + i * P, &v), 0);
		CHECK_EQ(v, f->bytes[i * P]);
	}
	CHECK_EQ(user_read(IMAGE + 12 * P, &v), 0);
	CHECK_EQ(v, own);
}

/* The first one is resident and busy, the second one wants the place. */
static void check_turns(void)
{
	runs_elsewhere = mms[0];
	CHECK_EQ(mm_make_resident(mms[1]), -EBUSY);
	CHECK_EQ(kicked, 0);
	CHECK(mm_switch(NULL, mms[0]));
	CHECK_EQ(mm_take_turn(mms[0]), 0);

	fake_clock_advance(SECOND);
	CHECK_EQ(mm_make_resident(mms[1]), -EBUSY);
	CHECK_EQ(kicked, 1);
	CHECK(mm_is_resident(mms[0]));
	CHECK(!mm_switch(NULL, mms[0]));
	CHECK_EQ(mm_take_turn(mms[0]), -EBUSY);

	/* Who waited has given up. */
	fake_clock_advance(SECOND);
	CHECK(mm_switch(NULL, mms[0]));
	CHECK_EQ(mm_take_turn(mms[0]), 0);
	runs_elsewhere = NULL;
}

static void test_members(void)
{
	struct test_file *f[MEMBERS];
	int i, round;

	for (i = 0; i < MEMBERS; i++) {
		f[i] = file_create(20 + (uint64_t)i, PAGES * P);
		mms[i] = load(f[i]);
		CHECK_EQ(user_write(IMAGE + 12 * P, (uint8_t)(i + 1)), 0);
	}
	CHECK(!mm_is_resident(mms[0]));
	for (round = 0; round < 3; round++)
		for (i = 0; i < MEMBERS; i++) {
			run_as(mms[i]);
			check_bytes(f[i], (uint8_t)(i + 1));
		}
	/* A system call of an absent member brings it in by itself. */
	fake_thread()->mm = mms[0];
	CHECK_EQ(copy_to_user(user_ptr(IMAGE + 13 * P), "q", 1), 0);
	CHECK(mm_is_resident(mms[0]));

	check_turns();
	fake_fault_alloc(1);
	CHECK_EQ(mm_make_resident(mms[1]), -ENOMEM);
	CHECK(mm_is_resident(mms[0]));
	check_bytes(f[0], 1);
	fake_fault_alloc(0);
	run_as(mms[1]);
	check_bytes(f[1], 2);

	/* They end, resident or not, in any order. */
	fake_thread()->mm = NULL;
	mm_put(mms[0]);
	mm_put(mms[1]);
	run_as(mms[2]);
	check_bytes(f[2], 3);
	fake_thread()->mm = NULL;
	mm_put(mms[2]);
	for (i = 0; i < MEMBERS; i++)
		file_put_last(f[i]);
}

/* Two runs of one program share what is the same, and nothing else. */
static void test_twins(void)
{
	struct test_file *f = file_create(40, PAGES * P);
	struct mm *a = load(f), *b;
	int i;

	CHECK_EQ(user_write(IMAGE + 12 * P, 77), 0);
	b = load(f);
	for (i = 0; i < 4; i++) {
		run_as(b);
		check_bytes(f, f->bytes[12 * P]);
		CHECK_EQ(pages_rights(IMAGE), pages_rights(IMAGE + P));
		run_as(a);
		check_bytes(f, 77);
	}
	fake_thread()->mm = NULL;
	mm_put(b);
	run_as(a);
	check_bytes(f, 77);
	fake_thread()->mm = NULL;
	mm_put(a);
	file_put_last(f);
}

/* Alone it is as warm as any other program. */
static void test_warm(void)
{
	struct test_file *f = file_create(30, PAGES * P);
	struct textcache_stats stats;
	uint64_t reads;
	struct mm *mm;

	mm = load(f);
	check_bytes(f, f->bytes[12 * P]);
	fake_thread()->mm = NULL;
	mm_put(mm);
	textcache_stats(&stats);
	CHECK_EQ(stats.pages, 10);
	reads = f->reads;
	mm = load(f);
	CHECK_EQ(user_read(IMAGE, &(uint8_t){ 0 }), 0);
	/* The writable segment is read again, at once. */
	CHECK(f->reads - reads <= 5);
	textcache_stats(&stats);
	CHECK_EQ(stats.adopted_pages, 10);
	check_bytes(f, f->bytes[12 * P]);
	fake_thread()->mm = NULL;
	mm_put(mm);
	file_put_last(f);
}

int main(void)
{
	static const struct fake_config configs[] = {
		{ 1 * MIB, 64 * MIB, true, true },
		{ 48 * MIB, 64 * MIB, true, true },
		{ 48 * MIB, 48 * MIB, false, false },
	};
	struct mm *first;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(configs); i++) {
		fake_init(&configs[i]);
		kicked = 0;
		mm_set_ops(&ops);
		first = own_mm();
		test_members();
		test_twins();
		test_warm();
		fake_thread()->mm = first;
		CHECK_EQ(fake_fini(), 0);
	}
	return check_result();
}
