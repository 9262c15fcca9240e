/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/proc/sites/arena.h"

#include "abi/layout.h"
#include "base/log.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/mm/pages.h"
#include "libos/mm/uspace.h"
#include "libos/mm/window.h"

/* A jmp rel32 gets this far with the arena's and the window's size to spare. */
#define REACH (0x80000000ull - ARENA_SIZE - PAGE_SIZE)

enum {
	PAGE_SLOTS = PAGE_SIZE / STUB_SIZE,
	ARENA_SLOTS = ARENA_SIZE / STUB_SIZE,
	ARENA_PAGES = ARENA_SIZE / PAGE_SIZE,
	OPEN_MAX = 16
};

_Static_assert(sizeof(struct stub_slot) == PAGE_SIZE / PAGE_SLOTS,
               "one page of descriptions for one page of stubs");

struct arena {
	uint64_t start;
	struct stub_slot *pages[ARENA_PAGES]; /* set once, read by anyone */
	uint32_t nfresh;              /* slots from here on were never used */
	struct stub_slot *free_first; /* those given back, oldest first */
	struct stub_slot *free_last;
};

static struct arena arenas[ARENAS_MAX];
static uint32_t narenas; /* D: published when the arena is complete */

/* Pages that are writable now. */
static uint64_t open_pages[OPEN_MAX];
static uint32_t nopen;

static uint64_t slot_addr(uint32_t number)
{
	return arenas[number / ARENA_SLOTS].start +
	       (uint64_t)(number % ARENA_SLOTS) * STUB_SIZE;
}

uint64_t arena_addr(const struct stub_slot *slot)
{
	return slot_addr(slot->number);
}

uint32_t arena_count(void)
{
	return __atomic_load_n(&narenas, __ATOMIC_ACQUIRE);
}

struct stub_slot *arena_find(uint64_t addr)
{
	uint32_t n = arena_count();
	struct stub_slot *page;
	uint64_t offset;
	uint32_t i;

	for (i = 0; i < n; i++) {
		offset = addr - arenas[i].start;
		if (offset >= ARENA_SIZE)
			continue;
		page = __atomic_load_n(&arenas[i].pages[offset >> PAGE_SHIFT],
		                       __ATOMIC_ACQUIRE);
		if (!page)
			return NULL;
		page += offset / STUB_SIZE % PAGE_SLOTS;
		return __atomic_load_n(&page->window, __ATOMIC_ACQUIRE) ? page
		                                                        : NULL;
	}
	return NULL;
}

void arena_seal(void)
{
	struct pages_batch b;
	uint32_t i;

	if (!nopen)
		return;
	pages_batch_init(&b);
	for (i = 0; i < nopen; i++)
		pages_protect(&b, open_pages[i], 1, PAGE_R | PAGE_X);
	pages_batch_finish(&b);
	nopen = 0;
}

/*
 * Programs may run in the page meanwhile, and could write to it until it is
 * sealed: it is theirs, and what they break is their own.
 */
static bool open_page(uint64_t page)
{
	bool is_used = pages_state(page) == PAGE_USED;
	struct pages_batch b;

	if (nopen && open_pages[nopen - 1] == page)
		return true;
	if (nopen == OPEN_MAX)
		arena_seal();
	if (!is_used && pages_commit(page, 1, NULL, PAGE_RWX, PAGES_HIDDEN) < 0)
		return false;
	if (is_used && !(pages_rights(page) & PAGE_W)) {
		/* Rights that only grow leave nothing in the batch. */
		pages_batch_init(&b);
		pages_protect(&b, page, 1, PAGE_RWX);
		pages_batch_finish(&b);
	}
	open_pages[nopen++] = page;
	return true;
}

void arena_write(const struct stub_slot *slot, const uint8_t stub[STUB_SIZE])
{
	memcpy(user_window(arena_addr(slot)), stub, STUB_SIZE);
}

static bool is_within_reach(const struct arena *a, uint64_t near)
{
	return near < a->start + REACH && a->start < near + REACH;
}

static struct stub_slot *take_given_back(struct arena *a)
{
	struct stub_slot *slot = a->free_first;

	if (!open_page(ALIGN_DOWN(arena_addr(slot), PAGE_SIZE)))
		return NULL;
	a->free_first = slot->next;
	return slot;
}

