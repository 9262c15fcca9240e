/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.c - the table of user pages, and how they come into use and out of it.
 *
 * Work is done on runs: neighbours in one leaf whose table bytes are equal.
 * Rights first for the whole run, then its contents, so that a platform that
 * follows rights lazily has to be woken once for a run and not for each page.
 */
#include "libos/mm/pages.h"

#include "abi/layout.h"
#include "base/assert.h"
#include "base/endian.h"
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm.h"
#include "libos/mm/pages_internal.h"
#include "libos/mm/uspace.h"
#include "libos/mm/window.h"
#include "libos/sched/mutex.h"

#define LEAF_SHIFT 21
#define LEAF_SIZE (1ull << LEAF_SHIFT)
#define LEAF_PAGES 512
#define NLEAVES (USER_END >> LEAF_SHIFT)

/* A byte of the table: state in bits 0-1, rights in bits 2-4. */
#define BYTE(state, rights) ((uint8_t)((state) | (rights) << 2))
#define BYTE_STATE(b) ((enum page_state)((b)&3))
#define BYTE_RIGHTS(b) ((uint32_t)(b) >> 2)

struct leaf {
	uint8_t page[LEAF_PAGES];
};

static struct {
	struct mm_config config;
	struct leaf **leaves; /* a slot is set once, under lock */
	struct mutex lock;    /* RANK_PAGES */
	uint64_t budget;
	uint64_t present; /* atomic */
	uint64_t used;    /* atomic */
	uint64_t (*reclaim)(uint64_t npages);
} table;

/* What EACCEPTCOPY makes a read-only page of zeros from. */
static const uint8_t zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);

int pages_init(const struct mm_config *config)
{
	uint64_t fixed = (config->user_space_size - USER_BASE) >> PAGE_SHIFT;

	table.leaves = kcalloc(NLEAVES, sizeof(*table.leaves));
	if (!table.leaves)
		return -ENOMEM;
	mutex_init(&table.lock, RANK_PAGES);
	table.config = *config;
	table.present = fixed;
	table.used = 0;
	table.budget = fixed;
	if (config->edmm) {
		table.budget =
			MAX(fixed, config->user_space_max_size >> PAGE_SHIFT);
		kheap_allow_growth(config->kernel_heap_max_size, edmm_add);
	}
	return 0;
}

void pages_fini(void)
{
	uint64_t i;

	assert_that(table.used == 0);
	for (i = 0; i < NLEAVES; i++)
		kfree(table.leaves[i]);
	kfree(table.leaves);
	table.leaves = NULL;
}

bool pages_has_edmm(void)
{
	return table.config.edmm;
}

bool pages_is_lazy(void)
{
	return table.config.edmm && table.config.trusted_faults;
}

bool pages_can_grow(void)
{
	return table.config.edmm &&
	       table.config.user_space_max_size > table.config.user_space_size;
}

uint64_t pages_static_end(void)
{
	return table.config.user_space_size;
}

void pages_set_reclaim(uint64_t (*reclaim)(uint64_t npages))
{
	table.reclaim = reclaim;
}

uint32_t pages_rights_of(uint32_t prot)
{
	uint32_t rights = 0;

	if (prot & (PROT_READ | PROT_WRITE | PROT_EXEC))
		rights |= PAGE_R;
	if (prot & PROT_WRITE)
		rights |= PAGE_W;
	if (prot & PROT_EXEC)
		rights |= PAGE_X;
	return rights;
}

static struct leaf *leaf_find(uint64_t addr)
{
	return __atomic_load_n(&table.leaves[addr >> LEAF_SHIFT],
	                       __ATOMIC_ACQUIRE);
}

static uint8_t *leaf_page(struct leaf *leaf, uint64_t addr)
{
	return &leaf->page[addr >> PAGE_SHIFT & (LEAF_PAGES - 1)];
}

