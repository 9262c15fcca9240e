/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.h - what the file system stands on, for tests on the host.
 *
 * One thread.  The heap is malloc and counts what is live; the nth allocation
 * can be made to fail.  Locks check their rank order and that nothing is held
 * twice; a user copy checks that no spinlock is held.  User memory is the
 * test's own; BAD_ADDR and above, and one range of the test's choice, fault.
 */
#pragma once

/* A test's memory is the program's: no address spaces from here on. */
#include "base/compiler.h"
#undef __user
#define __user

#include "base/types.h"
#include "libos/mm/object.h"
#include "libos/sched/thread.h"

#define BAD_ADDR 0x800000000000ull

extern struct thread fake_thread;

/* Make the @nth allocation from now on fail (1: the next); 0: none. */
void fake_fail_alloc(unsigned long nth);
/* Did it? */
bool fake_alloc_failed(void);
/* Allocations that were not freed. */
long fake_live_allocs(void);
/* What kheap_stats() reports as the heap's size. */
void fake_set_heap(size_t bytes);
void fake_advance_ns(uint64_t ns);
/* From @p on, @size bytes of memory are not the program's; 0: none. */
void fake_bad_range(const void *p, size_t size);
/* No lock is held: after each call of the code under test. */
void fake_expect_unlocked(void);
/* A lock of rank @rank could be taken. */
void fake_expect_below(uint32_t rank);
/* Lines that were logged as errors, since the last call. */
unsigned int fake_take_log_errors(void);

/* Called instead of sleeping: what another thread would do meanwhile. */
extern void (*fake_on_sleep)(void);

/* Show [@offset, +@size) of @obj as a shared mapping in @mem. */
void fake_map_shared(struct vm_object *obj, void *mem, size_t size,
                     uint64_t offset);
int fake_unmap_shared(struct vm_object *obj);
