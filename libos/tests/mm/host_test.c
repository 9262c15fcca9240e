/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page calls with a host that does less than asked, says more than it did,
 * or refuses; how often it is asked at all; and what happens when there is no
 * more memory.
 */
#include <setjmp.h>
#include <string.h>

#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/pages.h"
#include "libos/mm/textcache.h"
#include "libos/mm/uapi.h"
#include "libos/mm/usercopy.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/mm/file.h"
#include "libos/tests/mm/user.h"

#define P PAGE_SIZE
#define RW (PROT_READ | PROT_WRITE)
#define SIG_KILL 9

static void fill(uint64_t a, uint32_t npages)
{
	uint32_t i;

	for (i = 0; i < npages; i++)
		CHECK_EQ(user_write(a + i * P, (uint8_t)(i + 1)), 0);
}

/* Rights go away under a host with each kind of fault. */
static void test_dishonest(void)
{
	static const struct fake_host hosts[] = {
		{ .max_pages = 1 },
		{ .max_pages = 3, .claim_more = 2 },
		{ .claim_more = 1000 },
		{ .again_every = 2 },
		{ .max_pages = 1, .claim_more = 1, .again_every = 3 },
	};
	uint32_t i, j;
	uint8_t v;

	for (i = 0; i < ARRAY_SIZE(hosts); i++) {
		uint64_t a = (uint64_t)user_map(0, 40 * P, RW, 0);

		fill(a, 40);
		fake_host = hosts[i];
		CHECK_EQ(mm_protect(own_mm(), a, 40 * P, PROT_READ), 0);
		for (j = 0; j < 40; j++) {
			CHECK_EQ(fake_epc_rights(a + j * P), PAGE_R);
			CHECK_EQ(user_read(a + j * P, &v), 0);
			CHECK_EQ(v, j + 1);
		}
		CHECK_EQ(mm_unmap(own_mm(), a, 40 * P), 0);
		for (j = 0; j < 40; j++)
			CHECK_EQ(fake_epc_rights(a + j * P), 0);
		memset(&fake_host, 0, sizeof(fake_host));
	}
}

static jmp_buf stopped;

static void on_exit_call(uint32_t kind, uint32_t status, uint32_t code)
{
	(void)kind, (void)status, (void)code;
	longjmp(stopped, 1);
}

/* One batch is one host call; what gains no right and loses none is none. */
static void test_call_counts(void)
{
	uint64_t a = (uint64_t)user_map(0, 60 * P, RW, 0);

	fill(a, 60);
	fake_host.calls = 0;
	CHECK_EQ(mm_protect(own_mm(), a, 60 * P, RW | PROT_EXEC), 0);
	CHECK_EQ(fake_host.calls, 0);
	CHECK_EQ(mm_protect(own_mm(), a, 60 * P, RW), 0);
	CHECK_EQ(fake_host.calls, 1);
	CHECK_EQ(mm_protect(own_mm(), a, 60 * P, RW), 0);
	CHECK_EQ(fake_host.calls, 1);
	CHECK_EQ(mm_unmap(own_mm(), a + 10 * P, 5 * P), 0);
	CHECK_EQ(fake_host.calls, 2);
	/* Many VMAs, one call. */
	CHECK_EQ(mm_unmap(own_mm(), a, 60 * P), 0);
	CHECK_EQ(fake_host.calls, 3);
	/* Clean pages come back without the host. */
	CHECK_EQ(user_map(a, 60 * P, RW, MAP_FIXED), (int64_t)a);
	fill(a, 60);
	CHECK_EQ(fake_host.calls, 3);
	CHECK_EQ(mm_unmap(own_mm(), a, 60 * P), 0);
}

/* What ld.so does: the whole library, then its segments over it. */
static uint64_t load(struct test_file *f)
{
	const uint32_t rx = PROT_READ | PROT_EXEC;
	uint64_t a = (uint64_t)user_map_file(&f->obj, 0, 0, 40 * P, PROT_READ,
	                                     MAP_PRIVATE);
	uint8_t v;
	uint32_t i;

	CHECK_EQ(user_map_file(&f->obj, 4 * P, a + 4 * P, 20 * P, rx,
	                       MAP_PRIVATE | MAP_FIXED),
	         (int64_t)(a + 4 * P));
	CHECK_EQ(user_map_file(&f->obj, 30 * P, a + 31 * P, 4 * P, RW,
	                       MAP_PRIVATE | MAP_FIXED),
	         (int64_t)(a + 31 * P));
	CHECK_EQ(user_map(a + 35 * P, 5 * P, RW, MAP_FIXED),
	         (int64_t)(a + 35 * P));
	for (i = 0; i < 31; i++) {
		CHECK_EQ(user_read(a + i * P, &v), 0);
		CHECK_EQ(v, f->bytes[i * P]);
	}
	CHECK_EQ(user_read(a + 31 * P + 5, &v), 0);
	CHECK_EQ(v, f->bytes[30 * P + 5]);
	CHECK_EQ(user_write(a + 31 * P, 1), 0);
	CHECK_EQ(user_write(a + 36 * P, 1), 0);
	CHECK_EQ(fake_epc_rights(a + 4 * P), PAGE_R | PAGE_X);
	return a;
}

