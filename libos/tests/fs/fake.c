/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/errno.h"
#include "base/log.h"
#include "libos/fs/dentry.h"
#include "libos/fs/inode.h"
#include "libos/libos_errno.h"
#include "libos/mm/kheap.h"
#include "libos/mm/usercopy.h"
#include "libos/sched/mutex.h"

struct thread fake_thread;
void (*fake_on_sleep)(void);

static unsigned long fail_in;
static bool failed;
static long live;
static size_t heap_size = 256u << 20;
static uint64_t now_ns = 1700000000000000000ull;
static unsigned int log_errors;

static uint32_t held[32];
static const void *held_lock[32];
static unsigned int nheld;

__noreturn void assert_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}

void log_print(enum log_level level, const char *fmt, ...)
{
	(void)fmt;
	log_errors += level == LOG_ERROR;
}

unsigned int fake_take_log_errors(void)
{
	unsigned int n = log_errors;

	log_errors = 0;
	return n;
}

void fake_fail_alloc(unsigned long nth)
{
	fail_in = nth;
	failed = false;
}

bool fake_alloc_failed(void)
{
	return failed;
}

long fake_live_allocs(void)
{
	return live;
}

void fake_set_heap(size_t bytes)
{
	heap_size = bytes;
}

void fake_advance_ns(uint64_t ns)
{
	now_ns += ns;
}

static bool may_alloc(void)
{
	if (fail_in && --fail_in == 0) {
		failed = true;
		return false;
	}
	return true;
}

/* New memory is never zero by accident. */
void *kmalloc(size_t size)
{
	void *p = may_alloc() ? malloc(size ? size : 1) : NULL;

	if (p) {
		memset(p, 0xa5, size);
		live++;
	}
	return p;
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void *kcalloc(size_t count, size_t size)
{
	return kzalloc(count * size);
}

void *krealloc(void *p, size_t size)
{
	void *q = may_alloc() ? realloc(p, size) : NULL;

	live += q && !p;
	return q;
}

void kfree(void *p)
{
	live -= p != NULL;
	free(p);
}

void *kpages_alloc(size_t npages)
{
	void *p = may_alloc() ? aligned_alloc(4096, npages * 4096) : NULL;

	if (p) {
		memset(p, 0x5a, npages * 4096);
		live++;
	}
	return p;
}

void *kpages_zalloc(size_t npages)
{
	void *p = kpages_alloc(npages);

	return p ? memset(p, 0, npages * 4096) : NULL;
}

void kpages_free(void *p, size_t npages)
{
	(void)npages;
	kfree(p);
}

void kheap_stats(struct kheap_stats *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->total = ret->max = heap_size;
}

uint64_t clock_realtime_ns(void);
uint64_t clock_realtime_ns(void)
{
	return now_ns += 1000;
}

/* Parents before children: what is held must not lie below @lock's directory. */
static void expect_tree_order(const void *held_first, const void *lock)
{
	const struct inode *first = container_of(
		(struct rwlock *)(uintptr_t)held_first, struct inode, lock);
	const struct inode *next = container_of(
		(struct rwlock *)(uintptr_t)lock, struct inode, lock);

	if (!list_empty(&first->aliases) && !list_empty(&next->aliases))
		assert_that(!dentry_is_below(
			list_first_entry(&first->aliases, struct dentry,
		                         alias_node),
			list_first_entry(&next->aliases, struct dentry,
		                         alias_node)));
}

/* Ranks. */
static void lock_enter(const void *lock, uint32_t rank)
{
	for (unsigned int i = 0; i < nheld; i++) {
		assert_that(held_lock[i] != lock);
		if (rank == RANK_INODE && held[i] == RANK_INODE) {
			expect_tree_order(held_lock[i], lock);
			continue;
		}
		assert_that(held[i] < rank);
	}
	held[nheld] = rank;
	held_lock[nheld++] = lock;
}

static void lock_leave(const void *lock)
{
	for (unsigned int i = nheld; i-- > 0;) {
		if (held_lock[i] != lock)
			continue;
		nheld--;
		memmove(&held[i], &held[i + 1], (nheld - i) * sizeof(held[0]));
		memmove(&held_lock[i], &held_lock[i + 1],
		        (nheld - i) * sizeof(held_lock[0]));
		return;
	}
	assert_that(!"a lock is released that is not held");
}

static void expect_no_lock_from(uint32_t rank)
{
	for (unsigned int i = 0; i < nheld; i++)
		assert_that(held[i] < rank);
}

void fake_expect_below(uint32_t rank)
{
	expect_no_lock_from(rank);
}

void fake_expect_unlocked(void)
{
	assert_that(nheld == 0);
}

void spin_lock(struct spinlock *l)
{
	lock_enter(l, l->rank);
}

bool spin_trylock(struct spinlock *l)
{
	lock_enter(l, l->rank);
	return true;
}

void spin_unlock(struct spinlock *l)
{
	lock_leave(l);
}

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	memset(m, 0, sizeof(*m));
	m->rank = rank;
}

