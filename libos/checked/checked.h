/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checked.h - the run time of the checked kernel.
 *
 * The checked kernel is compiled from the sources of the production one, with
 * the compiler's undefined-behaviour and address sanitizers, and linked so that
 * calls of locks, the heap, memory functions and the ways out of the kernel
 * come here first (ld --wrap; the list is in meson.build).  It has an MRENCLAVE
 * of its own, starts in debuggable instances only, and is never installed.
 *
 * What it stops for, each with one line that says where:
 *
 *   locks.c      a lock out of the order of lock_rank.h, one given back that is
 *                not held, sleeping or leaving the enclave under a spinlock,
 *                a system call that ends with a lock held
 *   access.c     an access to memory that is nobody's: beyond an object of the
 *                heap, the stack or the data, freed, user or host memory
 *                without the functions made for it
 *   heap.c       memory freed twice, or that never was the heap's
 *   undefined.c  what C leaves undefined
 *
 * The shadow: one byte for each eight bytes of kernel memory, at a fixed place
 * of ELRANGE (abi/layout.h).  0: all eight may be touched; 1 to 7: so many of
 * them, from the first; else enum shadow_poison.  Its pages are added unmeasured;
 * nothing looks at them before shadow_init() has written them, and until then
 * no access is checked.
 *
 * Not instrumented: assembly, the handler at CSSA=1, the copies of host memory,
 * and what is below.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

/*
 * WRAP(long, f, int a) { ... } takes the place of f(), which the body reaches
 * as __real_f().
 */
#define WRAP(type, name, ...)                                                  \
	type __real_##name(__VA_ARGS__);                                       \
	type __wrap_##name(__VA_ARGS__);                                       \
	type __wrap_##name(__VA_ARGS__)

#define CALLER ((uint64_t)__builtin_return_address(0))

/*
 * A rule is broken: where this was called from, what, and the end of the kernel.
 * All checks are off from here on, on every vCPU.
 */
__noreturn void checked_fail(const char *fmt, ...) __printf(1, 2);
bool checked_is_on(void);
void checked_turn_on(void);
void checked_turn_off(void);
/* Is the caller the handler at CSSA=1, which can't report? */
bool checked_in_trap(void);

/* --- shadow.c --- */

enum shadow_poison {
	/* The compiler's, written by the code it makes (gcc, asan.h). */
	SHADOW_STACK_LEFT = 0xf1,
	SHADOW_STACK_MIDDLE = 0xf2,
	SHADOW_STACK_RIGHT = 0xf3,
	SHADOW_STACK_SCOPE = 0xf8,
	/* Ours. */
	SHADOW_GLOBAL = 0xf9,
	SHADOW_HEAP_LEFT = 0xfa,
	SHADOW_HEAP_RIGHT = 0xfb,
	SHADOW_HEAP_FREED = 0xfd,
	SHADOW_HEAP_UNUSED = 0xff
};

/* What an address belongs to. */
enum region {
	REGION_NULL, /* below USER_BASE */
	REGION_USER,
	REGION_SHADOWED,
	REGION_CONFIG,
	REGION_NOTHING, /* ELRANGE, but no page of the kernel's */
	REGION_HOST
};

void shadow_init(uint64_t heap_size);
enum region shadow_region(uint64_t addr);
/*
 * The heap is about to end at @end, not before where it does; what comes to it is
 * unused.  @add brings a page of zeros to where the shadow has none: 0 or -errno,
 * and nothing changes.  One caller at a time.
 */
int shadow_extend(uint64_t end, int (*add)(uint64_t addr));
/* Of a shadowed address. */
uint8_t shadow_of(uint64_t addr);
/* @addr is a multiple of 8; @size is rounded up. */
void shadow_poison(uint64_t addr, size_t size, enum shadow_poison why);
/* @addr is a multiple of 8; the last bytes of its granule stay as they were. */
void shadow_allow(uint64_t addr, size_t size);
/*
 * The first byte of [@addr, +@size), all of the kernel's own memory, that must
 * not be touched; @addr + @size if there is none.
 */
uint64_t shadow_first_bad(uint64_t addr, size_t size);

/* --- heap.c --- */

/* The heap has @size bytes. */
void heap_setup(size_t size);
/* Describe the object of the heap at or around @addr, for a report. */
void heap_describe(uint64_t addr, char *text, size_t size);

/* --- access.c --- */

enum access { ACCESS_READ, ACCESS_WRITE };

/* [@addr, +@size), touched by a function that may be given any memory. */
void access_check(uint64_t addr, size_t size, enum access kind, uint64_t pc);

/* --- locks.c --- */

/* @what is about to happen, and must not under a spinlock. */
void locks_check_sleep(const char *what);
