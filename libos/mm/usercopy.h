/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usercopy.h - the only code that touches the memory of programs.
 *
 * All functions without a struct mm argument work on the address space of the
 * calling thread; a kernel thread has none and gets -EFAULT.  Each one looks
 * at the VMA tree first, so that a program can reach through a system call
 * nothing that it could not reach by itself (kernel memory, the memory of
 * other processes of the enclave), and commits pages that were never touched.
 *
 * They may sleep and take mm->lock: do not call them with a spinlock or
 * mm->lock held.  The exceptions are the _nofault functions, for code that
 * holds a spinlock: they fail where the page is not there at the moment.
 *
 *	spin_lock(&bucket->lock);
 *	ret = user_load_u32_nofault(&now, uaddr);
 *	spin_unlock(&bucket->lock);
 *	if (ret < 0)
 *		ret = user_fault_in(uaddr, 4, PROT_READ) ?: -EAGAIN;
 *
 * Errors are -EFAULT unless said otherwise; results are written on success
 * only.  A copy that fails half way has copied what lies before the fault.
 */
#pragma once

#include "base/compiler.h"
#include "base/types.h"

struct mm;

/* A pointer out of an address that came in a register or a structure. */
static inline void __user *user_ptr(uint64_t addr)
{
	return (void __user *)(uintptr_t)addr;
}

static inline uint64_t user_addr(const volatile void __user *p)
{
	return (uint64_t)(__force uintptr_t)p;
}

/* 0 or -EFAULT. */
__must_check int copy_from_user(void *dst, const void __user *src, size_t size);
__must_check int copy_to_user(void __user *dst, const void *src, size_t size);
__must_check int clear_user(void __user *dst, size_t size);

/*
 * For read(2) and write(2), which may transfer less than was asked: the number
 * of bytes that could NOT be copied, 0 when all went well.
 */
size_t copy_from_user_partial(void *dst, const void __user *src, size_t size);
size_t copy_to_user_partial(void __user *dst, const void *src, size_t size);
size_t clear_user_partial(void __user *dst, size_t size);

/*
 * Copy a string with its NUL into @dst of @size bytes.  Its length without the
 * NUL, -EFAULT, or -ENAMETOOLONG if no NUL is among the first @size bytes.
 */
__must_check long copy_string_from_user(char *dst, size_t size,
                                        const char __user *src);

/*
 * The length without the NUL; -EFAULT; -E2BIG if there is no NUL among the
 * first @max bytes.
 */
__must_check long user_string_size(const char __user *src, size_t max);

__must_check int get_user_u8(uint8_t *ret, const uint8_t __user *p);
__must_check int get_user_u16(uint16_t *ret, const uint16_t __user *p);
__must_check int get_user_u32(uint32_t *ret, const uint32_t __user *p);
__must_check int get_user_u64(uint64_t *ret, const uint64_t __user *p);
__must_check int put_user_u8(uint8_t __user *p, uint8_t v);
__must_check int put_user_u16(uint16_t __user *p, uint16_t v);
__must_check int put_user_u32(uint32_t __user *p, uint32_t v);
__must_check int put_user_u64(uint64_t __user *p, uint64_t v);

/* Atomic on a naturally aligned word; -EINVAL if @p is not aligned. */
__must_check int user_cmpxchg_u32(uint32_t __user *p, uint32_t expected,
                                  uint32_t desired, uint32_t *ret_seen);

enum user_rmw {
	USER_RMW_SET,
	USER_RMW_ADD,
	USER_RMW_OR,
	USER_RMW_ANDN, /* old & ~operand */
	USER_RMW_XOR
};
/* What FUTEX_WAKE_OP does to its second word; the old value in @ret_old. */
__must_check int user_rmw_u32(uint32_t __user *p, enum user_rmw op,
                              uint32_t operand, uint32_t *ret_old);

/* Never sleep, take no lock.  -EFAULT: not now; user_fault_in() and retry. */
__must_check int user_load_u32_nofault(uint32_t *ret, const uint32_t __user *p);
__must_check int user_cmpxchg_u32_nofault(uint32_t __user *p, uint32_t expected,
                                          uint32_t desired, uint32_t *ret_seen);
__must_check int user_rmw_u32_nofault(uint32_t __user *p, enum user_rmw op,
                                      uint32_t operand, uint32_t *ret_old);

/* Commit what [@p, +@size) covers; @prot is PROT_READ or PROT_WRITE. */
__must_check int user_fault_in(const void __user *p, size_t size, int prot);

/*
 * Would a copy be allowed now?  A cheap rejection before expensive work; the
 * copy itself checks again.  False as well where the range wraps.
 */
bool user_range_ok(struct mm *mm, const void __user *p, size_t size, int prot);

/*
 * From the caller's memory to that of @mm, another process's perhaps, of which
 * a thread waits for it and keeps @mm alive.  Only what is there is written to:
 * a page that would have to be brought in, or members of an overlay to change
 * places, ends the copy.  mm->lock is held over it, so that the memory stays the
 * owner's.  How many bytes were copied.
 */
size_t copy_user_to_mm(struct mm *mm, uint64_t dst, const void __user *src,
                       size_t size);

/*
 * The copies above on any address space whose pages are resident: exec(2) fills the
 * stack of a new program, process_vm_readv(2) reads another.  0 or -EFAULT.
 */
__must_check int copy_from_mm(struct mm *mm, void *dst, uint64_t addr,
                              size_t size);
__must_check int copy_to_mm(struct mm *mm, uint64_t addr, const void *src,
                            size_t size);
__must_check int clear_mm(struct mm *mm, uint64_t addr, size_t size);