static __noinline void leaf_fill(struct leaf *leaf, uint64_t start)
{
	uint64_t lo = MAX(start, (uint64_t)USER_BASE);
	uint64_t hi = MIN(start + LEAF_SIZE, table.config.user_space_size);
	struct pages_batch batch;
	uint64_t addr;

	for (addr = lo; addr < hi; addr += PAGE_SIZE)
		*leaf_page(leaf, addr) = BYTE(PAGE_DIRTY, 0);
	if (!table.config.edmm || lo >= hi)
		return;
	pages_batch_init(&batch);
	edmm_shrink(&batch, lo, (hi - lo) >> PAGE_SHIFT, 0);
	pages_batch_finish(&batch);
}

static struct leaf *leaf_make(uint64_t addr)
{
	struct leaf *leaf = leaf_find(addr);

	if (leaf)
		return leaf;
	mutex_lock(&table.lock);
	leaf = leaf_find(addr);
	if (!leaf) {
		leaf = kzalloc(sizeof(*leaf));
		if (leaf) {
			leaf_fill(leaf, ALIGN_DOWN(addr, LEAF_SIZE));
			__atomic_store_n(&table.leaves[addr >> LEAF_SHIFT],
			                 leaf, __ATOMIC_RELEASE);
		}
	}
	mutex_unlock(&table.lock);
	return leaf;
}

int pages_open(uint64_t addr, uint64_t npages)
{
	uint64_t end = MIN(addr + (npages << PAGE_SHIFT),
	                   table.config.user_space_size);

	if (!table.config.edmm)
		return 0;
	for (; addr < end; addr = ALIGN_DOWN(addr, LEAF_SIZE) + LEAF_SIZE)
		if (!leaf_make(addr))
			return -ENOMEM;
	return 0;
}

static uint8_t page_byte(uint64_t addr)
{
	struct leaf *leaf = leaf_find(addr);

	return leaf ? READ_ONCE(*leaf_page(leaf, addr)) : 0;
}

enum page_state pages_state(uint64_t addr)
{
	return BYTE_STATE(page_byte(addr));
}

uint32_t pages_rights(uint64_t addr)
{
	return BYTE_RIGHTS(page_byte(addr));
}

bool pages_are_ready(uint64_t addr, uint64_t size, uint32_t rights)
{
	uint8_t need = BYTE(PAGE_USED, rights);
	uint64_t end = addr + size;

	for (addr = ALIGN_DOWN(addr, PAGE_SIZE); addr < end; addr += PAGE_SIZE)
		if ((page_byte(addr) & need) != need)
			return false;
	return true;
}

/* Pages [addr, end) in one leaf (NULL: none yet) with equal bytes. */
struct run {
	uint64_t addr, end;
	struct leaf *leaf;
	uint8_t byte;
};

static uint64_t run_pages(const struct run *r)
{
	return (r->end - r->addr) >> PAGE_SHIFT;
}

/* How many of @n bytes are @byte; most runs are long. */
static size_t equal_bytes(const uint8_t *p, size_t n, uint8_t byte)
{
	uint64_t eight = byte * 0x0101010101010101ull;
	size_t i = 0;

	while (n - i >= sizeof(eight) && get_le64(p + i) == eight)
		i += sizeof(eight);
	while (i < n && READ_ONCE(p[i]) == byte)
		i++;
	return i;
}

/* The run that starts at @addr, cut at @end; false: @addr is the end. */
static bool run_at(struct run *r, uint64_t addr, uint64_t end)
{
	uint64_t leaf_end = ALIGN_DOWN(addr, LEAF_SIZE) + LEAF_SIZE;

	if (addr >= end)
		return false;
	end = MIN(end, leaf_end);
	r->addr = addr;
	r->leaf = leaf_find(addr);
	r->byte = page_byte(addr);
	addr += PAGE_SIZE;
	r->end = r->leaf ? addr + (equal_bytes(leaf_page(r->leaf, addr),
	                                       (end - addr) >> PAGE_SHIFT,
	                                       r->byte)
	                           << PAGE_SHIFT)
	                 : end;
	return true;
}

static bool run_is_used(const struct run *r)
{
	return BYTE_STATE(r->byte) == PAGE_USED;
}

