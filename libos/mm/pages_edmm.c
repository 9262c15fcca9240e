/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages_edmm.c - page leaves of SGX2, half of which the host has to execute.
 *
 * The host executes EAUG, EMODPR, EMODT and EREMOVE; the enclave learns by
 * EACCEPT whether it really did.  It may do less than asked, in any order of
 * honest failure, or claim what it has not done: the pages it claims are
 * accepted one by one, and the first one that is not as claimed is where the
 * next call starts.  Only progress resets the count of its failures.
 *
 * Leaves and SECINFO values: SDM Vol. 3D chapter 39 (EACCEPT, EACCEPTCOPY,
 * EMODPE), and Linux's Documentation/arch/x86/sgx.rst for who does what.
 */
#include "base/errno.h"
#include "base/log.h"
#include "base/units.h"
#include "libos/cpu/enclu.h"
#include "libos/hostcall/hostcall.h"
#include "libos/mm/pages_internal.h"
#include "sgx/secinfo.h"

enum {
	/* A host under memory pressure answers EAGAIN for a while. */
	HOST_TRIES = 64,
	ADD_TRIES = 3,
	TRIM_RANGE_MAX = 1 << 20 /* pages in one range; any 32-bit value does */
};

#define REG(bits)                                                              \
	{                                                                      \
		.flags = SGX_SECINFO_REG | (bits)                              \
	}
#define BY_RIGHTS(bits)                                                        \
	{                                                                      \
		REG((bits) | 0), REG((bits) | 1), REG((bits) | 2),             \
			REG((bits) | 3), REG((bits) | 4), REG((bits) | 5),     \
			REG((bits) | 6), REG((bits) | 7)                       \
	}

/* Operands have to lie in the enclave, aligned: constants are both. */
static const struct secinfo rights_si[8] = BY_RIGHTS(0);
static const struct secinfo shrunk_si[8] = BY_RIGHTS(SGX_SECINFO_PR);
static const struct secinfo added_si = { .flags = SGX_SECINFO_ACCEPT_AUG };
static const struct secinfo trimmed_si = { .flags = SGX_SECINFO_ACCEPT_TRIM };

/* Statistics: each of its own, atomic. */
static struct pages_work work;

static void count(uint64_t *figure, uint64_t n)
{
	__atomic_add_fetch(figure, n, __ATOMIC_RELAXED);
}

void pages_work(struct pages_work *ret)
{
	ret->host_calls = READ_ONCE(work.host_calls);
	ret->restricted = READ_ONCE(work.restricted);
	ret->extended = READ_ONCE(work.extended);
	ret->added = READ_ONCE(work.added);
	ret->removed = READ_ONCE(work.removed);
}

static __noreturn void pages_lost(const char *what, uint64_t addr)
{
	log_error("the host did not %s at page 0x%lx", what, addr);
	host_exit(EXIT_KERNEL, 0, BOOT_KERNEL_PANIC);
}

int edmm_add(uint64_t addr)
{
	int i;

	count(&work.added, 1);
	for (i = 0; i < ADD_TRIES; i++)
		if (enclu_eaccept(&added_si, addr) == 0)
			return 0;
	return -ENOMEM;
}

int edmm_add_copy(uint64_t addr, const void *src, uint32_t rights)
{
	int i;

	count(&work.added, 1);
	for (i = 0; i < ADD_TRIES; i++)
		if (enclu_eacceptcopy(&rights_si[rights], addr,
		                      (uint64_t)(uintptr_t)src) == 0)
			return 0;
	return -ENOMEM;
}

void edmm_grow(uint64_t addr, uint64_t npages, uint32_t rights)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);

	count(&work.extended, npages);
	for (; addr < end; addr += PAGE_SIZE)
		if (enclu_emodpe(&rights_si[rights], addr, --npages) != 0)
			pages_lost("keep a page of ours", addr);
}

/* Go @npages on in a list of ranges. */
static void ranges_advance(struct hc_range **range, uint32_t *count,
                           uint64_t npages)
{
	while (*count && npages >= (*range)->npages) {
		npages -= (*range)->npages;
		(*range)++;
		(*count)--;
	}
	if (*count) {
		(*range)->addr += npages << PAGE_SHIFT;
		(*range)->npages -= (uint32_t)npages;
	}
}

/* How many of the first @npages pages prove to be as @si_of(arg) says. */
static uint64_t ranges_accept(const struct hc_range *range, uint32_t count,
                              uint64_t npages,
                              const struct secinfo *(*si_of)(uint32_t arg))
{
	uint64_t done = 0;
	uint64_t i;

	for (; count && done < npages; range++, count--) {
		for (i = 0; i < range->npages && done < npages; i++, done++)
			if (enclu_eaccept(si_of(range->arg),
			                  range->addr + (i << PAGE_SHIFT)) != 0)
				return done;
	}
	return done;
}

static const struct secinfo *shrunk(uint32_t arg)
{
	return &shrunk_si[arg & PAGE_RWX];
}

static const struct secinfo *trimmed(uint32_t arg)
{
	(void)arg;
	return &trimmed_si;
}

/*
 * Have the host do @nr on all ranges, which are used up.  @si_of NULL: nothing
 * to accept, the host's word has to do.  0, or -EIO with @range[0] at the first
 * page that is not done.
 */
static int ranges_apply(enum hostcall nr, struct hc_range *range,
                        uint32_t nranges,
                        const struct secinfo *(*si_of)(uint32_t arg))
{
	uint32_t tries = 0;

	while (nranges) {
		long n = host_pages(nr, range, nranges);
		uint64_t done = n > 0 ? (uint64_t)n : 0;

		count(&work.host_calls, 1);
		if (si_of)
			done = ranges_accept(range, nranges, done, si_of);
		if (done)
			tries = 0;
		else if (++tries == HOST_TRIES)
			return -EIO;
		ranges_advance(&range, &nranges, done);
	}
	return 0;
}

void pages_batch_init(struct pages_batch *b)
{
	b->count = 0;
}

void pages_batch_finish(struct pages_batch *b)
{
	if (b->count && ranges_apply(HC_RESTRICT, b->range, b->count, shrunk))
		pages_lost("restrict the rights", b->range[0].addr);
	b->count = 0;
}

void edmm_shrink(struct pages_batch *b, uint64_t addr, uint64_t npages,
                 uint32_t rights)
{
	struct hc_range *last = b->count ? &b->range[b->count - 1] : NULL;

	count(&work.restricted, npages);
	if (last && last->arg == rights &&
	    last->addr + ((uint64_t)last->npages << PAGE_SHIFT) == addr) {
		last->npages += (uint32_t)npages;
		return;
	}
	if (b->count == HC_RANGES_MAX)
		pages_batch_finish(b);
	b->range[b->count++] = (struct hc_range){
		.addr = addr,
		.npages = (uint32_t)npages,
		.arg = rights,
	};
}

int edmm_remove(uint64_t addr, uint64_t npages)
{
	struct hc_range range = {
		.addr = addr,
		.npages = (uint32_t)npages,
		.arg = SGX_PT_TRIM,
	};
	struct hc_range copy = range;
	int ret;

	count(&work.removed, npages);
	ret = ranges_apply(HC_MODT, &copy, 1, trimmed);
	if (ret < 0)
		return ret;
	/*
	 * If the host keeps a trimmed page, nothing leaks; the EACCEPT that
	 * wants to add it again will fail, and that is where it shows.
	 */
	return ranges_apply(HC_REMOVE, &range, 1, NULL);
}
