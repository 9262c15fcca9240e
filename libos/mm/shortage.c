/* SPDX-License-Identifier: Apache-2.0 */
#include "libos/mm/shortage.h"

#include "base/log.h"
#include "base/units.h"
#include "libos/mm/kheap.h"
#include "libos/mm/mm.h"
#include "libos/mm/pages.h"

enum {
	/* Fewer free pages than a fault may ask for at once (2 MiB). */
	FEW_PAGES = 512,
	/* The heap counts as full when less than 1/8 of it is left. */
	HEAP_SHARE = 8
};

bool mm_has_room(uint64_t bytes)
{
	uint64_t npages = bytes >> PAGE_SHIFT;
	struct pages_totals pages;
	struct mm_totals totals;

	pages_totals(&pages);
	if (npages <= pages.budget - pages.used)
		return true;
	/* Cached text makes way: ask for it only now, it takes a lock. */
	mm_totals(&totals);
	return npages <= totals.total - totals.used + totals.cached;
}

void mm_explain_shortage(void)
{
	struct pages_totals pages;
	struct kheap_stats heap;

	pages_totals(&pages);
	kheap_stats(&heap);
	if (heap.max - heap.used < heap.max / HEAP_SHARE)
		log_error("out of memory: raise resource_limits."
		          "kernel_space_heap_%ssize in Occlum.json (%lu MB in "
		          "use)",
		          heap.max > heap.total ? "max_" : "",
		          (unsigned long)(heap.used / MIB));
	else if (pages.budget - pages.present < FEW_PAGES)
		log_error("out of memory: raise resource_limits."
		          "user_space_max_size in Occlum.json (%lu MB in use)",
		          (unsigned long)(pages.used * PAGE_SIZE / MIB));
	else
		log_error("out of memory: this machine gives the enclave no "
		          "more pages");
}
