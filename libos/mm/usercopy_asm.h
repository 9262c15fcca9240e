/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usercopy_asm.h - the instructions that touch user memory (usercopy_asm.S).
 *
 * Each of them is in the exception table: a fault ends the function with what
 * it has done.  On a host, tests have plain C instead.
 */
#pragma once

#include "base/types.h"

/* Bytes that were not copied or cleared. */
size_t usercopy_bytes(void *dst, const void *src, size_t size);
size_t usercopy_clear(void *dst, size_t size);
/* 0 or -EFAULT; @p is aligned. */
int usercopy_load_u32(const uint32_t *p, uint32_t *ret);
/* *@seen is what to expect, and afterwards what was there. */
int usercopy_cmpxchg_u32(uint32_t *p, uint32_t *seen, uint32_t desired);