void mutex_lock(struct mutex *m)
{
	expect_no_lock_from(RANK_SPIN_FIRST);
	lock_enter(m, m->rank);
}

void mutex_unlock(struct mutex *m)
{
	lock_leave(m);
}

void rwlock_init(struct rwlock *l, enum lock_rank rank)
{
	memset(l, 0, sizeof(*l));
	l->rank = rank;
}

void rwlock_read(struct rwlock *l)
{
	expect_no_lock_from(RANK_SPIN_FIRST);
	lock_enter(l, l->rank);
}

void rwlock_read_done(struct rwlock *l)
{
	lock_leave(l);
}

void rwlock_write(struct rwlock *l)
{
	rwlock_read(l);
}

void rwlock_write_done(struct rwlock *l)
{
	lock_leave(l);
}

/* Sleeping: the test says what happens meanwhile, once. */
struct thread *thread_self(void)
{
	return &fake_thread;
}

void waitq_init(struct waitq *q)
{
	spin_init(&q->lock, RANK_WAITQ);
	list_init(&q->waiters);
}

void waiter_init(struct waiter *w)
{
	memset(w, 0, sizeof(*w));
	list_init(&w->node);
}

void waitq_add(struct waitq *q, struct waiter *w)
{
	list_add_tail(&q->waiters, &w->node);
}

void waitq_remove(struct waiter *w)
{
	list_del(&w->node);
}

uint32_t waitq_wake(struct waitq *q, uint32_t max, uint32_t events)
{
	(void)q;
	(void)max;
	(void)events;
	return 0;
}

void sched_sleep_prepare(enum sleep_mode mode)
{
	(void)mode;
}

int sched_sleep(uint64_t deadline_ns)
{
	void (*meanwhile)(void) = fake_on_sleep;

	(void)deadline_ns;
	expect_no_lock_from(RANK_SPIN_FIRST);
	fake_on_sleep = NULL;
	if (!meanwhile)
		return -ERESTARTSYS;
	meanwhile();
	return 0;
}

void sched_sleep_done(void)
{
}

/* User memory. */
static uint64_t bad_from, bad_to;

void fake_bad_range(const void *p, size_t size)
{
	bad_from = (uintptr_t)p;
	bad_to = bad_from + size;
}

static size_t good_bytes(uint64_t addr, size_t size)
{
	uint64_t end = BAD_ADDR;

	expect_no_lock_from(RANK_MM);
	if (addr < 4096 || addr >= BAD_ADDR ||
	    (addr >= bad_from && addr < bad_to))
		return 0;
	if (bad_to > bad_from && addr < bad_from)
		end = bad_from;
	return size < end - addr ? size : end - addr;
}

size_t copy_from_user_partial(void *dst, const void __user *src, size_t size)
{
	size_t n = good_bytes(user_addr(src), size);

	memcpy(dst, (const void *)user_addr(src), n);
	return size - n;
}

size_t copy_to_user_partial(void __user *dst, const void *src, size_t size)
{
	size_t n = good_bytes(user_addr(dst), size);

	memcpy((void *)user_addr(dst), src, n);
	return size - n;
}

size_t clear_user_partial(void __user *dst, size_t size)
{
	size_t n = good_bytes(user_addr(dst), size);

	memset((void *)user_addr(dst), 0, n);
	return size - n;
}

