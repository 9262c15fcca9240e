/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses: random takes and frees against a plain array, where first fit
 * goes, and that giving back never needs memory.
 */
#include <string.h>

#include "abi/layout.h"
#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/uspace.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/fake/fake.h"

#define P PAGE_SIZE
#define STATIC_END 0x3000000ull

enum { NPAGES = 200, STEPS = 20000, HOLDERS = NPAGES };

static uint64_t rng = 3;

static uint32_t random_below(uint32_t n)
{
	rng = rng * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(rng >> 33) % n;
}

static void test_places(void)
{
	uint64_t a, b, c;

	CHECK_EQ(uspace_alloc(P, 0, USPACE_BACKED, &a), 0);
	CHECK_EQ(a, USPACE_LOW_END);
	CHECK_EQ(uspace_alloc(P, 2 * MIB, USPACE_BACKED, &b), 0);
	CHECK_EQ(b, USPACE_LOW_END + 2 * MIB);
	CHECK_EQ(uspace_alloc(P, 0, USPACE_FAR, &c), 0);
	CHECK_EQ(c, STATIC_END);
	uspace_free(a, P);
	uspace_free(b, P);
	uspace_free(c, P);
	/* Larger than the static region. */
	CHECK_EQ(uspace_alloc(GIB, 0, USPACE_BACKED, &a), 0);
	CHECK_EQ(a, STATIC_END);
	uspace_free(a, GIB);
	CHECK_EQ(uspace_alloc(GIB, 0, USPACE_ONLY_BACKED, &a), -ENOMEM);
	CHECK_EQ(uspace_alloc(17 * MIB, 0, USPACE_ONLY_BACKED, &a), 0);
	CHECK_EQ(a, USER_BASE);
	uspace_free(a, 17 * MIB);
	CHECK_EQ(uspace_alloc(UINT64_MAX - P, 0, USPACE_BACKED, &a), -ENOMEM);
	CHECK_EQ(uspace_take(USER_BASE - P, P), -EEXIST);
	CHECK_EQ(uspace_take(USER_END, P), -EEXIST);
	CHECK_EQ(uspace_take(USER_END - P, 2 * P), -EEXIST);
}

static void test_random(void)
{
	bool taken[NPAGES] = { false };
	uint64_t bytes;
	uint32_t extents;
	int i;

	for (i = 0; i < HOLDERS; i++)
		CHECK_EQ(uspace_pay(), 0);
	/* From here on nothing may be allocated. */
	fake_fault_alloc(1);
	for (i = 0; i < STEPS; i++) {
		uint32_t n = 1 + random_below(12);
		uint32_t at = random_below(NPAGES - n);
		uint64_t addr = USPACE_LOW_END + at * P;
		bool all_free = !memchr(&taken[at], true, n);
		bool all_taken = !memchr(&taken[at], false, n);

		CHECK_EQ(uspace_is_free(addr, n * P), all_free);
		if (all_taken) {
			uspace_free(addr, n * P);
			memset(&taken[at], false, n);
			continue;
		}
		CHECK_EQ(uspace_take(addr, n * P), all_free ? 0 : -EEXIST);
		if (all_free)
			memset(&taken[at], true, n);
	}
	for (i = 0; i < NPAGES; i++)
		if (taken[i])
			uspace_free(USPACE_LOW_END + (uint64_t)i * P, P);
	CHECK(!fake_fault_hit());
	fake_fault_alloc(0);
	uspace_stats(&bytes, &extents);
	CHECK_EQ(bytes, USER_END - USER_BASE);
	CHECK_EQ(extents, 1);
	for (i = 0; i < HOLDERS; i++)
		uspace_refund();
}

int main(void)
{
	static const struct fake_config config = { STATIC_END, STATIC_END, true,
		                                   true };
	int i;

	fake_init(&config);
	for (i = 0; i < 4; i++)
		CHECK_EQ(uspace_pay(), 0);
	test_places();
	for (i = 0; i < 4; i++)
		uspace_refund();
	test_random();
	CHECK_EQ(fake_fini(), 0);
	return check_result();
}
