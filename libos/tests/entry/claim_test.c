/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which faults a host may claim without EXINFO.  Each case is one instruction
 * of a program that has a page of code, two of data and nothing behind either.
 */
#include <string.h>

#include "abi/layout.h"
#include "base/units.h"
#include "libos/entry/claim.h"
#include "libos/entry/memops.h"
#include "libos/mm/usercopy.h"
#include "libos/tests/fake/check.h"
#include "libos/tests/mm/user.h"
#include "sgx/ssa.h"

#define P PAGE_SIZE
#define CODE 0x400000ull
#define DATA 0x500000ull
#define DATA_END (DATA + 2 * P)
#define RO 0x600000ull
#define NOWHERE 0x1234000000000000ull
#define NO_CLAIM 0

enum { PF = SGX_VECTOR_PF, GP = SGX_VECTOR_GP, SS = SGX_VECTOR_SS };

struct claim_case {
	const char *name;
	uint8_t code[12];
	uint8_t size;
	uint64_t rdi;
	struct trap claim;
	uint32_t vector; /* accepted as; NO_CLAIM: refused */
	uint64_t addr;
};

#define LOAD { 0x48, 0x8b, 0x07 }, 3              /* mov (%rdi),%rax    */
#define STORE { 0x48, 0x89, 0x07 }, 3             /* mov %rax,(%rdi)    */
#define LOAD_SCALAR { 0xf3, 0x0f, 0x10, 0x07 }, 4 /* movss (%rdi),%xmm0 */
#define LOAD_VECTOR { 0x0f, 0x10, 0x07 }, 3       /* movups (%rdi),%xmm0 */
#define LOAD_ALIGNED { 0x0f, 0x28, 0x07 }, 3      /* movaps (%rdi),%xmm0 */
#define NOP { 0x90 }, 1
#define HLT { 0xf4 }, 1
#define CALL { 0xff, 0xd7 }, 2         /* call *%rdi         */
#define CALL_LOADED { 0xff, 0x17 }, 2  /* call *(%rdi)       */
#define PUSH { 0x57 }, 1               /* push %rdi          */
#define STORE_STRING { 0xf3, 0xaa }, 2 /* rep stosb, RCX = 0 */
#define STORE_ONE { 0xaa }, 1          /* stosb              */
/* vmovdqu32 (%rdi),%zmm0{%k1} */
#define LOAD_MASKED { 0x62, 0xf1, 0x7e, 0x49, 0x6f, 0x07 }, 6
#define LONG_NOP { 0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 }, 9

