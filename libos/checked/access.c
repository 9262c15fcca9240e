/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.c - what the compiler calls before each access to memory, and what
 * the functions that touch memory for others check.
 */
#include "abi/layout.h"
#include "base/format.h"
#include "libos/checked/checked.h"

enum { ABOUT_MAX = 200 };

static const char *poison_name(uint8_t shadow)
{
	switch (shadow) {
	case SHADOW_STACK_LEFT:
	case SHADOW_STACK_MIDDLE:
	case SHADOW_STACK_RIGHT:
		return "beside a variable on the stack";
	case SHADOW_STACK_SCOPE:
		return "a variable that went out of scope";
	case SHADOW_GLOBAL:
		return "beside a variable";
	case SHADOW_HEAP_LEFT:
	case SHADOW_HEAP_RIGHT:
		return "outside of an object of the heap";
	case SHADOW_HEAP_FREED:
		return "freed memory";
	case SHADOW_HEAP_UNUSED:
		return "memory of the heap that is nobody's";
	default:
		return "beyond the end of an object";
	}
}

static const char *region_name(enum region region)
{
	switch (region) {
	case REGION_NULL:
		return "a null pointer";
	case REGION_USER:
		return "user memory, not by a copy";
	case REGION_HOST:
		return "host memory, not by a copy";
	default:
		return "no memory";
	}
}

__noreturn static void report(uint64_t addr, size_t size, enum access kind,
                              uint64_t pc, uint64_t bad)
{
	enum region region = shadow_region(bad);
	const char *what = region_name(region);
	char about[ABOUT_MAX] = "";

	if (region == REGION_SHADOWED) {
		uint8_t shadow = shadow_of(bad);

		/* Of a granule that may be touched in part. */
		if (shadow < 8)
			shadow = shadow_of(bad + 8) >= SHADOW_STACK_LEFT
			                 ? shadow_of(bad + 8)
			                 : shadow;
		what = poison_name(shadow);
		if (bad >= HEAP_BASE)
			heap_describe(bad, about, sizeof(about));
	}
	checked_fail("memory: %s of %zu bytes at 0x%lx from 0x%lx: %s%s",
	             kind == ACCESS_WRITE ? "write" : "read", size, addr, pc,
	             what, about);
}

static void check_kernel(uint64_t addr, size_t size, enum access kind,
                         uint64_t pc)
{
	uint64_t bad = shadow_first_bad(addr, size);

	if (unlikely(bad != addr + size))
		report(addr, size, kind, pc, bad);
}

/* All memory of the kernel that an object may lie in is shadowed. */
static void check(uint64_t addr, size_t size, enum access kind, uint64_t pc,
                  bool may_be_foreign)
{
	enum region first, last;

	if (!size || !checked_is_on() || checked_in_trap())
		return;
	first = shadow_region(addr);
	last = shadow_region(addr + size - 1);
	if (addr + size < addr || first != last)
		report(addr, size, kind, pc, addr);
	if (first == REGION_SHADOWED)
		check_kernel(addr, size, kind, pc);
	else if (first == REGION_NULL || first == REGION_NOTHING ||
	         (first != REGION_CONFIG && !may_be_foreign))
		report(addr, size, kind, pc, addr);
}

void access_check(uint64_t addr, size_t size, enum access kind, uint64_t pc)
{
	check(addr, size, kind, pc, true);
}

/* --- called by compiled code; the names are gcc's --- */

#define DEFINE_ACCESS(n)                                                       \
	void __asan_load##n##_noabort(uint64_t addr);                          \
	void __asan_store##n##_noabort(uint64_t addr);                         \
	void __asan_load##n##_noabort(uint64_t addr)                           \
	{                                                                      \
		check(addr, n, ACCESS_READ, CALLER, false);                    \
	}                                                                      \
	void __asan_store##n##_noabort(uint64_t addr)                          \
	{                                                                      \
		check(addr, n, ACCESS_WRITE, CALLER, false);                   \
	}

DEFINE_ACCESS(1)
DEFINE_ACCESS(2)
DEFINE_ACCESS(4)
DEFINE_ACCESS(8)
DEFINE_ACCESS(16)