int copy_from_user(void *dst, const void __user *src, size_t size)
{
	return copy_from_user_partial(dst, src, size) ? -EFAULT : 0;
}

int copy_to_user(void __user *dst, const void *src, size_t size)
{
	return copy_to_user_partial(dst, src, size) ? -EFAULT : 0;
}

long copy_string_from_user(char *dst, size_t size, const char __user *src)
{
	const char *s = (const char *)user_addr(src);
	size_t n;

	if (!good_bytes(user_addr(src), 1))
		return -EFAULT;
	n = strnlen(s, size);
	if (n == size)
		return -ENAMETOOLONG;
	memcpy(dst, s, n + 1);
	return (long)n;
}

int get_user_u8(uint8_t *ret, const uint8_t __user *p)
{
	return copy_from_user(ret, p, sizeof(*ret));
}

int get_user_u32(uint32_t *ret, const uint32_t __user *p)
{
	return copy_from_user(ret, p, sizeof(*ret));
}

int get_user_u64(uint64_t *ret, const uint64_t __user *p)
{
	return copy_from_user(ret, p, sizeof(*ret));
}

int put_user_u32(uint32_t __user *p, uint32_t v)
{
	return copy_to_user(p, &v, sizeof(v));
}

int put_user_u64(uint64_t __user *p, uint64_t v)
{
	return copy_to_user(p, &v, sizeof(v));
}

/* One shared mapping at a time is all a test needs. */
static struct {
	struct vm_object *obj;
	uint8_t *mem;
	size_t size;
	uint64_t offset;
} shared;

void vm_object_init(struct vm_object *obj, const struct vm_object_ops *ops)
{
	memset(obj, 0, sizeof(*obj));
	obj->ops = ops;
}

void fake_map_shared(struct vm_object *obj, void *mem, size_t size,
                     uint64_t offset)
{
	memset(mem, 0, size);
	assert_that(obj->ops->read(obj, mem, size, offset) >= 0);
	shared.obj = obj;
	shared.mem = mem;
	shared.size = size;
	shared.offset = offset;
	obj->nsegments = 1;
}

int fake_unmap_shared(struct vm_object *obj)
{
	int err = vm_object_sync(obj, 0, UINT64_MAX);

	obj->nsegments = 0;
	shared.obj = NULL;
	return err;
}

/* The part of [@off, +@size) that is mapped; false: none. */
static bool mapped_part(struct vm_object *obj, uint64_t off, size_t size,
                        uint64_t *ret_from, uint64_t *ret_to)
{
	expect_no_lock_from(RANK_VM_OBJECT);
	if (shared.obj != obj)
		return false;
	*ret_from = off > shared.offset ? off : shared.offset;
	*ret_to = off + size < shared.offset + shared.size
	                  ? off + size
	                  : shared.offset + shared.size;
	return *ret_from < *ret_to;
}

void vm_object_overlay_read(struct vm_object *obj, void *dst, size_t size,
                            uint64_t offset)
{
	uint64_t a, b;

	if (mapped_part(obj, offset, size, &a, &b))
		memcpy((uint8_t *)dst + (a - offset),
		       shared.mem + (a - shared.offset), b - a);
}

void vm_object_overlay_write(struct vm_object *obj, const void *src,
                             size_t size, uint64_t offset)
{
	uint64_t a, b;

	if (mapped_part(obj, offset, size, &a, &b))
		memcpy(shared.mem + (a - shared.offset),
		       (const uint8_t *)src + (a - offset), b - a);
}

void vm_object_truncate(struct vm_object *obj, uint64_t size)
{
	if (shared.obj == obj && size < shared.offset + shared.size) {
		uint64_t at = size > shared.offset ? size - shared.offset : 0;

		memset(shared.mem + at, 0, shared.size - at);
	}
}

int vm_object_sync(struct vm_object *obj, uint64_t offset, uint64_t size)
{
	long n;

	(void)offset;
	(void)size;
	if (shared.obj != obj)
		return 0;
	n = obj->ops->write(obj, shared.mem, shared.size, shared.offset);
	return n < 0 ? (int)n : 0;
}
