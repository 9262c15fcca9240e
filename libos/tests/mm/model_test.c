/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random mappings against a model that is an array of pages: prot, and the one
 * byte that was last stored.  The model shares no code with mm/.
 *
 * After each step some page is looked at as the program would and as a system
 * call would, and now and then all of them.  Failing allocations may make a
 * call fail with -ENOMEM; then the model asks the VMA tree what is there, but
 * contents must be as before where something is.
 *
 *	model_test [SEED [STEPS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "base/errno.h"
#include "base/units.h"
#include "libos/mm/pages.h"
#include "libos/mm/uapi.h"
#include "libos/mm/usercopy.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/mm/user.h"

#define P PAGE_SIZE
#define BASE 0x2000000ull

enum { NPAGES = 96, MAX_RUN = 24, STEPS = 4000 };

struct model_page {
	bool is_mapped;
	uint32_t prot;
	uint8_t value; /* of the first byte; all others are 0 */
};

static struct model_page model[NPAGES];
static uint64_t rng;
static bool has_rights;

static uint32_t random_below(uint32_t n)
{
	rng = rng * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(rng >> 33) % n;
}

static uint32_t random_prot(void)
{
	static const uint32_t prots[] = { PROT_NONE,
		                          PROT_READ,
		                          PROT_READ | PROT_WRITE,
		                          PROT_READ | PROT_WRITE,
		                          PROT_READ | PROT_EXEC,
		                          PROT_WRITE };

	return prots[random_below(ARRAY_SIZE(prots))];
}

static void model_map(uint32_t first, uint32_t n, uint32_t prot)
{
	uint32_t i;

	for (i = first; i < first + n; i++)
		model[i] = (struct model_page){ true, prot, 0 };
}

static void model_unmap(uint32_t first, uint32_t n)
{
	memset(&model[first], 0, n * sizeof(model[0]));
}

static bool model_is_mapped(uint32_t first, uint32_t n)
{
	uint32_t i;

	for (i = first; i < first + n; i++)
		if (!model[i].is_mapped)
			return false;
	return true;
}

static bool model_is_free(uint32_t first, uint32_t n)
{
	uint32_t i;

	for (i = first; i < first + n; i++)
		if (model[i].is_mapped)
			return false;
	return true;
}

/* A call failed half way, as it may: take over what the tree says is there. */
static void model_resync(void)
{
	uint32_t i;

	for (i = 0; i < NPAGES; i++) {
		const struct vma *v = vma_find(&own_mm()->vmas, BASE + i * P);

		if (!v)
			model_unmap(i, 1);
		else if (!model[i].is_mapped)
			model_map(i, 1, v->prot);
		else
			model[i].prot = v->prot;
	}
}

/* Returns false where the model must follow an -ENOMEM. */
static bool settle(int64_t got, int64_t want)
{
	if (fake_fault_hit() && got == -ENOMEM) {
		model_resync();
		return false;
	}
	CHECK_EQ(got, want);
	return got == want && want >= 0;
}

static void step_map(uint32_t first, uint32_t n)
{
	uint32_t prot = random_prot();
	uint64_t addr = BASE + first * P;
	bool noreplace = random_below(4) == 0;
	uint32_t flags = noreplace ? MAP_FIXED_NOREPLACE : MAP_FIXED;
	int64_t want =
		noreplace && !model_is_free(first, n) ? -EEXIST : (int64_t)addr;

	if (fake_fault_hit())
		return;
	/* A replacement that failed may have lost what was there. */
	if (settle(user_map(addr, n * P, prot, flags), want))
		model_map(first, n, prot);
}

static void step_unmap(uint32_t first, uint32_t n)
{
	if (settle(mm_unmap(own_mm(), BASE + first * P, n * P), 0))
		model_unmap(first, n);
}

static void step_protect(uint32_t first, uint32_t n)
{
	uint32_t prot = random_prot();
	int64_t want = model_is_mapped(first, n) ? 0 : -ENOMEM;
	uint32_t i;

	settle(mm_protect(own_mm(), BASE + first * P, n * P, prot), want);
	if (fake_fault_hit())
		return;
	for (i = first; i < first + n && model[i].is_mapped; i++)
		model[i].prot = prot;
}

static void step_dontneed(uint32_t first, uint32_t n)
{
	int64_t want = model_is_mapped(first, n) ? 0 : -ENOMEM;
	uint32_t i;

	settle(mm_advise(own_mm(), BASE + first * P, n * P, MADV_DONTNEED),
	       want);
	for (i = first; i < first + n; i++)
		model[i].value = 0;
}

/* mremap(2) wants one VMA; a call that failed may have left a border. */
static bool is_one_vma(uint32_t first, uint32_t n)
{
	const struct vma *v = vma_find(&own_mm()->vmas, BASE + first * P);

	return v && v->end >= BASE + (first + n) * P;
}

static void step_move(uint32_t first, uint32_t n)
{
	struct model_page kept[MAX_RUN];
	uint32_t to = random_below(NPAGES - n);
	struct mm_remap r = {
		.old_addr = BASE + first * P,
		.old_size = n * P,
		.new_size = n * P,
		.new_addr = BASE + to * P,
		.flags = MREMAP_MAYMOVE | MREMAP_FIXED,
	};
	bool overlaps = to < first + n && first < to + n;
	uint64_t at = 0;
	int ret;

	if (!overlaps && !is_one_vma(first, n))
		return;
	memcpy(kept, &model[first], n * sizeof(kept[0]));
	ret = mm_remap(own_mm(), &r, &at);
	if (!settle(ret, overlaps ? -EINVAL : 0))
		return;
	model_unmap(first, n);
	memcpy(&model[to], kept, n * sizeof(kept[0]));
	CHECK_EQ(at, r.new_addr);
}

static void step_write(uint32_t page)
{
	uint8_t value = (uint8_t)random_below(256);
	uint64_t addr = BASE + page * P;
	bool may = model[page].is_mapped && (model[page].prot & PROT_WRITE);
	int ret;

	if (random_below(2))
		ret = copy_to_user(user_ptr(addr), &value, 1);
	else if (has_rights)
		ret = user_write(addr, value) ? -EFAULT : 0;
	else
		return;
	if (fake_fault_hit() && ret < 0)
		return;
	CHECK_EQ(ret, may ? 0 : -EFAULT);
	if (ret == 0)
		model[page].value = value;
}

static void check_page(uint32_t page)
{
	uint64_t addr = BASE + page * P;
	bool may = model[page].is_mapped && model[page].prot != PROT_NONE;
	uint8_t bytes[64];
	uint8_t v;
	int ret;

	ret = copy_from_user(bytes, user_ptr(addr), sizeof(bytes));
	if (fake_fault_hit() && ret < 0)
		return;
	CHECK_EQ(ret, may ? 0 : -EFAULT);
	if (may && ret == 0) {
		CHECK_EQ(bytes[0], model[page].value);
		CHECK_EQ(bytes[1] | bytes[63], 0);
	}
	if (!has_rights)
		return;
	ret = user_read(addr + P - 1, &v);
	CHECK_EQ(ret == 0, may);
	if (may && ret == 0)
		CHECK_EQ(v, 0);
	/* Never more than the VMA gives. */
	if (fake_epc_rights(addr) & ~pages_rights_of(model[page].prot))
		CHECK(!"the platform holds a right too many");
}

static void check_tree(void)
{
	const struct mm *mm = own_mm();
	const struct vma *v, *next;
	uint64_t sum = 0;
	uint32_t i, count = 0;

	for (v = vma_first(&mm->vmas); v; v = next) {
		next = vma_next(v);
		CHECK(v->start < v->end);
		CHECK(!next || v->end <= next->start);
		sum += v->end - v->start;
		count++;
	}
	CHECK_EQ(mm->mapped, sum);
	CHECK_EQ(mm->nvmas, count);
	for (i = 0; i < NPAGES; i++)
		CHECK_EQ(vma_find(&mm->vmas, BASE + i * P) != NULL,
		         model[i].is_mapped);
}

static void step(void)
{
	uint32_t n = 1 + random_below(MAX_RUN - 1);
	uint32_t first = random_below(NPAGES - n);

	switch (random_below(8)) {
	case 0:
	case 1:
		step_map(first, n);
		break;
	case 2:
		step_unmap(first, n);
		break;
	case 3:
		step_protect(first, n);
		break;
	case 4:
		step_dontneed(first, n);
		break;
	case 5:
		step_move(first, n);
		break;
	default:
		step_write(first);
		break;
	}
}

static void run(const struct fake_config *config, uint64_t seed, int steps,
                bool with_faults)
{
	int i;
	uint32_t j;

	rng = seed;
	has_rights = config->edmm;
	memset(model, 0, sizeof(model));
	fake_init(config);
	/* What was never mapped is as the host added it. */
	CHECK_EQ(user_map(BASE, NPAGES * P, PROT_NONE, MAP_FIXED), BASE);
	CHECK_EQ(mm_unmap(own_mm(), BASE, NPAGES * P), 0);
	for (i = 0; i < steps && !check_failures; i++) {
		/* Faults of the program itself are not made to fail. */
		if (with_faults)
			fake_fault_alloc(1 + random_below(12));
		step();
		fake_fault_alloc(0);
		check_page(random_below(NPAGES));
		if (i % 64 == 0) {
			check_tree();
			for (j = 0; j < NPAGES; j++)
				check_page(j);
		}
	}
	if (check_failures)
		fprintf(stderr, "seed %llu, step %d\n",
		        (unsigned long long)seed, i);
	CHECK_EQ(fake_fini(), 0);
}

static const struct fake_config platforms[] = {
	/* Half of the pages are there from the start. */
	{ BASE + NPAGES / 2 * P, 256 * MIB, true, true },
	{ 1 * MIB, 256 * MIB, true, true },
	{ BASE + NPAGES * P, 256 * MIB, true, false },
	{ BASE + NPAGES * P, BASE + NPAGES *P, false, false },
};

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	int steps = argc > 2 ? (int)strtol(argv[2], NULL, 0) : STEPS;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(platforms) && !check_failures; i++) {
		run(&platforms[i], seed + i, steps, false);
		run(&platforms[i], seed + i, steps, true);
	}
	return check_result();
}
