/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text is filled: what becomes a jump, what its stub holds, who may look at
 * the stub, and how many stubs there are after very many programs.
 */
#include <string.h>

#include "base/endian.h"
#include "base/units.h"
#include "libos/mm/pages.h"
#include "libos/proc/sites/sites.h"
#include "libos/tests/sites/rig.h"

#define P PAGE_SIZE
#define IMAGE 0x400000ull

enum { RUNS = 10000 };

/* mov $39,%eax; syscall */
static const uint8_t getpid_code[] = { 0xb8, 0x27, 0, 0, 0, 0x0f, 0x05 };
/* syscall; cmp $-4095,%rax */
static const uint8_t cmp_code[] = { 0x0f, 0x05, 0x48, 0x3d,
	                            0x01, 0xf0, 0xff, 0xff };
/* cpuid; mov %ebx,%eax; xor %ecx,%ecx */
static const uint8_t cpuid_code[] = { 0x0f, 0xa2, 0x89, 0xd8, 0x31, 0xc9 };
/* xor %ecx,%ecx; xgetbv; rdtsc with a mov behind it */
static const uint8_t xgetbv_code[] = { 0x31, 0xc9, 0x0f, 0x01, 0xd0 };
static const uint8_t rdtsc_code[] = { 0x0f, 0x31, 0x48, 0x89, 0xc7 };

static void plant(struct test_file *f, uint64_t offset, const uint8_t *code,
                  size_t size)
{
	memcpy(f->bytes + offset, code, size);
}

/* Three pages with one of each, and windows over page borders. */
static const struct site sites[] = {
	{ 0x100, 7, 5, SITE_SYSCALL, 0 },  { 0x200, 6, 0, SITE_CPUID, 0 },
	{ 0x300, 5, 2, SITE_XGETBV, 0 },   { 0x400, 5, 0, SITE_RDTSC, 0 },
	{ 0x500, 8, 0, SITE_SYSCALL, 0 },  { 0xffb, 7, 5, SITE_SYSCALL, 0 },
	{ 0x1ffe, 7, 5, SITE_SYSCALL, 0 },
};

static struct test_file *program(uint64_t seed)
{
	struct test_file *f = file_create(seed, 3 * P);

	plant(f, 0x100, getpid_code, sizeof(getpid_code));
	plant(f, 0x200, cpuid_code, sizeof(cpuid_code));
	plant(f, 0x300, xgetbv_code, sizeof(xgetbv_code));
	plant(f, 0x400, rdtsc_code, sizeof(rdtsc_code));
	plant(f, 0x500, cmp_code, sizeof(cmp_code));
	plant(f, 0xffb, getpid_code, sizeof(getpid_code));
	plant(f, 0x1ffe, getpid_code, sizeof(getpid_code));
	return f;
}

static struct sites_stats stats(void)
{
	struct sites_stats s;

	sites_stats(&s);
	return s;
}

static void check_bytes(uint64_t addr, const uint8_t *want, size_t size)
{
	uint8_t have[64];

	rig_read(addr, have, size);
	CHECK_EQ(memcmp(have, want, size), 0);
}

/* The whole of one stub, byte for byte. */
static void check_getpid_stub(uint64_t window)
{
	uint64_t stub = rig_jump(window);
	uint8_t want[] = {
		0xb8, 0x27, 0,    0,    0,    0x48, 0x8d, 0x0d, 8,
		0,    0,    0,    0x65, 0xff, 0x24, 0x25, 8,    0,
		0,    0,    0xe9, 0,    0,    0,    0,    0xcc, 0xcc
	};

	CHECK(stub != 0);
	put_le32(want + 21, (uint32_t)(window + 7 - (stub + 25)));
	check_bytes(stub, want, sizeof(want));
	/* Behind the jump the window is as it was. */
	check_bytes(window + 5, getpid_code + 5, 2);
	CHECK_EQ(fake_epc_rights(stub),
	         pages_has_edmm() ? PAGE_R | PAGE_X : PAGE_RWX);
}

static void check_cpuid_stub(uint64_t window)
{
	uint64_t stub = rig_jump(window);
	uint8_t want[] = { 0x48, 0x8d, 0x15, 8,    0, 0, 0, 0x65,
		           0xff, 0x24, 0x25, 112,  0, 0, 0, 0x89,
		           0xd8, 0x31, 0xc9, 0xe9, 0, 0, 0, 0 };

	put_le32(want + 20, (uint32_t)(window + 6 - (stub + 24)));
	check_bytes(stub, want, sizeof(want));
}