static const struct claim_case cases[] = {
	{ "null", LOAD, 16, { PF, 0, 0 }, PF, 16 },
	{ "null, written", STORE, 16, { PF, 0, 0 }, PF, 16 },
	{ "null, by #GP", LOAD, 16, { GP, 0, 0 }, PF, 16 },
	{ "null, by #SS", LOAD, 16, { SS, 0, 0 }, NO_CLAIM, 0 },
	{ "another page", LOAD, 16, { PF, 0, P }, NO_CLAIM, 0 },
	{ "the kernel's",
	  LOAD,
	  0x700000123,
	  { PF, 0, 0x700000000 },
	  PF,
	  0x700000123 },
	{ "good", LOAD, DATA, { PF, 0, DATA }, NO_CLAIM, 0 },
	{ "good, by #GP", LOAD, DATA, { GP, 0, 0 }, NO_CLAIM, 0 },
	{ "good, a bad page", LOAD, DATA, { PF, 0, 0 }, NO_CLAIM, 0 },
	{ "read-only", LOAD, RO, { PF, 0, RO }, NO_CLAIM, 0 },
	{ "read-only, written", STORE, RO, { PF, 0, RO }, NO_CLAIM, 0 },
	{ "behind the end", LOAD, DATA_END, { PF, 0, DATA_END }, PF, DATA_END },
	{ "across the end",
	  LOAD,
	  DATA_END - 1,
	  { PF, 0, DATA_END },
	  PF,
	  DATA_END },
	{ "across the end, by #GP",
	  LOAD,
	  DATA_END - 1,
	  { GP, 0, 0 },
	  PF,
	  DATA_END },
	{ "across the end, its page",
	  LOAD,
	  DATA_END - 1,
	  { PF, 0, DATA_END - P },
	  NO_CLAIM,
	  0 },
	{ "up to the end",
	  LOAD,
	  DATA_END - 8,
	  { PF, 0, DATA_END },
	  NO_CLAIM,
	  0 },
	{ "a vector across the end",
	  LOAD_VECTOR,
	  DATA_END - 15,
	  { PF, 0, DATA_END },
	  PF,
	  DATA_END },
	{ "a vector up to the end",
	  LOAD_VECTOR,
	  DATA_END - 16,
	  { PF, 0, DATA_END },
	  NO_CLAIM,
	  0 },
	{ "a scalar across the end",
	  LOAD_SCALAR,
	  DATA_END - 1,
	  { PF, 0, DATA_END },
	  NO_CLAIM,
	  0 },
	{ "no address", LOAD, NOWHERE, { GP, 0, 0 }, GP, 0 },
	{ "half an address", LOAD, 0x7ffffffffffc, { GP, 0, 0 }, GP, 0 },
	{ "not aligned", LOAD_ALIGNED, DATA + 8, { GP, 0, 0 }, GP, 0 },
	{ "not aligned, a page",
	  LOAD_ALIGNED,
	  DATA + 8,
	  { PF, 0, DATA },
	  NO_CLAIM,
	  0 },
	{ "aligned", LOAD_ALIGNED, DATA + 16, { GP, 0, 0 }, NO_CLAIM, 0 },
	{ "privileged", HLT, 0, { GP, 0, 0 }, GP, 0 },
	{ "privileged, a page", HLT, 0, { PF, 0, 0 }, NO_CLAIM, 0 },
	{ "privileged, the stack", HLT, 0, { SS, 0, 0 }, NO_CLAIM, 0 },
	{ "no memory", NOP, 0, { PF, 0, 0 }, NO_CLAIM, 0 },
	{ "no memory, by #GP", NOP, 0, { GP, 0, 0 }, NO_CLAIM, 0 },
	{ "no memory, its own page", NOP, 0, { PF, 0, CODE }, NO_CLAIM, 0 },
	{ "an address only", LONG_NOP, 0, { PF, 0, 0 }, NO_CLAIM, 0 },
	{ "a call to nowhere", CALL, NOWHERE, { GP, 0, 0 }, GP, 0 },
	{ "a call to somewhere", CALL, 16, { GP, 0, 0 }, NO_CLAIM, 0 },
	{ "a call by data", CALL_LOADED, DATA, { GP, 0, 0 }, NO_CLAIM, 0 },
	{ "a call by bad data", CALL_LOADED, DATA + 64, { GP, 0, 0 }, GP, 0 },
	{ "a call by null", CALL_LOADED, 8, { PF, 0, 0 }, PF, 8 },
	{ "a good stack", PUSH, 0, { SS, 0, 0 }, NO_CLAIM, 0 },
	{ "nothing to store", STORE_STRING, 16, { PF, 0, 0 }, NO_CLAIM, 0 },
	{ "a byte to store", STORE_ONE, 16, { PF, 0, 0 }, PF, 16 },
	{ "masks are not looked at",
	  LOAD_MASKED,
	  16,
	  { PF, 0, 0 },
	  NO_CLAIM,
	  0 },
};

static struct regs regs_of(uint64_t rip, uint64_t rdi)
{
	return (struct regs){ .rip = rip, .rdi = rdi, .rsp = DATA + P };
}

static void put(uint64_t addr, const void *bytes, size_t size)
{
	CHECK_EQ(copy_to_user(user_ptr(addr), bytes, size), 0);
}

static void check_case(const struct claim_case *c)
{
	struct regs regs = regs_of(CODE + 8, c->rdi);
	struct trap trap = { NO_CLAIM, 0, 0 };
	bool accepted;

	put(CODE + 8, c->code, c->size);
	accepted = claim_accept(&regs, &c->claim, &trap);
	if (!accepted)
		trap = (struct trap){ NO_CLAIM, 0, 0 };
	if (trap.vector == c->vector && trap.addr == c->addr)
		return;
	check_failures++;
	fprintf(stderr, "%s: vector %u at %#lx, not %u at %#lx\n", c->name,
	        trap.vector, (unsigned long)trap.addr, c->vector,
	        (unsigned long)c->addr);
}

