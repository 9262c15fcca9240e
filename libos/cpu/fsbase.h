/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsbase.h - the FS base register: the running thread's TLS.
 *
 * It is live in the register while the thread is on a vCPU, also in the kernel,
 * and in thread->fs_base while it is switched out.
 */
#pragma once

#include "base/types.h"

uint64_t fsbase_read(void);
/* @base is an address the caller has checked. */
void fsbase_write(uint64_t base);