static void test_table(bool edmm)
{
	struct test_file *f;
	uint64_t at;

	rig_init(edmm, false);
	rig_set_table(sites, ARRAY_SIZE(sites));
	f = program(1);
	at = rig_map(f, 0);
	check_getpid_stub(at + 0x100);
	check_cpuid_stub(at + 0x200);
	CHECK(rig_jump(at + 0x300) != 0);
	CHECK(rig_jump(at + 0x500) != 0);
	/* RDTSC works here. */
	check_bytes(at + 0x400, rdtsc_code, sizeof(rdtsc_code));
	/* The jump of one lies in one page, that of the other would not. */
	check_getpid_stub(at + 0xffb);
	check_bytes(at + 0x1ffe, getpid_code, sizeof(getpid_code));
	CHECK_EQ(stats().made, 5);
	CHECK_EQ(stats().arenas, 1);
	CHECK_EQ(rig_table_reads, 1);
	/* Everything else is the file's. */
	check_bytes(at + 0x107, f->bytes + 0x107, 64);
	rig_unmap(f, at);
	file_put_last(f);
	CHECK_EQ(rig_fini(), 0);
}

static void test_rdtsc(void)
{
	struct test_file *f;
	uint64_t at, stub;

	rig_init(true, true);
	rig_set_table(sites, ARRAY_SIZE(sites));
	f = program(1);
	at = rig_map(f, 0);
	stub = rig_jump(at + 0x400);
	CHECK(stub != 0);
	CHECK_EQ(sites_kind(stub + 15), SITE_RDTSC);
	CHECK_EQ(sites_kind(stub + 14), 0);
	CHECK_EQ(sites_kind(at), 0);
	rig_unmap(f, at);
	file_put_last(f);
	CHECK_EQ(rig_fini(), 0);
}

/* A table that does not fit the bytes it is for. */
static void test_wrong_site(void)
{
	static const struct site wrong[] = { { 0x140, 7, 5, SITE_SYSCALL, 0 },
		                             { 0x180, 7, 5, SITE_CPUID, 0 } };
	struct test_file *f;
	uint64_t at;

	rig_init(true, false);
	rig_set_table(wrong, ARRAY_SIZE(wrong));
	f = program(1);
	at = rig_map(f, 0);
	check_bytes(at + 0x140, f->bytes + 0x140, 7);
	CHECK_EQ(stats().made, 0);
	rig_unmap(f, at);
	file_put_last(f);
	CHECK_EQ(rig_fini(), 0);
}

/* The same program again and again: nothing is made, nothing is read. */
static void test_many_runs(void)
{
	struct test_file *f;
	size_t objects = 0;
	uint64_t at;
	int i;

	rig_init(true, false);
	rig_set_table(sites, ARRAY_SIZE(sites));
	f = program(1);
	for (i = 0; i < RUNS; i++) {
		at = rig_map(f, 0);
		CHECK(rig_jump(at + 0x100) != 0);
		rig_unmap(f, at);
		if (i == 0)
			objects = fake_heap_objects();
	}
	CHECK_EQ(fake_heap_objects(), objects);
	CHECK_EQ(stats().made, 5);
	CHECK_EQ(stats().retired, 0);
	CHECK_EQ(rig_table_reads, 1);
	file_put_last(f);
	CHECK_EQ(rig_fini(), 0);
}

/* Freshly compiled programs, each with its calls somewhere else. */
static void test_many_programs(void)
{
	struct test_file *f;
	size_t objects = 0;
	uint64_t at, where;
	int i;

	rig_init(true, false);
	for (i = 0; i < RUNS; i++) {
		f = file_create((uint64_t)i, 2 * P);
		f->is_cacheable = false;
		where = 16 + (uint64_t)i * 7 % (P - 32);
		plant(f, where, getpid_code, sizeof(getpid_code));
		plant(f, P + where, cmp_code, sizeof(cmp_code));
		at = rig_map(f, i % 3 ? 0 : IMAGE);
		if (f->bytes[where - 1] != 0x41)
			CHECK(rig_jump(at + P + where) != 0);
		rig_unmap(f, at);
		file_put_last(f);
		if (i == RUNS / 2)
			objects = fake_heap_objects();
	}
	CHECK_EQ(fake_heap_objects(), objects);
	CHECK(stats().made > RUNS);
	CHECK(stats().made - stats().retired < 16);
	CHECK_EQ(stats().arenas, 1);
	CHECK_EQ(rig_fini(), 0);
}

static void plant_patterns(struct test_file *f)
{
	static const uint8_t sigreturn[] = { 0x48, 0xc7, 0xc0, 0x0f, 0,
		                             0,    0,    0x0f, 0x05, 0x48,
		                             0x3d, 0x01, 0xf0, 0xff, 0xff };

	memset(f->bytes, 0x90, f->size);
	plant(f, 0, getpid_code, sizeof(getpid_code));
	plant(f, 0x20, getpid_code, sizeof(getpid_code));
	plant(f, 0x40, getpid_code, sizeof(getpid_code));
	f->bytes[0x3f] = 0x41; /* mov $39,%r8d */
	plant(f, 0x60, getpid_code, sizeof(getpid_code));
	f->bytes[0x61] = 15; /* rt_sigreturn */
	plant(f, 0x80, getpid_code, sizeof(getpid_code));
	f->bytes[0x82] = 2; /* 551: no system call */
	plant(f, 0xa0, cmp_code, sizeof(cmp_code));
	plant(f, 0xc0, cmp_code, sizeof(cmp_code));
	f->bytes[0xc4] = 0;
	plant(f, 0xe0, cmp_code, sizeof(cmp_code));
	f->bytes[0xe4] = 2;
	plant(f, 0x100, sigreturn, sizeof(sigreturn));
	plant(f, f->size - 6, getpid_code, 6); /* cut off */
}

