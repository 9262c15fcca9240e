/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seeds.c - faults on demand, so that a test can see each check stop the kernel.
 *
 * prctl(SEED_OPTION, n) commits the nth of the faults below; another kernel
 * answers EINVAL.  tests/programs/seed.c has the same names.  Compiled as the
 * kernel's own code is.
 */
#include "base/errno.h"
#include "libos/checked/checked.h"
#include "libos/hostcall/hostcall.h"
#include "libos/mm/kheap.h"
#include "libos/sched/mutex.h"
#include "libos/sched/sched.h"

#define SEED_OPTION 0x53454544 /* "SEED" */

/* 8, which no compiler and no checker can know. */
static size_t eight(void)
{
	size_t n = 8;

	__asm__("" : "+r"(n));
	return n;
}
static volatile int largest = 0x7fffffff;
static volatile uint8_t sink;
static volatile char global[24];

static struct mutex low, high;
static struct spinlock spin = SPINLOCK_INIT(RANK_LEAF);

static void lock_inversion(void)
{
	mutex_init(&low, RANK_INODE);
	mutex_init(&high, RANK_MM);
	mutex_lock(&high);
	mutex_lock(&low);
}

static void lock_not_held(void)
{
	mutex_init(&low, RANK_INODE);
	mutex_unlock(&low);
}

static void lock_kept(void)
{
	mutex_init(&low, RANK_INODE);
	mutex_lock(&low);
}

static void spin_twice(void)
{
	spin_lock(&spin);
	spin_lock(&spin);
}

static void sleep_under_spinlock(void)
{
	spin_lock(&spin);
	(void)sched_sleep(NO_DEADLINE);
}

static void leave_under_spinlock(void)
{
	spin_lock(&spin);
	host_kick(0);
}

static void overflow(void)
{
	largest = largest + (int)eight();
}

static void shift(void)
{
	largest = largest << (eight() * 4);
}

static void index_out_of_bounds(void)
{
	sink = (uint8_t)global[eight() * 3];
}

static volatile uint8_t *object(void)
{
	uint8_t *p = kzalloc(eight() * 3 - 1);

	return p;
}

static void heap_overflow(void)
{
	volatile uint8_t *p = object();

	p[eight() * 3 - 1] = 1;
}

static void heap_underflow(void)
{
	volatile uint8_t *p = object();

	sink = *(p - eight() / 8);
}

static void use_after_free(void)
{
	volatile uint8_t *p = object();

	kfree((void *)p);
	sink = *p;
}

static void double_free(void)
{
	volatile uint8_t *p = object();

	kfree((void *)p);
	kfree((void *)p);
}

static void pages_overflow(void)
{
	volatile uint8_t *p = kpages_zalloc(1);

	sink = p[eight() * 512];
}

/* By a pointer: an array's own bounds are known to the compiler. */
static volatile char *beyond(volatile char *array, size_t size)
{
	return array + size;
}

static void stack_overflow(void)
{
	volatile char local[20] = "";

	*beyond(local, eight() * 2 + 4) = 1;
}

static void global_overflow(void)
{
	*beyond(global, eight() * 3) = 1;
}

static void copy_overflow(void)
{
	char *p = kzalloc(eight()), *q = kzalloc(eight() * 2);

	__builtin_memcpy(q, p, eight() + 1);
}

static void user_memory(void)
{
	sink = *(volatile uint8_t *)(eight() * 0x2000 + 8);
}

static void (*const seeds[])(void) = {
	lock_inversion,       lock_not_held,  lock_kept,
	spin_twice,           overflow,       shift,
	sleep_under_spinlock, heap_overflow,  heap_underflow,
	leave_under_spinlock, use_after_free, double_free,
	index_out_of_bounds,  pages_overflow, stack_overflow,
	global_overflow,      copy_overflow,  user_memory,
};

WRAP(long, sys_prctl, struct thread *self, int option, uint64_t a2, uint64_t a3,
     uint64_t a4, uint64_t a5)
{
	if (option != SEED_OPTION)
		return __real_sys_prctl(self, option, a2, a3, a4, a5);
	if (a2 >= ARRAY_SIZE(seeds))
		return -EINVAL;
	seeds[a2]();
	return 0;
}