static void test_warm_text(void)
{
	struct test_file *f = file_create(9, 40 * P);
	struct mm *first = own_mm();
	struct textcache_stats stats;
	uint64_t reads, a;
	struct mm *mm;
	int i;

	for (i = 0; i < 3; i++) {
		uint64_t at;

		CHECK_EQ(mm_create(&mm), 0);
		fake_thread()->mm = mm;
		reads = f->reads;
		fake_host.calls = 0;
		at = load(f);
		if (i) {
			CHECK_EQ(at, a);
			/* Only the writable segment is read again. */
			CHECK(f->reads - reads <= 4);
			CHECK(fake_host.calls <= 5);
		}
		a = at;
		fake_thread()->mm = first;
		mm_put(mm);
		textcache_stats(&stats);
		CHECK(stats.pages >= 24);
		CHECK(f->refs == 1);
	}
	/* Somebody who wants the place gets it. */
	CHECK_EQ(user_map(a + 5 * P, P, RW, MAP_FIXED), (int64_t)(a + 5 * P));
	CHECK_EQ(user_read(a + 5 * P, &(uint8_t){ 0 }), 0);
	CHECK_EQ(mm_unmap(first, a + 5 * P, P), 0);
	/* Other contents are not mistaken for these. */
	f->seed = 10;
	for (i = 0; i < (int)(40 * P); i++)
		f->bytes[i] = file_byte(10, (uint64_t)i);
	CHECK_EQ(mm_create(&mm), 0);
	fake_thread()->mm = mm;
	load(f);
	fake_thread()->mm = first;
	mm_put(mm);
	CHECK(textcache_shrink(UINT64_MAX) > 0);
	textcache_stats(&stats);
	CHECK_EQ(stats.entries, 0);
	CHECK_EQ(stats.pages, 0);
	file_put_last(f);
}

/* The budget is a bound, and what nobody uses goes before it is refused. */
static void test_budget(void)
{
	uint64_t budget = 64 * MIB / P;
	uint64_t a, b;
	uint64_t i;
	int code;

	a = (uint64_t)user_map(0, 40 * MIB, RW, 0);
	for (i = 0; i < 40 * MIB; i += P)
		CHECK_EQ(user_write(a + i, 1), 0);
	/* Without MAP_NORESERVE it would be refused at once. */
	CHECK_EQ(user_map(0, 40 * MIB, RW, 0), -ENOMEM);
	b = (uint64_t)user_map(0, 40 * MIB, RW, MAP_NORESERVE);
	for (i = 0; i < 40 * MIB; i += P)
		if (mm_fault(own_mm(), b + i, PROT_WRITE, &code))
			break;
	CHECK(i > 10 * MIB && i < 40 * MIB);
	CHECK_EQ(mm_fault(own_mm(), b + i, PROT_WRITE, &code), SIG_KILL);
	CHECK(fake_epc_present() <= budget);
	CHECK_EQ(mm_unmap(own_mm(), a, 40 * MIB), 0);
	/* The free pages of a are given back for new ones of b. */
	CHECK_EQ(user_write(b + i, 1), 0);
	CHECK_EQ(user_write(b + 40 * MIB - P, 1), 0);
	CHECK(fake_epc_present() <= budget);
	CHECK_EQ(mm_unmap(own_mm(), b, 40 * MIB), 0);
}

/* The host has less than it promised. */
static void test_host_is_full(void)
{
	uint64_t a;
	int code;

	pages_trim(UINT64_MAX);
	a = (uint64_t)user_map(0, 64 * P, RW, 0);
	fake_host.epc_pages = fake_epc_present() + 1;
	CHECK_EQ(mm_fault(own_mm(), a, PROT_WRITE, &code), 0);
	CHECK_EQ(mm_fault(own_mm(), a + P, PROT_WRITE, &code), SIG_KILL);
	fake_host.epc_pages = 0;
	CHECK_EQ(mm_fault(own_mm(), a + P, PROT_WRITE, &code), 0);
	CHECK_EQ(mm_unmap(own_mm(), a, 64 * P), 0);
}

/* With a second thread nobody may see a page half filled. */
static void test_reachable(void)
{
	struct test_file *f = file_create(4, 32 * P);
	uint64_t a;
	uint8_t v;
	int i;

	mm_get(own_mm());
	for (i = 0; i < 2; i++) {
		a = (uint64_t)user_map_file(&f->obj, 0, 0, 32 * P, PROT_READ,
		                            MAP_PRIVATE);
		CHECK_EQ(user_read(a + 31 * P, &v), 0);
		CHECK_EQ(v, f->bytes[31 * P]);
		CHECK_EQ(user_read(a, &v), 0);
		CHECK_EQ(v, f->bytes[0]);
		CHECK_EQ(mm_unmap(own_mm(), a, 32 * P), 0);
	}
	mm_put(own_mm());
	file_put_last(f);
}

/* Last: a host that never restricts stops the instance. */
static void test_refusal(void)
{
	uint64_t a = (uint64_t)user_map(0, P, RW, 0);

	fill(a, 1);
	fake_host.refuse = true;
	fake_on_exit = on_exit_call;
	if (setjmp(stopped) == 0) {
		CHECK_EQ(mm_protect(own_mm(), a, P, PROT_READ), 0);
		CHECK(!"went on");
	}
}

int main(void)
{
	static const struct fake_config configs[] = {
		{ 1 * MIB, 64 * MIB, true, true },
		{ 48 * MIB, 64 * MIB, true, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(configs); i++) {
		fake_init(&configs[i]);
		test_dishonest();
		test_call_counts();
		test_warm_text();
		test_reachable();
		test_budget();
		if (i == 0)
			test_host_is_full();
		CHECK_EQ(fake_fini(), 0);
	}
	fake_init(&configs[0]);
	test_refusal();
	return check_result();
}
