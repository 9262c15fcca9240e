/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usercopy.c - copies between kernel and program, checked against the VMAs.
 *
 * The common case takes no lock: the last few VMAs that copies met are kept in
 * mm->windows, and the table of pages says whether the pages are there.  The
 * windows are closed by every change of the tree (mm_write_begin), so an old
 * answer can only be had in a race that the program itself runs: a copy to
 * memory that another of its threads is just unmapping.  Where the platform
 * enforces rights it ends with -EFAULT.
 *
 * This file alone turns __user addresses into pointers.
 */
#include "libos/mm/usercopy.h"

#include "abi/layout.h"
#include "base/arith.h"
#include "base/errno.h"
#include "base/string.h"
#include "libos/mm/mm_internal.h"
#include "libos/mm/overlay.h"
#include "libos/mm/usercopy_asm.h"
#include "libos/mm/window.h"
#include "libos/sched/thread.h"

/* A page may be taken away again by another thread: not for ever. */
enum { FAULT_TRIES = 8 };

static struct mm *own_mm(void)
{
	return thread_self()->mm;
}

static bool in_user_space(uint64_t addr, uint64_t size)
{
	return addr >= USER_BASE && range_within(addr, size, USER_END);
}

static bool prot_allows(uint32_t vma_prot, uint32_t prot)
{
	return prot == PROT_READ ? vma_prot != PROT_NONE
	                         : (vma_prot & prot) == prot;
}

