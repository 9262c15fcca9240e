/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units.h - sizes that have a name.
 */
#pragma once

/*
 * Spelled exactly as glibc's <sys/user.h> spells them, blanks included: a
 * second definition of a macro is legal only when it is the same one.
 */
/* clang-format off */
#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE-1))
/* clang-format on */

#define KIB (1UL << 10)
#define MIB (1UL << 20)
#define GIB (1UL << 30)

#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_SEC 1000000000L
#define USEC_PER_SEC 1000000L
#define MSEC_PER_SEC 1000L

/* Pages that hold @size bytes; @size is at most SIZE_MAX - PAGE_SIZE + 1. */
#define PAGES_FOR(size) (((size) + PAGE_SIZE - 1) >> PAGE_SHIFT)
