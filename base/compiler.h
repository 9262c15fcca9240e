/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compiler.h - the dialect the project is written in.
 *
 * Attributes, pointer annotations and small macros that both gcc and clang
 * understand.  Freestanding: includes nothing but <stddef.h>, so that the
 * kernel may use it as well as any host program.
 *
 * Pointer annotations:
 *
 *   __user   memory of the program that runs in the enclave
 *   __host   memory outside the enclave; the host may change it at any time
 *
 * Both are address spaces of their own.  clang refuses to mix them with plain
 * pointers and, with -Werror=noderef, to dereference them; sparse also rejects
 * an explicit cast that lacks __force.  gcc sees nothing, which is why CI
 * compiles with all three.
 */
#pragma once

#include <stddef.h>

#if defined(__CHECKER__)
#define __user __attribute__((noderef, address_space(1)))
#define __host __attribute__((noderef, address_space(2)))
#define __force __attribute__((force))
#elif defined(__clang__)
#define __user __attribute__((noderef, address_space(1)))
#define __host __attribute__((noderef, address_space(2)))
#define __force
#else
#define __user
#define __host
#define __force
#endif

#define __must_check __attribute__((__warn_unused_result__))
#define __noreturn __attribute__((__noreturn__))
#define __printf(fmt, args) __attribute__((__format__(__printf__, fmt, args)))
#define __packed __attribute__((__packed__))
#define __aligned(n) __attribute__((__aligned__(n)))
#define __section(s) __attribute__((__section__(s)))
#define __used __attribute__((__used__))
#define __unused __attribute__((__unused__))
#define __noinline __attribute__((__noinline__))
#define __cold __attribute__((__cold__))

/* The C library defines this one too, with the same meaning. */
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef static_assert
#define static_assert _Static_assert
#endif

/* Number of elements of an array; a pointer does not compile. */
#define ARRAY_SIZE(a)                                                          \
	(sizeof(a) / sizeof((a)[0]) +                                          \
	 0 * sizeof(struct {                                                   \
		 unsigned int not_a_pointer : 1 -                              \
			 2 * !!__builtin_types_compatible_p(                   \
				     __typeof__(a), __typeof__(&(a)[0]));      \
	 }))

/*
 * MIN, MAX - both arguments are evaluated once.  <sys/param.h> has macros of
 * the same names; ours win wherever this header comes later.
 */
#undef MIN
#undef MAX
#define MIN(a, b)                                                              \
	__extension__({                                                        \
		__typeof__(a) min_a_ = (a);                                    \
		__typeof__(b) min_b_ = (b);                                    \
		min_a_ < min_b_ ? min_a_ : min_b_;                             \
	})
#define MAX(a, b)                                                              \
	__extension__({                                                        \
		__typeof__(a) max_a_ = (a);                                    \
		__typeof__(b) max_b_ = (b);                                    \
		max_a_ > max_b_ ? max_a_ : max_b_;                             \
	})

/* The struct of @type whose @member is at @ptr. */
#define container_of(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* @a is a power of two; the result has the type of @x. */
#define ALIGN_DOWN(x, a) ((__typeof__(x))((x) & ~((__typeof__(x))(a)-1)))
#define ALIGN_UP(x, a)                                                         \
	((__typeof__(x))(((x) + ((__typeof__(x))(a)-1)) &                      \
	                 ~((__typeof__(x))(a)-1)))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)

/*
 * READ_ONCE, WRITE_ONCE - one access, neither torn nor repeated nor left out
 * by the compiler.  For aligned scalars only.  They order nothing.
 */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)                                                       \
	do {                                                                   \
		*(volatile __typeof__(x) *)&(x) = (v);                         \
	} while (0)

/* The compiler moves no memory access across this; the CPU still may. */
#define barrier() __asm__ volatile("" ::: "memory")