static bool accepts(const struct regs *regs, uint32_t vector, uint64_t page,
                    struct trap *ret)
{
	struct trap claim = { vector, 0, page };

	return claim_accept(regs, &claim, ret);
}

/* The stack, and instructions that are not there, or not all of them. */
static void test_places(void)
{
	static const uint8_t push[] = { 0x57 };
	static const uint8_t half[] = { 0x48, 0x8b };
	struct regs regs = regs_of(CODE, 0);
	struct trap trap;

	put(CODE, push, sizeof(push));
	regs.rsp = NOWHERE;
	CHECK(accepts(&regs, SS, 0, &trap) && trap.vector == SS);
	CHECK(accepts(&regs, GP, 0, &trap) && trap.vector == GP);
	regs.rsp = DATA;
	CHECK(accepts(&regs, PF, DATA - P, &trap));
	CHECK_EQ(trap.addr, DATA - 8);

	regs = regs_of(0x1234, 0);
	CHECK(accepts(&regs, PF, P, &trap));
	CHECK(trap.addr == 0x1234 && trap.error & SGX_PF_ID);
	CHECK(accepts(&regs, GP, 0, &trap) && trap.addr == 0x1234);
	CHECK(!accepts(&regs, PF, 2 * P, &trap));
	CHECK(!accepts(&regs, SS, P, &trap));

	put(CODE + P - 2, half, sizeof(half));
	regs = regs_of(CODE + P - 2, 16);
	CHECK(accepts(&regs, PF, CODE + P, &trap));
	CHECK(trap.addr == CODE + P && trap.error & SGX_PF_ID);
	CHECK(!accepts(&regs, PF, CODE, &trap));
	CHECK(!accepts(&regs, PF, 0, &trap));
}

static uint64_t random_number(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x * 0x2545f4914f6cdd1d;
}

/*
 * Whatever the instruction and the claim: what is accepted as #PF lies in the
 * page that was claimed, and the program may not read there.
 */
static void test_any(void)
{
	unsigned int accepted = 0;

	for (int i = 0; i < 300000; i++) {
		uint64_t code[2] = { random_number(), random_number() };
		struct regs regs = regs_of(CODE, 0);
		uint64_t page = (random_number() & 3) ? DATA_END : DATA;
		struct trap trap;

		for (size_t r = 0; r < 15; r++)
			((uint64_t *)&regs)[r] =
				DATA_END - (random_number() & 127);
		put(CODE, code, sizeof(code));
		if (!accepts(&regs, PF, page, &trap))
			continue;
		accepted++;
		CHECK(trap.vector == PF);
		CHECK_EQ(ALIGN_DOWN(trap.addr, P), page);
		CHECK(page == DATA_END);
	}
	CHECK(accepted > 1000);
}

static void test_refused(void)
{
	struct thread *t = fake_thread();
	int i;

	t->claims = 0;
	for (i = 0; i < CLAIMS_MAX - 1; i++)
		CHECK(!claim_refused(t, CODE));
	CHECK(!claim_refused(t, CODE + 1));
	for (i = 0; i < CLAIMS_MAX - 2; i++)
		CHECK(!claim_refused(t, CODE + 1));
	CHECK(claim_refused(t, CODE + 1));
}

static int map_at(uint64_t addr, uint64_t npages, uint32_t prot)
{
	return user_map(addr, npages * P, prot, MAP_FIXED) == (int64_t)addr
	               ? 0
	               : -1;
}

int main(void)
{
	static const struct fake_config sgx1 = {
		.user_space_size = 16 << 20,
		.user_space_max_size = 16 << 20,
	};
	static const uint64_t nowhere = NOWHERE;

	fake_init(&sgx1);
	CHECK_EQ(map_at(CODE, 1, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(map_at(DATA, 2, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(map_at(DATA_END, 1, PROT_NONE), 0);
	CHECK_EQ(map_at(RO, 1, PROT_READ), 0);
	put(DATA + 64, &nowhere, sizeof(nowhere));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(&cases[i]);
	test_places();
	test_any();
	test_refused();
	CHECK_EQ(mm_unmap(fake_thread()->mm, USER_BASE, 16 << 20), 0);
	return check_result() | fake_fini();
}