static bool run_is_warm(const struct run *r)
{
	return BYTE_STATE(r->byte) == PAGE_ZERO && BYTE_RIGHTS(r->byte);
}

/* Enter in the table what has become of a run. */
static void run_set(struct run *r, enum page_state state, uint32_t rights)
{
	long change = (state == PAGE_USED) - (int)run_is_used(r);
	uint8_t byte = BYTE(state, rights);

	if (change)
		__atomic_add_fetch(&table.used,
		                   (uint64_t)(change * (long)run_pages(r)),
		                   __ATOMIC_RELAXED);
	/* A: contents before state; pages_are_ready() sees them in order. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memset(leaf_page(r->leaf, r->addr), byte, run_pages(r));
	r->byte = byte;
}

static uint64_t find(uint64_t addr, uint64_t npages, bool used)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);
	struct run r;

	for (; run_at(&r, addr, end); addr = r.end)
		if (run_is_used(&r) == used)
			return addr;
	return end;
}

uint64_t pages_find_used(uint64_t addr, uint64_t npages)
{
	return find(addr, npages, true);
}

uint64_t pages_find_unused(uint64_t addr, uint64_t npages)
{
	return find(addr, npages, false);
}

uint64_t pages_count_used(uint64_t addr, uint64_t npages)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);
	uint64_t count = 0;
	struct run r;

	for (; run_at(&r, addr, end); addr = r.end)
		if (run_is_used(&r))
			count += run_pages(&r);
	return count;
}

bool pages_find_warm(uint64_t *start, uint64_t *end)
{
	struct run r = { .end = *start };

	while (run_at(&r, r.end, *end)) {
		if (!run_is_warm(&r))
			continue;
		*start = r.addr;
		*end = r.end;
		return true;
	}
	return false;
}

bool pages_are_writable(uint64_t addr, uint64_t npages)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);
	struct run r;

	for (; run_at(&r, addr, end); addr = r.end)
		if (run_is_used(&r) && (BYTE_RIGHTS(r.byte) & PAGE_W))
			return true;
	return false;
}

static bool budget_try(uint64_t npages)
{
	uint64_t now =
		__atomic_add_fetch(&table.present, npages, __ATOMIC_RELAXED);

	if (now <= table.budget)
		return true;
	__atomic_sub_fetch(&table.present, npages, __ATOMIC_RELAXED);
	return false;
}

static void budget_return(uint64_t npages)
{
	__atomic_sub_fetch(&table.present, npages, __ATOMIC_RELAXED);
}

static int budget_take(uint64_t npages)
{
	if (budget_try(npages))
		return 0;
	if (table.reclaim && table.reclaim(npages) && budget_try(npages))
		return 0;
	return -ENOMEM;
}

/* What pages_commit() was asked for. */
struct commit {
	const uint8_t *src; /* of the page at base; NULL: zeros */
	uint64_t base;
	uint32_t rights;
	enum pages_reach reach;
	struct pages_batch batch;
};

static const void *commit_src(const struct commit *c, uint64_t addr)
{
	return c->src ? c->src + (addr - c->base) : NULL;
}

/* Without W or with contents only EACCEPTCOPY does it in one step. */
static int add_page(struct commit *c, uint64_t addr)
{
	const void *src = commit_src(c, addr);
	int ret;

	if (!src && (c->rights & PAGE_W)) {
		ret = edmm_add(addr);
		if (ret == 0 && (c->rights & PAGE_X))
			edmm_grow(addr, 1, c->rights);
		return ret;
	}
	ret = edmm_add_copy(addr, src ? src : zero_page, c->rights | PAGE_R);
	if (ret == 0 && !c->rights)
		edmm_shrink(&c->batch, addr, 1, 0);
	return ret;
}

static int commit_absent(struct commit *c, struct run *r)
{
	struct run one = *r;
	int ret;

	if (!table.config.edmm)
		return -ENOMEM;
	ret = budget_take(run_pages(r));
	if (ret < 0)
		return ret;
	for (; one.addr < r->end; one.addr = one.end) {
		one.end = one.addr + PAGE_SIZE;
		one.byte = r->byte;
		ret = add_page(c, one.addr);
		if (ret < 0) {
			budget_return((r->end - one.addr) >> PAGE_SHIFT);
			return ret;
		}
		run_set(&one, PAGE_USED, c->rights);
	}
	return 0;
}

/* Known to be zeros, and that is what is wanted. */
static int commit_zero(struct commit *c, struct run *r)
{
	if (c->rights)
		edmm_grow(r->addr, run_pages(r), c->rights);
	run_set(r, PAGE_USED, c->rights);
	return 0;
}

/* Present, and nobody else can look at it until it is done. */
static int commit_hidden(struct commit *c, struct run *r)
{
	const void *src = commit_src(c, r->addr);
	uint32_t need = c->rights | PAGE_R | PAGE_W;
	size_t size = r->end - r->addr;

	if (table.config.edmm && (need & ~BYTE_RIGHTS(r->byte)))
		edmm_grow(r->addr, run_pages(r), need);
	if (src)
		memcpy(user_window(r->addr), src, size);
	else
		memset(user_window(r->addr), 0, size);
	if (table.config.edmm && !(c->rights & PAGE_W))
		edmm_shrink(&c->batch, r->addr, run_pages(r), c->rights);
	run_set(r, PAGE_USED, c->rights);
	return 0;
}

/* Present, and somebody may look at it: take it away and add it afresh. */
static int commit_reachable(struct commit *c, struct run *r)
{
	int ret = edmm_remove(r->addr, run_pages(r));

	if (ret < 0)
		return -ENOMEM;
	budget_return(run_pages(r));
	run_set(r, PAGE_ABSENT, 0);
	return commit_absent(c, r);
}

static int commit_run(struct commit *c, struct run *r)
{
	switch (BYTE_STATE(r->byte)) {
	case PAGE_USED:
		return 0;
	case PAGE_ABSENT:
		return commit_absent(c, r);
	case PAGE_ZERO:
		/* What others could write to may not be zeros any more. */
		if (run_is_warm(r))
			return commit_hidden(c, r);
		if (table.config.edmm && !c->src)
			return commit_zero(c, r);
		break;
	case PAGE_DIRTY:
		break;
	}
	if (table.config.edmm && c->reach == PAGES_REACHABLE)
		return commit_reachable(c, r);
	return commit_hidden(c, r);
}

int pages_commit(uint64_t addr, uint64_t npages, const void *src,
                 uint32_t rights, enum pages_reach reach)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);
	struct commit c = {
		.src = src,
		.base = addr,
		.rights = rights,
		.reach = reach,
	};
	struct run r;
	int ret = 0;

	pages_batch_init(&c.batch);
	for (; ret == 0 && addr < end; addr = r.end) {
		ret = -ENOMEM;
		if (!leaf_make(addr))
			break;
		run_at(&r, addr, end);
		ret = commit_run(&c, &r);
	}
	pages_batch_finish(&c.batch);
	return ret;
}

