/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window.h - where the kernel sees the pages of user space.
 *
 * In an enclave an address is the page.  On a host, where unit tests run and
 * low addresses are taken, user space is an arena somewhere else.  Private to
 * mm/ and to the stubs of proc/sites/, which belong to no address space:
 * everybody else copies through usercopy.h.
 */
#pragma once

#include "base/types.h"

#if __STDC_HOSTED__
extern uint8_t *fake_user_space; /* the arena's address 0 */

static inline void *user_window(uint64_t addr)
{
	return fake_user_space + addr;
}
#else
static inline void *user_window(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}
#endif
