/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.c - the checks begin, as soon as the size of the heap is known.
 */
#include "abi/bootcfg.h"
#include "abi/layout.h"
#include "base/units.h"
#include "libos/checked/checked.h"
#include "libos/entry/panic.h"

/* Where this symbol is, kernel.lds says so to whoever lays out the image. */
extern const char this_kernel_is_checked[];
const char this_kernel_is_checked[] = "";

/* One for each file: it hands __asan_register_globals() its variables. */
typedef void constructor(void);
extern constructor *const constructors_start[], *const constructors_end[];

static void register_globals(void)
{
	constructor *const *c;

	for (c = constructors_start; c < constructors_end; c++)
		(*c)();
}

/* What it tells of a program may be for its owner only. */
static void check_debuggable(void)
{
	const struct bootcfg_header *h = (const void *)CONFIG_BASE;

	if (!(h->flags & BOOTCFG_DEBUGGABLE))
		panic("the checked kernel is for debuggable instances");
}

WRAP(void, kheap_init, void *base, size_t size)
{
	check_debuggable();
	__real_kheap_init(base, size);
	shadow_init(size);
	heap_setup(size);
	register_globals();
	checked_turn_on();
}

static int (*add_page)(uint64_t addr);

static int add_with_shadow(uint64_t addr)
{
	int err = shadow_extend(addr + PAGE_SIZE, add_page);

	return err < 0 ? err : add_page(addr);
}

WRAP(void, kheap_allow_growth, size_t max_size, int (*add)(uint64_t addr))
{
	add_page = add;
	__real_kheap_allow_growth(max_size, add_with_shadow);
}