static void protect_run(struct pages_batch *b, struct run *r, uint32_t rights)
{
	uint32_t held = BYTE_RIGHTS(r->byte);

	if (held == rights)
		return;
	if (table.config.edmm && (rights & ~held))
		edmm_grow(r->addr, run_pages(r), rights);
	if (table.config.edmm && (held & ~rights))
		edmm_shrink(b, r->addr, run_pages(r), rights);
	run_set(r, PAGE_USED, rights);
}

void pages_protect(struct pages_batch *b, uint64_t addr, uint64_t npages,
                   uint32_t rights)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);
	struct run r;

	for (; run_at(&r, addr, end); addr = r.end)
		if (run_is_used(&r))
			protect_run(b, &r, rights);
}

static uint32_t scrub_run(struct run *r)
{
	uint32_t held = BYTE_RIGHTS(r->byte);

	if (table.config.edmm && !(held & PAGE_W)) {
		held |= PAGE_R | PAGE_W;
		edmm_grow(r->addr, run_pages(r), held);
	}
	memset(user_window(r->addr), 0, r->end - r->addr);
	return held;
}

/* Of a run in use, or warm: any program could write to it. */
static void free_run(struct pages_batch *b, struct run *r)
{
	(void)scrub_run(r);
	if (table.config.edmm)
		edmm_shrink(b, r->addr, run_pages(r), 0);
	run_set(r, PAGE_ZERO, 0);
}

