/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs see of addresses: there and back for each instruction, system
 * calls made again, and programs that lie over one another.
 */
#include <string.h>

#include "base/units.h"
#include "libos/mm/overlay.h"
#include "libos/proc/sites/sites.h"
#include "libos/signal/signal.h"
#include "libos/tests/sites/rig.h"

#define P PAGE_SIZE
#define IMAGE 0x400000ull

/* xor %edi,%edi; mov %edi,%esi; syscall; neg %eax; mov %eax,%edi */
static const uint8_t code[] = { 0x31, 0xff, 0x89, 0xfe, 0x0f,
	                        0x05, 0xf7, 0xd8, 0x89, 0xc7 };
/* The same with another instruction in front. */
static const uint8_t other_code[] = { 0x31, 0xf6, 0x89, 0xf7, 0x0f,
	                              0x05, 0xf7, 0xd8, 0x89, 0xc7 };
static const struct site site = { 0x100, sizeof(code), 4, SITE_SYSCALL, 0 };

/* Window offset, stub offset, of each instruction, and of the gate's. */
static const struct {
	uint8_t window, stub;
} insns[] = { { 2, 2 }, { 4, 4 }, { 6, 19 }, { 8, 21 } };

enum { BACK = 19, END_JUMP = 23 };

static struct test_file *program(uint64_t seed, const uint8_t *bytes)
{
	struct test_file *f = file_create(seed, P);

	memcpy(f->bytes + site.offset, bytes, sizeof(code));
	return f;
}

static void test_there_and_back(void)
{
	struct test_file *f;
	uint64_t at, stub;
	size_t i;

	rig_init(true, false);
	rig_set_table(&site, 1);
	f = program(1, code);
	at = rig_map(f, 0) + site.offset;
	stub = rig_jump(at);
	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		CHECK_EQ(rig_site_ops->rip_to_user(stub + insns[i].stub),
		         at + insns[i].window);
		CHECK_EQ(rig_site_ops->rip_from_user(at + insns[i].window),
		         stub + insns[i].stub);
	}
	/* The gate is the site; behind everything comes the window's end. */
	CHECK_EQ(rig_site_ops->rip_to_user(stub), at);
	CHECK_EQ(rig_site_ops->rip_to_user(stub + 4 + 7), at + 4);
	CHECK_EQ(rig_site_ops->rip_to_user(stub + END_JUMP), at + sizeof(code));
	/* Outside and at the ends an address is itself. */
	CHECK_EQ(rig_site_ops->rip_from_user(at), at);
	CHECK_EQ(rig_site_ops->rip_from_user(at - 1), at - 1);
	CHECK_EQ(rig_site_ops->rip_from_user(at + sizeof(code)),
	         at + sizeof(code));
	CHECK_EQ(rig_site_ops->rip_to_user(at + 3), at + 3);
	CHECK_EQ(rig_site_ops->rip_to_user(stub + 64), stub + 64);
	CHECK_EQ(rig_site_ops->rip_to_user(UINT64_MAX), UINT64_MAX);
	CHECK_EQ(rig_site_ops->rip_from_user(3), 3);
	rig_unmap(f, at - site.offset);
	/* Without the text there is nothing to go back to. */
	CHECK_EQ(rig_site_ops->rip_from_user(at + 6), at + 6);
	file_put_last(f);
	CHECK_EQ(rig_fini(), 0);
}

static void test_restart(void)
{
	struct test_file *f;
	struct regs regs;
	uint64_t at, stub;

	rig_init(true, false);
	rig_set_table(&site, 1);
	f = program(1, code);
	at = rig_map(f, 0);
	stub = rig_jump(at + site.offset);
	memset(&regs, 0, sizeof(regs));
	regs.rip = stub + BACK;
	CHECK(rig_site_ops->restart(&regs));
	CHECK_EQ(regs.rip, stub + 4);
	CHECK(!rig_site_ops->restart(&regs));
	regs.rip = at + 6;
	CHECK(!rig_site_ops->restart(&regs));
	CHECK_EQ(regs.rip, at + 6);
	CHECK_EQ(sites_kind(stub + BACK), SITE_SYSCALL);
	rig_unmap(f, at);
	file_put_last(f);
	CHECK_EQ(rig_fini(), 0);
}

/* A program at a fixed address, as exec maps it. */
static void enter(struct mm *mm, struct test_file *f)
{
	uint64_t at;

	fake_thread()->mm = mm;
	CHECK_EQ(mm_reserve_image(mm, IMAGE, P, P, &f->obj, &at), 0);
	CHECK_EQ(mm_make_resident(mm), 0);
	CHECK_EQ(rig_map(f, IMAGE), IMAGE);
}

static void test_overlay(void)
{
	struct mm *first, *mms[2];
	struct test_file *f[2];
	uint64_t stub[2];
	struct sites_stats s;
	int i;

	rig_init(true, false);
	first = own_mm();
	f[0] = program(1, code);
	f[1] = program(2, other_code);
	rig_set_table(&site, 1);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(mm_create(&mms[i]), 0);
		enter(mms[i], f[i]);
		stub[i] = rig_jump(IMAGE + site.offset);
	}
	CHECK(stub[0] != stub[1]);
	/* Who is asked depends on who is there. */
	for (i = 1; i >= 0; i--) {
		fake_thread()->mm = mms[i];
		CHECK_EQ(mm_make_resident(mms[i]), 0);
		CHECK_EQ(rig_jump(IMAGE + site.offset), stub[i]);
		CHECK_EQ(rig_site_ops->rip_from_user(IMAGE + site.offset + 6),
		         stub[i] + BACK);
		CHECK_EQ(rig_site_ops->rip_to_user(stub[i] + BACK),
		         IMAGE + site.offset + 6);
	}
	sites_stats(&s);
	CHECK_EQ(s.made, 2);
	CHECK_EQ(s.retired, 0);

	/* The first one ends; its stub goes when the page is filled again. */
	fake_thread()->mm = mms[1];
	mm_put(mms[0]);
	CHECK_EQ(mm_make_resident(mms[1]), 0);
	CHECK_EQ(mm_advise(mms[1], IMAGE, P, 4 /* MADV_DONTNEED */), 0);
	CHECK_EQ(mm_populate(mms[1], IMAGE, P), 0);
	CHECK_EQ(rig_jump(IMAGE + site.offset), stub[1]);
	sites_stats(&s);
	CHECK_EQ(s.made, 2);
	CHECK_EQ(s.retired, 1);

	mm_put(mms[1]);
	fake_thread()->mm = first;
	file_put_last(f[0]);
	file_put_last(f[1]);
	CHECK_EQ(rig_fini(), 0);
}

int main(void)
{
	test_there_and_back();
	test_restart();
	test_overlay();
	return check_result();
}