/* How far from @addr on a window says that it is allowed.  B: mm_write_begin(). */
static uint64_t window_span(const struct mm *mm, uint64_t addr, uint32_t prot)
{
	uint32_t seq = __atomic_load_n(&mm->seq, __ATOMIC_ACQUIRE);
	uint64_t span = 0;
	uint32_t i;

	if (seq & 1)
		return 0;
	for (i = 0; i < MM_NWINDOWS && !span; i++) {
		uint64_t start = READ_ONCE(mm->windows[i].start);
		uint64_t end = READ_ONCE(mm->windows[i].end);

		if (addr >= start && addr < end &&
		    prot_allows(READ_ONCE(mm->windows[i].prot), prot))
			span = end - addr;
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return READ_ONCE(mm->seq) == seq ? span : 0;
}

static bool window_allows(const struct mm *mm, uint64_t addr, uint64_t size,
                          uint32_t prot)
{
	return size <= window_span(mm, addr, prot);
}

/* How many of @size bytes may be touched as it is; 0: ask the tree. */
static uint64_t ready_span(const struct mm *mm, uint64_t addr, uint64_t size,
                           uint32_t prot)
{
	size = MIN(size, window_span(mm, addr, prot));
	return size && pages_are_ready(addr, size, pages_rights_of(prot)) ? size
	                                                                  : 0;
}

static bool is_ready(const struct mm *mm, uint64_t addr, uint64_t size,
                     uint32_t prot)
{
	return ready_span(mm, addr, size, prot) == size;
}

/* Open a window on the VMA at @addr; how much of [@addr, +@size) it covers. */
static uint64_t open_window(struct mm *mm, uint64_t addr, uint64_t size,
                            uint32_t prot)
{
	const struct vma *v;
	uint64_t n = 0;

	mm_window_begin(mm);
	v = vma_find(&mm->vmas, addr);
	if (v && prot_allows(v->prot, prot)) {
		mm->windows[mm->next_window++ % MM_NWINDOWS] =
			(struct mm_window){ v->start, v->end, v->prot };
		n = MIN(size, v->end - addr);
	}
	mm_write_end(mm);
	return n;
}

/* Have the page at @addr brought in. */
static bool page_in(struct mm *mm, uint64_t addr, uint32_t prot)
{
	uint32_t rights = pages_rights_of(prot);
	int code;
	int i;

	for (i = 0; i < FAULT_TRIES; i++) {
		if (pages_are_ready(addr, 1, rights))
			return true;
		if (mm_fault(mm, addr, prot, &code) != 0)
			return false;
	}
	return false;
}

/* How many of @size bytes at @addr may be touched now; 0: not one. */
static uint64_t make_ready(struct mm *mm, uint64_t addr, uint64_t size,
                           uint32_t prot)
{
	uint64_t pos, end, ready;

	if (!mm || !in_user_space(addr, 1))
		return 0;
	size = MIN(size, USER_END - addr);
	ready = ready_span(mm, addr, size, prot);
	if (ready)
		return ready;
	size = open_window(mm, addr, size, prot);
	end = addr + size;
	for (pos = addr; pos < end;
	     pos = ALIGN_DOWN(pos, PAGE_SIZE) + PAGE_SIZE)
		if (!page_in(mm, pos, prot))
			return pos - addr;
	return size;
}

/* The three kinds of copy, on addresses; bytes that were not copied. */
static size_t copy_in(struct mm *mm, void *dst, uint64_t src, size_t size)
{
	uint8_t *to = dst;

	while (size) {
		size_t n = make_ready(mm, src, size, PROT_READ);
		size_t left = usercopy_bytes(to, user_window(src), n);

		n -= left;
		size -= n;
		if (left || !n)
			break;
		src += n;
		to += n;
	}
	return size;
}

static size_t copy_out(struct mm *mm, uint64_t dst, const void *src,
                       size_t size)
{
	const uint8_t *from = src;

	while (size) {
		size_t n = make_ready(mm, dst, size, PROT_WRITE);
		size_t left = usercopy_bytes(user_window(dst), from, n);

		n -= left;
		size -= n;
		if (left || !n)
			break;
		dst += n;
		from += n;
	}
	return size;
}

static size_t clear(struct mm *mm, uint64_t dst, size_t size)
{
	while (size) {
		size_t n = make_ready(mm, dst, size, PROT_WRITE);
		size_t left = usercopy_clear(user_window(dst), n);

		n -= left;
		size -= n;
		if (left || !n)
			break;
		dst += n;
	}
	return size;
}

size_t copy_from_user_partial(void *dst, const void __user *src, size_t size)
{
	return copy_in(own_mm(), dst, user_addr(src), size);
}

size_t copy_to_user_partial(void __user *dst, const void *src, size_t size)
{
	return copy_out(own_mm(), user_addr(dst), src, size);
}

size_t clear_user_partial(void __user *dst, size_t size)
{
	return clear(own_mm(), user_addr(dst), size);
}

int copy_from_user(void *dst, const void __user *src, size_t size)
{
	return copy_from_user_partial(dst, src, size) ? -EFAULT : 0;
}

int copy_to_user(void __user *dst, const void *src, size_t size)
{
	return copy_to_user_partial(dst, src, size) ? -EFAULT : 0;
}

int clear_user(void __user *dst, size_t size)
{
	return clear_user_partial(dst, size) ? -EFAULT : 0;
}

int copy_from_mm(struct mm *mm, void *dst, uint64_t addr, size_t size)
{
	return copy_in(mm, dst, addr, size) ? -EFAULT : 0;
}

int copy_to_mm(struct mm *mm, uint64_t addr, const void *src, size_t size)
{
	return copy_out(mm, addr, src, size) ? -EFAULT : 0;
}

int clear_mm(struct mm *mm, uint64_t addr, size_t size)
{
	return clear(mm, addr, size) ? -EFAULT : 0;
}

/* Bytes up to the end of the page, or of what is wanted. */
static size_t page_rest(uint64_t addr, size_t size)
{
	return MIN(size, PAGE_SIZE - (addr & (PAGE_SIZE - 1)));
}

/* Page by page, because what follows the NUL need not be mapped. */
long copy_string_from_user(char *dst, size_t size, const char __user *src)
{
	uint64_t addr = user_addr(src);
	size_t done = 0;

	while (done < size) {
		size_t n = page_rest(addr + done, size - done);
		const char *nul;

		if (copy_in(own_mm(), dst + done, addr + done, n))
			return -EFAULT;
		nul = memchr(dst + done, '\0', n);
		if (nul)
			return nul - dst;
		done += n;
	}
	return -ENAMETOOLONG;
}

long user_string_size(const char __user *src, size_t max)
{
	uint64_t addr = user_addr(src);
	size_t done = 0;
	char buf[256];

	while (done < max) {
		size_t n = MIN(page_rest(addr + done, max - done), sizeof(buf));
		const char *nul;

		if (copy_in(own_mm(), buf, addr + done, n))
			return -EFAULT;
		nul = memchr(buf, '\0', n);
		if (nul)
			return (long)(done + (size_t)(nul - buf));
		done += n;
	}
	return -E2BIG;
}

#define DEFINE_GET_PUT(name, type)                                             \
	int get_user_##name(type *ret, const type __user *p)                   \
	{                                                                      \
		type v;                                                        \
                                                                               \
		if (copy_from_user(&v, p, sizeof(v)) < 0)                      \
			return -EFAULT;                                        \
		*ret = v;                                                      \
		return 0;                                                      \
	}                                                                      \
                                                                               \
	int put_user_##name(type __user *p, type v)                            \
	{                                                                      \
		return copy_to_user(p, &v, sizeof(v));                         \
	}

DEFINE_GET_PUT(u8, uint8_t)
DEFINE_GET_PUT(u16, uint16_t)
DEFINE_GET_PUT(u32, uint32_t)
DEFINE_GET_PUT(u64, uint64_t)

int user_load_u32_nofault(uint32_t *ret, const uint32_t __user *p)
{
	struct mm *mm = own_mm();
	uint64_t addr = user_addr(p);

	if (!mm || !IS_ALIGNED(addr, sizeof(*ret)) ||
	    !is_ready(mm, addr, sizeof(*ret), PROT_READ))
		return -EFAULT;
	return usercopy_load_u32(user_window(addr), ret);
}

int user_cmpxchg_u32_nofault(uint32_t __user *p, uint32_t expected,
                             uint32_t desired, uint32_t *ret_seen)
{
	struct mm *mm = own_mm();
	uint64_t addr = user_addr(p);

	if (!mm || !IS_ALIGNED(addr, sizeof(expected)) ||
	    !is_ready(mm, addr, sizeof(expected), PROT_WRITE))
		return -EFAULT;
	*ret_seen = expected;
	return usercopy_cmpxchg_u32(user_window(addr), ret_seen, desired);
}

static uint32_t rmw_result(enum user_rmw op, uint32_t old, uint32_t operand)
{
	switch (op) {
	case USER_RMW_SET:
		return operand;
	case USER_RMW_ADD:
		return old + operand;
	case USER_RMW_OR:
		return old | operand;
	case USER_RMW_ANDN:
		return old & ~operand;
	case USER_RMW_XOR:
		break;
	}
	return old ^ operand;
}

int user_rmw_u32_nofault(uint32_t __user *p, enum user_rmw op, uint32_t operand,
                         uint32_t *ret_old)
{
	uint32_t old, seen;
	int ret = user_load_u32_nofault(&old, p);

	while (ret == 0) {
		ret = user_cmpxchg_u32_nofault(
			p, old, rmw_result(op, old, operand), &seen);
		if (ret == 0 && seen == old) {
			*ret_old = old;
			return 0;
		}
		old = seen;
	}
	return ret;
}

int user_fault_in(const void __user *p, size_t size, int prot)
{
	struct mm *mm = own_mm();
	uint64_t addr = user_addr(p);

	while (size) {
		uint64_t n = make_ready(mm, addr, size, (uint32_t)prot);

		if (!n)
			return -EFAULT;
		addr += n;
		size -= n;
	}
	return 0;
}

int user_cmpxchg_u32(uint32_t __user *p, uint32_t expected, uint32_t desired,
                     uint32_t *ret_seen)
{
	int i;

	if (!IS_ALIGNED(user_addr(p), sizeof(expected)))
		return -EINVAL;
	for (i = 0; i < FAULT_TRIES; i++) {
		if (user_cmpxchg_u32_nofault(p, expected, desired, ret_seen) ==
		    0)
			return 0;
		if (user_fault_in(p, sizeof(expected), PROT_WRITE) < 0)
			break;
	}
	return -EFAULT;
}

int user_rmw_u32(uint32_t __user *p, enum user_rmw op, uint32_t operand,
                 uint32_t *ret_old)
{
	int i;

	if (!IS_ALIGNED(user_addr(p), sizeof(operand)))
		return -EINVAL;
	for (i = 0; i < FAULT_TRIES; i++) {
		if (user_rmw_u32_nofault(p, op, operand, ret_old) == 0)
			return 0;
		if (user_fault_in(p, sizeof(operand), PROT_WRITE) < 0)
			break;
	}
	return -EFAULT;
}

static bool range_allows(struct mm *mm, uint64_t addr, uint64_t end,
                         uint32_t prot)
{
	const struct vma *v = vma_find(&mm->vmas, addr);

	while (v && prot_allows(v->prot, prot)) {
		const struct vma *next = vma_next(v);

		if (v->end >= end)
			return true;
		if (!next || next->start != v->end)
			return false;
		v = next;
	}
	return false;
}

/* mm->lock is held. */
static bool is_there(struct mm *mm, uint64_t addr, size_t size, uint32_t prot)
{
	return in_user_space(addr, size) && mm_is_resident(mm) &&
	       range_allows(mm, addr, addr + size, prot) &&
	       pages_are_ready(addr, size, pages_rights_of(prot));
}

/* @from was made ready, which waiting for the lock may have undone. */
static size_t copy_over(struct mm *mm, uint64_t dst, uint64_t from, size_t size)
{
	size_t n = 0;

	rwlock_read(&mm->lock);
	if (is_there(mm, dst, size, PROT_WRITE) &&
	    is_ready(own_mm(), from, size, PROT_READ))
		n = size -
		    usercopy_bytes(user_window(dst), user_window(from), size);
	rwlock_read_done(&mm->lock);
	return n;
}

size_t copy_user_to_mm(struct mm *mm, uint64_t dst, const void __user *src,
                       size_t size)
{
	uint64_t from = user_addr(src);
	size_t done = 0, n, copied;

	while (done < size) {
		n = make_ready(own_mm(), from + done, size - done, PROT_READ);
		copied = n ? copy_over(mm, dst + done, from + done, n) : 0;
		done += copied;
		if (!copied || copied < n)
			break;
	}
	return done;
}

bool user_range_ok(struct mm *mm, const void __user *p, size_t size, int prot)
{
	uint64_t addr = user_addr(p);
	bool ret;

	if (size == 0)
		return true;
	if (!mm || !in_user_space(addr, size))
		return false;
	if (window_allows(mm, addr, size, (uint32_t)prot))
		return true;
	rwlock_read(&mm->lock);
	ret = range_allows(mm, addr, addr + size, (uint32_t)prot);
	rwlock_read_done(&mm->lock);
	return ret;
}