static void leave_run(struct pages_batch *b, struct run *r)
{
	uint32_t held = scrub_run(r);

	if (held & PAGE_X)
		edmm_shrink(b, r->addr, run_pages(r), PAGE_R | PAGE_W);
	run_set(r, PAGE_ZERO, PAGE_R | PAGE_W);
}

void pages_free_lacking(struct pages_batch *b, uint64_t addr, uint64_t npages,
                        uint32_t rights)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);
	struct run r;

	for (; run_at(&r, addr, end); addr = r.end)
		if (run_is_used(&r) && (rights & ~BYTE_RIGHTS(r.byte)))
			free_run(b, &r);
}

void pages_free(struct pages_batch *b, uint64_t addr, uint64_t npages)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);
	struct run r;

	for (; run_at(&r, addr, end); addr = r.end)
		if (run_is_used(&r) || run_is_warm(&r))
			free_run(b, &r);
}

void pages_leave(struct pages_batch *b, uint64_t addr, uint64_t npages)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);
	struct run r;

	if (!table.config.edmm) {
		pages_free(b, addr, npages);
		return;
	}
	for (; run_at(&r, addr, end); addr = r.end)
		if (run_is_used(&r))
			leave_run(b, &r);
}

void pages_clear(uint64_t addr, uint64_t npages)
{
	uint64_t end = addr + (npages << PAGE_SHIFT);
	struct run r;

	for (; run_at(&r, addr, end); addr = r.end)
		if (run_is_used(&r))
			memset(user_window(r.addr), 0, r.end - r.addr);
}

static bool is_spare(const struct run *r)
{
	return BYTE_STATE(r->byte) == PAGE_ZERO ||
	       BYTE_STATE(r->byte) == PAGE_DIRTY;
}

/* The addresses are taken meanwhile, so that nobody else wants the pages. */
static uint64_t trim_run(struct run *r)
{
	uint64_t start = r->addr;
	uint64_t size = r->end - start;
	uint64_t n = 0;

	if (!is_spare(r) || uspace_take(start, size) < 0)
		return 0;
	/* It may have been used and freed before it was ours. */
	run_at(r, r->addr, r->end);
	if (is_spare(r) && edmm_remove(r->addr, run_pages(r)) == 0) {
		n = run_pages(r);
		run_set(r, PAGE_ABSENT, 0);
		budget_return(n);
	}
	uspace_free(start, size);
	return n;
}

static uint64_t trim_leaf(uint64_t start, uint64_t npages)
{
	uint64_t end = MIN(start + LEAF_SIZE, USER_END);
	uint64_t addr = MAX(start, USER_BASE);
	uint64_t n = 0;
	struct run r;

	/* The static region's pages are present whether they were used or not. */
	if (start < table.config.user_space_size && !leaf_make(start))
		return 0;
	for (; n < npages && run_at(&r, addr, end); addr = r.end)
		if (r.leaf)
			n += trim_run(&r);
	return n;
}

/* From the top: what lies low is used first. */
uint64_t pages_trim(uint64_t npages)
{
	uint64_t start = USER_END;
	uint64_t n = 0;

	if (!table.config.edmm || uspace_pay() < 0)
		return 0;
	while (start && n < npages) {
		start -= LEAF_SIZE;
		n += trim_leaf(start, npages - n);
	}
	uspace_refund();
	return n;
}

void pages_totals(struct pages_totals *ret)
{
	ret->budget = table.budget;
	ret->present = __atomic_load_n(&table.present, __ATOMIC_RELAXED);
	ret->used = __atomic_load_n(&table.used, __ATOMIC_RELAXED);
}