void __asan_loadN_noabort(uint64_t addr, size_t size);
void __asan_loadN_noabort(uint64_t addr, size_t size)
{
	check(addr, size, ACCESS_READ, CALLER, false);
}

void __asan_storeN_noabort(uint64_t addr, size_t size);
void __asan_storeN_noabort(uint64_t addr, size_t size)
{
	check(addr, size, ACCESS_WRITE, CALLER, false);
}

/* A variable whose scope begins or ends, too large to be marked in place. */
void __asan_unpoison_stack_memory(uint64_t addr, size_t size);
void __asan_unpoison_stack_memory(uint64_t addr, size_t size)
{
	shadow_allow(addr, size);
}

void __asan_poison_stack_memory(uint64_t addr, size_t size);
void __asan_poison_stack_memory(uint64_t addr, size_t size)
{
	shadow_poison(addr, size, SHADOW_STACK_SCOPE);
}

/* The frames that a function leaves for ever lie on stacks that are freed. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
}

/* What the compiler says of each global variable (gcc, asan.cc). */
struct asan_global {
	uint64_t addr;
	uint64_t size;
	uint64_t size_with_redzone;
	const char *name, *module;
	uint64_t has_init, location, odr;
};

void __asan_register_globals(const struct asan_global *globals, size_t count);
void __asan_register_globals(const struct asan_global *globals, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const struct asan_global *g = &globals[i];

		shadow_poison(g->addr, g->size_with_redzone, SHADOW_GLOBAL);
		shadow_allow(g->addr, g->size);
	}
}

/* Of destructors, which nothing calls. */
void __asan_unregister_globals(const struct asan_global *globals, size_t count);
void __asan_unregister_globals(const struct asan_global *globals __unused,
                               size_t count __unused)
{
}

/* --- functions that touch memory for others --- */

WRAP(void *, memcpy, void *dst, const void *src, size_t size)
{
	access_check((uint64_t)src, size, ACCESS_READ, CALLER);
	access_check((uint64_t)dst, size, ACCESS_WRITE, CALLER);
	return __real_memcpy(dst, src, size);
}

WRAP(void *, memmove, void *dst, const void *src, size_t size)
{
	access_check((uint64_t)src, size, ACCESS_READ, CALLER);
	access_check((uint64_t)dst, size, ACCESS_WRITE, CALLER);
	return __real_memmove(dst, src, size);
}

WRAP(void *, memset, void *dst, int value, size_t size)
{
	access_check((uint64_t)dst, size, ACCESS_WRITE, CALLER);
	return __real_memset(dst, value, size);
}

WRAP(int, memcmp, const void *a, const void *b, size_t size)
{
	access_check((uint64_t)a, size, ACCESS_READ, CALLER);
	access_check((uint64_t)b, size, ACCESS_READ, CALLER);
	return __real_memcmp(a, b, size);
}

WRAP(void *, memchr, const void *s, int c, size_t size)
{
	void *found = __real_memchr(s, c, size);

	/* What lies behind the byte that is found need not be there. */
	access_check((uint64_t)s,
	             found ? (size_t)((char *)found - (const char *)s) + 1
	                   : size,
	             ACCESS_READ, CALLER);
	return found;
}

WRAP(size_t, strlen, const char *s)
{
	size_t size = __real_strlen(s);

	access_check((uint64_t)s, size + 1, ACCESS_READ, CALLER);
	return size;
}

WRAP(size_t, usercopy_bytes, void *dst, const void *src, size_t size)
{
	access_check((uint64_t)src, size, ACCESS_READ, CALLER);
	access_check((uint64_t)dst, size, ACCESS_WRITE, CALLER);
	locks_check_sleep("a user copy");
	return __real_usercopy_bytes(dst, src, size);
}

WRAP(size_t, usercopy_clear, void *dst, size_t size)
{
	access_check((uint64_t)dst, size, ACCESS_WRITE, CALLER);
	locks_check_sleep("a user copy");
	return __real_usercopy_clear(dst, size);
}

WRAP(size_t, hostmem_copy, void *dst, const void *src, size_t size)
{
	access_check((uint64_t)src, size, ACCESS_READ, CALLER);
	access_check((uint64_t)dst, size, ACCESS_WRITE, CALLER);
	return __real_hostmem_copy(dst, src, size);
}