static void test_patterns(void)
{
	static const struct {
		uint64_t offset;
		bool is_rewritten;
	} expected[] = {
		{ 0, false },     { 0x20, true },  { 0x40, false },
		{ 0x60, false },  { 0x80, false }, { 0xa0, true },
		{ 0xc0, true },   { 0xe0, false }, { 0x107, false },
		{ P - 6, false },
	};
	struct test_file *f;
	uint64_t at;
	size_t i;

	rig_init(true, false);
	f = file_create(1, P);
	f->is_cacheable = false;
	plant_patterns(f);
	at = rig_map(f, 0);
	for (i = 0; i < ARRAY_SIZE(expected); i++)
		CHECK_EQ(rig_jump(at + expected[i].offset) != 0,
		         expected[i].is_rewritten);
	rig_unmap(f, at);
	file_put_last(f);
	CHECK_EQ(rig_fini(), 0);
}

/* Somebody maps the file shared: it must not get our jumps written back. */
static void test_shared(void)
{
	struct test_file *f;
	uint64_t at;

	rig_init(true, false);
	rig_set_table(sites, ARRAY_SIZE(sites));
	f = program(1);
	at = (uint64_t)user_map_file(&f->obj, 0, 0, f->size, RX, MAP_SHARED);
	CHECK_EQ(mm_populate(own_mm(), at, f->size), 0);
	check_bytes(at + 0x100, getpid_code, sizeof(getpid_code));
	CHECK_EQ(stats().made, 0);
	CHECK_EQ(mm_unmap(own_mm(), at, f->size), 0);
	file_put_last(f);
	CHECK_EQ(rig_fini(), 0);
}

/* mremap(2): a jump is right at one address only. */
static void test_moved(void)
{
	struct mm_remap move = { .old_size = 3 * P,
		                 .new_size = 3 * P,
		                 .flags = MREMAP_MAYMOVE | MREMAP_FIXED };
	struct test_file *f;
	uint64_t at, to;
	uint8_t b;

	rig_init(true, false);
	rig_set_table(sites, ARRAY_SIZE(sites));
	f = program(1);
	at = rig_map(f, 0);
	move.old_addr = at;
	move.new_addr = at + 0x100000;
	CHECK_EQ(mm_remap(own_mm(), &move, &to), 0);
	CHECK_EQ(user_read(to, &b), 0);
	check_getpid_stub(to + 0x100);
	rig_unmap(f, to);
	file_put_last(f);
	CHECK_EQ(rig_fini(), 0);
}

/* More than 2 GiB apart, one arena does not reach both. */
static void test_far_apart(void)
{
	struct test_file *f, *g;
	uint64_t a, b;

	rig_init(true, false);
	rig_set_table(sites, ARRAY_SIZE(sites));
	f = program(1);
	g = program(2);
	a = rig_map(f, IMAGE);
	b = rig_map(g, 0x200000000ull);
	check_getpid_stub(a + 0x100);
	check_getpid_stub(b + 0x100);
	CHECK_EQ(stats().arenas, 2);
	rig_unmap(f, a);
	rig_unmap(g, b);
	file_put_last(f);
	file_put_last(g);
	CHECK_EQ(rig_fini(), 0);
}

/* Memory runs out at every point: text is whole, rewritten or not. */
static void test_no_memory(void)
{
	struct test_file *f;
	uint64_t n = 0, at;
	uint8_t b;
	bool hit;

	do {
		n++;
		rig_init(true, false);
		rig_set_table(sites, ARRAY_SIZE(sites));
		f = program(1);
		at = (uint64_t)user_map_file(&f->obj, 0, 0, f->size, RX,
		                             MAP_PRIVATE);
		fake_fault_alloc(n);
		(void)user_read(at, &b);
		hit = fake_fault_hit();
		fake_fault_alloc(0);
		CHECK_EQ(user_read(at, &b), 0);
		if (rig_jump(at + 0x100))
			check_getpid_stub(at + 0x100);
		else
			check_bytes(at + 0x100, getpid_code,
			            sizeof(getpid_code));
		rig_unmap(f, at);
		file_put_last(f);
		CHECK_EQ(rig_fini(), 0);
	} while (hit && n < 200);
	CHECK(n > 5 && n < 200);
}

int main(void)
{
	test_table(true);
	test_table(false);
	test_rdtsc();
	test_wrong_site();
	test_many_runs();
	test_many_programs();
	test_patterns();
	test_shared();
	test_moved();
	test_far_apart();
	test_no_memory();
	return check_result();
}