/* The descriptions of the page that slot @index of @a lies in. */
static struct stub_slot *page_of(struct arena *a, uint32_t index)
{
	uint32_t first = index - index % PAGE_SLOTS;
	struct stub_slot **home = &a->pages[index / PAGE_SLOTS];
	struct stub_slot *page = *home;
	uint32_t i;

	if (page)
		return page;
	page = kpages_zalloc(1);
	if (!page)
		return NULL;
	for (i = 0; i < PAGE_SLOTS; i++)
		page[i].number =
			(uint32_t)(a - arenas) * ARENA_SLOTS + first + i;
	__atomic_store_n(home, page, __ATOMIC_RELEASE);
	return page;
}

static struct stub_slot *take_fresh(struct arena *a)
{
	struct stub_slot *page;
	uint64_t addr;

	addr = a->start + (uint64_t)a->nfresh * STUB_SIZE;
	page = page_of(a, a->nfresh);
	if (!page || !open_page(ALIGN_DOWN(addr, PAGE_SIZE)))
		return NULL;
	return &page[a->nfresh++ % PAGE_SLOTS];
}

/* Without EDMM there is memory only below the static end. */
static uint64_t highest_for(uint64_t near)
{
	uint64_t hi = MIN(near + REACH, USER_END);

	return pages_has_edmm() ? hi : MIN(hi, pages_static_end());
}

/* Away from where non-PIE programs want to be, if possible. */
static int find_addresses(uint64_t near, uint64_t *ret)
{
	uint64_t lo = near > REACH ? near - REACH : USER_BASE;
	uint64_t hi = highest_for(near);
	int err;

	err = uspace_alloc_within(MAX(lo, USPACE_LOW_END), hi, ARENA_SIZE,
	                          ARENA_SIZE, ret);
	if (err < 0 && lo < USPACE_LOW_END)
		err = uspace_alloc_within(lo, hi, ARENA_SIZE, ARENA_SIZE, ret);
	return err;
}

static struct arena *arena_create(uint64_t near)
{
	static bool was_said;
	struct arena *a;

	if (narenas == ARENAS_MAX) {
		if (!was_said)
			log_warn("stubs: %u arenas are full, further system "
			         "call sites stay slow",
			         ARENAS_MAX);
		was_said = true;
		return NULL;
	}
	if (uspace_pay() < 0)
		return NULL;
	a = &arenas[narenas];
	if (find_addresses(near, &a->start) < 0) {
		uspace_refund();
		return NULL;
	}
	__atomic_store_n(&narenas, narenas + 1, __ATOMIC_RELEASE);
	return a;
}

static bool has_room(const struct arena *a)
{
	return a->free_first || a->nfresh < ARENA_SLOTS;
}

/* One with room that @near can reach; a new one only if there is none. */
static struct arena *arena_for(uint64_t near)
{
	uint32_t i;

	for (i = 0; i < narenas; i++)
		if (has_room(&arenas[i]) && is_within_reach(&arenas[i], near))
			return &arenas[i];
	return arena_create(near);
}

struct stub_slot *arena_take(uint64_t near)
{
	struct arena *a = arena_for(near);

	if (!a)
		return NULL;
	return a->free_first ? take_given_back(a) : take_fresh(a);
}

void arena_publish(struct stub_slot *slot, uint64_t window)
{
	__atomic_store_n(&slot->window, window, __ATOMIC_RELEASE);
}

/* To the end of the row, so that it rests for as long as possible. */
void arena_give(struct stub_slot *slot)
{
	struct arena *a = &arenas[slot->number / ARENA_SLOTS];

	arena_publish(slot, 0);
	slot->next = NULL;
	if (a->free_first)
		a->free_last->next = slot;
	else
		a->free_first = slot;
	a->free_last = slot;
}

void arena_fini(void)
{
	struct pages_batch b;
	uint32_t i, k;

	pages_batch_init(&b);
	for (i = 0; i < narenas; i++)
		pages_free(&b, arenas[i].start, ARENA_PAGES);
	pages_batch_finish(&b);
	for (i = 0; i < narenas; i++) {
		for (k = 0; k < ARENA_PAGES; k++)
			kpages_free(arenas[i].pages[k], 1);
		uspace_free(arenas[i].start, ARENA_SIZE);
		uspace_refund();
	}
	memset(arenas, 0, sizeof(arenas));
	narenas = 0;
}
